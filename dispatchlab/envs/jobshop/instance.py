"""CpEncoding: a scheduling problem as activities, modes, precedences and resources.

The encoding is the problem. Job shops, flexible job shops, flow shops, open shops,
resource-constrained projects and CP-SAT models all become one `CpEncoding`, and nothing
behind it knows which of them it came from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray

Values = Sequence[Any] | npt.NDArray[Any]

OBJECTIVES = ("makespan", "total_weighted_tardiness", "total_flow_time")
NO_DUE_DATE = 2**40
MAX_TIME = 2**40
MAX_WEIGHT = 2**20

ARRAY_FIELDS = (
    "mode_ptr", "mode_duration", "use_ptr", "use_resource", "use_demand", "setup_family",
    "resource_capacity", "setup_ptr", "setup_time", "arc_from", "arc_to", "arc_lag",
    "arc_from_start", "job", "release", "job_due", "job_weight",
)  # fmt: skip


class Mode(NamedTuple):
    """One way to run an activity.

    Attributes:
        duration: Processing time, a non-negative integer.
        uses: Pairs ``(resource, demand)``; the demand is held from start to end.
    """

    duration: int
    uses: tuple[tuple[int, int], ...] = ()


class Arc(NamedTuple):
    """A precedence: ``start(succ) >= end(pred) + lag``, or from ``start(pred)``."""

    pred: int
    succ: int
    lag: int = 0
    from_start: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CpEncoding:
    """A deterministic scheduling problem in flat, read-only int64 arrays.

    N activities, M modes, U mode-resource uses, R resources, E precedence arcs, J jobs.
    The modes of activity ``a`` are ``mode_ptr[a]:mode_ptr[a + 1]``, the uses of mode ``m``
    are ``use_ptr[m]:use_ptr[m + 1]``. A resource of capacity 1 is a no-overlap resource;
    only such a resource may have set-up times.

    Attributes:
        name: Name shown in tables.
        objective: One of `OBJECTIVES`; always minimised.
        mode_ptr: ``(N+1,)``.
        mode_duration: ``(M,)`` expected processing times.
        use_ptr: ``(M+1,)``.
        use_resource: ``(U,)``.
        use_demand: ``(U,)``.
        setup_family: ``(U,)`` set-up family of the activity on that resource (0 if no set-ups).
        resource_capacity: ``(R,)``.
        setup_ptr: ``(R+1,)`` into ``setup_time``; resource ``r`` with F families holds
            ``(F+1) * F`` entries: row f is the time to change *from* family f, and the last
            row the time before the first activity. Zero entries: no set-ups.
        setup_time: Flattened set-up matrices.
        arc_from: ``(E,)`` predecessors.
        arc_to: ``(E,)`` successors.
        arc_lag: ``(E,)`` time lags; negative lags let the successor overlap.
        arc_from_start: ``(E,)`` 1 where the lag counts from the predecessor's start.
        job: ``(N,)`` job of each activity (a project, an order: what a due date belongs to).
        release: ``(N,)`` earliest start times.
        job_due: ``(J,)`` due dates; `NO_DUE_DATE` where there is none.
        job_weight: ``(J,)`` tardiness weights.
        activity_names: Optional names for Gantt charts.
        resource_names: Optional names for Gantt charts.

    Raises:
        InvalidInstanceError: If the arrays contradict each other or the precedences are cyclic.
    """

    name: str
    objective: str
    mode_ptr: IntArray
    mode_duration: IntArray
    use_ptr: IntArray
    use_resource: IntArray
    use_demand: IntArray
    setup_family: IntArray
    resource_capacity: IntArray
    setup_ptr: IntArray
    setup_time: IntArray
    arc_from: IntArray
    arc_to: IntArray
    arc_lag: IntArray
    arc_from_start: IntArray
    job: IntArray
    release: IntArray
    job_due: IntArray
    job_weight: IntArray
    activity_names: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the arrays and validate them once."""
        from dispatchlab.envs.jobshop.validation import validate

        for field in ARRAY_FIELDS:
            object.__setattr__(self, field, _as_int_array(field, getattr(self, field)))
        validate(self)

    @classmethod
    def build(
        cls,
        activities: Sequence[Sequence[Mode | tuple[int, Iterable[tuple[int, int]]]]],
        capacities: Sequence[int],
        arcs: Iterable[Arc | tuple[int, ...]] = (),
        *,
        job: Sequence[int] | None = None,
        release: Sequence[int] | None = None,
        due: Sequence[int] | None = None,
        weight: Sequence[int] | None = None,
        setups: dict[int, tuple[dict[int, int], Any]] | None = None,
        objective: str = "makespan",
        name: str = "instance",
        activity_names: Sequence[str] = (),
        resource_names: Sequence[str] = (),
    ) -> "CpEncoding":
        """Build an encoding from nested sequences.

        Args:
            activities: For each activity its modes, each ``(duration, [(resource, demand), ...])``.
            capacities: Capacity of each resource.
            arcs: Precedences, each ``(pred, succ[, lag[, from_start]])``.
            job: Job of each activity; all in job 0 by default.
            release: Earliest start of each activity; 0 by default.
            due: Due date of each job; none by default.
            weight: Weight of each job; 1 by default.
            setups: ``{resource: (family of each activity on it, matrix (F+1, F))}``; the last
                row of the matrix holds the times before the first activity.
            objective: One of `OBJECTIVES`.
            name: Name shown in tables.
            activity_names: Optional names.
            resource_names: Optional names.

        Returns:
            The validated encoding.
        """
        modes_of = [_modes(index, act) for index, act in enumerate(activities)]
        modes = [mode for act in modes_of for mode in act]
        uses = [use for mode in modes for use in mode.uses]
        job_of = _column("job", job if job is not None else [0] * len(modes_of))
        num_jobs = min(int(job_of.max(initial=-1)) + 1, len(modes_of))
        families, setup_ptr, setup_time = _flatten_setups(modes_of, len(capacities), setups or {})
        return cls(
            name=name,
            objective=objective,
            mode_ptr=_offsets([len(act) for act in modes_of]),
            mode_duration=_column("mode duration", [m.duration for m in modes]),
            use_ptr=_offsets([len(m.uses) for m in modes]),
            use_resource=_column("resource", [r for r, _ in uses]),
            use_demand=_column("demand", [d for _, d in uses]),
            setup_family=families,
            resource_capacity=_column("capacity", list(capacities)),
            setup_ptr=setup_ptr,
            setup_time=setup_time,
            job=job_of,
            release=_column("release", release if release is not None else [0] * len(modes_of)),
            job_due=_column("due date", due if due is not None else [NO_DUE_DATE] * num_jobs),
            job_weight=_column("weight", weight if weight is not None else [1] * num_jobs),
            activity_names=tuple(activity_names),
            resource_names=tuple(resource_names),
            **_arc_columns(arcs),
        )

    @property
    def num_activities(self) -> int:
        """N."""
        return len(self.mode_ptr) - 1

    @property
    def num_modes(self) -> int:
        """M, over all activities."""
        return len(self.mode_duration)

    @property
    def num_resources(self) -> int:
        """R."""
        return len(self.resource_capacity)

    @property
    def num_jobs(self) -> int:
        """J."""
        return len(self.job_due)

    @property
    def num_arcs(self) -> int:
        """E."""
        return len(self.arc_from)

    @property
    def mode_activity(self) -> IntArray:
        """``(M,)`` the activity that each mode belongs to."""
        return np.repeat(np.arange(self.num_activities), np.diff(self.mode_ptr))

    @property
    def use_mode(self) -> IntArray:
        """``(U,)`` the mode that each use belongs to."""
        return np.repeat(np.arange(self.num_modes), np.diff(self.use_ptr))

    def setup_matrix(self, resource: int) -> IntArray | None:
        """``(F+1, F)`` set-up times of a resource, or None where it has none."""
        flat = self.setup_time[self.setup_ptr[resource] : self.setup_ptr[resource + 1]]
        if len(flat) == 0:
            return None
        return flat.reshape(num_families(len(flat)) + 1, -1)

    def completion_times(self, end: npt.ArrayLike) -> IntArray:
        """``(J,)`` completion time of each job, given the ends ``(N,)`` of all activities."""
        done = np.zeros(self.num_jobs, dtype=np.int64)
        np.maximum.at(done, self.job, np.asarray(end, dtype=np.int64))
        return done

    def objective_value(self, end: npt.ArrayLike, arrival: IntArray | None = None) -> float:
        """Objective of a complete schedule.

        Args:
            end: ``(N,)`` completion times.
            arrival: ``(J,)`` arrival times of the jobs, where they differ from the releases.

        Returns:
            Makespan, total weighted tardiness or total flow time (completion minus the job's
            earliest release or arrival), in the instance's time unit.
        """
        done = self.completion_times(end)
        if self.objective == "makespan":
            return float(done.max(initial=0))
        if self.objective == "total_weighted_tardiness":
            return float((self.job_weight * np.maximum(0, done - self.job_due)).sum())
        return float((done - self.job_release(arrival)).sum())

    def job_release(self, arrival: IntArray | None = None) -> IntArray:
        """``(J,)`` when each job becomes available: its earliest release, or its arrival."""
        first = np.full(self.num_jobs, MAX_TIME, dtype=np.int64)
        np.minimum.at(first, self.job, self.release)
        return first if arrival is None else np.maximum(first, arrival)

    def __str__(self) -> str:
        """Say in one line what the problem is made of."""
        return (
            f"{self.name}: {self.num_activities} activities in {self.num_jobs} jobs, "
            f"{self.num_modes} modes, {self.num_resources} resources, "
            f"{self.num_arcs} precedences, minimise {self.objective.replace('_', ' ')}"
        )

    def __eq__(self, other: object) -> bool:
        """Two encodings are equal when their data are; names do not count."""
        if not isinstance(other, CpEncoding):
            return NotImplemented
        return self.objective == other.objective and all(
            np.array_equal(getattr(self, f), getattr(other, f)) for f in ARRAY_FIELDS
        )

    def __hash__(self) -> int:
        """Hash of the data that `__eq__` compares."""
        return hash((self.objective, *(getattr(self, f).tobytes() for f in ARRAY_FIELDS)))


