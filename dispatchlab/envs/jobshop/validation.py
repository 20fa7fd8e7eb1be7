"""Validation of a `CpEncoding`: every contradiction is one sentence with a remedy.

It runs whenever an encoding is built, so also at every reset of a generated instance; the
checks are whole-array comparisons, and details are looked up only once something is wrong.
"""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError

if TYPE_CHECKING:
    import numpy.typing as npt

    from dispatchlab.envs.core.schedule import IntArray
    from dispatchlab.envs.jobshop.instance import CpEncoding


def validate(encoding: "CpEncoding") -> None:
    """Check that an encoding is consistent and inside the supported vocabulary.

    Args:
        encoding: The encoding; its fields are already int64 arrays.

    Raises:
        InvalidInstanceError: With the first contradiction found.
    """
    _check_objective(encoding)
    _check_lengths(encoding)
    _check_modes(encoding)
    _check_uses(encoding)
    _check_setups(encoding)
    _check_arcs(encoding)
    _check_jobs(encoding)
    _check_acyclic(encoding)


def _check_objective(enc: "CpEncoding") -> None:
    from dispatchlab.envs.jobshop.instance import OBJECTIVES

    if enc.objective not in OBJECTIVES:
        raise InvalidInstanceError(
            f"The objective {enc.objective!r} is unknown; choose one of {', '.join(OBJECTIVES)}."
        )


def _check_lengths(enc: "CpEncoding") -> None:
    """Columns of one table have one length, and names are given for all or none."""
    n, m, r = len(enc.mode_ptr) - 1, len(enc.mode_duration), len(enc.resource_capacity)
    if n < 1:
        raise InvalidInstanceError("The instance has no activities; give at least one.")
    e, j, u = len(enc.arc_from), len(enc.job_due), len(enc.use_resource)
    found = (
        len(enc.use_ptr), len(enc.use_demand), len(enc.setup_family), len(enc.setup_ptr),
        len(enc.arc_to), len(enc.arc_lag), len(enc.arc_from_start),
        len(enc.job), len(enc.release), len(enc.job_weight),
    )  # fmt: skip
    expected = (m + 1, u, u, r + 1, e, e, e, n, n, j)
    if found != expected:
        fields = (
            "use_ptr", "use_demand", "setup_family", "setup_ptr",
            "arc_to", "arc_lag", "arc_from_start", "job", "release", "job_weight",
        )  # fmt: skip
        wrong = next(i for i in range(len(found)) if found[i] != expected[i])
        raise InvalidInstanceError(
            f"{fields[wrong]} has {found[wrong]} entries, but {expected[wrong]} are needed for "
            f"{n} activities, {m} modes, {u} uses, {r} resources, {e} arcs and {j} jobs."
        )
    for what, names, size in (
        ("activity", enc.activity_names, n),
        ("resource", enc.resource_names, r),
    ):
        if names and len(names) != size:
            raise InvalidInstanceError(
                f"{len(names)} {what} names are given, but there are {size}; name all or none."
            )


def _check_pointers(what: str, ptr: "IntArray", size: int, item: str, least: int) -> "IntArray":
    """Offsets start at 0, end at the table's size and grow by at least ``least``."""
    counts: IntArray = ptr[1:] - ptr[:-1]
    if ptr[0] != 0 or ptr[-1] != size:
        raise InvalidInstanceError(
            f"{what} runs from {ptr[0]} to {ptr[-1]}, but it must run from 0 to the number of "
            f"entries, {size}."
        )
    if len(counts) and counts.min() < least:
        index = int(np.argmax(counts < least))
        if counts[index] == 0:
            raise InvalidInstanceError(f"{item} {index} has no mode; give it at least one.")
        raise InvalidInstanceError(f"{what} decreases after entry {index}; offsets must ascend.")
    return counts


def _check_range(what: str, values: "IntArray", low: int, high: int, remedy: str) -> None:
    if len(values) and (values.min() < low or values.max() > high):
        index = int(np.argmax((values < low) | (values > high)))
        raise InvalidInstanceError(f"{what} {index} is {values[index]}; {remedy}.")


