"""Objectives of the CP-SAT model."""

from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.jobshop.instance import NO_DUE_DATE

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from dispatchlab.baselines.solvers.cpsat.variables import CpSatVariables
    from dispatchlab.envs.jobshop.instance import CpEncoding


def add_objective(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: "CpSatVariables"
) -> "cp_model.LinearExprT":
    """Minimise the objective of the instance.

    Args:
        model: The model to add to.
        encoding: The instance, whose ``objective`` is used.
        variables: Its variables; makespan, completions and tardiness are added to them.

    Returns:
        The expression that is minimised.
    """
    if encoding.objective == "makespan":
        expression = _makespan(model, encoding, variables)
    elif encoding.objective == "total_weighted_tardiness":
        expression = _tardiness(model, encoding, variables)
    else:
        expression = _flow_time(model, encoding, variables)
    model.minimize(expression)
    return expression


def _ending(encoding: "CpEncoding", *, within_job: bool) -> list[int]:
    """Activities that may end last: those without a successor that cannot end before them."""
    shortest = np.minimum.reduceat(encoding.mode_duration, encoding.mode_ptr[:-1])
    longest = np.maximum.reduceat(encoding.mode_duration, encoding.mode_ptr[:-1])
    origin = np.where(encoding.arc_from_start == 1, -longest[encoding.arc_from], 0)
    later = origin + encoding.arc_lag + shortest[encoding.arc_to] >= 0
    if within_job:
        later &= encoding.job[encoding.arc_from] == encoding.job[encoding.arc_to]
    last = np.ones(encoding.num_activities, bool)
    last[encoding.arc_from[later]] = False
    return [int(a) for a in np.flatnonzero(last)]


def _makespan(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: "CpSatVariables"
) -> "cp_model.LinearExprT":
    makespan = model.new_int_var(0, variables.horizon, "makespan")
    for activity in _ending(encoding, within_job=False):
        model.add(makespan >= variables.end[activity])
    variables.makespan = makespan
    return makespan


def _add_completions(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: "CpSatVariables"
) -> None:
    for job in range(encoding.num_jobs):
        variables.completion[job] = model.new_int_var(0, variables.horizon, f"completion_{job}")
    for activity in _ending(encoding, within_job=True):
        completion = variables.completion[int(encoding.job[activity])]
        model.add(completion >= variables.end[activity])


def _tardiness(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: "CpSatVariables"
) -> "cp_model.LinearExprT":
    _add_completions(model, encoding, variables)
    total: cp_model.LinearExprT = 0
    for job, (due, weight) in enumerate(
        zip(encoding.job_due.tolist(), encoding.job_weight.tolist(), strict=True)
    ):
        if due >= NO_DUE_DATE or weight == 0:
            continue
        late = model.new_int_var(0, max(0, variables.horizon - due), f"tardiness_{job}")
        model.add(late >= variables.completion[job] - due)
        variables.tardiness[job] = late
        total += weight * late
    return total


def _flow_time(
    model: "cp_model.CpModel", encoding: "CpEncoding", variables: "CpSatVariables"
) -> "cp_model.LinearExprT":
    _add_completions(model, encoding, variables)
    released = int(encoding.job_release().sum())
    return sum(variables.completion.values()) - released
