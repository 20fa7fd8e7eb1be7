"""`verify`: run every check and raise with all the violations."""

import math

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.metrics import metrics
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import EdgeSchedule
from dispatchlab.envs.edge.verify.case import gather
from dispatchlab.envs.edge.verify.log import check_log
from dispatchlab.envs.edge.verify.shapes import check_shapes
from dispatchlab.envs.edge.verify.tasks import check_complete, check_tasks


def verify(
    instance: EdgeInstance,
    realisation: EdgeRealisation,
    schedule: EdgeSchedule,
    *,
    utility: float | None = None,
    qos: float | None = None,
    qoe: float | None = None,
    complete: bool = True,
) -> None:
    """Check a schedule and its decisions against every rule of the model.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: What was decided and done.
        utility: Total utility up to the schedule's time, as it was reported; compared if given.
        qos: The part of it that the tasks bring, as it was reported.
        qoe: The bonuses of the windows in it, as they were reported.
        complete: Whether the episode must be over; else it may stand at any decision.

    Raises:
        InfeasibleScheduleError: With one sentence for every violation.
    """
    violations = list(check_shapes(instance, realisation, schedule))
    if violations:
        raise InfeasibleScheduleError(violations)
    case = gather(instance, realisation, schedule)
    violations = [*check_tasks(case), *check_log(case)]
    if complete:
        violations += check_complete(case)
    if not violations:
        found = metrics(instance, realisation, schedule)
        reported = {"utility": utility, "qos": qos, "qoe": qoe}
        for name, value in reported.items():
            if value is None or math.isclose(value, found[name], rel_tol=1e-9, abs_tol=1e-6):
                continue
            violations.append(
                f"The {name} up to {schedule.now_ms} ms is {found[name]:.17g}, but {value:.17g} "
                f"was reported ({abs(value - found[name]):g} too "
                f"{'high' if value > found[name] else 'low'})."
            )
    if violations:
        raise InfeasibleScheduleError(violations)
