"""`verify`: run every check and raise with all the violations."""

import math

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.metrics import in_system_us
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.verify.case import gather
from dispatchlab.envs.soc.verify.eager import check_eager as check_eager_starts
from dispatchlab.envs.soc.verify.elements import check_elements
from dispatchlab.envs.soc.verify.jobs import check_jobs
from dispatchlab.envs.soc.verify.shapes import check_shapes
from dispatchlab.envs.soc.verify.tasks import check_tasks


def verify(
    instance: SocInstance,
    realisation: SocRealisation,
    schedule: SocSchedule,
    objective: float | None = None,
    *,
    check_eager: bool = False,
    planned: bool = False,
) -> None:
    """Check a schedule, complete or up to some time, against every constraint of its instance.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: What was done.
        objective: Integral of the jobs in the system up to the schedule's time, in job·µs, as it
            was reported; compared if given.
        check_eager: Also check that every PE starts what it can, in the order of the model:
            first fit in the order of decision. Plans have an order of their own, which is not
            checked.
        planned: The schedule follows a plan: a task is mapped when it starts, and its data is
            sent for when it gets ready.

    Raises:
        InfeasibleScheduleError: With one sentence for every violation.
    """
    violations = list(check_shapes(instance, realisation, schedule))
    if violations:
        raise InfeasibleScheduleError(violations)
    case = gather(instance, realisation, schedule, planned=planned)
    violations = [*check_jobs(case), *check_tasks(case), *check_elements(case)]
    if check_eager and not planned:
        violations += check_eager_starts(case)
    if objective is not None:
        value = in_system_us(instance, schedule)
        if not math.isclose(value, objective, rel_tol=1e-9, abs_tol=1e-6):
            violations.append(
                f"The jobs spend {value} job·µs in the system up to {schedule.now_us} µs, but "
                f"{objective:.17g} was reported ({abs(objective - value):g} too "
                f"{'high' if objective > value else 'low'})."
            )
    if violations:
        raise InfeasibleScheduleError(violations)
