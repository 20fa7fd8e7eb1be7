"""Days of two or three ports that rules can be followed on by hand."""

import numpy as np

from dispatchlab.baselines.uam.rollout import Problem, begin
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.instance import AircraftType, Disturbance, UamInstance
from dispatchlab.envs.uam.realisation import nominal

# a minute per mile, per kWh of charge, for take-off and for landing; 1 kWh per mile
CRAFT = AircraftType(
    seats=2, battery_wh=10_000, cruise_mph=60.0, takeoff_s=60, landing_s=60,
    near_wh_per_mi=1000.0, charge_w=60_000,
)  # fmt: skip
NO_NOISE = Disturbance(delay_spread_s=0, downtime_prob=0.0)
Trip = tuple[int, int, int, int, float]  # bin, origin, destination, passengers, fare


def by_hand(
    miles: list[list[float]], trips: list[Trip], *, starts: list[int], slots: int = 4,
    cost_usd_per_mi: float = 0.0, energy: int = 10_000, **fields: object,
) -> Problem:  # fmt: skip
    """A day of two hours in four bins, without disturbances, in which what is expected comes.

    Args:
        miles: Between the ports.
        trips: Who wants to fly; passengers come at the start of their bin and leave at its end.
        starts: Port of each aircraft in the morning.
        slots: Of each port, and as many of them with a charger.
        cost_usd_per_mi: The only cost.
        energy: Of each aircraft in the morning.
        fields: Other fields of the instance.
    """
    ports = len(miles)
    demand, fare = np.zeros((2, 4, ports, ports))
    for time_bin, origin, to, passengers, usd in trips:
        demand[time_bin, origin, to], fare[time_bin, origin, to] = passengers, usd
    options = {
        "distance_mi": miles, "park_slots": [0] * ports, "charge_slots": [slots] * ports,
        "price_usd_per_kwh": [0.0] * 4, "expected_delay_s": [0] * ports,
        "closure_prob": np.zeros((ports, ports)), "horizon_s": 7200, "aircraft": CRAFT,
        "disturbance": NO_NOISE, "op_cost_usd_per_mi": cost_usd_per_mi,
    } | fields  # fmt: skip
    instance = UamInstance(
        "by-hand", tuple("ABC"[:ports]), x_mi=[0.0] * ports, y_mi=list(range(ports)),
        start_port=starts, start_wh=[energy] * len(starts), demand=demand, fare_usd=fare, **options,
    )  # fmt: skip
    return instance, nominal(instance)


def start(problem: Problem, **options: str) -> Dynamics:
    """Dynamics of one row at the first decision."""
    return begin([problem], **options)  # type: ignore[arg-type]
