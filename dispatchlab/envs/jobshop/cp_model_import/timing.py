"""Every constraint on times as difference constraints, and maxima that must be tight."""

from collections.abc import Callable
from dataclasses import dataclass

from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.graph import ZERO, Edge, Graph
from dispatchlab.envs.jobshop.cp_model_import.source import (
    INFINITY,
    Constraint,
    Expr,
    Linear,
    Maximum,
)

_UNBOUNDED = INFINITY // 2


@dataclass(slots=True)
class Tight:
    """A variable that equals the maximum (sign 1) or minimum (sign -1) of others.

    Attributes:
        con: The constraint.
        variable: The variable.
        sign: 1 for a maximum, -1 for a minimum.
        edges: The difference constraints of the constraint itself.
    """

    con: Maximum
    variable: int
    sign: int
    edges: list[Edge]


@dataclass(slots=True)
class Timing:
    """Difference constraints and the rest.

    Attributes:
        graph: The difference constraints.
        sums: Linears over three or more times: candidates for sums in the objective.
        tight: Maxima and minima.
    """

    graph: Graph
    sums: list[Linear]
    tight: list[Tight]


def read_times(draft: Draft, linears: list[Linear], known: list[tuple[Edge, Constraint]]) -> Timing:
    """Read every constraint on times.

    Args:
        draft: The conversion so far.
        linears: The linears on times, those of the source model and those derived from it.
        known: Difference constraints that follow from other kinds of constraints.

    Returns:
        The difference constraints, the sums and the maxima.
    """
    graph = Graph([len(a.modes) for a in draft.activities])
    timing = Timing(graph, [], [])
    for edge, origin in known:
        graph.add(edge, origin)
    for con in linears:
        edges = draft.edges(con)
        if edges is None:
            timing.sums.append(con)
        else:
            _add(draft, graph, con, edges)
    for maximum in draft.source.constraints:
        if isinstance(maximum, Maximum):
            timing.tight.append(_read_maximum(draft, graph, maximum))
    _add_domains(draft, graph)
    return timing


def _add(draft: Draft, graph: Graph, con: Linear, edges: list[Edge]) -> None:
    for edge in edges:
        graph.add(edge, con)
    for v in con.expr.variables:
        a = draft.view.get(v)
        if a is not None and _is_end(draft, a, v):
            graph.from_end.update((e.tail, e.head) for e in edges if e.tail == a)


def _is_end(draft: Draft, activity: int, variable: int) -> bool:
    """Whether a variable is the end of an activity in every mode that ties it."""
    pairs = {
        (mode.offset[variable], mode.duration)
        for mode in draft.activities[activity].modes
        if variable in mode.offset
    }
    return all(offset == duration for offset, duration in pairs) and pairs != {(0, 0)}


def _read_maximum(draft: Draft, graph: Graph, con: Maximum) -> Tight:
    """``target == max(exprs)`` as ``target >= expr`` for each, to be checked for tightness."""
    if con.literals:
        raise con.refuse("it holds under a condition")
    if len(con.target.terms) != 1 or abs(con.target.terms[0][1]) != 1:
        raise con.refuse("its target must be a variable plus a constant")
    variable, sign = con.target.terms[0]
    if variable in draft.view:
        raise con.refuse(
            "it sets the time of an activity exactly; use inequalities instead (exact and "
            "maximum time lags are not supported)"
        )
    if variable not in draft.choices.time:
        raise con.refuse("it computes a duration or demand; list the modes instead")
    edges: list[Edge] = []
    for expr in con.exprs:
        negated = tuple((v, -c) for v, c in expr.terms)
        apart = draft.source.expr((*con.target.terms, *negated), con.target.const - expr.const)
        linear = Linear(con.index, con.name, con.kind, (), apart, ((0, INFINITY),))
        found = draft.edges(linear)
        if found is None:
            raise con.refuse("its arguments must be single times plus constants")
        _add(draft, graph, linear, found)
        edges.extend(found)
    return Tight(con, variable, sign, edges)


