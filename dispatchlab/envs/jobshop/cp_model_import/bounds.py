"""Upper bounds on times: accepted where some optimal schedule keeps them anyway."""

from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.jobshop.horizon import safe_horizon

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.cp_model_import.precedence import Latest
    from dispatchlab.envs.jobshop.instance import CpEncoding


def check_latest(encoding: "CpEncoding", latest: "list[Latest]") -> None:
    """Check that no upper bound is a deadline.

    Left-shifted schedules keep a structural horizon, which covers bounds such as the sum of all
    durations. For the makespan a bound is also harmless if any schedule at all ends before it,
    because then every optimal one does; a quick greedy schedule shows that.

    Args:
        encoding: The encoding, without the bounds.
        latest: The bounds.

    Raises:
        UnsupportedModelError: If a bound may bind.
    """
    horizon = safe_horizon(encoding)
    longest = np.maximum.reduceat(encoding.mode_duration, encoding.mode_ptr[:-1])
    greedy: int | None = None
    for bound in latest:
        if bound.time >= horizon - longest[bound.activity] or _is_free(encoding, bound):
            continue
        if encoding.objective == "makespan":
            greedy = greedy_makespan(encoding) if greedy is None else greedy
            mode = encoding.mode_ptr[bound.activity] + bound.mode
            if bound.time + encoding.mode_duration[mode] >= greedy:
                continue
        raise bound.origin.refuse(
            f"it must start by {bound.time}, which may be a deadline; deadlines are not supported "
            "(raise the horizon if it is none)"
        )


def _is_free(encoding: "CpEncoding", bound: "Latest") -> bool:
    """Whether an activity can start at its release whatever the others do."""
    first, behind = encoding.mode_ptr[bound.activity : bound.activity + 2]
    return bool(
        encoding.use_ptr[first] == encoding.use_ptr[behind]
        and not (encoding.arc_to == bound.activity).any()
        and encoding.release[bound.activity] <= bound.time
    )


def greedy_makespan(encoding: "CpEncoding") -> int:
    """Makespan of a schedule that always appends what can start first.

    Args:
        encoding: Any instance.

    Returns:
        Makespan of a feasible schedule.
    """
    waiting = np.bincount(encoding.arc_to, minlength=encoding.num_activities)
    earliest = encoding.release.tolist()
    placed: list[list[tuple[int, int, int]]] = [[] for _ in range(encoding.num_resources)]
    ready = set(np.flatnonzero(waiting == 0).tolist())
    after = _successors(encoding)
    makespan = 0
    while ready:
        options = [_append(encoding, placed, a, earliest[a]) for a in sorted(ready)]
        start, end, activity, mode = min(options)
        ready.remove(activity)
        makespan = max(makespan, end)
        if end > start:
            for r, demand, family in _uses(encoding, mode):
                placed[r] = [p for p in placed[r] if p[0] > start or p is placed[r][-1]]
                placed[r].append((end, demand, family))
        for succ, lag, from_start in after[activity]:
            earliest[succ] = max(earliest[succ], (start if from_start else end) + lag)
            waiting[succ] -= 1
            if waiting[succ] == 0:
                ready.add(succ)
    return makespan


def _successors(encoding: "CpEncoding") -> list[list[tuple[int, int, int]]]:
    after: list[list[tuple[int, int, int]]] = [[] for _ in range(encoding.num_activities)]
    columns = (encoding.arc_from, encoding.arc_to, encoding.arc_lag, encoding.arc_from_start)
    for pred, succ, lag, from_start in zip(*(c.tolist() for c in columns), strict=True):
        after[pred].append((succ, lag, from_start))
    return after


def _uses(encoding: "CpEncoding", mode: int) -> list[tuple[int, int, int]]:
    """Resource, demand and set-up family of every use of a mode."""
    span = slice(encoding.use_ptr[mode], encoding.use_ptr[mode + 1])
    columns = (encoding.use_resource, encoding.use_demand, encoding.setup_family)
    return list(zip(*(c[span].tolist() for c in columns), strict=True))


def _append(
    encoding: "CpEncoding",
    placed: list[list[tuple[int, int, int]]],
    activity: int,
    earliest: int,
) -> tuple[int, int, int, int]:
    """Start, end, activity and mode of the earliest way to append an activity."""
    best = None
    for mode in range(encoding.mode_ptr[activity], encoding.mode_ptr[activity + 1]):
        duration = int(encoding.mode_duration[mode])
        start = earliest
        if duration:
            for r, demand, family in _uses(encoding, mode):
                start = max(start, _free_from(encoding, placed[r], r, demand, family))
        option = (start, start + duration, activity, mode)
        best = option if best is None else min(best, option)
    return best or (earliest, earliest, activity, 0)


def _free_from(
    encoding: "CpEncoding",
    placed: list[tuple[int, int, int]],
    resource: int,
    demand: int,
    family: int,
) -> int:
    """Earliest time from which a resource has room after everything that is placed on it."""
    matrix = encoding.setup_matrix(resource)
    if matrix is not None:
        if not placed:
            return int(matrix[-1, family])
        return placed[-1][0] + int(matrix[placed[-1][2], family])
    room = int(encoding.resource_capacity[resource]) - demand
    held = 0
    for end, other, _ in sorted(placed, reverse=True):
        held += other
        if held > room:
            return end
    return 0
