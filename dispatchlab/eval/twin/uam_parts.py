"""What the SimPy processes of `UamTwin` pass around: turns, aircraft, legs, ports, corridors."""

import math
from dataclasses import astuple, dataclass

import simpy
from simpy.events import EventPriority

from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.schedule import NOT_YET

# In this order what happens at one time takes its turn; within a stage, by rank.
COME, LEAVE, CHARGED, TAKEOFF, LANDED, WAKE, DECIDE = range(7)
READY, WAITING, DOWN, FLYING, QUEUED, CHARGING = (
    "ready", "waiting", "down", "flying", "queued", "charging",
)  # fmt: skip
_RANKS = 1 << 40


def turn(stage: int, rank: int = 0) -> EventPriority:
    """The turn of a stage; SimPy's own events (0: a process starts, 1: others) come first."""
    return EventPriority(2 + stage * _RANKS + rank)


@dataclass(eq=False)
class Aircraft:
    """An air taxi.

    Attributes:
        index: Its number.
        port: Where it is or, in flight, where it flies.
        energy_wh: What its battery holds; in flight, what it held at departure.
        status: What it does.
    """

    index: int
    port: int
    energy_wh: int
    status: str = READY


@dataclass(eq=False)
class Leg:
    """A row of the schedule; its fields are the columns, -1 until they are known."""

    aircraft: int
    origin: int
    destination: int
    depart_s: int
    enter_s: int
    lane: int
    land_s: int
    charge_start_s: int = NOT_YET
    charge_end_s: int = NOT_YET
    before_wh: int = 0
    target_wh: int = 0
    passengers: int = 0

    def row(self) -> tuple[int, ...]:
        """The columns in their order."""
        return astuple(self)


class Port:
    """A vertiport.

    Attributes:
        free_slots: Slots that nobody stands on or flies to.
        chargers: Resource with the chargers; who requests one with a lower priority comes first.
            None at a vertistop.
        claims: Aircraft that charge, queue for a charger, or fly here to charge.
    """

    def __init__(self, env: simpy.Environment, instance: UamInstance, index: int) -> None:
        """Build it, with the aircraft that are there in the morning."""
        slots, chargers = int(instance.slots[index]), int(instance.charge_slots[index])
        there = int((instance.start_port == index).sum())
        self.free_slots = simpy.Container(env, capacity=slots, init=slots - there)
        self.chargers = simpy.PriorityResource(env, chargers) if chargers else None
        self.claims = 0


class Corridor:
    """The lanes from one port to another.

    Attributes:
        entered_s: When each lane was or will be entered last; minus infinity for never.
        separation_s: Least time between two entries into a lane.
    """

    def __init__(self, lanes: int, separation_s: int) -> None:
        """Begin with empty lanes."""
        self.entered_s = [-math.inf] * lanes
        self.separation_s = separation_s

    def enter(self, ready_s: int) -> tuple[int, int]:
        """Give an aircraft its entry.

        Args:
            ready_s: When it can take off at the earliest.

        Returns:
            The lane that was entered longest ago, and when it enters that one.
        """
        lane = min(range(len(self.entered_s)), key=lambda number: self.entered_s[number])
        time = max(ready_s, self.entered_s[lane] + self.separation_s)
        self.entered_s[lane] = time
        return lane, int(time)
