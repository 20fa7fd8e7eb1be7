"""The two faces of the edge/cloud family: `EdgeCloudEnv` and `EdgeCloudVectorEnv`."""

import os

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.env import ReasonedEnv
from dispatchlab.envs.core.episodes import EpisodeBatch
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.sources import choose_source
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.generator import EdgeGenerator, FixedInstance, make_generator
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.observation import make_observation
from dispatchlab.envs.edge.reward import Potential, make_reward
from dispatchlab.envs.edge.schedule import EdgeSchedule
from dispatchlab.envs.edge.view import EdgeView

InstanceLike = str | os.PathLike[str] | EdgeInstance


def make_episodes(
    batch: int, *, instance: InstanceLike | None = None,
    generator: str | EdgeGenerator | None = None, migrate: bool = True, lead_ms: int = 25,
    observation: str | Observation = "graph", reward: str | Potential = "utility",
    reward_scale: str = "none", on_invalid: str = "noop",
) -> EpisodeBatch:  # fmt: skip
    """Build the batch behind both faces; the arguments are those of `EdgeCloudEnv`."""
    if not isinstance(migrate, bool):
        raise DispatchlabError(f"migrate is {migrate!r}; give True or False.")
    if type(lead_ms) is not int:
        raise DispatchlabError(f"lead_ms is {lead_ms!r}; give a whole number of ms.")
    source: EdgeGenerator = choose_source(
        instance, generator, default="4d-a", kind=EdgeInstance, fixed=FixedInstance,
        make=make_generator, example="preset:instances=2d-a|4d-a,network=trapezium",
    )  # fmt: skip
    dynamics = Dynamics(batch, source.limits, migrate=migrate, lead_ms=lead_ms)
    return EpisodeBatch(
        dynamics, source, make_observation(observation), make_reward(reward), batch=batch,
        reward_scale=reward_scale, on_invalid=on_invalid,
    )  # fmt: skip


class EdgeCloudEnv(ReasonedEnv[EdgeView, EdgeSchedule]):
    """Run the DNN inferences of a drone fleet in time, on an edge accelerator or in the cloud.

    ## Description
    Every drone sends a segment of video a second to its edge; each segment spawns a task for every
    DNN of the workload, to be complete before its deadline. The edge runs one task at a time and
    is overloaded; the cloud runs any number at once, but costs more, takes longer, and how long
    depends on the network. A task that is late costs what it cost and brings nothing.

    ## Action Space
    ``Discrete(4 * Q + 1)``, Q places for waiting tasks in the order of their arrival: action
    ``4 * q + verb`` with the verbs edge (0), cloud (1), defer (2) and drop (3); the last action
    leaves the edge idle until the next event. There are three kinds of decisions:

    * a task *arrives*: into the edge's queue, to the cloud now, deferred until the last moment for
      the cloud (by recent cloud times), or dropped;
    * a deferred task's moment (*trigger*) has come: queue, cloud or drop;
    * the *edge is free*: which waiting task runs next, queued or deferred, or none.

    With ``migrate=True`` tasks that wait already may also be sent or dropped at every decision.
    What cannot be on time any more is illegal: ``env.unwrapped.reasons()`` says why. An illegal
    action plays the legal one with the lowest index (``on_invalid="noop"``) and sets
    ``info["illegal_action"]``, or raises (``on_invalid="raise"``). The mask is in
    ``obs["action_mask"]``, ``info["action_mask"]`` and ``env.action_masks()``.

    ## Observation Space
    A flat ``Dict`` of padded arrays, described by ``env.unwrapped.graph_spec`` (print it): waiting
    tasks, DNN models (with the last cloud times and the QoE window) and verbs as nodes; an arc for
    every legal action.

    ## Rewards
    The utility earned since the last decision: a task on time brings its benefit minus the cost of
    the place, a late one costs that cost, a dropped or expired one nothing (QoS); and a bonus per
    model and window of 20 s in which at least 90 % of its tasks were on time (QoE).
    ``reward="qos"`` leaves the bonuses out. Their sum is the utility of the episode.

    ## Starting State
    Nothing has arrived.

    ## Episode End
    Terminates when every task of the episode has ended.

    ## Arguments
    ```python
    >>> import gymnasium as gym
    >>> import dispatchlab
    >>> env = gym.make("dispatchlab/EdgeCloud-v0", instance="2d-p:duration_ms=5000")
    >>> observation, info = env.reset(seed=0)
    >>> int(info["action_mask"].sum())
    4

    ```

    | argument | meaning | default |
    |---|---|---|
    | ``instance`` | preset (with settings after a colon), file or `EdgeInstance` | ``"4d-a"`` |
    | ``generator`` | string such as ``"preset:instances=2d-a,network=trapezium"`` or object | |
    | ``migrate`` | whether waiting tasks may be sent or dropped at every decision | True |
    | ``lead_ms`` | how long before the last moment a deferred task comes up | 25 |
    | ``observation`` | ``"graph"`` | ``"graph"`` |
    | ``reward`` | ``"utility"`` or ``"qos"`` | ``"utility"`` |
    | ``reward_scale`` | ``"none"`` or ``"bound"``: in mean benefits | ``"none"`` |
    | ``on_invalid`` | ``"noop"`` or ``"raise"`` | ``"noop"`` |
    | ``render_mode`` | None, ``"ansi"`` or ``"rgb_array"`` | None |

    ## Vectorized environment
    ``gym.make_vec(id, num_envs=64)`` gives the native `EdgeCloudVectorEnv`.

    ## Version History
    * v0: initial version.

    ## References
    Raj, Mittal, Gupta and Simmhan (2025), Adaptive heuristics for scheduling DNN inferencing on
    edge and cloud for personalized UAV fleets, Future Generation Computer Systems.
    """

    view_type = EdgeView

    def __init__(
        self, instance: InstanceLike | None = None,
        generator: str | EdgeGenerator | None = None, migrate: bool = True, lead_ms: int = 25,
        observation: str | Observation = "graph", reward: str | Potential = "utility",
        reward_scale: str = "none", on_invalid: str = "noop", render_mode: str | None = None,
    ) -> None:  # fmt: skip
        """Build a batch of one; see the class for the arguments."""
        episodes = make_episodes(
            1, instance=instance, generator=generator, migrate=migrate, lead_ms=lead_ms,
            observation=observation, reward=reward, reward_scale=reward_scale,
            on_invalid=on_invalid,
        )  # fmt: skip
        super().__init__(episodes, render_mode=render_mode)

    def _draw(self, mode: str) -> npt.NDArray[np.uint8] | str:
        from dispatchlab.envs.edge.viewer import render_ansi, render_rgb

        if mode == "ansi":
            return render_ansi(self.problem, self.realisation, self.schedule())
        return render_rgb(self.problem, self.realisation, self.schedule())


class EdgeCloudVectorEnv(SchedulingVectorEnv[EdgeView, EdgeSchedule]):
    """B environments of `EdgeCloudEnv` in one set of arrays, stepped by one kernel.

    Args:
        num_envs: B.
        autoreset: ``"same-step"``, ``"next-step"`` or ``"disabled"``.
        **kwargs: The arguments of `EdgeCloudEnv`, without ``render_mode``.
    """

    view_type = EdgeView
    make_episodes = staticmethod(make_episodes)
