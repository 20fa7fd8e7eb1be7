"""Which variables choose modes, and every combination of values they can take."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatchlab.envs.jobshop.cp_model_import.propagation import Bounds, enumerate_solutions
from dispatchlab.envs.jobshop.cp_model_import.source import (
    Capacity,
    Circuit,
    Constraint,
    Interval,
    Linear,
    Maximum,
    Source,
    var_of,
)
from dispatchlab.envs.jobshop.cp_model_import.unionfind import UnionFind


@dataclass(slots=True)
class Choices:
    """The variables that choose, in components that are independent of each other.

    Attributes:
        time: Variables that are points in time (starts, ends, makespan, tardiness, ...).
        sequence: Variables of circuit arcs between different nodes.
        component: Component of every other variable.
        solutions: For each component the bounds of its variables in every feasible combination.
    """

    time: set[int]
    sequence: set[int]
    component: dict[int, int] = field(default_factory=dict)
    solutions: list[list[Bounds]] = field(default_factory=list)

    def fixed(self, variable: int) -> int | None:
        """Value of a variable that has the same one in all solutions."""
        values = {s[variable] for s in self.solutions[self.component[variable]]}
        low, high = next(iter(values))
        return low if len(values) == 1 and low == high else None


def variables_of(con: Constraint) -> Iterator[int]:
    """Variables of a linear or maximum, without its enforcement literals."""
    if isinstance(con, Linear):
        yield from con.expr.variables
    elif isinstance(con, Maximum):
        for expr in (con.target, *con.exprs):
            yield from expr.variables


def find_choices(source: Source, dummies: dict[int, int]) -> Choices:
    """Separate times from choices and enumerate the choices.

    Args:
        source: The settled model.
        dummies: Dummy node of every circuit, by constraint index.

    Returns:
        The classified variables and the solutions of every component.

    Raises:
        UnsupportedModelError: If a component has no or too many solutions, or leaves a quantity
            open.
    """
    sequence = _sequence_variables(source, dummies)
    choices = Choices(_time_variables(source, sequence), sequence)
    skip = choices.time | sequence
    pure: list[Linear] = []
    union = UnionFind()
    for v in range(len(source.lo)):
        if v not in skip:
            union.find(v)
    for con in source.constraints:
        group = _tied(con, skip)
        for v in group:
            union.join(group[0], v)
        if isinstance(con, Linear) and group and skip.isdisjoint(_all_variables(con)):
            pure.append(con)
    _number(choices, union)
    rules: list[list[Linear]] = [[] for _ in choices.solutions]
    for con in pure:
        rules[choices.component[next(_all_variables(con))]].append(con)
    members: list[list[int]] = [[] for _ in choices.solutions]
    for v, c in choices.component.items():
        members[c].append(v)
    for c, (variables, linears) in enumerate(zip(members, rules, strict=True)):
        choices.solutions[c] = enumerate_solutions(source, variables, linears)
    return choices


def _all_variables(con: Linear) -> Iterator[int]:
    yield from con.expr.variables
    yield from map(var_of, con.literals)


def _sequence_variables(source: Source, dummies: dict[int, int]) -> set[int]:
    """Variables that say who follows whom on a circuit, or that it is empty."""
    return {
        var_of(lit)
        for con in source.constraints
        if isinstance(con, Circuit)
        for tail, head, lit in con.arcs
        if source.fixed_literal(lit) is None and (tail != head or tail == dummies[con.index])
    }


def _time_variables(source: Source, sequence: set[int]) -> set[int]:
    """Starts, ends, and whatever a linear or maximum ties to them except the choices."""
    time: set[int] = set()
    choice = set(sequence)
    for con in source.constraints:
        choice.update(map(var_of, con.literals))
        if isinstance(con, Interval):
            time.update(con.start.variables, con.end.variables)
            choice.update(con.size.variables)
        elif isinstance(con, Capacity):
            choice.update(v for d in con.demands for v in d.variables)
        elif isinstance(con, Circuit):
            choice.update(var_of(lit) for _, _, lit in con.arcs)
        elif isinstance(con, Linear) and con.kind != "linear":
            choice.update(con.expr.variables)
    choice -= time
    tied = [set(variables_of(con)) - choice for con in source.constraints]
    grows = True
    while grows:
        hit = [group for group in tied if not group <= time and not group.isdisjoint(time)]
        grows = bool(hit)
        time.update(*hit)
    return time


def _tied(con: Constraint, skip: set[int]) -> list[int]:
    """Choice variables that a constraint makes depend on each other."""
    found: list[int] = []
    if isinstance(con, Linear):
        everything = list(_all_variables(con))
        if skip.isdisjoint(everything):
            return everything
        return []
    if isinstance(con, Interval):
        found = [*map(var_of, con.literals), *con.size.variables]
    return [v for v in found if v not in skip]


def _number(choices: Choices, union: UnionFind) -> None:
    """Number the components."""
    numbers: dict[int, int] = {}
    for v in union.nodes():
        choices.component[v] = numbers.setdefault(union.find(v), len(numbers))
    choices.solutions.extend([] for _ in numbers)
