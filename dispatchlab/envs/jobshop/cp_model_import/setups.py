"""Set-up times from circuits over a no-overlap resource."""

from dataclasses import dataclass
from itertools import product

from dispatchlab.envs.jobshop.cp_model_import.circuits import Sequence
from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.graph import ZERO, Edge
from dispatchlab.envs.jobshop.cp_model_import.propagation import expr_bounds, literal_bounds
from dispatchlab.envs.jobshop.cp_model_import.resources import Resource
from dispatchlab.envs.jobshop.cp_model_import.source import Linear, var_of


@dataclass(slots=True)
class MustPrecede:
    """An arc that the circuit lacks: the later activity must always come first anyway."""

    sequence: Sequence
    tail: int
    head: int


def read_setups(
    draft: Draft, sequences: list[Sequence], resources: list[Resource], implied: list[Linear]
) -> list[MustPrecede]:
    """Attach the set-up times of every circuit to its resource.

    Args:
        draft: The conversion so far.
        sequences: The circuits.
        resources: The resources; set-ups are filled in, resources that only a circuit describes
            are appended.
        implied: Linears on arcs that must hold anyway.

    Returns:
        Successions that must be impossible by precedence, to be checked later.

    Raises:
        UnsupportedModelError: If a circuit means more than set-up times.
    """
    missing: list[MustPrecede] = []
    arcs: dict[int, tuple[Sequence, tuple[int, int], dict[int, int], int]] = {}
    for sequence in sequences:
        if _is_trivial(sequence):
            continue
        activity = _activities(draft, sequence)
        resource = _resource(draft, sequence, activity, resources)
        for arc, lit in sequence.literal.items():
            if var_of(lit) in draft.choices.sequence:
                arcs[var_of(lit)] = (sequence, arc, activity, resource)
        missing += _fill(draft, sequence, activity, resources[resource], resource)
    for con in implied:
        _check_implied(draft, con, arcs)
    return missing


def _is_trivial(sequence: Sequence) -> bool:
    """Whether a circuit has one node only, which is always there, and names no times."""
    dummy = sequence.dummy
    ends = {arc for n in sequence.nodes for arc in ((dummy, n), (n, dummy))}
    arcs = sequence.literal.keys() - {(dummy, dummy)}
    return len(ends) == 2 and not sequence.timed and arcs == ends


def _activities(draft: Draft, sequence: Sequence) -> dict[int, int]:
    """Activity of each node, from the linears on its arcs or from its self-loop."""
    found: dict[int, int] = {}
    for (tail, head), linears in sequence.timed.items():
        for con in linears:
            for edge in _edges(draft, con):
                for node, activity in ((tail, edge.tail), (head, edge.head)):
                    fits = (node == sequence.dummy) == (activity == ZERO)
                    if not fits or found.setdefault(node, activity) != activity:
                        raise con.refuse(
                            "its arc must separate the start of one activity from the end of the "
                            "other; exact distances and other uses are not supported"
                        )
    for node in sequence.nodes:
        loop = sequence.literal.get((node, node))
        if node not in found and loop is not None:
            component = draft.choices.component.get(var_of(loop))
            if component in draft.owner:
                found[node] = draft.owner[component]
    activities = [found[n] for n in sequence.nodes if n in found]
    if len(set(activities)) < len(sequence.nodes):
        raise sequence.con.refuse("its nodes do not stand for one activity each")
    return found


def _edges(draft: Draft, con: Linear) -> list[Edge]:
    edges = draft.edges(con)
    if edges is None or any(max(e.tail, e.head) >= len(draft.activities) for e in edges):
        raise con.refuse("its arc must separate the start of one activity from the end of another")
    return edges


def _resource(
    draft: Draft, sequence: Sequence, activity: dict[int, int], resources: list[Resource]
) -> int:
    """The no-overlap resource of exactly these activities, present where self-loops are not."""
    owners = {activity[n] for n in sequence.nodes}
    for r, resource in enumerate(resources):
        users = {a for a, act in enumerate(draft.activities) if any(r in m.uses for m in act.modes)}
        fits = resource.capacity == 1 and resource.setups is None and users == owners
        if fits and all(_loop_agrees(draft, sequence, n, activity[n], r) for n in sequence.nodes):
            return r
    if any((n, n) in sequence.literal for n in sequence.nodes):
        raise sequence.con.refuse(
            "no no_overlap holds exactly its activities, each present where its self-loop is not"
        )
    if any(m.duration == 0 for a in owners for m in draft.activities[a].modes):
        raise sequence.con.refuse("it orders an activity of duration 0")
    for a in owners:
        for mode in draft.activities[a].modes:
            mode.uses[len(resources)] = 1
    resources.append(Resource(1, sequence.con.name))
    return len(resources) - 1


def _loop_agrees(draft: Draft, sequence: Sequence, node: int, activity: int, r: int) -> bool:
    """Whether a node's self-loop is taken exactly in the modes that do not use the resource."""
    loop = sequence.literal.get((node, node))
    if loop is None:
        return all(r in m.uses for m in draft.activities[activity].modes)
    for mode in draft.activities[activity].modes:
        if var_of(loop) not in mode.bounds:
            return False
        if literal_bounds(mode.bounds, loop)[0] != int(r not in mode.uses):
            return False
    return True


