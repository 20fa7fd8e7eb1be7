"""Complete hints: every variable of the model gets the value it has in a schedule."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.baselines.solvers.cpsat.constraints import EDGE

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from dispatchlab.baselines.solvers.cpsat.variables import CpSatVariables
    from dispatchlab.envs.core.schedule import Schedule
    from dispatchlab.envs.jobshop.instance import CpEncoding


def add_hint(
    model: "cp_model.CpModel",
    encoding: "CpEncoding",
    variables: "CpSatVariables",
    schedule: "Schedule",
) -> None:
    """Hint every variable of the model.

    Args:
        model: The model; earlier hints are dropped.
        encoding: The instance.
        variables: The variables of the model.
        schedule: A feasible, complete schedule.
    """
    model.clear_hints()  # type: ignore[no-untyped-call]
    chosen = np.zeros(encoding.num_modes, bool)
    chosen[schedule.mode] = True
    for activity, (start, end) in enumerate(
        zip(schedule.start.tolist(), schedule.end.tolist(), strict=True)
    ):
        model.add_hint(variables.start[activity], start)
        first, behind = encoding.mode_ptr[activity : activity + 2].tolist()
        if behind - first == 1:
            continue
        for mode in range(first, behind):
            model.add_hint(variables.presence[mode], bool(chosen[mode]))
        if len(set(encoding.mode_duration[first:behind].tolist())) > 1:
            model.add_hint(variables.end[activity], end)
    _hint_sequences(model, encoding, variables, schedule, chosen)
    _hint_objective(model, encoding, variables, schedule)


def _hint_sequences(
    model: "cp_model.CpModel",
    encoding: "CpEncoding",
    variables: "CpSatVariables",
    schedule: "Schedule",
    chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> None:
    for literals in variables.sequence.values():
        uses = {u for u, _ in literals if u != EDGE and chosen[encoding.use_mode[u]]}
        owner = {u: encoding.mode_activity[encoding.use_mode[u]] for u in uses}
        order = sorted(uses, key=lambda u: int(schedule.start[owner[u]]))
        walk = [EDGE, *order, EDGE]
        taken = set(pairwise(walk))
        for (before, after), literal in literals.items():
            if before != after or before == EDGE:
                model.add_hint(literal, (before, after) in taken)


def _hint_objective(
    model: "cp_model.CpModel",
    encoding: "CpEncoding",
    variables: "CpSatVariables",
    schedule: "Schedule",
) -> None:
    if variables.makespan is not None:
        model.add_hint(variables.makespan, schedule.makespan)
    done = encoding.completion_times(schedule.end).tolist()
    for job, completion in variables.completion.items():
        model.add_hint(completion, done[job])
    for job, late in variables.tardiness.items():
        model.add_hint(late, max(0, done[job] - int(encoding.job_due[job])))
