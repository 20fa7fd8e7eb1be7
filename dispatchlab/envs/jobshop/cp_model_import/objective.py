"""Objectives: the makespan, the total flow time or the total weighted tardiness."""

import copy
from dataclasses import dataclass

from dispatchlab.envs.core.errors import UnsupportedModelError
from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.graph import ZERO, Graph
from dispatchlab.envs.jobshop.cp_model_import.source import INFINITY, Linear
from dispatchlab.envs.jobshop.cp_model_import.timing import Timing

SUPPORTED = "only the makespan, the total flow time and the total weighted tardiness are supported"


@dataclass(slots=True)
class Term:
    """``weight * max(floor, end + offset)`` over the latest of some activities.

    Attributes:
        weight: Positive coefficient in the objective.
        floor: Lower bound, or None.
        offset: For each activity what is added to its end.
        label: Name of the variable, for messages.
    """

    weight: int
    floor: int | None
    offset: dict[int, int]
    label: str


@dataclass(slots=True)
class Goal:
    """The objective as terms plus a constant; no terms: no objective was given.

    Attributes:
        terms: One per completion time that counts.
        const: The constant.
        free: Free time variables that the terms stand for.
    """

    terms: list[Term]
    const: int
    free: list[int]


def read_goal(draft: Draft, timing: Timing) -> Goal:
    """Resolve the objective into completion times.

    Args:
        draft: The conversion so far.
        timing: The constraints on times; sums that define the objective are removed.

    Returns:
        The terms; free variables are still in the graph.

    Raises:
        UnsupportedModelError: If the objective counts anything but completion times.
    """
    expr = draft.source.objective
    if expr is None:
        _only_free(draft, timing.graph, [])
        return Goal([], 0, [])
    weights, const = dict(expr.terms), expr.const
    while True:
        definition = _definition(draft, timing, weights)
        if definition is None:
            break
        const += _substitute(draft, timing, weights, *definition)
    goal = Goal([], const, [v for v in weights if v not in draft.view])
    for v, weight in weights.items():
        _check_counted(draft, v, weight)
    reduced = _only_free(draft, timing.graph, goal.free)
    for v, weight in weights.items():
        if v in draft.view:
            goal.terms.append(_tied_term(draft, v, weight))
        else:
            goal.terms.append(_free_term(draft, reduced, v, weight))
    if not goal.terms:
        raise UnsupportedModelError(f"The objective is constant; {SUPPORTED}.")
    return goal


def _check_counted(draft: Draft, variable: int, weight: int) -> None:
    """Only times count, and earlier is better."""
    label = draft.source.label(variable)
    if variable not in draft.choices.time:
        raise UnsupportedModelError(f"The objective counts {label}, which is no time; {SUPPORTED}.")
    if weight < 0:
        raise UnsupportedModelError(
            f"The objective rewards a late {label} (coefficient {weight}); {SUPPORTED}."
        )


def _definition(draft: Draft, timing: Timing, weights: dict[int, int]) -> tuple[Linear, int] | None:
    """A sum that bounds an objective variable from below, and that variable."""
    for con in timing.sums:
        for v, c in con.expr.terms:
            pushes = con.domain[0][0] if c > 0 else -con.domain[-1][1]
            plain = not con.literals and abs(c) == 1 and pushes > -INFINITY // 2
            if plain and v in weights and v not in draft.view:
                return con, v
    return None


def _substitute(
    draft: Draft, timing: Timing, weights: dict[int, int], con: Linear, variable: int
) -> int:
    """Replace an objective variable by its sum; returns what that adds to the constant."""
    timing.sums.remove(con)
    sign = dict(con.expr.terms)[variable]
    bound = con.domain[0][0] if sign > 0 else con.domain[-1][1]
    weight = weights.pop(variable)
    node, graph = draft.node(variable), timing.graph
    lows = graph.out.get(ZERO, {}).get(node, {})
    if graph.into.get(node, set()) - {ZERO} or set(graph.out.get(node, {})) - {ZERO}:
        raise con.refuse(f"it defines {draft.source.label(variable)}, which is bounded elsewhere")
    least = 0
    most = 0
    for v, c in con.expr.terms:
        if v != variable:
            share = -sign * c
            if share < 0:
                raise con.refuse(f"it rewards a late {draft.source.label(v)} in the objective")
            weights[v] = weights.get(v, 0) + weight * share
            ends = (share * draft.source.lo[v], share * draft.source.hi[v])
            least, most = least + min(ends), most + max(ends)
    shift = sign * (bound - con.expr.const)
    if max(lows.values(), default=-INFINITY) > least + shift:
        raise con.refuse(f"{draft.source.label(variable)} has a lower bound above its least sum")
    if draft.source.hi[variable] < most + shift:
        raise con.refuse(
            f"{draft.source.label(variable)} has an upper bound below its greatest sum, which may "
            "bind; raise it"
        )
    graph.eliminate(node)
    return weight * shift


def _only_free(draft: Draft, graph: Graph, free: list[int]) -> Graph:
    """The graph without other free variables than those of the objective."""
    keep = {draft.node(v) for v in free}
    for node in sorted(set(graph.out) | set(graph.into)):
        if node >= graph.num_activities and node not in keep:
            graph.eliminate(node)
    return graph


def _tied_term(draft: Draft, variable: int, weight: int) -> Term:
    """An end (or start, where the duration is fixed) in the objective."""
    a = draft.view[variable]
    offsets = {
        mode.offset[variable] - mode.duration if variable in mode.offset else None
        for mode in draft.activities[a].modes
    }
    offset = offsets.pop()
    label = draft.source.label(variable)
    if offset is None or offsets:
        raise UnsupportedModelError(
            f"The objective counts {label}, which is no completion time; {SUPPORTED}."
        )
    return Term(weight, None, {a: offset}, label)


def _free_term(draft: Draft, graph: Graph, variable: int, weight: int) -> Term:
    """A variable that the objective presses down onto the ends below it."""
    node, label = draft.node(variable), draft.source.label(variable)
    graph.check_loop(node)
    others = [n for n in graph.into.get(node, set()) - {node} if n >= graph.num_activities]
    if others:
        graph = copy.deepcopy(graph)
        for other in sorted(set(graph.out) | set(graph.into)):
            if other >= graph.num_activities and other != node:
                graph.eliminate(other)
        graph.check_loop(node)
    term = Term(weight, None, {}, label)
    for tail in sorted(graph.into.get(node, set()) - {node}):
        lags = graph.out[tail][node]
        if tail == ZERO:
            term.floor = max(lags.values())
            continue
        offsets = {
            lags[k, 0] - mode.duration if (k, 0) in lags else None
            for k, mode in enumerate(draft.activities[tail].modes)
        }
        offset = offsets.pop()
        if offset is None or offsets:
            raise graph.origin[tail, node].refuse(
                "it bounds the objective by a time that is no completion time in every mode"
            )
        term.offset[tail] = offset
    if not term.offset:
        raise UnsupportedModelError(
            f"The objective counts {label}, which no completion time bounds from below; "
            f"{SUPPORTED}."
        )
    return term
