"""SlotDynamics: rows of state that play problems held in slots, the same in every family."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
LEGAL = 0
InstanceT = TypeVar("InstanceT")
RealisationT = TypeVar("RealisationT")


class SlotDynamics(Generic[InstanceT, RealisationT]):
    """B rows, each playing one of S slots of (instance, realisation).

    Rows go from event to event, until an end that one of their columns tells. A family adds the
    arrays, ``state`` (a named tuple with a leading axis of rows, of which ``row`` has the columns
    below), ``load``, ``legal`` and the kernels behind `_start` and `_play`.

    Attributes:
        batch: B.
        num_slots: S.
        limits: Sizes of the arrays, a named tuple.
        instances: ``S`` instances, None where a slot is empty.
        realisations: ``S`` realisations; None where a slot is empty.
    """

    slot_column = 0
    now_column: int
    done_column: int
    decisions_column: int
    problem: Any
    state: Any
    limits: Any

    def __init__(self, batch: int, slots: int | None) -> None:
        """Have empty slots: one per row unless told otherwise."""
        self.batch = batch
        self.num_slots = batch if slots is None else slots
        self.instances: list[InstanceT | None] = [None] * self.num_slots
        self.realisations: list[RealisationT | None] = [None] * self.num_slots
        self._all_rows: IntArray = np.arange(batch)

    @property
    def wait_action(self) -> int | None:
        """Index of the action that lets time pass, or None where there is no such index."""
        return None

    def load(self, slot: int, instance: InstanceT, realisation: RealisationT) -> None:
        """Put a problem into a slot; rows that play it must be reset."""
        raise NotImplementedError

    def encoding(self, row: int) -> InstanceT:
        """The instance that a row plays."""
        instance: InstanceT = self._held(self.instances, row)
        return instance

    def realisation(self, row: int) -> RealisationT:
        """The realisation that a row plays."""
        realisation: RealisationT = self._held(self.realisations, row)
        return realisation

    def reset(self, rows: IntArray | None = None, slots: IntArray | None = None) -> None:
        """Start rows over; row b plays slot b, or the only slot, unless told otherwise."""
        rows = self._all_rows if rows is None else np.asarray(rows)
        if slots is None:
            slots = rows if self.num_slots > 1 else np.zeros_like(rows)
        slots = np.asarray(slots)
        if slots.max(initial=0) >= self.num_slots or rows.max(initial=0) >= self.batch:
            raise IndexError(
                f"Rows up to {rows.max(initial=0)} in slots up to {slots.max(initial=0)} were "
                f"given, but there are {self.batch} rows and {self.num_slots} slots."
            )
        self._start(rows, slots)

    def step(self, actions: IntArray) -> npt.NDArray[np.int8]:
        """Play one action per row.

        Returns:
            ``(B,)`` 0: played, 1: illegal, the legal action with the lowest index was played
            instead, 2: the episode was over.
        """
        outcome = np.zeros(self.batch, np.int8)
        self._play(np.ascontiguousarray(actions, np.int64), outcome)
        return outcome

    def legal(self) -> BoolArray:
        """``(B, A)`` legal actions; none where the episode is over."""
        raise NotImplementedError

    def done(self) -> BoolArray:
        """``(B,)`` whether the episode is over."""
        over: BoolArray = self.state.row[:, self.done_column] != 0
        return over

    def truncated(self) -> BoolArray:
        """``(B,)`` always false: the end of an episode is a part of the problem."""
        return np.zeros(self.batch, np.bool_)

    def now(self, row: int) -> int:
        """Time in a row, in the family's unit."""
        return int(self.state.row[row, self.now_column])

    def decisions(self) -> IntArray:
        """``(B,)`` decisions taken so far."""
        taken: IntArray = self.state.row[:, self.decisions_column].copy()
        return taken

    def snapshot(self) -> Any:  # noqa: ANN401 (the family's state)
        """A copy of all rows."""
        return type(self.state)(*(array.copy() for array in self.state))

    def restore(
        self,
        snapshot: Any,  # noqa: ANN401 (the family's state)
        rows: IntArray | None = None, sources: IntArray | None = None,
    ) -> None:  # fmt: skip
        """Make row ``rows[i]`` equal to row ``sources[i]`` of a snapshot (all by default)."""
        rows = self._all_rows if rows is None else np.asarray(rows)
        sources = rows if sources is None else np.asarray(sources)
        for target, values in zip(self.state, snapshot, strict=True):
            target[rows] = values[sources]

    def state_dict(self) -> dict[str, Any]:
        """Copies of the state and the problems (which are immutable)."""
        return {
            "state": self.snapshot()._asdict(),
            "instances": list(self.instances),
            "realisations": list(self.realisations),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        for slot, instance in enumerate(state["instances"]):
            if instance is not None:
                self.load(slot, instance, state["realisations"][slot])
        for field, saved in state["state"].items():
            getattr(self.state, field)[...] = saved

    def _start(self, rows: IntArray, slots: IntArray) -> None:
        """Reset rows to the problems in some slots."""
        raise NotImplementedError

    def _play(self, actions: IntArray, outcome: npt.NDArray[np.int8]) -> None:
        """Play actions, which are C-contiguous, and note what became of them."""
        raise NotImplementedError

    def _scales(self, column: int) -> FloatArray:
        """``(B,)`` a column of the problems' scales."""
        scales: FloatArray = self.problem.scales[:, column][self.state.row[:, self.slot_column]]
        return scales

    def _held(self, held: list[Any], row: int) -> Any:  # noqa: ANN401 (instance or realisation)
        found = held[self.state.row[row, self.slot_column]]
        if found is None:
            raise RuntimeError(f"Row {row} has no problem yet; call load() and reset() first.")
        return found

    def _check_fits(self, name: str, needed: Any) -> None:  # noqa: ANN401 (the family's limits)
        """Refuse an instance that does not fit the arrays."""
        for what, need, limit in zip(needed._fields, needed, self.limits, strict=True):
            if need > limit:
                raise InvalidInstanceError(
                    f"{name} has {need} {what.replace('_', ' ')}, but this environment was built "
                    f"for at most {limit}; build it for the larger instance."
                )


class ReasonedDynamics(SlotDynamics[InstanceT, RealisationT]):
    """Rows whose kernel tells why an action is illegal.

    A family adds ``num_actions``, the texts of the codes, of which `LEGAL` is the first, and the
    kernel behind `_find_reasons`.
    """

    reason_texts: tuple[str, ...]

    @property
    def num_actions(self) -> int:
        """A."""
        raise NotImplementedError

    def legal(self) -> BoolArray:
        """``(B, A)`` actions without a reason against them; none where the episode is over."""
        legal: BoolArray = self._reasons() == LEGAL
        return legal

    def reasons(self, row: int) -> list[str]:
        """``A`` texts: why each action is illegal, or ``"legal"``."""
        return [self.reason_texts[code] for code in self._reasons()[row]]

    def _reasons(self) -> npt.NDArray[np.int8]:
        reasons = np.ones((self.batch, self.num_actions), np.int8)
        self._find_reasons(reasons)
        return reasons

    def _find_reasons(self, reasons: npt.NDArray[np.int8]) -> None:
        """Write the codes of the rows that are not over; the others hold 1."""
        raise NotImplementedError