def num_families(flat_size: int) -> int:
    """F, from the ``(F+1) * F`` entries of a flattened set-up matrix."""
    return (int(np.sqrt(4 * flat_size + 1)) - 1) // 2


def _offsets(counts: Sequence[int]) -> IntArray:
    return np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))]).astype(np.int64)


def _modes(index: int, modes: Iterable[Any]) -> list[Mode]:
    """The modes of one activity; generators of uses are read once, here."""
    try:
        return [Mode(d, tuple((r, k) for r, k in uses)) for d, uses in modes]
    except (TypeError, ValueError):
        raise InvalidInstanceError(
            f"activity {index} is {modes!r}; give a list of modes, each (duration, "
            "[(resource, demand), ...])."
        ) from None


def _arc_columns(arcs: Iterable[Arc | tuple[int, ...]]) -> dict[str, IntArray]:
    """The four columns of the arcs."""
    given = [Arc(*arc) for arc in arcs]
    return {
        "arc_from": _column("predecessor", [arc.pred for arc in given]),
        "arc_to": _column("successor", [arc.succ for arc in given]),
        "arc_lag": _column("lag", [arc.lag for arc in given]),
        "arc_from_start": _column("from_start", [int(arc.from_start) for arc in given]),
    }


def _column(what: str, values: Values) -> IntArray:
    """An int64 vector; NaN, infinities and fractions are named in the error."""
    try:
        raw = np.asarray(values if len(values) else np.zeros(0, np.int64))
        as_float = raw.astype(float)
    except (TypeError, ValueError) as error:
        raise InvalidInstanceError(f"The {what} column holds a non-number: {error}.") from None
    if raw.ndim != 1:
        raise InvalidInstanceError(
            f"The {what} column has shape {raw.shape}; give a flat list of integers."
        )
    bad = np.flatnonzero(~(np.abs(as_float) < 2.0**62) | (as_float != np.round(as_float)))
    if len(bad):
        raise InvalidInstanceError(
            f"The {what} at position {bad[0]} is {values[bad[0]]}; give integers below 2^62 "
            "(scale fractional times to a smaller unit)."
        )
    return raw.astype(np.int64)


