"""What a day of an air-taxi fleet is worth, from its schedule alone."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import DEPART_S, DESTINATION, ORIGIN, PASSENGERS, UamSchedule

FloatArray = npt.NDArray[np.float64]


def metrics(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule
) -> dict[str, float]:
    """Figures of a day, or of its part up to the schedule's time.

    Args:
        instance: The instance.
        realisation: Tells how many passengers came.
        schedule: A schedule of it.

    Returns:
        Dollars: ``profit_usd``, ``revenue_usd``, ``operating_usd`` and ``energy_usd``, the costs
        of miles and of energy. Counts: ``flights``, ``empty_flights`` (without passengers),
        ``served`` passengers and ``requests`` of the whole day. Shares, nan of nothing:
        ``served_share`` of the passengers, ``empty_share`` of the flights, ``load_factor``: of
        the seats of all flights.
    """
    money = leg_money(instance, schedule).sum(axis=0)
    flies = schedule.legs[:, ORIGIN] != schedule.legs[:, DESTINATION]
    aboard = schedule.legs[flies, PASSENGERS]
    flights, served, requests = len(aboard), int(aboard.sum()), realisation.num_passengers
    empty = int((aboard == 0).sum())
    revenue, operation, energy = money.tolist()
    return {
        "profit_usd": revenue - operation - energy,
        "revenue_usd": revenue,
        "operating_usd": operation,
        "energy_usd": energy,
        "flights": float(flights),
        "empty_flights": float(empty),
        "served": float(served),
        "requests": float(requests),
        "served_share": _share(served, requests),
        "empty_share": _share(empty, flights),
        "load_factor": _share(served, flights * instance.aircraft.seats),
    }


def leg_money(instance: UamInstance, schedule: UamSchedule) -> FloatArray:
    """What each leg brings and costs.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        ``(L, 3)`` dollars of each row of ``schedule.legs``: fares, cost of its miles, cost of its
        energy at the price when it should land; 0 for charges without a flight.

    Raises:
        DispatchlabError: If a leg is not of the instance.
    """
    schedule.require_fit(instance)
    origin, destination = schedule.legs[:, ORIGIN], schedule.legs[:, DESTINATION]
    depart, last = schedule.legs[:, DEPART_S], instance.num_bins - 1
    landing = depart + instance.block_s[origin, destination]
    price = instance.price_usd_per_kwh[np.minimum(landing // instance.bin_s, last)]
    fare = instance.fare_usd[np.minimum(depart // instance.bin_s, last), origin, destination]
    return np.column_stack(
        (
            schedule.legs[:, PASSENGERS] * fare,
            instance.distance_mi[origin, destination] * instance.op_cost_usd_per_mi,
            instance.leg_wh[origin, destination] / 1000.0 * price,
        )
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
