"""Checks of resources: overlaps, capacities and set-up times."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.jobshop.verify.case import Case, activity_name, resource_name, short_name


class Slots(NamedTuple):
    """What runs on one resource, in order of time."""

    resource: int
    activity: list[int]
    start: list[int]
    end: list[int]
    demand: list[int]
    family: list[int]


def check_resources(case: Case) -> Iterator[str]:
    """Violations of the resources by the activities that last.

    Args:
        case: The schedule and its instance.

    Yields:
        One sentence for every overlap, overload and missed set-up.
    """
    for slots in _slots_by_resource(case):
        if case.encoding.resource_capacity[slots.resource] == 1:
            yield from _check_overlaps(case, slots)
        else:
            yield from _check_usage(case, slots)
        yield from _check_setups(case, slots)


def _slots_by_resource(case: Case) -> Iterator[Slots]:
    """The uses of each resource by activities that last, in order of start."""
    encoding = case.encoding
    start, end = case.schedule.start[case.use_activity], case.schedule.end[case.use_activity]
    resource, demand = encoding.use_resource[case.use_index], encoding.use_demand[case.use_index]
    order = np.lexsort((end, start, resource))
    order = order[(end > start)[order] & (demand > 0)[order]]
    cuts = np.flatnonzero(np.diff(resource[order])) + 1
    for rows in np.split(order, cuts):
        if len(rows):
            yield Slots(
                resource=int(resource[rows[0]]),
                activity=case.use_activity[rows].tolist(),
                start=start[rows].tolist(),
                end=end[rows].tolist(),
                demand=demand[rows].tolist(),
                family=encoding.setup_family[case.use_index[rows]].tolist(),
            )


def _check_overlaps(case: Case, slots: Slots) -> Iterator[str]:
    """Two activities never share a resource of capacity 1; every pair is reported."""
    running: list[int] = []
    for k, start in enumerate(slots.start):
        running = [i for i in running if slots.end[i] > start]
        for i in running:
            first, second = (short_name(case.encoding, slots.activity[j]) for j in (i, k))
            yield (
                f"Activities {first} ({slots.start[i]} to {slots.end[i]}) and {second} "
                f"({start} to {slots.end[k]}) overlap by {min(slots.end[i], slots.end[k]) - start} "
                f"on {resource_name(case.encoding, slots.resource)}."
            )
        running.append(k)


def _check_usage(case: Case, slots: Slots) -> Iterator[str]:
    """The demands held at any time stay within the capacity."""
    capacity = int(case.encoding.resource_capacity[slots.resource])
    times = np.unique(slots.start + slots.end)
    change = np.zeros(len(times), np.int64)
    np.add.at(change, np.searchsorted(times, slots.start), slots.demand)
    np.subtract.at(change, np.searchsorted(times, slots.end), slots.demand)
    usage = np.cumsum(change)
    for k in np.flatnonzero(usage > capacity).tolist():
        begin, until = int(times[k]), int(times[k + 1])
        spans = zip(slots.activity, slots.start, slots.end, strict=True)
        users = [short_name(case.encoding, a) for a, start, end in spans if start <= begin < end]
        yield (
            f"R{resource_name(case.encoding, slots.resource)[1:]} is used {usage[k]} from "
            f"{begin} to {until}, {usage[k] - capacity} over its capacity of {capacity}, "
            f"by activities {', '.join(users)}."
        )


def _check_setups(case: Case, slots: Slots) -> Iterator[str]:
    """The set-up fits between neighbours, and before the first activity."""
    encoding = case.encoding
    low, high = encoding.setup_ptr[slots.resource : slots.resource + 2].tolist()
    if low == high:
        return
    families = (math.isqrt(4 * (high - low) + 1) - 1) // 2  # F, where F * (F + 1) entries
    matrix = encoding.setup_time[low:high].reshape(families + 1, families).tolist()
    place = resource_name(encoding, slots.resource)
    for k, (activity, start) in enumerate(zip(slots.activity, slots.start, strict=True)):
        ready = slots.end[k - 1] if k else 0
        setup = matrix[slots.family[k - 1] if k else families][slots.family[k]]
        # An overlapping pair is reported as such; its order, hence its set-up, is undefined.
        if not ready <= start < ready + setup:
            continue
        if k:
            before = short_name(encoding, slots.activity[k - 1])
            why = f"activity {before} ends at {ready} and the set-up takes {setup}"
        else:
            why = f"the set-up before the first activity takes {setup}"
        yield (
            f"{activity_name(encoding, activity)} starts at {start} on {place}, "
            f"{ready + setup - start} too early: {why}."
        )
