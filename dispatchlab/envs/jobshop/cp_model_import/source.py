"""The source model as plain Python: variables, constraints and objective, constants folded in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dispatchlab.envs.core.errors import UnsupportedModelError

INFINITY = 2**62


class Expr(NamedTuple):
    """A linear expression.

    Attributes:
        terms: Pairs ``(variable, coefficient)`` of unfixed variables, no variable twice.
        const: The constant.
    """

    terms: tuple[tuple[int, int], ...]
    const: int

    @property
    def variables(self) -> tuple[int, ...]:
        """Variables of the expression."""
        return tuple(v for v, _ in self.terms)


@dataclass(slots=True)
class Constraint:
    """What all constraints share.

    Attributes:
        index: Position in the source model; -1 for a variable's domain with gaps.
        name: Name in the source model, possibly empty.
        kind: CP-SAT's name of the kind.
        literals: The constraint holds where all these literals do (empty: always); literal
            ``-v - 1`` is the negation of variable ``v``.
    """

    index: int
    name: str
    kind: str
    literals: tuple[int, ...]

    def refuse(self, why: str) -> UnsupportedModelError:
        """The error that names this constraint."""
        label = repr(self.name) if self.name else "unnamed"
        where = f"Constraint {self.index} ({label}, {self.kind})"
        if self.index < 0:
            where = f"The domain of a variable ({label})"
        return UnsupportedModelError(f"{where}: {why}.")


@dataclass(slots=True)
class Linear(Constraint):
    """``expr`` lies in the union of the closed intervals ``domain``."""

    expr: Expr
    domain: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Interval(Constraint):
    """``start + size == end`` where the literals hold, else absent."""

    start: Expr
    size: Expr
    end: Expr


@dataclass(slots=True)
class Capacity(Constraint):
    """A no-overlap or a cumulative; intervals are given by constraint index."""

    capacity: Expr
    intervals: tuple[int, ...]
    demands: tuple[Expr, ...]


@dataclass(slots=True)
class Maximum(Constraint):
    """``target == max(exprs)``."""

    target: Expr
    exprs: tuple[Expr, ...]


@dataclass(slots=True)
class Circuit(Constraint):
    """The arcs ``(tail, head, literal)`` whose literals hold form one circuit and self-loops."""

    arcs: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Source:
    """A CP-SAT model.

    Attributes:
        lo: Lower bound of each variable.
        hi: Upper bound of each variable.
        names: Name of each variable.
        constraints: Everything that can be active and says something.
        objective: The minimised expression, or None.
    """

    lo: list[int]
    hi: list[int]
    names: list[str]
    constraints: list[Constraint] = field(default_factory=list)
    objective: Expr | None = None

    def label(self, variable: int) -> str:
        """How messages call a variable."""
        name = self.names[variable]
        return f"variable {variable} ({name!r})" if name else f"variable {variable} (unnamed)"

    def expr(self, terms: Iterable[tuple[int, int]], const: int) -> Expr:
        """A linear expression with fixed variables folded into the constant."""
        total: dict[int, int] = {}
        for v, c in terms:
            if self.lo[v] == self.hi[v]:
                const += c * self.lo[v]
            else:
                total[v] = total.get(v, 0) + c
        return Expr(tuple((v, c) for v, c in total.items() if c), const)

    def refold(self, expr: Expr) -> Expr:
        """The same expression after more variables were fixed."""
        return self.expr(expr.terms, expr.const)

    def literal_sum(self, literals: Sequence[int]) -> Expr:
        """How many of the literals hold."""
        negated = sum(lit < 0 for lit in literals)
        return self.expr(((var_of(lit), 1 if lit >= 0 else -1) for lit in literals), negated)

    def fixed_literal(self, literal: int) -> bool | None:
        """Truth of a literal, or None where it is open."""
        v = var_of(literal)
        if self.lo[v] != self.hi[v]:
            return None
        return bool(self.lo[v]) == (literal >= 0)


def var_of(literal: int) -> int:
    """Variable of a literal."""
    return literal if literal >= 0 else -literal - 1


def settle(source: Source) -> None:
    """Fix what unconditional one-variable constraints fix, then drop what always holds.

    Args:
        source: The model; bounds are tightened and constraints rewritten in place.

    Raises:
        UnsupportedModelError: If a constraint cannot hold.
    """
    while any([_tighten(source, con) for con in source.constraints if isinstance(con, Linear)]):
        pass
    source.constraints = [con for con in source.constraints if _settle_one(source, con)]
    if source.objective is not None:
        source.objective = source.refold(source.objective)


def _tighten(source: Source, con: Linear) -> bool:
    """Move the bounds of the only variable of a linear; True where they moved."""
    if any(source.fixed_literal(lit) is not True for lit in con.literals):
        return False
    con.expr = source.refold(con.expr)
    if len(con.expr.terms) != 1:
        return False
    (v, c), const = con.expr.terms[0], con.expr.const
    low, high = bounds_over(con.domain[0][0] - const, con.domain[-1][1] - const, c)
    before = source.lo[v], source.hi[v]
    source.lo[v], source.hi[v] = max(before[0], low), min(before[1], high)
    if source.lo[v] > source.hi[v]:
        raise con.refuse(f"it leaves {source.label(v)} without a value, so the model is infeasible")
    return before != (source.lo[v], source.hi[v])


def bounds_over(low: int, high: int, coefficient: int) -> tuple[int, int]:
    """Bounds of an integer x from ``low <= coefficient * x <= high``."""
    if coefficient < 0:
        low, high, coefficient = -high, -low, -coefficient
    return -(-low // coefficient), high // coefficient


def _settle_one(source: Source, con: Constraint) -> bool:
    """Fold fixed variables into a constraint; False where it can be dropped."""
    truths = {lit: source.fixed_literal(lit) for lit in con.literals}
    if False in truths.values():
        return False
    con.literals = tuple(lit for lit, truth in truths.items() if truth is None)
    if isinstance(con, Interval):
        con.start, con.size, con.end = map(source.refold, (con.start, con.size, con.end))
    elif isinstance(con, Capacity):
        con.capacity = source.refold(con.capacity)
        con.demands = tuple(map(source.refold, con.demands))
    elif isinstance(con, Maximum):
        con.target = source.refold(con.target)
        con.exprs = tuple(map(source.refold, con.exprs))
    elif isinstance(con, Linear):
        con.expr = source.refold(con.expr)
        return _says_something(con)
    return True


def _says_something(con: Linear) -> bool:
    """Whether a folded linear still restricts anything beyond the bounds."""
    if con.literals or len(con.expr.terms) > 1:
        return True
    if con.expr.terms:
        return len(con.domain) > 1
    if any(low <= con.expr.const <= high for low, high in con.domain):
        return False
    raise con.refuse("it can never hold, so the model is infeasible")
