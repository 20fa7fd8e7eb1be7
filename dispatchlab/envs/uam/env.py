"""The two faces of the UAM family: `UamEnv` and `UamVectorEnv`."""

import os

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.env import ReasonedEnv
from dispatchlab.envs.core.episodes import EpisodeBatch
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.sources import choose_source
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.generator import FixedInstance, UamGenerator, make_generator
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.observation import make_observation
from dispatchlab.envs.uam.reward import Potential, make_reward
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.view import UamView

InstanceLike = str | os.PathLike[str] | UamInstance
DEFAULT_DAYS = "random-8x40"


def make_episodes(
    batch: int, *, instance: InstanceLike | None = None,
    generator: str | UamGenerator | None = None, stop_at: str = "choices",
    observation: str | Observation = "graph", reward: str | Potential = "profit",
    reward_scale: str = "none", on_invalid: str = "noop",
) -> EpisodeBatch:  # fmt: skip
    """Build the batch behind both faces; the arguments are those of `UamEnv`."""
    if instance is None and generator is None:
        generator = DEFAULT_DAYS
    source: UamGenerator = choose_source(
        instance, generator, default=DEFAULT_DAYS, kind=UamInstance, fixed=FixedInstance,
        make=make_generator, example="random-8x40:rho=0.6-2.5",
    )  # fmt: skip
    dynamics = Dynamics(batch, source.limits, stop_at=stop_at)
    return EpisodeBatch(
        dynamics, source, make_observation(observation), make_reward(reward), batch=batch,
        reward_scale=reward_scale, on_invalid=on_invalid,
    )  # fmt: skip


class UamEnv(ReasonedEnv[UamView, UamSchedule]):
    """Send the electric air taxis of a fleet between vertiports for a day.

    ## Description
    Passengers want to fly between vertiports; how many, and what they pay, changes over the day.
    An aircraft that is ready chooses where to fly, takes whom it finds, pays for its miles and its
    energy, lands after a take-off delay that nobody knows before, charges, and is ready again.
    Vertiports have few slots and chargers; corridors keep aircraft apart; routes close, and
    aircraft fail.

    ## Action Space
    ``Discrete(N * L)``, N vertiports and L charge levels (one by default: full): action
    ``L * j + l`` sends the aircraft that is asked to vertiport j, where it charges up to level l.
    Its own vertiport means to stay: it charges, if it is below level l, or waits until the next
    tick (5 min). Closed routes, destinations without a free slot and those beyond the battery are
    illegal: ``env.unwrapped.reasons()`` says why. An illegal action plays the legal one with the
    lowest index (``on_invalid="noop"``) and sets ``info["illegal_action"]``, or raises
    (``on_invalid="raise"``). The mask is in ``obs["action_mask"]``, ``info["action_mask"]`` and
    ``env.action_masks()``.

    With ``stop_at="choices"`` an aircraft that can only stay is not asked, nor one that is like
    another (same vertiport and energy) that has just chosen to wait.

    ## Observation Space
    A flat ``Dict`` of padded arrays, described by ``env.unwrapped.graph_spec`` (print it):
    vertiports (with demand and fares of the next hours) and aircraft as nodes; arcs for where
    aircraft are, for pairs within range, and for every legal action. With
    ``observation="priced"`` legal actions also tell what an aircraft is worth where and when it
    ends, by the prices of a fluid fleet on the expected day, and what lookahead expects to earn.

    ## Rewards
    The profit of the leg in dollars, when it departs: fares, less the cost of its miles and of its
    energy at the price when it should land. Their sum is the profit of the day.

    ## Starting State
    Every aircraft is ready where the instance says, usually with a full battery.

    ## Episode End
    Terminates at the end of the day; flights that have departed by then count.

    ## Arguments
    ```python
    >>> import gymnasium as gym
    >>> import dispatchlab
    >>> env = gym.make("dispatchlab/UAM-v0", generator="random-5x20:rho=0.6")
    >>> observation, info = env.reset(seed=0)
    >>> observation["action_mask"].shape
    (5,)

    ```

    | argument | meaning | default |
    |---|---|---|
    | ``instance`` | preset (with settings after a colon), file or `UamInstance` | |
    | ``generator`` | days, such as ``"random-8x40:rho=0.6-2.5"``, or object | ``"random-8x40"`` |
    | ``stop_at`` | ``"choices"`` or ``"every"`` | ``"choices"`` |
    | ``observation`` | ``"graph"``, or ``"priced"``: with what rules compare | ``"graph"`` |
    | ``reward`` | ``"profit"`` | ``"profit"`` |
    | ``reward_scale`` | ``"none"`` or ``"bound"``: in mean fares | ``"none"`` |
    | ``on_invalid`` | ``"noop"`` or ``"raise"`` | ``"noop"`` |
    | ``render_mode`` | None, ``"ansi"`` or ``"rgb_array"`` | None |

    ## Vectorized environment
    ``gym.make_vec(id, num_envs=64)`` gives the native `UamVectorEnv`.

    ## Version History
    * v0: initial version.

    ## References
    Paul, Witter and Chowdhury (2024), Graph learning-based fleet scheduling for urban air mobility
    under operational constraints, varying demand and uncertainties, SAC 2024, arXiv:2401.04851.
    """

    view_type = UamView

    def __init__(
        self, instance: InstanceLike | None = None, generator: str | UamGenerator | None = None,
        stop_at: str = "choices", observation: str | Observation = "graph",
        reward: str | Potential = "profit", reward_scale: str = "none", on_invalid: str = "noop",
        render_mode: str | None = None,
    ) -> None:  # fmt: skip
        """Build a batch of one; see the class for the arguments."""
        episodes = make_episodes(
            1, instance=instance, generator=generator, stop_at=stop_at, observation=observation,
            reward=reward, reward_scale=reward_scale, on_invalid=on_invalid,
        )  # fmt: skip
        super().__init__(episodes, render_mode=render_mode)

    def _draw(self, mode: str) -> npt.NDArray[np.uint8] | str:
        from dispatchlab.envs.uam.viewer import render_ansi, render_rgb

        if mode == "ansi":
            return render_ansi(self.problem, self.realisation, self.schedule())
        return render_rgb(self.problem, self.realisation, self.schedule())


class UamVectorEnv(SchedulingVectorEnv[UamView, UamSchedule]):
    """B environments of `UamEnv` in one set of arrays, stepped by one kernel.

    Args:
        num_envs: B.
        autoreset: ``"same-step"``, ``"next-step"`` or ``"disabled"``.
        **kwargs: The arguments of `UamEnv`, without ``render_mode``.
    """

    view_type = UamView
    make_episodes = staticmethod(make_episodes)
