"""Activities and their modes, found from intervals and from what ties their times together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from dispatchlab.envs.jobshop.cp_model_import.choices import (
    MAX_SOLUTIONS,
    Bounds,
    Choices,
    expr_bounds,
    literal_bounds,
)
from dispatchlab.envs.jobshop.cp_model_import.source import (
    Capacity,
    Constraint,
    Expr,
    Interval,
    Linear,
    Source,
    var_of,
)
from dispatchlab.envs.jobshop.cp_model_import.unionfind import UnionFind


@dataclass(slots=True)
class ActivityMode:
    """One mode of an activity.

    Attributes:
        bounds: Values of the activity's choice variables.
        duration: Size of the intervals that are present.
        offset: For each time variable that the mode ties to the start: variable minus start.
        fixed_start: The start where it is a constant.
        uses: Demand by resource.
    """

    bounds: Bounds
    duration: int
    offset: dict[int, int]
    fixed_start: int | None = None
    uses: dict[int, int] = field(default_factory=dict)

    def present(self, interval: Constraint) -> bool:
        """Whether an interval is present."""
        return all(literal_bounds(self.bounds, lit)[0] == 1 for lit in interval.literals)


@dataclass(slots=True)
class Activity:
    """What becomes one activity of the encoding."""

    intervals: list[Interval]
    modes: list[ActivityMode]
    variables: set[int]

    @property
    def name(self) -> str:
        """Name of the first interval, which is the master where there is one."""
        return next((i.name for i in self.intervals if i.name), "")


@dataclass(slots=True)
class _Group:
    """Intervals, equalities and components that may belong to one activity."""

    intervals: list[Interval] = field(default_factory=list)
    equalities: list[Linear] = field(default_factory=list)
    components: list[int] = field(default_factory=list)
    variables: set[int] = field(default_factory=set)
    culprit: Linear | None = None

    def refuse(self, interval: Interval, why: str) -> Exception:
        """The error that names what ties two activities together, else the interval."""
        return (self.culprit or interval).refuse(why)


def is_determined(interval: Interval, choices: Choices) -> bool:
    """Whether the size of an interval follows from the choices."""
    if not interval.size.terms:
        return True
    component = choices.component.get(interval.size.terms[0][0])
    if component is None or any(v not in choices.component for v in interval.size.variables):
        return False
    return all(
        low == high
        for s in choices.solutions[component]
        if all(literal_bounds(s, lit)[1] for lit in interval.literals)
        for low, high in (expr_bounds(s, interval.size),)
    )


def is_tie(con: Constraint, time: set[int]) -> bool:
    """Whether a constraint equates two times up to choices."""
    if not isinstance(con, Linear) or con.domain[0][0] != con.domain[-1][1]:
        return False
    coefficients = [c for v, c in con.expr.terms if v in time]
    return len(coefficients) == 2 and sum(coefficients) == 0


def find_activities(source: Source, choices: Choices) -> list[Activity]:
    """Group intervals into activities and work out their modes.

    Args:
        source: The settled model.
        choices: Its choice components.

    Returns:
        The activities, in the order of their first interval.

    Raises:
        UnsupportedModelError: If an activity is optional, or two are tied at a fixed distance.
    """
    groups = _group(source, choices)
    return [_activity(group, choices) for group in groups]


def _group(source: Source, choices: Choices) -> list[_Group]:
    """Unite intervals that share time variables, choices or equalities."""
    union = UnionFind()
    size = len(source.lo)
    intervals = [c for c in source.constraints if isinstance(c, Interval)]
    usable = [i for i in intervals if is_determined(i, choices)]
    for con in usable:
        for node in _interval_nodes(con, choices, size):
            union.join(_node(con, size), node)
    _join_demands(source, choices, union, {i.index for i in usable})
    ties = [c for c in source.constraints if isinstance(c, Linear) and is_tie(c, choices.time)]
    culprits = _join_ties(
        ties, union, choices.time, [_node(i, size) for i in usable if not i.literals]
    )
    groups: dict[int, _Group] = {}
    for con in usable:
        groups.setdefault(union.find(_node(con, size)), _Group()).intervals.append(con)
    for tie in ties:
        group = groups.get(union.find(_tied_times(tie, choices.time)[0]))
        if group is not None:
            group.equalities.append(tie)
            if tie in culprits and group.culprit is None:
                group.culprit = tie
    _collect(groups, union, choices, size)
    return sorted(groups.values(), key=lambda g: g.intervals[0].index)


def _tied_times(tie: Linear, time: set[int]) -> list[int]:
    return [v for v in tie.expr.variables if v in time]


def _join_ties(
    ties: list[Linear], union: UnionFind, time: set[int], always: list[int]
) -> list[Linear]:
    """Unite times that are equated; returns what unites two intervals that are always present."""
    fixed = {union.find(node) for node in always}
    culprits = []
    for tie in ties:
        first, second = (union.find(v) for v in _tied_times(tie, time))
        if union.join(first, second):
            if first in fixed and second in fixed:
                culprits.append(tie)
            if first in fixed or second in fixed:
                fixed.add(union.find(first))
    return culprits


def _node(con: Constraint, size: int) -> int:
    """Node of an interval in the union-find, where variables come first."""
    return size + 2 * con.index


def _component_node(component: int, size: int) -> int:
    return size + 2 * component + 1


def _interval_nodes(con: Interval, choices: Choices, size: int) -> Iterator[int]:
    yield from con.start.variables
    yield from con.end.variables
    for v in (*con.size.variables, *map(var_of, con.literals)):
        yield _component_node(choices.component[v], size)


def _join_demands(source: Source, choices: Choices, union: UnionFind, usable: set[int]) -> None:
    """A demand that depends on choices makes them choices of its interval's activity."""
    size = len(source.lo)
    for con in source.constraints:
        if isinstance(con, Capacity):
            for index, demand in zip(con.intervals, con.demands, strict=True):
                for v in demand.variables:
                    if index in usable and v in choices.component:
                        node = _component_node(choices.component[v], size)
                        union.join(size + 2 * index, node)