def _as_int_array(field: str, values: Values) -> IntArray:
    """A read-only int64 vector; generated instances already bring int64 and skip the checks."""
    array: IntArray
    if isinstance(values, np.ndarray) and values.dtype == np.int64 and values.ndim == 1:
        array = values.copy()
    else:
        array = _column(field.replace("_", " "), values)
    array.setflags(write=False)
    return array


def _flatten_setups(
    activities: Sequence[Sequence[Mode]],
    num_resources: int,
    setups: dict[int, tuple[dict[int, int], Any]],
) -> tuple[IntArray, IntArray, IntArray]:
    """Set-up families of every use and the flattened matrices."""
    unknown = [r for r in setups if not 0 <= r < num_resources]
    if unknown:
        raise InvalidInstanceError(
            f"Set-up times are given for resource {unknown[0]}, but resources are numbered "
            f"0 to {num_resources - 1}."
        )
    families = [
        setups[r][0].get(index, 0) if r in setups else 0
        for index, act in enumerate(activities)
        for mode in act
        for r, _ in mode.uses
    ]
    none = np.zeros(0, np.int64)
    flat = [
        _column(f"set-up times of resource {r}", np.ravel(setups[r][1])) if r in setups else none
        for r in range(num_resources)
    ]
    times = np.concatenate(flat) if flat else none
    return _column("set-up family", families), _offsets([len(f) for f in flat]), times
