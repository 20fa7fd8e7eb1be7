"""The two faces of the SoC family: `SocEnv` and `SocVectorEnv`."""

import os

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.env import SchedulingEnv
from dispatchlab.envs.core.episodes import EpisodeBatch
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.sources import choose_source
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.generator import FixedInstance, SocGenerator, make_generator
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.observation import make_observation
from dispatchlab.envs.soc.reward import Potential, make_reward
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.view import SocView

InstanceLike = str | os.PathLike[str] | SocInstance
STREAM_ACTIONS = ("task-pe", "ordering")


def make_episodes(
    batch: int, *, instance: InstanceLike | None = None,
    generator: str | SocGenerator | None = None, actions: str = "task-pe", wait: bool = False,
    max_ready: int | None = 24, observation: str | Observation = "graph",
    reward: str | Potential = "job-time", reward_scale: str = "none", on_invalid: str = "noop",
) -> EpisodeBatch:  # fmt: skip
    """Build the batch behind both faces; the arguments are those of `SocEnv`."""
    if actions not in STREAM_ACTIONS:
        raise DispatchlabError(
            f"Unknown actions {actions!r}; choose one of {', '.join(STREAM_ACTIONS)}."
        )
    if not isinstance(wait, bool):
        raise DispatchlabError(f"wait is {wait!r}; give True or False.")
    if max_ready is not None and (type(max_ready) is not int or max_ready < 1):
        raise DispatchlabError(
            f"max_ready is {max_ready!r}; give a whole number of at least 1, or None."
        )
    source: SocGenerator = choose_source(
        instance, generator, default="top-1", kind=SocInstance, fixed=FixedInstance,
        make=make_generator, example="preset:instances=top-1|top-mix",
    )  # fmt: skip
    dynamics = Dynamics(batch, source.limits, actions=actions, wait=wait, visible=max_ready)
    return EpisodeBatch(
        dynamics, source, make_observation(observation), make_reward(reward), batch=batch,
        reward_scale=reward_scale, on_invalid=on_invalid,
    )  # fmt: skip


class SocEnv(SchedulingEnv[SocView, SocSchedule]):
    """Map the tasks of streaming task graphs to the elements of a heterogeneous chip.

    ## Description
    Jobs, each a directed acyclic graph of tasks, arrive over time at a system on chip whose
    processing elements (PEs) take unrelated times for the same kernel, and support only some.
    A task is ready when its predecessors are complete; mapped to a PE, it waits there for its
    data (a transfer takes its volume over the bandwidth between the PEs, nothing on the same
    one) and for the PE. A PE starts the first mapped task that has its data. The clock jumps from
    event to event.

    ## Action Space
    ``Discrete(R * P [+ 1])``: action ``r * P + p`` maps the r-th ready task (those that have
    waited longest come first) to PE p. With ``wait=True`` the last action maps nothing until the
    next event. ``actions="ordering"``: ``Discrete(R)`` chooses the next ready task, which goes to
    the PE where it is expected to end first (DeepSoCS). All that is ready is mapped before time
    passes, unless the wait is chosen.

    An illegal action plays the legal one with the lowest index (``on_invalid="noop"``) and sets
    ``info["illegal_action"]``, or raises (``on_invalid="raise"``). The mask is in
    ``obs["action_mask"]``, ``info["action_mask"]`` and ``env.action_masks()``.

    ## Observation Space
    A flat ``Dict`` of padded arrays, described by ``env.unwrapped.graph_spec`` (print it): task,
    PE and job nodes; arcs from task to task (volume), from a task to the PE that has it, and from
    every ready task to every PE that supports it (execution time, data delay, expected end and
    how it compares). What is estimated follows what has really happened.

    ## Rewards
    Minus the integral of the number of jobs in the system since the last decision, in job·µs
    (``"job-time"``): by Little's law their sum is the total latency. ``"job-time-per-job"`` adds
    a bonus per completed job; ``reward_scale="bound"`` divides by the mean fastest path.
    ``info["reward_terms"]`` has latency, completed, lost and blocked jobs.

    ## Starting State
    An idle chip, with as many jobs as the cap allows if the instance says ``prefill``.

    ## Episode End
    Truncates at the horizon of the instance; without one (traces, batches) terminates when all
    jobs are complete.

    ## Arguments
    ```python
    >>> import gymnasium as gym
    >>> import dispatchlab
    >>> env = gym.make("dispatchlab/SoC-v0", instance="top-1:mean_gap_us=50")
    >>> observation, info = env.reset(seed=0)
    >>> int(info["action_mask"].sum())
    9

    ```

    | argument | meaning | default |
    |---|---|---|
    | ``instance`` | preset (with settings after a colon), file or `SocInstance` | ``"top-1"`` |
    | ``generator`` | string such as ``"preset:instances=top-mix,mean_gap_us=25-200"`` or object | |
    | ``actions`` | ``"task-pe"`` or ``"ordering"`` | ``"task-pe"`` |
    | ``wait`` | whether the last action waits | False |
    | ``max_ready`` | ready tasks that are shown at once, None for all | 24 |
    | ``observation`` | ``"graph"``, or ``"rehearsed"``: with lookahead | ``"graph"`` |
    | ``reward`` | ``"job-time"`` or ``"job-time-per-job"`` | ``"job-time"`` |
    | ``reward_scale`` | ``"none"`` or ``"bound"`` | ``"none"`` |
    | ``on_invalid`` | ``"noop"`` or ``"raise"`` | ``"noop"`` |
    | ``render_mode`` | None, ``"ansi"`` or ``"rgb_array"`` | None |

    ## Vectorized environment
    ``gym.make_vec(id, num_envs=64)`` gives the native `SocVectorEnv`.

    ## Version History
    * v0: initial version.

    ## References
    Sung, Ha, Kim et al. (2020), DeepSoCS: a neural scheduler for heterogeneous system-on-chip
    resource scheduling, Electronics 9(6). Arda et al. (2020), DS3: a system-level domain-specific
    system-on-chip simulation framework, IEEE Transactions on Computers 69(8).
    """

    view_type = SocView

    def __init__(
        self, instance: InstanceLike | None = None,
        generator: str | SocGenerator | None = None, actions: str = "task-pe",
        wait: bool = False, max_ready: int | None = 24,
        observation: str | Observation = "graph", reward: str | Potential = "job-time",
        reward_scale: str = "none", on_invalid: str = "noop", render_mode: str | None = None,
    ) -> None:  # fmt: skip
        """Build a batch of one; see the class for the arguments."""
        episodes = make_episodes(
            1, instance=instance, generator=generator, actions=actions, wait=wait,
            max_ready=max_ready, observation=observation, reward=reward,
            reward_scale=reward_scale, on_invalid=on_invalid,
        )  # fmt: skip
        super().__init__(episodes, render_mode=render_mode)

    def _draw(self, mode: str) -> npt.NDArray[np.uint8] | str:
        from dispatchlab.envs.soc.viewer import render_ansi, render_rgb

        if mode == "ansi":
            return render_ansi(self.problem, self.schedule())
        return render_rgb(self.problem, self.schedule())


class SocVectorEnv(SchedulingVectorEnv[SocView, SocSchedule]):
    """B environments of `SocEnv` in one set of arrays, stepped by one kernel.

    Args:
        num_envs: B.
        autoreset: ``"same-step"``, ``"next-step"`` or ``"disabled"``.
        **kwargs: The arguments of `SocEnv`, without ``render_mode``.
    """

    view_type = SocView
    make_episodes = staticmethod(make_episodes)
