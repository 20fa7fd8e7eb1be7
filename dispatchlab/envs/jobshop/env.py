"""The two faces of the job-shop family: `CPSchedulingEnv` and `CPSchedulingVectorEnv`."""

import os

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.env import SchedulingEnv
from dispatchlab.envs.core.episodes import EpisodeBatch
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.core.sources import choose_source
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.fixed_instances import FixedInstances
from dispatchlab.envs.jobshop.generator import JobShopGenerator, make_generator
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import make_observation
from dispatchlab.envs.jobshop.reward import Potential, make_reward
from dispatchlab.envs.jobshop.view import View

InstanceLike = str | os.PathLike[str] | CpEncoding


def make_episodes(
    batch: int, *, instance: InstanceLike | None = None,
    generator: str | JobShopGenerator | None = None, semantics: str = "non-delay",
    stop_at: str = "choices", observation: str | Observation = "tokens",
    reward: str | Potential = "bound", reward_scale: str = "none", on_invalid: str = "noop",
) -> EpisodeBatch:  # fmt: skip
    """Build the batch behind both faces; the arguments are those of `CPSchedulingEnv`."""
    source: JobShopGenerator = choose_source(
        instance, generator, default="ft06", kind=CpEncoding,
        fixed=lambda given: FixedInstances([given]), make=make_generator,
        example="random:num_jobs=5-10",
    )  # fmt: skip
    # a problem that never changes is stored once, and stays in the processor's cache
    slots = 1 if isinstance(source, FixedInstances) and source.is_constant else batch
    dynamics = Dynamics(batch, source.limits, semantics=semantics, stop_at=stop_at, slots=slots)
    return EpisodeBatch(
        dynamics, source, make_observation(observation), make_reward(reward), batch=batch,
        reward_scale=reward_scale, on_invalid=on_invalid,
    )  # fmt: skip


class CPSchedulingEnv(SchedulingEnv[View, Schedule]):
    """Build a schedule for any problem in a constraint-programming encoding.

    ## Description
    Activities, each in one of its modes, are started one after another on machines and shared
    resources until all are scheduled. Job shops, flexible job shops, flow shops, open shops,
    resource-constrained projects and CP-SAT models are all the same environment: nothing behind
    the encoding knows which of them it plays. The environment propagates earliest starts and
    stops only where there is a choice.

    ## Action Space
    ``Discrete(L * K [+ 1])``: action ``lane * K + k`` starts the next activity of a lane in its
    k-th mode. In a job shop the lanes are the jobs and K = 1; in general they are a minimum chain
    cover of the precedences. With ``semantics="non-delay-wait"`` the last action waits. What is
    legal depends on the semantics:

    | semantics | legal | reaches |
    |---|---|---|
    | ``append`` | any next activity | every semi-active schedule |
    | ``non-delay`` | what can start at the earliest possible time | non-delay schedules |
    | ``active`` | the conflict set of Giffler and Thompson (1960) | every active schedule |
    | ``non-delay-wait`` | as non-delay, or a wait that is not dominated | all but rare ones |

    (``non-delay-wait`` reaches every active schedule of a shop; where activities need several
    resources at once it misses a rare one.)

    An illegal action plays the legal one with the lowest index (``on_invalid="noop"``) and sets
    ``info["illegal_action"]``, or raises (``on_invalid="raise"``). The mask is in
    ``obs["action_mask"]``, ``info["action_mask"]`` and ``env.action_masks()``.

    ## Observation Space
    A flat ``Dict`` of padded arrays, described by ``env.unwrapped.graph_spec`` (print it).
    ``"tokens"``: a node for every lane's next activity and mode. ``"rehearsed"``: those, and for
    every option what the rule FDD/MWKR reaches after it (nothing may be random then).
    ``"graph"``: the tokens, and all activities and resources with their precedences and uses.

    ## Rewards
    Differences of a potential that is 0 at reset and the objective at the end: the undiscounted
    return is minus the objective (makespan, total weighted tardiness or total flow time, in the
    instance's time unit), exactly. ``"bound"``: the lower bound of the partial schedule (the
    first step pays the initial bound); ``"completed"``: what has been completed; ``"sparse"``:
    all at the end. ``reward_scale="bound"`` divides by the lower bound of the instance.

    ## Starting State
    An empty schedule of the given instance, or of one drawn by the generator.

    ## Episode End
    Terminates when every activity is scheduled; never truncates. Where an instance leaves nothing
    to choose, the mask is empty from the start and the first step, whatever its action, ends the
    episode.

    ## Arguments
    ```python
    >>> import gymnasium as gym
    >>> import dispatchlab
    >>> env = gym.make("dispatchlab/CPScheduling-v0", instance="ft06", semantics="active")
    >>> observation, info = env.reset(seed=0)
    >>> info["lower_bound"]
    52.0

    ```

    | argument | meaning | default |
    |---|---|---|
    | ``instance`` | benchmark name, file or `CpEncoding` | ``"ft06"``; each id sets its own |
    | ``generator`` | string such as ``"random:num_jobs=5-10"`` or object; instead of instance | |
    | ``semantics`` | see above | ``"non-delay"`` |
    | ``stop_at`` | ``"choices"``, or ``"every"`` dispatch | ``"choices"`` |
    | ``observation`` | ``"tokens"``, ``"rehearsed"`` or ``"graph"`` | ``"tokens"`` |
    | ``reward`` | ``"bound"``, ``"completed"``, ``"sparse"`` | ``"bound"`` |
    | ``reward_scale`` | ``"none"`` or ``"bound"`` | ``"none"`` |
    | ``on_invalid`` | ``"noop"`` or ``"raise"`` | ``"noop"`` |
    | ``render_mode`` | None, ``"ansi"`` or ``"rgb_array"`` | None |

    ## Vectorized environment
    ``gym.make_vec(id, num_envs=64)`` gives the native `CPSchedulingVectorEnv`.

    ## Version History
    * v0: initial version.

    ## References
    Tassel, Gebser and Schekotihin (2023), An end-to-end reinforcement learning approach for
    job-shop scheduling problems based on constraint programming, ICAPS.
    """

    view_type = View

    def __init__(
        self, instance: InstanceLike | None = None,
        generator: str | JobShopGenerator | None = None, semantics: str = "non-delay",
        stop_at: str = "choices", observation: str | Observation = "tokens",
        reward: str | Potential = "bound", reward_scale: str = "none", on_invalid: str = "noop",
        render_mode: str | None = None,
    ) -> None:  # fmt: skip
        """Build a batch of one; see the class for the arguments."""
        episodes = make_episodes(
            1, instance=instance, generator=generator, semantics=semantics, stop_at=stop_at,
            observation=observation, reward=reward, reward_scale=reward_scale,
            on_invalid=on_invalid,
        )  # fmt: skip
        super().__init__(episodes, render_mode=render_mode)

    def _draw(self, mode: str) -> npt.NDArray[np.uint8] | str:
        from dispatchlab.envs.jobshop.viewer import render_ansi, render_rgb

        if mode == "ansi":
            return render_ansi(self.problem, self.schedule())
        return render_rgb(self.problem, self.schedule())


class CPSchedulingVectorEnv(SchedulingVectorEnv[View, Schedule]):
    """B environments of `CPSchedulingEnv` in one set of arrays, stepped by one kernel.

    Args:
        num_envs: B.
        autoreset: ``"same-step"``, ``"next-step"`` or ``"disabled"``.
        **kwargs: The arguments of `CPSchedulingEnv`, without ``render_mode``.
    """

    view_type = View
    make_episodes = staticmethod(make_episodes)
