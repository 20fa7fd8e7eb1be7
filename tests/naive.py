"""A plain list scheduler for tests: obvious, and written apart from the package."""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation


class _Placed(NamedTuple):
    """What the scheduler remembers of an activity on one of its resources."""

    end: int
    demand: int
    family: int


def naive_schedule(
    encoding: CpEncoding, rng: np.random.Generator, realisation: Realisation | None = None
) -> Schedule:
    """Schedule every activity once, in a random topological order and in a random mode.

    An activity is appended: on each of its resources it starts only when all activities that
    were scheduled there before, whatever their start, leave enough capacity to its end.

    Args:
        encoding: Any instance.
        rng: Draws the order and the modes.
        realisation: What actually happens; None for the expected durations.

    Returns:
        A feasible schedule.
    """
    real = realisation if realisation is not None else Realisation.nominal(encoding)
    size = len(encoding.release)
    start, end, mode = (np.full(size, -1) for _ in range(3))
    placed: list[list[_Placed]] = [[] for _ in encoding.resource_capacity]
    while (start == -1).any():
        activity = int(rng.choice(_ready(encoding, start)))
        mode[activity] = rng.integers(*encoding.mode_ptr[activity : activity + 2])
        duration = int(real.mode_duration[mode[activity]])
        uses = _uses(encoding, int(mode[activity])) if duration > 0 else []
        begin = _earliest(encoding, real, activity, start, end)
        for resource, _, family in uses:
            begin = max(begin, _after_setup(encoding, resource, family, placed[resource]))
        while _is_down(real, uses, begin) or not _fits(encoding, uses, begin, placed):
            begin = _next_event(real, uses, begin, placed)
        start[activity], end[activity] = begin, _finish(real, uses, begin, duration)
        for resource, demand, family in uses:
            placed[resource].append(_Placed(int(end[activity]), demand, family))
    return Schedule(start=start, end=end, mode=mode)


def _ready(encoding: CpEncoding, start: np.ndarray) -> np.ndarray:
    """Unscheduled activities whose predecessors are all scheduled."""
    ready = start == -1
    ready[encoding.arc_to[start[encoding.arc_from] == -1]] = False
    return np.flatnonzero(ready)


def _uses(encoding: CpEncoding, mode: int) -> list[tuple[int, int, int]]:
    """Resource, demand and set-up family of every use of a mode."""
    span = slice(encoding.use_ptr[mode], encoding.use_ptr[mode + 1])
    columns = (encoding.use_resource, encoding.use_demand, encoding.setup_family)
    return list(zip(*(column[span].tolist() for column in columns), strict=True))


def _earliest(
    encoding: CpEncoding, real: Realisation, activity: int, start: np.ndarray, end: np.ndarray
) -> int:
    """Earliest start by release, arrival and precedences."""
    begin = max(int(encoding.release[activity]), int(real.job_arrival[encoding.job[activity]]))
    for arc in np.flatnonzero(encoding.arc_to == activity):
        pred = encoding.arc_from[arc]
        origin = start[pred] if encoding.arc_from_start[arc] else end[pred]
        begin = max(begin, int(origin + encoding.arc_lag[arc]))
    return begin


def _after_setup(encoding: CpEncoding, resource: int, family: int, placed: list[_Placed]) -> int:
    """Earliest start by the set-up after the resource's last activity (0 without set-ups)."""
    matrix = encoding.setup_matrix(resource)
    if matrix is None:
        return 0
    if not placed:
        return int(matrix[-1][family])
    return placed[-1].end + int(matrix[placed[-1].family][family])


def _fits(
    encoding: CpEncoding, uses: list[tuple[int, int, int]], time: int, placed: list[list[_Placed]]
) -> bool:
    """Whether everything on the resources that ends after a time leaves enough capacity."""
    return all(
        demand + sum(p.demand for p in placed[r] if p.end > time) <= encoding.resource_capacity[r]
        for r, demand, _ in uses
    )


def _windows(real: Realisation, uses: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Breakdowns of the resources in use."""
    span = [i for r, _, _ in uses for i in range(real.down_ptr[r], real.down_ptr[r + 1])]
    return [(int(real.down_start[i]), int(real.down_end[i])) for i in span]


def _is_down(real: Realisation, uses: list[tuple[int, int, int]], time: int) -> bool:
    """Whether one of the resources is broken at a time."""
    return any(down <= time < up for down, up in _windows(real, uses))


def _next_event(
    real: Realisation, uses: list[tuple[int, int, int]], time: int, placed: list[list[_Placed]]
) -> int:
    """Next time at which a resource is repaired or given back."""
    ends = [p.end for r, _, _ in uses for p in placed[r]] + [up for _, up in _windows(real, uses)]
    return min(end for end in ends if end > time)


def _finish(real: Realisation, uses: list[tuple[int, int, int]], begin: int, duration: int) -> int:
    """End of the work, counting only the time units in which every resource works."""
    if not _windows(real, uses):
        return begin + duration
    time = begin
    while duration > 0:
        duration -= not _is_down(real, uses, time)
        time += 1
    return time
