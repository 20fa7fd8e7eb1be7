"""The objective, computed from its definition."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.core.schedule import UNSCHEDULED, Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.verify.case import Case, activity_name


def objective_of(
    encoding: CpEncoding, realisation: Realisation | None, schedule: Schedule
) -> float:
    """Objective value of a complete schedule, computed from the definition.

    Args:
        encoding: The instance, whose ``objective`` is evaluated.
        realisation: Where jobs arrive late, flow times count from the arrival.
        schedule: A complete schedule.

    Returns:
        Makespan, total weighted tardiness or total flow time.

    Raises:
        InfeasibleScheduleError: If an activity is not scheduled.
    """
    missing = np.flatnonzero(schedule.start == UNSCHEDULED)
    if len(missing):
        raise InfeasibleScheduleError(
            [f"{activity_name(encoding, a)} is not scheduled." for a in missing.tolist()]
        )
    if encoding.objective == "makespan":
        return float(max(schedule.end.tolist(), default=0))
    total = 0
    for job in np.unique(encoding.job).tolist():
        members = encoding.job == job
        completion = int(schedule.end[members].max())
        if encoding.objective == "total_weighted_tardiness":
            late = max(0, completion - int(encoding.job_due[job]))
            total += int(encoding.job_weight[job]) * late
        else:
            available = int(encoding.release[members].min())
            if realisation is not None:
                available = max(available, int(realisation.job_arrival[job]))
            total += completion - available
    return float(total)


def check_objective(case: Case, reported: float) -> Iterator[str]:
    """Compare a reported value with the value of the schedule.

    Args:
        case: The schedule and its instance.
        reported: What a method claims to have reached.

    Yields:
        One sentence if the values differ.
    """
    goal = case.encoding.objective.replace("_", " ")
    if not case.scheduled.all():
        missing = int((~case.scheduled).sum())
        yield f"The {goal} of {reported:.17g} cannot hold: {missing} activities are not scheduled."
        return
    value = objective_of(case.encoding, case.realisation, case.schedule)
    if value != reported:
        side = "high" if reported > value else "low"
        yield (
            f"The {goal} is {value:.17g}, but {reported:.17g} was reported "
            f"({abs(reported - value):.17g} too {side})."
        )
