"""Sets of schedules by their definitions: semi-active, active and non-delay."""

from itertools import pairwise, permutations, product

import numpy as np

from dispatchlab.envs.jobshop.instance import CpEncoding
from tests.envs.jobshop.leaves import Leaf


def semi_active_schedules(encoding: CpEncoding) -> set[Leaf]:
    """Every earliest-start schedule of a job shop, one for each feasible order on each machine."""
    members = [
        np.flatnonzero(encoding.use_resource == machine).tolist()
        for machine in range(encoding.num_resources)
    ]
    chain = list(zip(encoding.arc_from.tolist(), encoding.arc_to.tolist(), strict=True))
    found = set()
    for orders in product(*(permutations(ops) for ops in members)):
        arcs = chain + [pair for order in orders for pair in pairwise(order)]
        start = _earliest_starts(encoding, arcs)
        if start is not None:
            found.add((start, tuple(range(encoding.num_activities))))
    return found


def _earliest_starts(encoding: CpEncoding, arcs: list[tuple[int, int]]) -> tuple[int, ...] | None:
    """Longest paths by Bellman and Ford; None if the arcs are cyclic."""
    start = encoding.release.tolist()
    for _ in range(len(start) + 1):
        before = list(start)
        for a, b in arcs:
            start[b] = max(start[b], start[a] + int(encoding.mode_duration[a]))
        if start == before:
            return tuple(start)
    return None


def is_active(encoding: CpEncoding, leaf: Leaf) -> bool:
    """Whether no activity can start earlier while the others keep their times and modes."""
    start, mode = leaf
    return not any(
        fits(encoding, leaf, activity, mode[activity], time)
        for activity in range(len(start))
        for time in range(start[activity])
    )


def is_non_delay(encoding: CpEncoding, leaf: Leaf) -> bool:
    """Job shop: no machine idles while an operation that will run on it waits for nothing else."""
    start, mode = leaf
    for activity in range(len(start)):
        for time in range(_ready(encoding, leaf, activity), start[activity]):
            (machine, _, _), *_ = _uses(encoding, mode[activity])
            if not _running(encoding, leaf, machine, time):
                return False
    return True


def shift_left(encoding: CpEncoding, leaf: Leaf) -> Leaf:
    """Start activities earlier, one after the other, until none can."""
    start, mode = list(leaf[0]), leaf[1]
    moved = True
    while moved:
        moved = False
        for activity in sorted(range(len(start)), key=lambda a: start[a]):
            for time in range(start[activity]):
                if fits(encoding, (tuple(start), mode), activity, mode[activity], time):
                    start[activity], moved = time, True
                    break
    return tuple(start), mode


def fits(encoding: CpEncoding, leaf: Leaf, activity: int, mode: int, time: int) -> bool:
    """Whether an activity could start at a time in a mode, all others staying where they are."""
    if time < _ready(encoding, leaf, activity):
        return False
    end = time + int(encoding.mode_duration[mode])
    if end == time:
        return True
    for resource, demand, family in _uses(encoding, mode):
        others = [run for run in _runs(encoding, leaf, resource) if run[4] != activity]
        capacity = int(encoding.resource_capacity[resource])
        for t in range(time, end):
            if demand + sum(run[2] for run in others if run[0] <= t < run[1]) > capacity:
                return False
        if not _setups_hold(encoding, resource, others, time, end, family):
            return False
    return True


def _setups_hold(
    encoding: CpEncoding, resource: int, others: list[tuple[int, ...]], time: int, end: int,
    family: int,
) -> bool:  # fmt: skip
    """Whether the set-ups before and behind an insertion fit."""
    matrix = encoding.setup_matrix(resource)
    if matrix is None:
        return True
    before = max((run for run in others if run[0] < time), default=None)
    after = min((run for run in others if run[0] >= time), default=None)
    ready = matrix[-1][family] if before is None else before[1] + matrix[before[3]][family]
    return bool(time >= ready and (after is None or after[0] >= end + matrix[family][after[3]]))


def _ready(encoding: CpEncoding, leaf: Leaf, activity: int) -> int:
    """Earliest start by release and precedences."""
    time = int(encoding.release[activity])
    for arc in np.flatnonzero(encoding.arc_to == activity).tolist():
        pred = int(encoding.arc_from[arc])
        origin = leaf[0][pred]
        if not encoding.arc_from_start[arc]:
            origin += int(encoding.mode_duration[leaf[1][pred]])
        time = max(time, origin + int(encoding.arc_lag[arc]))
    return time


def _uses(encoding: CpEncoding, mode: int) -> list[tuple[int, int, int]]:
    """Resource, demand and family of a mode's uses."""
    span = slice(*encoding.use_ptr[mode : mode + 2].tolist())
    columns = (encoding.use_resource, encoding.use_demand, encoding.setup_family)
    return list(zip(*(column[span].tolist() for column in columns), strict=True))


def _runs(encoding: CpEncoding, leaf: Leaf, resource: int) -> list[tuple[int, ...]]:
    """Start, end, demand, family and activity of what lasts on a resource."""
    runs = []
    for activity, (start, mode) in enumerate(zip(*leaf, strict=True)):
        duration = int(encoding.mode_duration[mode])
        for r, demand, family in _uses(encoding, mode):
            if r == resource and duration > 0:
                runs.append((start, start + duration, demand, family, activity))
    return runs


def _running(encoding: CpEncoding, leaf: Leaf, resource: int, time: int) -> bool:
    return any(start <= time < end for start, end, *_ in _runs(encoding, leaf, resource))