def _collect(groups: dict[int, _Group], union: UnionFind, choices: Choices, size: int) -> None:
    """Hand components and time variables to their groups."""
    for node in union.nodes():
        group = groups.get(union.find(node))
        if group is None:
            continue
        if node < size:
            group.variables.add(node)
        elif (node - size) % 2:
            group.components.append((node - size) // 2)


def _activity(group: _Group, choices: Choices) -> Activity:
    """Resolve one group in every combination of its choices."""
    parts = [choices.solutions[c] for c in group.components]
    count = 1
    for part in parts:
        count *= len(part)
    if count > MAX_SOLUTIONS:
        raise group.refuse(group.intervals[0], f"its activity has {count} modes")
    modes = []
    for combination in product(*parts):
        bounds: Bounds = {}
        for part_bounds in combination:
            bounds.update(part_bounds)
        modes.append(_mode(group, bounds, choices.time))
    return Activity(group.intervals, modes, group.variables)


def _mode(group: _Group, bounds: Bounds, time: set[int]) -> ActivityMode:
    """Tie the times of one mode to its start."""
    mode = ActivityMode(bounds, 0, {})
    present = [i for i in group.intervals if mode.present(i)]
    if not present:
        raise group.refuse(
            group.intervals[0],
            "its activity may be left out; give every activity exactly one mode (add_exactly_one)",
        )
    anchor = present[0]
    mode.duration = expr_bounds(bounds, anchor.size)[0]
    if anchor.start.terms:
        mode.offset[_single(anchor, anchor.start)] = -anchor.start.const
    else:
        mode.fixed_start = anchor.start.const
    while any([_spread(group, mode, *link) for link in _links(group, mode, present, time)]):
        pass
    for interval in present:
        apart = _value(mode, interval.start)
        if apart is None:
            raise group.refuse(
                interval, "it ties two activities in some modes only, or at an exact distance"
            )
        if apart or expr_bounds(bounds, interval.size)[0] != mode.duration:
            raise group.refuse(
                interval,
                "it keeps two activities at an exact distance; exact and maximum time lags are "
                "not supported",
            )
    return mode


def _single(con: Constraint, expr: Expr) -> int:
    """Variable of an expression ``variable + constant``."""
    if len(expr.terms) != 1 or expr.terms[0][1] != 1:
        raise con.refuse("its start and end must each be a variable plus a constant")
    return expr.terms[0][0]


_Link = tuple[Constraint, Expr, Expr, int]


def _links(
    group: _Group, mode: ActivityMode, present: list[Interval], time: set[int]
) -> list[_Link]:
    """Pairs of times at a known distance in a mode."""
    found: list[_Link] = [(i, i.start, i.end, expr_bounds(mode.bounds, i.size)[0]) for i in present]
    for tie in group.equalities:
        choice = Expr(tuple((v, c) for v, c in tie.expr.terms if v not in time), tie.expr.const)
        known = all(v in mode.bounds for v in (*choice.variables, *map(var_of, tie.literals)))
        if not known or not mode.present(tie):
            continue
        low, high = expr_bounds(mode.bounds, choice)
        (v, c), (w, _) = [(v, c) for v, c in tie.expr.terms if v in time]
        shift = tie.domain[0][0] - low
        if low != high or shift % c:
            raise tie.refuse("it leaves a time open once the modes are chosen")
        found.append((tie, Expr(((w, 1),), 0), Expr(((v, 1),), 0), shift // c))
    return found


def _value(mode: ActivityMode, expr: Expr) -> int | None:
    """Distance of a time from the start, where it is tied to it."""
    if expr.terms:
        offset = mode.offset.get(expr.terms[0][0])
        return None if offset is None else offset + expr.const
    return None if mode.fixed_start is None else expr.const - mode.fixed_start


def _spread(
    group: _Group, mode: ActivityMode, con: Constraint, first: Expr, second: Expr, distance: int
) -> bool:
    """Carry a tie along ``second == first + distance``; True where a time was newly tied."""
    a, b = _value(mode, first), _value(mode, second)
    if a is not None and b is not None:
        if a + distance != b:
            raise (group.culprit or con).refuse("it contradicts the duration of its activity")
        return False
    if a is None and b is None:
        return False
    known, unknown, apart = (a, second, distance) if a is not None else (b, first, -distance)
    if known is None or not unknown.terms:
        raise con.refuse("it fixes an end, but not the start; fix the start variable instead")
    mode.offset[_single(con, unknown)] = known + apart - unknown.const
    return True
