"""A schedule beside the data it is checked against."""

import math
from typing import NamedTuple

from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import NOT_YET, UamSchedule

__all__ = ["NOT_YET", "Case", "Leg", "gather"]


class Leg(NamedTuple):
    """A row of the schedule: a flight, or a charge without one.

    Attributes:
        aircraft: Who.
        origin: Port where it was decided on.
        destination: Port where it ends; the origin, if it is a charge without a flight.
        depart: When it was decided on.
        enter: Take-off and entry into the lane.
        lane: The lane; -1 without a flight.
        land: Landing.
        charge_start: When its charge started; -1 if it has not.
        charge_end: When its charge ends; -1 if it has not started.
        before: Energy at departure.
        target: Energy that is charged to; 0 if it ends without a charge.
        passengers: How many are on board.
    """

    aircraft: int
    origin: int
    destination: int
    depart: int
    enter: int
    lane: int
    land: int
    charge_start: int
    charge_end: int
    before: int
    target: int
    passengers: int

    @property
    def flies(self) -> bool:
        """Whether it is a flight."""
        return self.origin != self.destination

    @property
    def charges(self) -> bool:
        """Whether it ends with a charge."""
        return self.target != 0


class Case(NamedTuple):
    """A schedule beside the data it is checked against.

    Attributes:
        instance: The instance.
        realisation: What actually happened.
        schedule: The schedule.
        legs: Its rows, in the order of decision.
        decisions: Time, aircraft and action of each decision.
        legs_of: Numbers of the legs of each aircraft.
        leg_wh: Energy of a flight between two ports, 0 from a port to itself.
        level_wh: Energies of the charge levels.
    """

    instance: UamInstance
    realisation: UamRealisation
    schedule: UamSchedule
    legs: list[Leg]
    decisions: list[tuple[int, int, int]]
    legs_of: list[list[int]]
    leg_wh: list[list[int]]
    level_wh: list[int]

    @property
    def is_over(self) -> bool:
        """Whether the day has been played to its end."""
        return self.schedule.now_s >= self.instance.horizon_s

    def has_come(self, time: int) -> bool:
        """Whether what was due at a time has happened."""
        return time <= self.schedule.now_s and time < self.instance.horizon_s

    def port(self, port: int) -> str:
        """A port within a sentence."""
        return f"{self.instance.ports[port]!r}"

    def name(self, index: int) -> str:
        """A leg as the subject of a sentence."""
        leg = self.legs[index]
        where = f"{self.port(leg.origin)} to {self.port(leg.destination)}"
        where = where if leg.flies else f"charge at {self.port(leg.origin)}"
        return f"Leg {index} (aircraft {leg.aircraft}, {where}, {leg.depart} s)"

    def landing_wh(self, leg: Leg) -> int:
        """Energy that is left when a leg lands."""
        return leg.before - self.leg_wh[leg.origin][leg.destination]

    def after_wh(self, leg: Leg) -> int:
        """Energy when a leg is over, and its charge, if it ends with one."""
        return leg.target if leg.charges else self.landing_wh(leg)

    def bin_of(self, time: int) -> int:
        """The bin of a time; the last one for all later times."""
        return min(time // self.instance.bin_s, len(self.instance.price_usd_per_kwh) - 1)

    def charge_s(self, from_wh: int, to_wh: int) -> int:
        """How long a charge takes.

        Args:
            from_wh: Energy at its start.
            to_wh: Energy at its end, below a full battery if the power tapers.

        Returns:
            Seconds, rounded up.
        """
        craft = self.instance.aircraft
        if craft.charge_curve == "constant":
            return -((from_wh - to_wh) * 3600 // craft.charge_w)
        knee = craft.battery_wh / 5  # from here to a full battery the power falls to 0
        left, last = (
            (craft.battery_wh - max(energy, knee)) / (craft.battery_wh - knee)
            for energy in (from_wh, to_wh)
        )
        steady = max(min(to_wh, knee) - from_wh, 0.0)
        falling = (craft.battery_wh - knee) * math.log(left / last)
        return math.ceil((steady + falling) * 3600 / craft.charge_w - 1e-9)


def gather(instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule) -> Case:
    """Put a schedule beside its data.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: A schedule whose arrays have the right shapes.

    Returns:
        The case to check.
    """
    legs = [Leg(*row) for row in schedule.legs.tolist()]
    decisions = [(time, aircraft, act) for time, aircraft, act in schedule.decisions.tolist()]
    legs_of: list[list[int]] = [[] for _ in range(instance.num_aircraft)]
    for index, leg in enumerate(legs):
        legs_of[leg.aircraft].append(index)
    leg_wh, level_wh = instance.leg_wh.tolist(), instance.level_wh.tolist()
    return Case(instance, realisation, schedule, legs, decisions, legs_of, leg_wh, level_wh)
