"""Constraints of the CP-SAT model: precedences, resources and set-ups."""

from typing import TYPE_CHECKING

from dispatchlab.baselines.solvers.cpsat.variables import CpSatVariables, lasting_uses

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from dispatchlab.envs.jobshop.instance import CpEncoding

EDGE = -1  # the beginning and the end of a sequence


def add_constraints(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: CpSatVariables
) -> None:
    """Add everything a feasible schedule must respect.

    Args:
        model: The model to add to.
        encoding: The instance.
        variables: Its variables; the sequence literals are added to them.
    """
    _add_precedences(model, encoding, variables)
    uses: list[list[int]] = [[] for _ in range(encoding.num_resources)]
    for use in lasting_uses(encoding).tolist():
        uses[encoding.use_resource[use]].append(use)
    for resource, here in enumerate(uses):
        if len(here) == 0:
            continue
        intervals = [variables.interval[encoding.use_mode[use]] for use in here]
        capacity = int(encoding.resource_capacity[resource])
        if capacity == 1:
            model.add_no_overlap(intervals)
        else:
            demands = encoding.use_demand[here].tolist()
            model.add_cumulative(intervals, demands, capacity)
        if encoding.setup_matrix(resource) is not None:
            _add_sequence(model, encoding, variables, resource, here)


def _add_precedences(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: CpSatVariables
) -> None:
    for pred, succ, lag, from_start in zip(
        encoding.arc_from.tolist(),
        encoding.arc_to.tolist(),
        encoding.arc_lag.tolist(),
        encoding.arc_from_start.tolist(),
        strict=True,
    ):
        origin = variables.start[pred] if from_start else variables.end[pred]
        model.add(variables.start[succ] >= origin + lag)


def _add_sequence(
    model: "cp_model.CpModel",
    encoding: "CpEncoding",
    variables: CpSatVariables,
    resource: int,
    uses: list[int],
) -> None:
    """A circuit through the uses of a resource; each arc separates its ends by the set-up.

    Only direct successors are separated, so the matrix need not obey the triangle inequality.
    """
    matrix = encoding.setup_matrix(resource)
    if matrix is None:
        return
    literals = variables.sequence.setdefault(resource, {})
    mode = {use: int(encoding.use_mode[use]) for use in uses}
    owner = {use: int(encoding.mode_activity[mode[use]]) for use in uses}
    family = {use: int(encoding.setup_family[use]) for use in uses}
    optional = {use for use in uses if _has_choice(encoding, owner[use])}
    for after in uses:
        start = variables.start[owner[after]]
        first = model.new_bool_var(f"first_{resource}_{after}")
        literals[EDGE, after] = first
        literals[after, EDGE] = model.new_bool_var(f"last_{resource}_{after}")
        initial = int(matrix[-1, family[after]])
        model.add(start >= initial).only_enforce_if(first)
        if after in optional:
            literals[after, after] = ~variables.presence[mode[after]]
        for before in uses:
            if owner[before] == owner[after]:
                continue
            follows = model.new_bool_var(f"follows_{resource}_{before}_{after}")
            literals[before, after] = follows
            ready = variables.start[owner[before]] + int(encoding.mode_duration[mode[before]])
            setup = int(matrix[family[before], family[after]])
            model.add(start >= ready + setup).only_enforce_if(follows)
    if len(optional) == len(uses):
        literals[EDGE, EDGE] = model.new_bool_var(f"unused_{resource}")
    node = {EDGE: 0} | {use: k + 1 for k, use in enumerate(uses)}
    model.add_circuit([(node[u], node[v], literal) for (u, v), literal in literals.items()])


def _has_choice(encoding: "CpEncoding", activity: int) -> bool:
    return bool(encoding.mode_ptr[activity + 1] - encoding.mode_ptr[activity] > 1)