def _check_modes(enc: "CpEncoding") -> None:
    from dispatchlab.envs.jobshop.instance import MAX_TIME

    _check_pointers("mode_ptr", enc.mode_ptr, enc.num_modes, "activity", 1)
    duration = enc.mode_duration
    if duration.min() < 0 or duration.max() > MAX_TIME:
        mode = int(np.argmax((duration < 0) | (duration > MAX_TIME)))
        raise InvalidInstanceError(
            f"activity {enc.mode_activity[mode]} has duration {duration[mode]} in mode {mode}; "
            f"durations must be between 0 and {MAX_TIME}."
        )


def _check_uses(enc: "CpEncoding") -> None:
    """Resources exist, demands fit them, and no mode lists a resource twice."""
    counts = _check_pointers("use_ptr", enc.use_ptr, len(enc.use_resource), "mode", 0)
    _check_range("the capacity of resource", enc.resource_capacity, 1, 2**31, "it must be >= 1")
    if len(enc.use_resource) == 0:
        return
    resource, demand, last = enc.use_resource, enc.use_demand, enc.num_resources - 1
    if resource.min() < 0 or resource.max() > last:
        use = int(np.argmax((resource < 0) | (resource > last)))
        raise InvalidInstanceError(
            f"{_where(enc, use)} uses resource {resource[use]}, but "
            f"{f'resources are numbered 0 to {last}' if last >= 0 else 'there are no resources'}."
        )
    bad = (demand < 1) | (demand > enc.resource_capacity[resource])
    if bad.any():
        use = int(np.argmax(bad))
        raise InvalidInstanceError(
            f"{_where(enc, use)} demands {demand[use]} of resource {resource[use]}, whose "
            f"capacity is {enc.resource_capacity[resource[use]]}; demands must be between 1 and "
            "the capacity."
        )
    if counts.max() > 1:
        _check_repeats(enc)


def _check_repeats(enc: "CpEncoding") -> None:
    key = enc.use_mode * enc.num_resources + enc.use_resource
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    if same.any():
        use = int(order[int(np.argmax(same)) + 1])
        raise InvalidInstanceError(
            f"{_where(enc, use)} lists resource {enc.use_resource[use]} twice; add the demands "
            "up in one entry."
        )


def _where(enc: "CpEncoding", use: int) -> str:
    mode = int(enc.use_mode[use])
    return f"activity {enc.mode_activity[mode]} in mode {mode}"


def _check_setups(enc: "CpEncoding") -> None:
    """Set-ups sit on no-overlap resources, as a square of families plus the first row."""
    sizes = _check_pointers("setup_ptr", enc.setup_ptr, len(enc.setup_time), "resource", 0)
    if len(enc.setup_time) == 0:
        _check_range("the set-up family of use", enc.setup_family, 0, 0, "give set-up times too")
        return
    _check_setup_times(enc.setup_time)
    families = (np.sqrt(4 * sizes + 1).astype(np.int64) - 1) // 2
    for r in np.flatnonzero(sizes):
        if enc.resource_capacity[r] != 1:
            raise InvalidInstanceError(
                f"resource {r} has set-up times and capacity {enc.resource_capacity[r]}; only a "
                "capacity-1 resource can have set-up times."
            )
        if families[r] * (families[r] + 1) != sizes[r]:
            raise InvalidInstanceError(
                f"resource {r} has {sizes[r]} set-up times; F families need F+1 rows of F, the "
                "last row for the first activity."
            )
    limit = np.maximum(families, 1)[enc.use_resource]
    bad = (enc.setup_family < 0) | (enc.setup_family >= limit)
    if bad.any():
        use = int(np.argmax(bad))
        raise InvalidInstanceError(
            f"{_where(enc, use)} has set-up family {enc.setup_family[use]} on resource "
            f"{enc.use_resource[use]}; families there are numbered 0 to {limit[use] - 1}."
        )


def _check_setup_times(times: "IntArray") -> None:
    from dispatchlab.envs.jobshop.instance import MAX_TIME

    _check_range(
        "the set-up time at position", times, 0, MAX_TIME, f"it must be between 0 and {MAX_TIME}"
    )


