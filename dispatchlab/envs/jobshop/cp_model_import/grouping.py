"""Which intervals belong to one activity: they share times, choices or equalities."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatchlab.envs.jobshop.cp_model_import.choices import Choices
from dispatchlab.envs.jobshop.cp_model_import.propagation import expr_bounds, literal_bounds
from dispatchlab.envs.jobshop.cp_model_import.source import (
    Capacity,
    Constraint,
    Interval,
    Linear,
    Source,
    var_of,
)
from dispatchlab.envs.jobshop.cp_model_import.unionfind import UnionFind


@dataclass(slots=True)
class Group:
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
    component = choices.component[interval.size.terms[0][0]]
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


def group_intervals(source: Source, choices: Choices) -> list[Group]:
    """Unite intervals that share time variables, choices or equalities.

    Args:
        source: The settled model.
        choices: Its choice components.

    Returns:
        The groups, in the order of their first interval.

    Raises:
        UnsupportedModelError: If a size or presence is no choice.
    """
    union = UnionFind()
    size = len(source.lo)
    intervals = [c for c in source.constraints if isinstance(c, Interval)]
    for con in intervals:
        for v in (*con.size.variables, *map(var_of, con.literals)):
            if v not in choices.component:
                raise con.refuse(f"its size or presence depends on {source.label(v)}, which is a "
                                 "time or the order of a circuit")  # fmt: skip
    usable = [i for i in intervals if is_determined(i, choices)]
    for con in usable:
        for node in _interval_nodes(con, choices, size):
            union.join(_node(con, size), node)
    _join_demands(source, choices, union, {i.index for i in usable})
    ties = [c for c in source.constraints if isinstance(c, Linear) and is_tie(c, choices.time)]
    culprits = _join_ties(
        ties, union, choices.time, [_node(i, size) for i in usable if not i.literals]
    )
    groups: dict[int, Group] = {}
    for con in usable:
        groups.setdefault(union.find(_node(con, size)), Group()).intervals.append(con)
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


def _collect(groups: dict[int, Group], union: UnionFind, choices: Choices, size: int) -> None:
    """Hand components and time variables to their groups."""
    for node in union.nodes():
        group = groups.get(union.find(node))
        if group is None:
            continue
        if node < size:
            group.variables.add(node)
        elif (node - size) % 2:
            group.components.append((node - size) // 2)
