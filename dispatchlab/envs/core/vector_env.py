"""SchedulingVectorEnv: the native Gymnasium vector environment over an `EpisodeBatch`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from dispatchlab.envs.core.env import ScheduleT, ViewT
from dispatchlab.envs.core.episodes import BoolArray, EpisodeBatch, FloatArray, IntArray
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec
from dispatchlab.envs.core.reset_options import parse_options

AUTORESET = {
    "same-step": AutoresetMode.SAME_STEP,
    "next-step": AutoresetMode.NEXT_STEP,
    "disabled": AutoresetMode.DISABLED,
}


Chooser = Callable[[IntArray, FloatArray, Mapping[str, Any]], Sequence[tuple[Any, Any]]]


class SchedulingVectorEnv(VectorEnv[Arrays, IntArray, Any], Generic[ViewT, ScheduleT]):
    """B environments stepped by one kernel; families say only how to build the batch.

    Row ``b`` seeded with ``s`` plays exactly what the scalar environment seeded with ``s`` plays.

    Attributes:
        make_episodes: Builds the batch from its size and the arguments of the scalar environment.
        view_type: What the family's dispatchers see.
        chooser: Chooses what rows play next instead of the generator, if there is one; called with
            the rows that begin anew, all rewards of the step and its infos, which tell how the
            episodes of these rows have ended (empty after a reset and in the mode ``"next-step"``),
            and returns one ``(instance, realisation)`` for each of the rows.
    """

    make_episodes: Callable[..., EpisodeBatch]
    view_type: type[ViewT]
    metadata: dict[str, Any]

    def __init__(
        self, num_envs: int = 1, *, autoreset: str = "same-step", render_mode: str | None = None,
        max_episode_steps: int | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Build the batch.

        Args:
            num_envs: B.
            autoreset: ``"same-step"``, ``"next-step"`` or ``"disabled"``, as Gymnasium's
                `AutoresetMode`.
            render_mode: None: `gymnasium.make_vec` passes it on, but only scalar environments
                take it, as ``max_episode_steps``.
            max_episode_steps: None.
            **kwargs: The arguments of the scalar environment.
        """
        _check_arguments(num_envs, render_mode, max_episode_steps)
        episodes = self.make_episodes(num_envs, **kwargs)
        if autoreset not in AUTORESET:
            raise DispatchlabError(
                f"Unknown autoreset {autoreset!r}; choose one of {', '.join(AUTORESET)}."
            )
        self.metadata = {"render_modes": [], "autoreset_mode": AUTORESET[autoreset]}
        self.render_mode = None
        self.episodes = episodes
        self.num_envs = episodes.batch
        self.graph_spec: GraphSpec = episodes.spec
        self.single_observation_space = episodes.spec.space()
        self.single_action_space = spaces.Discrete(episodes.spec.num_actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._mode = AUTORESET[autoreset]
        self.chooser: Chooser | None = None
        self._finished: BoolArray = np.zeros(self.num_envs, bool)
        self._all_rows: IntArray = np.arange(self.num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Arrays, dict[str, Any]]:  # fmt: skip
        """Start new episodes.

        Args:
            seed: An int s seeds row b with s + b; a sequence gives each row's own.
            options: ``"task"``: parameters of the generator, one mapping or one per row;
                ``"problem"``: ``(instance, realisation)`` to play in every row (later episodes
                draw again; an environment built for one instance keeps playing it until all rows
                are reset);
                ``"reset_mask"``: ``(B,)`` rows to start over (all by default).
        """
        checked = parse_options(options, self.num_envs)
        self._seed_rows(seed)
        if checked.problem is None and all(task is None for task in checked.tasks):
            self._begin(checked.rows, np.zeros(self.num_envs), {})
        else:
            self.episodes.begin(*checked)
        self._finished[checked.rows] = False
        observations = self.episodes.observe()
        return observations, {"action_mask": observations["action_mask"].copy()}

    def step(
        self, actions: npt.ArrayLike
    ) -> tuple[Arrays, FloatArray, BoolArray, BoolArray, dict[str, Any]]:
        """Play one action per row; an episode ends with its work, or at its horizon."""
        if not self.episodes.has_begun:
            raise DispatchlabError("step() was called before reset(); call reset() first.")
        stale = self._finished
        if self._mode == AutoresetMode.NEXT_STEP and stale.any():
            return self._step_and_reset(actions, stale)
        rewards, done, illegal = self.episodes.step(actions)
        cut = self.episodes.truncated()
        infos: dict[str, Any] = {"illegal_action": illegal}
        ended = done & ~stale
        if ended.any():
            self._add_final(infos, ended)
        self._finished = done.copy()
        if self._mode == AutoresetMode.SAME_STEP and done.any():
            self._begin(np.flatnonzero(done), rewards, infos)
            self._finished[:] = False
        observations = self.episodes.observe()
        infos["action_mask"] = observations["action_mask"].copy()
        return observations, rewards, done & ~cut, cut, infos

    def action_masks(self) -> BoolArray:
        """``(B, A)`` legal actions (the name that sb3-contrib looks for)."""
        legal: BoolArray = self.episodes.dynamics.legal()
        return legal

    def observe(self) -> Arrays:
        """Fresh observations of the current state."""
        return self.episodes.observe()

    def view(self) -> ViewT:
        """What a dispatcher may know at the current decisions."""
        return self.view_type(self.episodes.dynamics, self.episodes.observation)

    def schedule(self, row: int) -> ScheduleT:
        """The schedule of a row so far."""
        schedule: ScheduleT = self.episodes.dynamics.schedule(row)
        return schedule

    def objectives(self) -> FloatArray:
        """``(B,)`` objective of each row, a lower bound on it while the episode runs."""
        objective: FloatArray = self.episodes.dynamics.objective()
        return objective

    @property
    def problems(self) -> list[Any]:
        """The instance that each row plays."""
        return [self.episodes.dynamics.encoding(row) for row in range(self.num_envs)]

    @property
    def realisations(self) -> list[Any]:
        """The realisation that each row plays; no scheduler may look at it."""
        return [self.episodes.dynamics.realisation(row) for row in range(self.num_envs)]

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state of all rows."""
        return {"episodes": self.episodes.snapshot(), "finished": self._finished.copy()}

    def restore(
        self, snapshot: Mapping[str, Any], rows: IntArray | None = None,
        sources: IntArray | None = None,
    ) -> None:  # fmt: skip
        """Make row ``rows[i]`` equal to row ``sources[i]`` of a snapshot (all by default).

        The rows must play the same instance.
        """
        rows = self._all_rows if rows is None else np.asarray(rows)
        sources = rows if sources is None else np.asarray(sources)
        self.episodes.restore(snapshot["episodes"], rows, sources)
        self._finished[rows] = snapshot["finished"][sources]

    def state_dict(self) -> dict[str, Any]:
        """Everything that a bit-for-bit continuation needs, random generators included."""
        return {"episodes": self.episodes.state_dict(), "finished": self._finished.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.episodes.load_state_dict(state["episodes"])
        self._finished = state["finished"].copy()

    def _seed_rows(self, seed: int | Sequence[int | None] | None) -> None:
        seeds: Sequence[int | None] = (
            [None if seed is None else seed + row for row in range(self.num_envs)]
            if seed is None or isinstance(seed, (int, np.integer))
            else seed
        )
        if len(seeds) != self.num_envs:
            raise DispatchlabError(
                f"{len(seeds)} seeds were given for {self.num_envs} environments; give one each."
            )
        for row, value in enumerate(seeds):
            if value is not None:
                # as gymnasium.utils.seeding.np_random, so that scalar and vector agree
                sequence = np.random.SeedSequence(value)
                self.episodes.rngs[row] = np.random.Generator(np.random.PCG64(sequence))

    def _begin(self, rows: IntArray, rewards: FloatArray, infos: Mapping[str, Any]) -> None:
        """Start new episodes with what the chooser or the generator gives."""
        if self.chooser is None:
            self.episodes.begin(rows)
        else:
            self.episodes.begin(rows, problems=self.chooser(rows, rewards, infos))

    def _step_and_reset(
        self, actions: npt.ArrayLike, stale: BoolArray
    ) -> tuple[Arrays, FloatArray, BoolArray, BoolArray, dict[str, Any]]:
        """NEXT_STEP: rows that ended in the last step start over; their action is ignored."""
        rewards, done, illegal = self.episodes.step(actions)
        cut = self.episodes.truncated() & ~stale
        infos: dict[str, Any] = {"illegal_action": illegal & ~stale}
        ended = done & ~stale
        if ended.any():
            self._add_final(infos, ended)
        self._begin(np.flatnonzero(stale), rewards, {})
        rewards[stale] = 0.0
        self._finished = ended.copy()
        observations = self.episodes.observe()
        infos["action_mask"] = observations["action_mask"].copy()
        return observations, rewards, ended & ~cut, cut, infos

    def _add_final(self, infos: dict[str, Any], ended: BoolArray) -> None:
        """Objective, bound and last observation of the episodes that ended in this step."""
        dynamics = self.episodes.dynamics
        rows = np.flatnonzero(ended)
        last = self.episodes.observe(rows)
        final = np.full(self.num_envs, None, dtype=object)
        for index, row in enumerate(rows):
            final[row] = {key: value[index] for key, value in last.items()}
        info: dict[str, Any] = {}
        for key, values in (
            ("objective", dynamics.objective()),
            ("lower_bound", dynamics.initial_bound()),
            ("decisions", dynamics.decisions()),
        ):
            info[key], info[f"_{key}"] = np.where(ended, values, 0), ended.copy()
        terms = np.full(self.num_envs, None, dtype=object)
        for row in rows:
            terms[row] = dynamics.reward_terms(row)
        info["reward_terms"], info["_reward_terms"] = terms, ended.copy()
        infos["final_obs"], infos["_final_obs"] = final, ended.copy()
        infos["final_info"], infos["_final_info"] = info, ended.copy()


def _check_arguments(num_envs: int, render_mode: str | None, max_episode_steps: int | None) -> None:
    """Refuse what `gymnasium.make_vec` passes on but only scalar environments take."""
    if render_mode is not None or max_episode_steps is not None:
        raise DispatchlabError(
            f"The vector environment takes neither render_mode={render_mode!r} nor "
            f"max_episode_steps={max_episode_steps!r}; leave them out."
        )
    if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
        raise DispatchlabError(f"num_envs is {num_envs!r}; give an integer of at least 1.")