def _add_domains(draft: Draft, graph: Graph) -> None:
    """Bounds of variables, and constant starts."""
    for v in sorted(draft.choices.time):
        low, high = draft.source.lo[v], draft.source.hi[v]
        origin = _domain(draft, v)
        a = draft.view.get(v)
        if a is None:
            _add_bounds(graph, origin, draft.node(v), 0, (low, high))
            continue
        for k, mode in enumerate(draft.activities[a].modes):
            if v in mode.offset:
                shift = mode.offset[v]
                _add_bounds(graph, origin, a, k, (low - shift, high - shift))
    for a, activity in enumerate(draft.activities):
        for k, mode in enumerate(activity.modes):
            if mode.fixed_start is not None:
                bounds = (mode.fixed_start, mode.fixed_start)
                _add_bounds(graph, activity.intervals[0], a, k, bounds)


def _domain(draft: Draft, variable: int) -> Linear:
    """The bounds of a variable, as an origin for messages."""
    expr = Expr(((variable, 1),), 0)
    bounds = (draft.source.lo[variable], draft.source.hi[variable])
    return Linear(-1, draft.source.names[variable], "domain", (), expr, (bounds,))


def _add_bounds(
    graph: Graph, origin: Constraint, node: int, mode: int, bounds: tuple[int, int]
) -> None:
    low, high = bounds
    if low > -_UNBOUNDED:
        graph.add(Edge(ZERO, node, 0, mode, low), origin)
    if high < _UNBOUNDED:
        graph.add(Edge(node, ZERO, mode, 0, -high), origin)


def check_tight(draft: Draft, timing: Timing, horizon: int) -> None:
    """Nothing else may push a maximum up, or a minimum down.

    Args:
        draft: The conversion so far.
        timing: The constraints on times, before free variables are eliminated.
        horizon: A time that no activity needs to exceed.

    Raises:
        UnsupportedModelError: If a maximum or minimum could not be tight.
    """
    graph = timing.graph
    seen: set[int] = set()
    for tight in timing.tight:
        node = draft.node(tight.variable)
        if node in seen:
            raise tight.con.refuse("its target is defined by another maximum or minimum already")
        seen.add(node)
        if tight.sign > 0:
            _check_not_pushed(graph, tight, node)
        else:
            _check_not_pulled(graph, tight, node, horizon)


def _check_not_pushed(graph: Graph, tight: Tight, node: int) -> None:
    """Every further lower bound of a maximum follows from its arguments."""
    own = [e for e in tight.edges if e.head == node]
    for tail in sorted(graph.into.get(node, set())):
        lags = graph.out[tail][node]
        known = {(e.tail_mode, 0): e.lag for e in own if e.tail == tail}
        extra = max((g for key, g in lags.items() if g > known.get(key, -INFINITY)), default=None)
        if extra is None:
            continue
        reach = graph.distances(tail, without=node)
        via = _weakest(own, graph, lambda e: e.tail)
        best = max((reach[t] + lag for t, lag in via.items() if t in reach), default=-INFINITY)
        if best < extra:
            raise graph.origin[tail, node].refuse(
                f"it holds the maximum of constraint {tight.con.index} above its arguments"
            )


def _check_not_pulled(graph: Graph, tight: Tight, node: int, horizon: int) -> None:
    """Every further upper bound of a minimum follows from its arguments."""
    own = [e for e in tight.edges if e.tail == node]
    via = _weakest(own, graph, lambda e: e.head)
    for head, lags in graph.out.get(node, {}).items():
        if head == ZERO:
            lax = -max(lags.values()) >= horizon
        else:
            known = {(0, e.head_mode): e.lag for e in own if e.head == head}
            extra = [g for key, g in lags.items() if g > known.get(key, -INFINITY)]
            lax = not extra or any(
                lag + graph.distances(t, without=node).get(head, -INFINITY) >= max(extra)
                for t, lag in via.items()
            )
        if not lax:
            raise graph.origin[node, head].refuse(
                f"it holds the minimum of constraint {tight.con.index} below its arguments"
            )


def _weakest(own: list[Edge], graph: Graph, end: Callable[[Edge], int]) -> dict[int, int]:
    """For each argument of a maximum or minimum the lag that holds in all of its modes."""
    lags: dict[int, list[int]] = {}
    for edge in own:
        lags.setdefault(end(edge), []).append(edge.lag)
    return {n: min(found) for n, found in lags.items() if len(found) >= len(graph.modes(n))}