def _check_arcs(enc: "CpEncoding") -> None:
    """End points exist and differ, lags are bounded, flags are 0 or 1."""
    from dispatchlab.envs.jobshop.instance import MAX_TIME

    if len(enc.arc_from) == 0:
        return
    last = enc.num_activities - 1
    remedy = f"activities are numbered 0 to {last}"
    _check_range("the predecessor of arc", enc.arc_from, 0, last, remedy)
    _check_range("the successor of arc", enc.arc_to, 0, last, remedy)
    _check_range("the lag of arc", enc.arc_lag, -MAX_TIME, MAX_TIME, f"use at most {MAX_TIME}")
    _check_range("the from_start flag of arc", enc.arc_from_start, 0, 1, "it must be 0 or 1")
    loops = enc.arc_from == enc.arc_to
    if loops.any():
        arc = int(np.argmax(loops))
        raise InvalidInstanceError(
            f"arc {arc} leads from activity {enc.arc_from[arc]} to itself; remove it."
        )


def _check_jobs(enc: "CpEncoding") -> None:
    from dispatchlab.envs.jobshop.instance import MAX_TIME, MAX_WEIGHT

    last = enc.num_jobs - 1
    _check_range("the job of activity", enc.job, 0, last, f"jobs are numbered 0 to {last}")
    counts = np.bincount(enc.job, minlength=enc.num_jobs)
    if counts.min() == 0:
        raise InvalidInstanceError(
            f"job {int(np.argmin(counts))} has no activity; number the jobs 0, 1, 2, ... without "
            "gaps."
        )
    span = f"it must be between 0 and {MAX_TIME}"
    _check_range("the release of activity", enc.release, 0, MAX_TIME, span)
    _check_range("the weight of job", enc.job_weight, 0, MAX_WEIGHT,
                 f"it must be between 0 and {MAX_WEIGHT}")  # fmt: skip
    _check_range("the due date of job", enc.job_due, -MAX_TIME, MAX_TIME,
                 f"it must be at most {MAX_TIME}, which stands for none")  # fmt: skip


def _check_acyclic(enc: "CpEncoding") -> None:
    """No cycle of precedences, whatever the lags are."""
    if (enc.arc_from < enc.arc_to).all():
        return
    cycle = find_cycle(enc.num_activities, enc.arc_from, enc.arc_to)
    if cycle:
        path = " -> ".join(str(a) for a in [*cycle, cycle[0]])
        raise InvalidInstanceError(
            f"The precedences are cyclic: activities {path}; remove one of these arcs."
        )


def find_cycle(
    num_nodes: int, arc_from: "npt.NDArray[np.int64]", arc_to: "npt.NDArray[np.int64]"
) -> list[int]:
    """One cycle of a directed graph.

    Args:
        num_nodes: Number of nodes.
        arc_from: ``(E,)`` tails.
        arc_to: ``(E,)`` heads.

    Returns:
        The nodes of one cycle in order, from its lowest node on; empty if there is none.
    """
    successors: list[list[int]] = [[] for _ in range(num_nodes)]
    predecessors: list[list[int]] = [[] for _ in range(num_nodes)]
    for tail, head in zip(arc_from.tolist(), arc_to.tolist(), strict=True):
        successors[tail].append(head)
        predecessors[head].append(tail)
    waiting = [len(p) for p in predecessors]
    ready = deque(node for node in range(num_nodes) if waiting[node] == 0)
    while ready:
        for node in successors[ready.popleft()]:
            waiting[node] -= 1
            if waiting[node] == 0:
                ready.append(node)
    return _walk_back(waiting, predecessors)


def _walk_back(waiting: Sequence[int], predecessors: Sequence[Sequence[int]]) -> list[int]:
    """Follow unfinished predecessors until a node repeats."""
    node = next((i for i, count in enumerate(waiting) if count > 0), None)
    if node is None:
        return []
    path: list[int] = []
    seen: dict[int, int] = {}
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = next(p for p in predecessors[node] if waiting[p] > 0)
    cycle = path[seen[node] :][::-1]
    lowest = cycle.index(min(cycle))
    return cycle[lowest:] + cycle[:lowest]
