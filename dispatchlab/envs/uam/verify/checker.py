"""`verify`: run every check and raise with all the violations."""

import math

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.verify.case import Case, gather
from dispatchlab.envs.uam.verify.chains import check_chains
from dispatchlab.envs.uam.verify.chargers import check_chargers
from dispatchlab.envs.uam.verify.decisions import check_decisions
from dispatchlab.envs.uam.verify.flights import check_flights, check_slots
from dispatchlab.envs.uam.verify.lanes import check_lanes
from dispatchlab.envs.uam.verify.passengers import check_passengers
from dispatchlab.envs.uam.verify.shapes import check_shapes
from dispatchlab.envs.uam.verify.stays import stays


def verify(
    instance: UamInstance,
    realisation: UamRealisation,
    schedule: UamSchedule,
    *,
    profit: float | None = None,
    complete: bool = True,
) -> None:
    """Check a schedule and its decisions against every rule of the model.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: What was decided and done.
        profit: Profit of its legs in US dollars, as it was reported; compared if given.
        complete: Whether the day must be over; else it may stand at any decision.

    Raises:
        InfeasibleScheduleError: With one sentence for every violation.
    """
    violations = list(check_shapes(instance, realisation, schedule))
    if violations:
        raise InfeasibleScheduleError(violations)
    case = gather(instance, realisation, schedule)
    on_ground = stays(case)
    violations = [
        *check_chains(case, on_ground),
        *check_flights(case),
        *check_slots(case),
        *check_lanes(case),
        *check_chargers(case),
        *check_passengers(case),
        *check_decisions(case, on_ground),
    ]
    if complete and not case.is_over:
        violations.append(
            f"The schedule is of time {schedule.now_s} s, but a complete day ends at "
            f"{instance.horizon_s} s."
        )
    found = _profit_usd(case)
    if profit is not None and not math.isclose(profit, found, rel_tol=1e-6, abs_tol=1e-6):
        violations.append(
            f"The profit up to {schedule.now_s} s is {found:.17g}, but {profit:.17g} was reported "
            f"({abs(profit - found):g} too {'high' if profit > found else 'low'})."
        )
    if violations:
        raise InfeasibleScheduleError(violations)


def _profit_usd(case: Case) -> float:
    """Fares less the costs of the miles and of the energy, at the price when each leg lands."""
    instance, terms = case.instance, []
    for leg in case.legs:
        if not leg.flies:
            continue
        route = leg.origin, leg.destination
        scheduled = case.bin_of(leg.depart + int(instance.block_s[route]))
        terms += [
            leg.passengers * float(instance.fare_usd[case.bin_of(leg.depart)][route]),
            -float(instance.distance_mi[route]) * instance.op_cost_usd_per_mi,
            -case.leg_wh[route[0]][route[1]] / 1000
            * float(instance.price_usd_per_kwh[scheduled]),
        ]  # fmt: skip
    return math.fsum(terms)
