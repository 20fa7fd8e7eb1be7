"""Intervals whose size does not follow from the modes."""

from dataclasses import dataclass

from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.grouping import is_determined
from dispatchlab.envs.jobshop.cp_model_import.source import INFINITY, Expr, Interval, Linear, Source


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
                _check_open(draft, con, v)
                ends = sorted((c * draft.source.lo[v], c * draft.source.hi[v]))
                low, high = low + ends[0], high + ends[1]
            apart = _difference(draft.source, con.end, con.start)
            span = (low, min(high, INFINITY))
            linear = Linear(con.index, con.name, con.kind, con.literals, apart, (span,))
            spans.linears.append(linear)
            if not con.end.terms:
                spans.blocking[con.index] = con
    return spans


def _check_open(draft: Draft, con: Interval, variable: int) -> None:
    """A size that does not follow from the modes must not be restricted by them either."""
    whole = (draft.source.lo[variable], draft.source.hi[variable])
    solutions = draft.choices.solutions[draft.choices.component[variable]]
    if any(bounds[variable] != whole for bounds in solutions):
        raise con.refuse("its size is restricted by choices that do not fix it")


def _difference(source: Source, first: Expr, second: Expr) -> Expr:
    negated = tuple((v, -c) for v, c in second.terms)
    return source.expr((*first.terms, *negated), first.const - second.const)


def tied_masters(draft: Draft) -> list[tuple[int, Interval]]:
    """Intervals of open size whose start and end an activity ties in every mode.

    Args:
        draft: The conversion so far.

    Returns:
        Pairs of an activity and an interval.
    """
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
