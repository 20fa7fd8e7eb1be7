"""SchedulingEnv: the scalar Gymnasium environment, a batch of one."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from dispatchlab.envs.core.episodes import BoolArray, EpisodeBatch
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec
from dispatchlab.envs.core.reset_options import parse_options
from dispatchlab.envs.core.view import BatchView

ViewT = TypeVar("ViewT", bound=BatchView[Any])
ScheduleT = TypeVar("ScheduleT")


class SchedulingEnv(gym.Env[Arrays, np.int64], Generic[ViewT, ScheduleT]):
    """One environment; families subclass it to build the batch and to draw.

    Attributes:
        view_type: What the family's dispatchers see.
    """

    view_type: type[ViewT]
    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}  # noqa: RUF012 (gymnasium's own shape)

    def __init__(self, episodes: EpisodeBatch, *, render_mode: str | None = None) -> None:
        """Wrap a batch of one.

        Args:
            episodes: The batch.
            render_mode: None, ``"ansi"`` or ``"rgb_array"``.
        """
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise DispatchlabError(
                f"Unknown render_mode {render_mode!r}; choose one of "
                f"{', '.join(self.metadata['render_modes'])}, or None."
            )
        self.render_mode = render_mode
        self.episodes = episodes
        self.graph_spec: GraphSpec = episodes.spec
        self.observation_space = episodes.spec.space()  # type: ignore[assignment] # a Dict of them
        self.action_space = spaces.Discrete(episodes.spec.num_actions)

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Arrays, dict[str, Any]]:
        """Start a new episode.

        Args:
            seed: Seeds ``np_random``, from which the generator draws.
            options: ``"task"``: parameters of the generator; ``"problem"``:
                ``(instance, realisation)`` to play instead of drawing.
        """
        checked = parse_options(options, 1)
        super().reset(seed=seed)
        self.episodes.rngs[0] = self.np_random
        self.episodes.begin(*checked)
        observation = self._observe()
        return observation, self._info(observation, illegal=False)

    def step(self, action: np.int64 | int) -> tuple[Arrays, float, bool, bool, dict[str, Any]]:
        """Play an action; the episode ends when everything is scheduled, or at its horizon."""
        self._require_reset("step()")
        rewards, done, illegal = self.episodes.step(np.array(action, ndmin=1))
        observation = self._observe()
        info = self._info(observation, illegal=bool(illegal[0]))
        cut = bool(self.episodes.truncated()[0])
        return observation, float(rewards[0]), bool(done[0]) and not cut, cut, info

    def action_masks(self) -> BoolArray:
        """``(A,)`` legal actions (the name that sb3-contrib looks for)."""
        legal: BoolArray = self.episodes.dynamics.legal()[0]
        return legal

    def view(self) -> ViewT:
        """What a dispatcher may know at this decision."""
        return self.view_type(self.episodes.dynamics, self.episodes.observation)

    def schedule(self) -> ScheduleT:
        """What has happened so far, with the ends that what is under way will have.

        For viewers and checkers: no scheduler may look at it under a random realisation.
        """
        schedule: ScheduleT = self.episodes.dynamics.schedule(0)
        return schedule

    @property
    def problem(self) -> Any:  # noqa: ANN401 (each family has its own)
        """The instance being played."""
        self._require_reset("problem")
        return self.episodes.dynamics.encoding(0)

    @property
    def realisation(self) -> Any:  # noqa: ANN401 (each family has its own)
        """What will happen in this episode; no scheduler may look at it."""
        return self.episodes.dynamics.realisation(0)

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state."""
        return self.episodes.snapshot()

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Return to a snapshot of the same episode."""
        self.episodes.restore(snapshot)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a bit-for-bit continuation needs, the random generator included."""
        return self.episodes.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.episodes.load_state_dict(state)

    def graph(self) -> Any:  # noqa: ANN401 (each family has its own)
        """The observation as a torch-geometric ``HeteroData`` without padding."""
        from dispatchlab.envs.core.hetero import to_hetero_data

        return to_hetero_data(self.graph_spec, self._observe())

    def render(self) -> npt.NDArray[np.uint8] | str | None:
        """Draw the schedule so far in the chosen mode."""
        self._require_reset("render()")
        if self.render_mode is None:
            gym.logger.warn("render() needs a render_mode; pass render_mode='ansi' to make().")
            return None
        return self._draw(self.render_mode)

    def _require_reset(self, what: str) -> None:
        if not self.episodes.has_begun:
            raise DispatchlabError(f"{what} was used before reset(); call reset() first.")

    def _draw(self, mode: str) -> npt.NDArray[np.uint8] | str:
        """Draw the schedule so far; each family has its own viewer."""
        raise NotImplementedError

    def _observe(self) -> Arrays:
        return {key: value[0] for key, value in self.episodes.observe().items()}

    def _info(self, observation: Arrays, *, illegal: bool) -> dict[str, Any]:
        dynamics = self.episodes.dynamics
        return {
            "action_mask": observation["action_mask"].copy(),
            "illegal_action": illegal,
            "objective": float(dynamics.objective()[0]),
            "lower_bound": float(dynamics.initial_bound()[0]),
            "decisions": int(dynamics.decisions()[0]),
            "reward_terms": dynamics.reward_terms(0),
        }


class ReasonedEnv(SchedulingEnv[ViewT, ScheduleT]):
    """One environment that can say why an action is illegal."""

    def reasons(self) -> list[str]:
        """``A`` texts: why each action is illegal now, or ``"legal"``."""
        self._require_reset("reasons()")
        reasons: list[str] = self.episodes.dynamics.reasons(0)
        return reasons
