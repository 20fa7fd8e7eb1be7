"""Circuits that order a no-overlap resource: who follows whom, and after which set-up."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dispatchlab.envs.jobshop.cp_model_import.source import (
    Circuit,
    Linear,
    Source,
    var_of,
)


@dataclass(slots=True)
class Sequence:
    """A circuit constraint, sorted out.

    Attributes:
        con: The constraint.
        dummy: The node that stands for the beginning and the end.
        nodes: The other nodes.
        literal: Literal of each arc that can be taken.
        timed: Linears that an arc's literal enforces, without that literal.
    """

    con: Circuit
    dummy: int
    nodes: list[int]
    literal: dict[tuple[int, int], int]
    timed: dict[tuple[int, int], list[Linear]] = field(default_factory=dict)


def find_dummies(source: Source) -> dict[int, int]:
    """Dummy node of every circuit: the one no arc of which separates two activities.

    Args:
        source: The settled model.

    Returns:
        Dummy nodes by constraint index.

    Raises:
        UnsupportedModelError: If a circuit has no such node, or several.
    """
    separating = {
        lit
        for con in source.constraints
        if isinstance(con, Linear) and len(con.expr.terms) > 1
        for lit in con.literals
    }
    dummies = {}
    for con in source.constraints:
        if not isinstance(con, Circuit):
            continue
        if con.literals:
            raise con.refuse("it holds under a condition")
        nodes = sorted({n for tail, head, _ in con.arcs for n in (tail, head)})
        busy = {n for tail, head, lit in con.arcs if lit in separating for n in (tail, head)}
        idle = [n for n in nodes if n not in busy]
        if not idle or (len(idle) > 1 and len(nodes) > 2):
            raise con.refuse(
                "one node must be a dummy, and every arc between two others must separate them by "
                "a linear enforced by the arc's literal (start_j >= end_i + setup)"
            )
        dummies[con.index] = idle[0]
    return dummies


def find_sequences(
    source: Source, dummies: dict[int, int], variables: set[int], time: set[int]
) -> tuple[list[Sequence], list[Linear]]:
    """Sort out circuits and the linears that name their arcs.

    Args:
        source: The settled model.
        dummies: Dummy node of every circuit.
        variables: All sequence variables.
        time: All time variables.

    Returns:
        The circuits, and the linears on arcs that say nothing of times; these must turn out to
        be implied.

    Raises:
        UnsupportedModelError: If an arc's literal has a further meaning.
    """
    sequences = [
        _sort_out(source, con, dummies[con.index])
        for con in source.constraints
        if isinstance(con, Circuit)
    ]
    arc_of: dict[int, tuple[Sequence, tuple[int, int]]] = {}
    for sequence in sequences:
        for arc, lit in sequence.literal.items():
            if var_of(lit) not in variables:
                continue
            if lit < 0 or lit in arc_of:
                raise sequence.con.refuse(
                    f"{source.label(var_of(lit))} stands for several arcs; give every arc a "
                    "literal of its own"
                )
            arc_of[lit] = (sequence, arc)
    implied = []
    for con in source.constraints:
        if isinstance(con, Linear) and not variables.isdisjoint(_variables(con)):
            found = [lit for lit in con.literals if var_of(lit) in variables]
            single = len(found) == 1 and variables.isdisjoint(con.expr.variables)
            if single and found[0] in arc_of and not time.isdisjoint(con.expr.variables):
                sequence, arc = arc_of[found[0]]
                # Whoever follows or is followed is present: its self-loop is not taken.
                loops = [sequence.literal[n, n] for n in arc if (n, n) in sequence.literal]
                absent = {lit for lit in loops if var_of(lit) not in variables}
                rest = (*(lit for lit in con.literals if lit != found[0]),
                        *(-lit - 1 for lit in sorted(absent)))  # fmt: skip
                sequence.timed.setdefault(arc, []).append(replace(con, literals=rest))
            else:
                implied.append(con)
    return sequences, implied


def _variables(con: Linear) -> Iterator[int]:
    yield from con.expr.variables
    yield from map(var_of, con.literals)


def _sort_out(source: Source, con: Circuit, dummy: int) -> Sequence:
    """Drop arcs that can never be taken; forced arcs between nodes are refused."""
    literal: dict[tuple[int, int], int] = {}
    for tail, head, lit in con.arcs:
        truth = source.fixed_literal(lit)
        if truth is False:
            continue
        if truth is True and tail != head:
            raise con.refuse(f"it forces node {head} to follow node {tail}")
        if (tail, head) in literal:
            raise con.refuse(f"it has two arcs from node {tail} to node {head}")
        literal[tail, head] = lit
    nodes = sorted({n for tail, head, _ in con.arcs for n in (tail, head)} - {dummy})
    return Sequence(con, dummy, nodes, literal)