def _fill(
    draft: Draft,
    sequence: Sequence,
    activity: dict[int, int],
    resource: Resource,
    number: int,
) -> list[MustPrecede]:
    """Write the set-up matrix; every activity is a family of its own."""
    nodes, dummy = sequence.nodes, sequence.dummy
    if all((n, n) in sequence.literal for n in nodes) and (dummy, dummy) not in sequence.literal:
        raise sequence.con.refuse("it forces at least one activity onto its resource")
    missing = []
    matrix = [[0] * len(nodes) for _ in range(len(nodes) + 1)]
    for j, head in enumerate(nodes):
        if (dummy, head) not in sequence.literal or (head, dummy) not in sequence.literal:
            raise sequence.con.refuse(f"it does not let node {head} be the first or the last")
        if sequence.timed.get((head, dummy)):
            raise sequence.timed[head, dummy][0].refuse("it bounds what comes after the last")
        matrix[-1][j] = _gap(draft, sequence, (dummy, head), activity, number) or 0
        for i, tail in enumerate(nodes):
            if tail == head:
                continue
            if (tail, head) not in sequence.literal:
                missing.append(MustPrecede(sequence, activity[head], activity[tail]))
                continue
            gap = _gap(draft, sequence, (tail, head), activity, number)
            if gap is None or gap < 0:
                raise sequence.con.refuse(
                    f"its arc from node {tail} to node {head} does not separate the two activities"
                )
            matrix[i][j] = gap
    resource.setups = ({activity[n]: i for i, n in enumerate(nodes)}, matrix)
    return missing


def _gap(
    draft: Draft, sequence: Sequence, arc: tuple[int, int], activity: dict[int, int], number: int
) -> int | None:
    """Set-up time of an arc; None where nothing separates its nodes."""
    tail, head = (activity.get(n, ZERO) for n in arc)
    lags: dict[tuple[int, int], int] = {}
    linears = sequence.timed.get(arc, [])
    for con in linears:
        for edge in _edges(draft, con):
            key = (edge.tail_mode, edge.head_mode)
            lags[key] = max(lags.get(key, edge.lag), edge.lag)
    if not lags:
        return None
    gaps = set()
    for k, m in product(_present(draft, tail, number), _present(draft, head, number)):
        duration = 0 if tail == ZERO else draft.activities[tail].modes[k].duration
        gaps.add(lags[k, m] - duration if (k, m) in lags else None)
    gap = gaps.pop()
    if gaps:
        raise linears[0].refuse("it is a set-up time that depends on the mode")
    return max(0, gap) if tail == ZERO and gap is not None else gap


def _present(draft: Draft, activity: int, resource: int) -> list[int]:
    """Modes of an activity that use a resource."""
    if activity == ZERO:
        return [0]
    return [k for k, m in enumerate(draft.activities[activity].modes) if resource in m.uses]


def _check_implied(
    draft: Draft,
    con: Linear,
    arcs: dict[int, tuple[Sequence, tuple[int, int], dict[int, int], int]],
) -> None:
    """An arc can only be taken between present activities; more must not be asked of it."""
    named = [v for v in (*con.expr.variables, *map(var_of, con.literals)) if v in arcs]
    others = [v for v in (*con.expr.variables, *map(var_of, con.literals)) if v not in arcs]
    if len(named) != 1 or any(v not in draft.choices.component for v in others):
        raise con.refuse("it restricts the order on a circuit")
    sequence, arc, activity, resource = arcs[named[0]]
    owners = sorted({a for a in (draft.owner_of(con, v) for v in others) if a is not None})
    for ks in product(*(range(len(draft.activities[a].modes)) for a in owners)):
        joint = dict(zip(owners, ks, strict=True))
        bounds = {v: draft.bounds_of(joint, v)[v] for v in others}
        for taken in (0, 1):
            if taken and not _can_take(draft, arc, sequence, activity, resource, joint):
                continue
            bounds[named[0]] = (taken, taken)
            low, high = expr_bounds(bounds, con.expr)
            active = all(literal_bounds(bounds, lit)[0] for lit in con.literals)
            if active and not any(a <= low and high <= b for a, b in con.domain):
                raise con.refuse("it restricts the order on a circuit")


def _can_take(
    draft: Draft,
    arc: tuple[int, int],
    sequence: Sequence,
    activity: dict[int, int],
    resource: int,
    joint: dict[int, int],
) -> bool:
    """Whether an arc may be taken in given modes: the self-loop of the dummy only if all absent."""
    empty = arc == (sequence.dummy, sequence.dummy)
    watched = [activity[n] for n in (sequence.nodes if empty else arc) if n in activity]
    return all(
        (resource in draft.activities[a].modes[joint[a]].uses) != empty
        for a in watched
        if a in joint
    )
