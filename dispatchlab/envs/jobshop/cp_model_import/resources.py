"""Resources from no-overlap and cumulative constraints."""

from dataclasses import dataclass

from dispatchlab.envs.jobshop.cp_model_import.activities import Activity, is_determined
from dispatchlab.envs.jobshop.cp_model_import.choices import expr_bounds
from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.source import (
    INFINITY,
    Capacity,
    Expr,
    Interval,
    Linear,
    Source,
)


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


@dataclass(slots=True)
class Spans:
    """Intervals whose size is open: they are no activities.

    Attributes:
        blocking: Those that end at a constant and fill a resource from the makespan on.
        linears: What all of them say about times.
    """

    blocking: dict[int, Interval]
    linears: list[Linear]


def find_spans(draft: Draft) -> Spans:
    """Intervals of open size, and what they say as linears.

    Args:
        draft: The conversion so far.

    Returns:
        The spans; the size of a master that its activity ties at both ends is checked instead.
    """
    spans = Spans({}, [])
    for con in draft.source.constraints:
        if isinstance(con, Interval) and not is_determined(con, draft.choices):
            low, high = con.size.const, con.size.const
            for v, c in con.size.terms:
                ends = sorted((c * draft.source.lo[v], c * draft.source.hi[v]))
                low, high = low + ends[0], high + ends[1]
            apart = _difference(draft.source, con.end, con.start)
            spans.linears.append(_linear(con, con.literals, apart, (low, min(high, INFINITY))))
            if not con.end.terms:
                spans.blocking[con.index] = con
    return spans


def _linear(
    con: Interval | Capacity, literals: tuple[int, ...], expr: Expr, domain: tuple[int, int]
) -> Linear:
    return Linear(con.index, con.name, con.kind, literals, expr, (domain,))


def _difference(source: Source, first: Expr, second: Expr) -> Expr:
    negated = tuple((v, -c) for v, c in second.terms)
    return source.expr((*first.terms, *negated), first.const - second.const)


def find_resources(draft: Draft, spans: Spans) -> tuple[list[Resource], list[Linear]]:
    """Turn capacity constraints into resources and fill in the uses of every mode.

    Args:
        draft: The conversion so far; uses are written, impossible modes are dropped.
        spans: Intervals of open size.

    Returns:
        The resources, and the linears that stand for intervals filling a resource to its end.

    Raises:
        UnsupportedModelError: If a capacity or demand is not constant within a mode, or an
            interval of open size uses a resource.
    """
    where: dict[int, tuple[int, Interval]] = {}
    for a, activity in enumerate(draft.activities):
        where.update({i.index: (a, i) for i in activity.intervals})
    for a, interval in _tied_masters(draft):
        where[interval.index] = (a, interval)
    existing = {c.index for c in draft.source.constraints}
    resources: list[Resource] = []
    linears: list[Linear] = []
    for con in draft.source.constraints:
        if isinstance(con, Capacity):
            _check_shape(con)
            blocker = next((i for i in con.intervals if i in spans.blocking), None)
            if blocker is not None:
                linears.extend(_blocked(draft, con, spans.blocking[blocker], where))
            items = [
                (*where[i], demand)
                for i, demand in _items(con, existing)
                if i != blocker and _is_known(con, i, where)
            ]
            _add_resource(draft, con, items, resources)
    return resources, linears


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


def _tied_masters(draft: Draft) -> list[tuple[int, Interval]]:
    """Intervals of open size whose start and end an activity ties in every mode."""
    found = []
    for con in draft.source.constraints:
        if not isinstance(con, Interval) or is_determined(con, draft.choices):
            continue
        owners = {draft.view.get(v) for v in (*con.start.variables, *con.end.variables)}
        a = owners.pop() if len(owners) == 1 else None
        if a is not None and all(
            _ends_match(con, mode.offset, mode.duration) for mode in draft.activities[a].modes
        ):
            found.append((a, con))
    return found


def _ends_match(con: Interval, offset: dict[int, int], duration: int) -> bool:
    """Whether start and end are the activity's own in a mode."""
    values = [
        offset[expr.terms[0][0]] + expr.const
        for expr in (con.start, con.end)
        if len(expr.terms) == 1 and expr.terms[0][1] == 1 and expr.terms[0][0] in offset
    ]
    return values == [0, duration] and not con.literals


def _blocked(
    draft: Draft, con: Capacity, blocker: Interval, where: dict[int, tuple[int, Interval]]
) -> list[Linear]:
    """An interval that fills the resource to a constant end: all others end before it starts."""
    demands = dict(zip(con.intervals, con.demands, strict=True))
    fill = demands[blocker.index]
    if fill.terms or blocker.literals:
        raise con.refuse(f"interval {blocker.index} on it has a variable size")
    linears = []
    for i, demand in demands.items():
        if i not in where:
            continue
        _, interval = where[i]
        latest = interval.end.const + sum(
            max(c * draft.source.lo[v], c * draft.source.hi[v]) for v, c in interval.end.terms
        )
        alone = demand.const + fill.const > con.capacity.const and not demand.terms
        if latest > blocker.end.const or not alone:
            raise con.refuse(
                f"interval {blocker.index} on it has a variable size and does not fill it to the "
                "end of the horizon"
            )
        apart = _difference(draft.source, blocker.start, interval.end)
        linears.append(_linear(con, interval.literals, apart, (0, INFINITY)))
    return linears


def _add_resource(
    draft: Draft,
    con: Capacity,
    items: list[tuple[int, Interval, Expr]],
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
