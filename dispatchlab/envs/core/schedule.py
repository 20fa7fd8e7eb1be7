"""Schedule and Result: what every method hands over, whatever it is."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
UNSCHEDULED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Start, end and chosen mode of every activity; ``-1`` marks what is not scheduled yet.

    Attributes:
        start: ``(N,)`` start times, in the instance's time unit.
        end: ``(N,)`` completion times.
        mode: ``(N,)`` global index of the mode (the alternative) each activity runs in.
    """

    start: IntArray
    end: IntArray
    mode: IntArray

    def __post_init__(self) -> None:
        """Turn the three columns into read-only int64 arrays of one length."""
        for name in ("start", "end", "mode"):
            column = np.array(getattr(self, name), dtype=np.int64)
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        if not self.start.shape == self.end.shape == self.mode.shape or self.start.ndim != 1:
            raise ValueError(
                f"Schedule columns have shapes {self.start.shape}, {self.end.shape} and "
                f"{self.mode.shape}; give three vectors with one entry per activity."
            )

    @property
    def scheduled(self) -> npt.NDArray[np.bool_]:
        """``(N,)`` true where the activity has a start time."""
        return np.asarray(self.start != UNSCHEDULED)

    @property
    def is_complete(self) -> bool:
        """Whether every activity has a start time."""
        return bool(self.scheduled.all())

    @property
    def makespan(self) -> int:
        """Completion time of the last scheduled activity (0 for an empty schedule)."""
        return int(self.end.max(initial=0))

    def __eq__(self, other: object) -> bool:
        """Two schedules are equal when all three columns are."""
        if not isinstance(other, Schedule):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("start", "end", "mode")
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of a solver or of a dispatching run.

    Attributes:
        schedule: The best schedule found (a `Schedule`, or what its family has instead), or None.
        objective: Its objective value (minimised), or None.
        lower_bound: Proven lower bound on the objective.
        status: ``"optimal"``, ``"feasible"``, ``"infeasible"`` or ``"unknown"``.
        runtime_s: Wall-clock seconds.
        log: Anytime log: dictionaries with ``time_s``, ``objective`` and ``lower_bound``.
        info: Whatever else the method reports.
    """

    schedule: Any
    objective: float | None
    lower_bound: float
    status: str
    runtime_s: float
    log: tuple[dict[str, float], ...] = ()
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Relative distance of the objective to the lower bound (``inf`` when unknown)."""
        if self.objective is None or self.lower_bound <= 0:
            return float("inf")
        return (self.objective - self.lower_bound) / self.lower_bound
