"""Resources from no-overlap and cumulative constraints."""

from collections.abc import Iterator
from dataclasses import dataclass

from dispatchlab.envs.jobshop.cp_model_import.activities import Activity
from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.graph import Edge
from dispatchlab.envs.jobshop.cp_model_import.propagation import expr_bounds
from dispatchlab.envs.jobshop.cp_model_import.source import (
    Capacity,
    Constraint,
    Expr,
    Interval,
)
from dispatchlab.envs.jobshop.cp_model_import.spans import Spans, tied_masters

_Item = tuple[int, Interval, Expr]


@dataclass(slots=True)
class Resource:
    """One resource of the encoding.

    Attributes:
        capacity: Its capacity.
        name: Name of its constraint, possibly empty.
        setups: Set-up family of each activity and the matrix, where a circuit gives them.
    """

    capacity: int
    name: str
    setups: tuple[dict[int, int], list[list[int]]] | None = None


def find_resources(
    draft: Draft, spans: Spans
) -> tuple[list[Resource], list[tuple[Edge, Constraint]]]:
    """Turn capacity constraints into resources and fill in the uses of every mode.

    Args:
        draft: The conversion so far; uses are written, impossible modes are dropped.
        spans: Intervals of open size.

    Returns:
        The resources, and what intervals that fill a resource to its end say of times.

    Raises:
        UnsupportedModelError: If a capacity or demand is not constant within a mode, or an
            interval of open size uses a resource.
    """
    where: dict[int, tuple[int, Interval]] = {}
    for a, activity in enumerate(draft.activities):
        where.update({i.index: (a, i) for i in activity.intervals})
    for a, interval in tied_masters(draft):
        where[interval.index] = (a, interval)
    existing = {c.index for c in draft.source.constraints}
    resources: list[Resource] = []
    blocked: list[tuple[Capacity, Interval, list[_Item]]] = []
    for con in draft.source.constraints:
        if isinstance(con, Capacity):
            _check_shape(con)
            blocker = next((i for i in con.intervals if i in spans.blocking), None)
            items = [
                (*where[i], demand)
                for i, demand in _items(con, existing)
                if i != blocker and _is_known(con, i, where)
            ]
            _add_resource(draft, con, items, resources)
            if blocker is not None:
                blocked.append((con, spans.blocking[blocker], items))
    return resources, [edge for case in blocked for edge in _blocked(draft, *case)]


def _items(con: Capacity, existing: set[int]) -> list[tuple[int, Expr]]:
    """Intervals and demands, without intervals that are always absent."""
    pairs = zip(con.intervals, con.demands, strict=True)
    return [(i, demand) for i, demand in pairs if i in existing]


def _is_known(con: Capacity, index: int, where: dict[int, tuple[int, Interval]]) -> bool:
    if index not in where:
        raise con.refuse(
            f"interval {index} on it has a variable size; durations must follow from the mode"
        )
    return True


def _check_shape(con: Capacity) -> None:
    if con.literals:
        raise con.refuse("it holds under a condition; resources must always be there")
    if con.capacity.terms:
        raise con.refuse("its capacity is variable; give a constant")
    if con.capacity.const < 0:
        raise con.refuse("its capacity is negative, so the model is infeasible")


def _blocked(
    draft: Draft, con: Capacity, blocker: Interval, items: list[_Item]
) -> Iterator[tuple[Edge, Constraint]]:
    """An interval that fills the resource to a constant end: all others end before it starts."""
    fill = con.demands[con.intervals.index(blocker.index)]
    terms = blocker.start.terms
    whole = not fill.terms and not blocker.literals and con.intervals.count(blocker.index) == 1
    if not whole or len(terms) != 1 or terms[0][1] != 1 or terms[0][0] in draft.view:
        raise con.refuse(f"interval {blocker.index} on it has a variable size")
    node = draft.node(terms[0][0])
    for a, interval, demand in items:
        latest = interval.end.const + sum(
            max(c * draft.source.lo[v], c * draft.source.hi[v]) for v, c in interval.end.terms
        )
        for k, mode in enumerate(draft.activities[a].modes):
            needed = _demand(con, mode.bounds, interval, demand) if mode.present(interval) else 0
            if needed == 0 or mode.duration == 0:
                continue
            if latest > blocker.end.const or needed + fill.const <= con.capacity.const:
                raise con.refuse(
                    f"interval {blocker.index} on it has a variable size and does not fill it to "
                    "the end of the horizon"
                )
            yield Edge(a, node, k, 0, mode.duration - blocker.start.const), con


def _add_resource(
    draft: Draft,
    con: Capacity,
    items: list[_Item],
    resources: list[Resource],
) -> None:
    """Sum up the demand of every mode; modes that ask too much are impossible."""
    number = len(resources)
    if con.capacity.const > 0:
        resources.append(Resource(con.capacity.const, con.name))
    by_activity: dict[int, list[tuple[Interval, Expr]]] = {}
    for a, interval, demand in items:
        by_activity.setdefault(a, []).append((interval, demand))
    for a, pairs in by_activity.items():
        dead = set()
        for k, mode in enumerate(draft.activities[a].modes):
            total = sum(_demand(con, mode.bounds, *p) for p in pairs if mode.present(p[0]))
            if mode.duration == 0:
                _check_instant(con, total, len(by_activity))
            elif total > con.capacity.const:
                dead.add(k)
            elif total:
                mode.uses[number] = total
        if len(dead) == len(draft.activities[a].modes):
            raise con.refuse(
                f"activity {_label(draft.activities[a])} needs more than the capacity in every "
                "mode, so the model is infeasible"
            )
        draft.prune(a, dead)


def _demand(
    con: Capacity, bounds: dict[int, tuple[int, int]], interval: Interval, demand: Expr
) -> int:
    if any(v not in bounds for v in demand.variables):
        raise con.refuse(f"the demand of interval {interval.index} is variable")
    low, high = expr_bounds(bounds, demand)
    if low != high:
        raise con.refuse(f"the demand of interval {interval.index} is variable")
    if low < 0:
        raise con.refuse(f"the demand of interval {interval.index} is {low}; give one >= 0")
    return low


def _check_instant(con: Capacity, total: int, num_activities: int) -> None:
    """CP-SAT forbids an interval of size 0 inside another on a no-overlap; we do not."""
    if con.kind == "no_overlap" and total and num_activities > 1:
        raise con.refuse(
            "it holds an interval of size 0, which occupies nothing here but may not lie inside "
            "another interval there; leave it out"
        )


def _label(activity: Activity) -> str:
    return repr(activity.name) if activity.name else f"of interval {activity.intervals[0].index}"
