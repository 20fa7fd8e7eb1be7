"""EpisodeBatch: what the scalar and the vector environment share.

It joins a family's dynamics with a generator, an observation and a reward, and knows nothing of
Gymnasium's interfaces. The scalar environment is a batch of one.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError, IllegalActionError
from dispatchlab.envs.core.generator import Generator
from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec
from dispatchlab.envs.core.observation import Observation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
FALLBACK = 1


class EpisodeBatch:
    """A batch of episodes of one family.

    Args:
        dynamics: B rows.
        generator: Draws the problem and realisation of each new episode.
        observation: Fills the graph observation.
        potential: ``(B,)`` potential of the current state, see the family's ``reward`` module.
        reward_scale: ``"none"``: rewards in the objective's unit; ``"bound"``: divided by the
            lower bound of the instance, so that sizes mix.
        on_invalid: ``"noop"`` plays the legal action with the lowest index instead of an illegal
            one; ``"raise"`` raises.

    Attributes:
        rngs: One generator per row; every random draw of a row comes from it.
        tasks: The task that each row plays (None: drawn by the generator).
    """

    def __init__(
        self,
        dynamics: Any,  # noqa: ANN401 (any family's dynamics)
        generator: Generator[Any, Any, Any], observation: Observation,
        potential: Callable[[Any], FloatArray], *, batch: int, reward_scale: str = "none",
        on_invalid: str = "noop",
    ) -> None:  # fmt: skip
        """Join the parts."""
        _check_choice("reward_scale", reward_scale, ("none", "bound"))
        _check_choice("on_invalid", on_invalid, ("noop", "raise"))
        self.dynamics, self.generator, self.observation = dynamics, generator, observation
        self.spec: GraphSpec = observation.spec(dynamics)
        self.batch = batch
        self.rngs = [np.random.default_rng(seed) for seed in np.random.SeedSequence().spawn(batch)]
        self.tasks: list[Mapping[str, float] | None] = [None] * batch
        self._potential = potential
        self._normalise = reward_scale == "bound"
        self._raise = on_invalid == "raise"
        self._rows: IntArray = np.arange(batch)
        self._before: FloatArray = np.zeros(batch)
        self.has_begun = False
        self._shares_slot = dynamics.num_slots < batch

    def begin(
        self, rows: IntArray, tasks: Sequence[Mapping[str, float] | None] | None = None,
        problem: tuple[Any, Any] | None = None, *,
        problems: Sequence[tuple[Any, Any]] | None = None,
    ) -> None:  # fmt: skip
        """Start new episodes in some rows.

        Args:
            rows: Rows to start over; the first time all of them.
            tasks: Task of each of these rows, or None to let the generator draw.
            problem: ``(instance, realisation)`` to play in all of them instead of drawing.
            problems: One for each of these rows instead.

        Raises:
            DispatchlabError: If a task is not of the generator's task space, some rows have
                never begun, or rows that share an instance were given one each.
        """
        if not self.has_begun and len(rows) < self.batch:
            raise DispatchlabError(
                f"Only {len(rows)} of {self.batch} environments were reset the first time; reset "
                "all of them before you use a reset_mask."
            )
        for task in tasks or ():
            self.generator.task_space.validate(task)
        if self._shares_slot:
            if problems is not None:
                raise DispatchlabError(
                    f"{len(problems)} problems were given to environments that play one shared "
                    "instance; give them a generator."
                )
            self._load_shared(rows, problem)
        else:
            self._load_each(rows, tasks, [problem] * len(rows) if problems is None else problems)
        self.dynamics.reset(rows)
        self._before[rows] = 0.0
        self.has_begun = True

    def step(self, actions: npt.ArrayLike) -> tuple[FloatArray, BoolArray, BoolArray]:
        """Play one action per row.

        Returns:
            ``(B,)`` rewards, ``(B,)`` whether the episode is over (see `truncated`), ``(B,)``
            whether the action was illegal.

        Raises:
            IllegalActionError: With ``on_invalid="raise"``; nothing has been played then.
        """
        chosen = self._check_actions(actions)
        if self._raise:
            self._refuse_illegal(chosen)
        outcome = self.dynamics.step(chosen)
        after = self._potential(self.dynamics)
        rewards = self._before - after
        self._before = after
        if self._normalise:
            rewards = rewards / self.dynamics.reward_scale()
        return rewards, self.dynamics.done(), outcome == FALLBACK

    def truncated(self) -> BoolArray:
        """``(B,)`` whether the episode was cut off by its horizon, though work may be left."""
        cut: BoolArray = self.dynamics.truncated()
        return cut

    def observe(self, rows: IntArray | None = None) -> Arrays:
        """Fresh observations of some rows (all by default)."""
        rows = self._rows if rows is None else rows
        out = self.spec.allocate(len(rows))
        self.observation.fill(self.dynamics, rows, out)
        return out

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state of all rows (not of the problems they play)."""
        return {"state": self.dynamics.snapshot(), "before": self._before.copy()}

    def restore(
        self, snapshot: Mapping[str, Any], rows: IntArray | None = None,
        sources: IntArray | None = None,
    ) -> None:  # fmt: skip
        """Make row ``rows[i]`` equal to row ``sources[i]`` of a snapshot."""
        rows = self._rows if rows is None else np.asarray(rows)
        sources = rows if sources is None else np.asarray(sources)
        self.dynamics.restore(snapshot["state"], rows, sources)
        self._before[rows] = snapshot["before"][sources]

    def state_dict(self) -> dict[str, Any]:
        """Everything that a bit-for-bit continuation needs."""
        return {
            "dynamics": self.dynamics.state_dict(),
            "before": self._before.copy(),
            "rngs": copy.deepcopy([rng.bit_generator.state for rng in self.rngs]),
            "tasks": copy.deepcopy(self.tasks),
            "generator": getattr(self.generator, "turn", None),
            "has_begun": self.has_begun,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.dynamics.load_state_dict(state["dynamics"])
        self._before = state["before"].copy()
        for rng, saved in zip(self.rngs, state["rngs"], strict=True):
            rng.bit_generator.state = saved
        self.tasks = copy.deepcopy(state["tasks"])
        if state["generator"] is not None:
            self.generator.turn = state["generator"]  # type: ignore[attr-defined]
        self.has_begun = state["has_begun"]

    def _load_each(
        self, rows: IntArray, tasks: Sequence[Mapping[str, float] | None] | None,
        problems: Sequence[tuple[Any, Any] | None],
    ) -> None:  # fmt: skip
        for index, row in enumerate(rows.tolist()):
            self.tasks[row] = tasks[index] if tasks is not None else None
            drawn = problems[index] or self.generator.sample(self.rngs[row], self.tasks[row])
            self.dynamics.load(row, *drawn)

    def _load_shared(self, rows: IntArray, problem: tuple[Any, Any] | None) -> None:
        """One slot for all rows: what it holds can only change when all of them start over."""
        if len(rows) == self.batch:
            self.dynamics.load(0, *(problem or self.generator.sample(self.rngs[0], None)))
        elif problem is not None:
            raise DispatchlabError(
                f"A problem was given for {len(rows)} of {self.batch} environments that play one "
                "shared instance; reset all of them, or give each its own with a generator."
            )

    def _check_actions(self, actions: npt.ArrayLike) -> IntArray:
        chosen = np.asarray(actions)
        if chosen.shape != (self.batch,) or chosen.dtype.kind not in "iu":
            raise DispatchlabError(
                f"Actions have shape {chosen.shape} and type {chosen.dtype}; give "
                f"{self.batch} integers, one per environment."
            )
        return chosen.astype(np.int64, copy=False)

    def _refuse_illegal(self, chosen: IntArray) -> None:
        legal = self.dynamics.legal()
        known = (chosen >= 0) & (chosen < legal.shape[1])
        is_legal = known & legal[self._rows, np.where(known, chosen, 0)]
        for row in np.flatnonzero(~is_legal & ~self.dynamics.done()):
            raise IllegalActionError(
                f"Action {chosen[row]} is illegal in environment {row}; "
                f"legal actions are {np.flatnonzero(legal[row]).tolist()}."
            )


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise DispatchlabError(f"Unknown {name} {value!r}; choose one of {', '.join(allowed)}.")
