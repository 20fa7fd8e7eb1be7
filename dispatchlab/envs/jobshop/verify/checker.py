"""`verify`: run every check and raise with all the violations."""

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.verify.case import gather
from dispatchlab.envs.jobshop.verify.objective import check_objective
from dispatchlab.envs.jobshop.verify.resources import check_resources
from dispatchlab.envs.jobshop.verify.times import check_times


def verify(
    encoding: CpEncoding,
    realisation: Realisation | None,
    schedule: Schedule,
    *,
    objective: float | None = None,
    allow_partial: bool = False,
) -> None:
    """Check a schedule against every constraint of its instance.

    A zero-duration activity occupies nothing: it counts for releases and precedences, but
    neither for capacities and set-ups nor for breakdowns.

    Args:
        encoding: The instance.
        realisation: What actually happened; None for the expected durations.
        schedule: Start, end and mode of every activity.
        objective: Objective value that was reported for the schedule; compared if given.
        allow_partial: Accept activities that are not scheduled yet, as in the middle of an
            episode, and check the others.

    Raises:
        InfeasibleScheduleError: With one sentence for every violation.
        InvalidInstanceError: If the realisation belongs to another instance.
    """
    if len(schedule.start) != len(encoding.release):
        raise InfeasibleScheduleError(
            [
                f"The schedule has {len(schedule.start)} activities, but {encoding.name} has "
                f"{len(encoding.release)}; give the schedule of this instance."
            ]
        )
    if realisation is not None:
        realisation.check(encoding)
    case = gather(encoding, realisation, schedule)
    violations = [*check_times(case, allow_partial=allow_partial), *check_resources(case)]
    if objective is not None:
        violations += check_objective(case, objective)
    if violations:
        raise InfeasibleScheduleError(violations)
