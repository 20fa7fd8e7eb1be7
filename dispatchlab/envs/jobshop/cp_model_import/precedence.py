"""Releases, precedence arcs and upper bounds, once only activities are left in the graph."""

from dataclasses import dataclass

from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.graph import ZERO, Graph, Lags
from dispatchlab.envs.jobshop.cp_model_import.source import INFINITY, Constraint
from dispatchlab.envs.jobshop.instance import Arc
from dispatchlab.envs.jobshop.validation import find_cycle


@dataclass(slots=True)
class Latest:
    """An upper bound on a start: ``start <= time`` in one mode."""

    activity: int
    mode: int
    time: int
    origin: Constraint


@dataclass(slots=True)
class Order:
    """What the encoding needs to know of times.

    Attributes:
        release: Earliest start of each activity.
        arcs: Precedences.
        latest: Upper bounds, which must turn out not to bind.
    """

    release: list[int]
    arcs: list[Arc]
    latest: list[Latest]


def rough_horizon(draft: Draft, graph: Graph) -> int:
    """A time that no left-shifted schedule exceeds, set-ups aside.

    Args:
        draft: The conversion so far.
        graph: The difference constraints, with or without free variables.

    Returns:
        Latest lower bound plus all longest durations plus all positive lags.
    """
    starts = [e.lag for e in graph.edges() if e.tail == ZERO and e.head != ZERO]
    lags = sum(
        max(0, *lags.values())
        for tail, heads in graph.out.items()
        for head, lags in heads.items()
        if tail != ZERO and head != ZERO
    )
    work = sum(max(m.duration for m in a.modes) for a in draft.activities)
    return max([0, *starts]) + work + lags


def read_order(draft: Draft, graph: Graph, horizon: int) -> Order:
    """Turn the difference constraints between activities into releases and arcs.

    Args:
        draft: The conversion so far.
        graph: The difference constraints; free variables are eliminated already.
        horizon: A time that no left-shifted schedule exceeds.

    Returns:
        Releases, arcs and upper bounds.

    Raises:
        UnsupportedModelError: If a constraint is a maximum or exact time lag, holds in some modes
            only, or lets an activity start before time 0.
    """
    impossible = max(graph.out.get(ZERO, {}).get(ZERO, {}).values(), default=0)
    if impossible > 0:
        raise graph.origin[ZERO, ZERO].refuse("it can never hold, so the model is infeasible")
    arcs: list[Arc] = []
    starts: list[tuple[int, int, int]] = []
    for tail, heads in graph.out.items():
        for head, lags in sorted(heads.items()):
            if ZERO in (tail, head):
                continue
            if tail == head:
                _check_self(graph, tail, lags)
            elif max(lags.values()) > -horizon:
                durations = [m.duration for m in draft.activities[tail].modes]
                for arc in _arcs(graph, tail, head, durations):
                    arcs.append(arc)
                    lag = max(lags.values())
                    starts.append((tail, head, lag))
    _check_acyclic(graph, starts)
    release = [_release(draft, graph, a) for a in range(graph.num_activities)]
    return Order(release, arcs, _latest(graph))


def _check_self(graph: Graph, activity: int, lags: Lags) -> None:
    if max(lags.values()) > 0:
        raise graph.origin[activity, activity].refuse(
            "it contradicts the duration of its activity in some mode"
        )


def _arcs(graph: Graph, tail: int, head: int, durations: list[int]) -> list[Arc]:
    """The arcs that say the same as the lags between the starts, in every pair of modes."""
    lags = graph.out[tail][head]
    if len(lags) < len(graph.modes(tail)) * len(graph.modes(head)):
        raise graph.origin[tail, head].refuse(
            "it is a precedence that holds in some modes only; state it for every mode"
        )
    from_end = min(lag - durations[k] for (k, _), lag in lags.items())
    from_start = min(lags.values())
    ends = all(lag == durations[k] + from_end for (k, _), lag in lags.items())
    starts = all(lag == from_start for lag in lags.values())
    both = all(lag == max(durations[k] + from_end, from_start) for (k, _), lag in lags.items())
    # With one duration either arc would do; the lag, or the variable that was named, decides.
    named_end = (tail, head) in graph.from_end
    if ends and (named_end or not starts or from_end >= 0):
        return [Arc(tail, head, from_end)]
    if starts:
        return [Arc(tail, head, from_start, True)]
    if both:
        return [Arc(tail, head, from_end), Arc(tail, head, from_start, True)]
    raise graph.origin[tail, head].refuse(
        "it is a precedence whose lag depends on the mode; only lags from a start or from an end "
        "that are the same in all modes are supported"
    )


def _check_acyclic(graph: Graph, starts: list[tuple[int, int, int]]) -> None:
    """Cycles come from maximum or exact time lags; the most negative lag is the culprit."""
    import numpy as np

    tails = np.array([t for t, _, _ in starts], np.int64)
    heads = np.array([h for _, h, _ in starts], np.int64)
    cycle = find_cycle(graph.num_activities, tails, heads)
    if not cycle:
        return
    steps = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    lag = {(t, h): lag for t, h, lag in starts}
    step = min(steps, key=lambda s: lag[s])
    raise graph.origin[step].refuse(
        "together with other precedences it is an exact or maximum time lag, or a cycle; only "
        "minimum time lags are supported"
    )


def _release(draft: Draft, graph: Graph, activity: int) -> int:
    """Earliest start, which must not depend on the mode nor lie before time 0."""
    lags = graph.out.get(ZERO, {}).get(activity, {})
    origin = graph.origin.get((ZERO, activity), draft.activities[activity].intervals[0])
    bounds = {max(0, lags.get((0, k), -INFINITY)) for k in graph.modes(activity)}
    if len(bounds) > 1:
        raise origin.refuse("it bounds a start from below by a time that depends on the mode")
    return bounds.pop()


def check_not_early(draft: Draft, graph: Graph) -> None:
    """No activity may start before time 0.

    Args:
        draft: The conversion so far.
        graph: The difference constraints.

    Raises:
        UnsupportedModelError: If a lower bound of a start is negative.
    """
    earliest = graph.distances(ZERO)
    for a, activity in enumerate(draft.activities):
        if earliest.get(a, -1) < 0:
            raise activity.intervals[0].refuse(
                "it may start before time 0; give its start a lower bound of 0 or more"
            )


def _latest(graph: Graph) -> list[Latest]:
    """Upper bounds of the starts."""
    return [
        Latest(e.tail, e.tail_mode, -e.lag, graph.origin[e.tail, ZERO])
        for e in graph.edges()
        if e.head == ZERO and e.tail != ZERO
    ]
