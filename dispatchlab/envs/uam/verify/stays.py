"""Where each aircraft is between its legs, and the moments at which it can decide there."""

from collections.abc import Iterator
from typing import NamedTuple

from dispatchlab.envs.uam.verify.case import NOT_YET, Case


class Stay(NamedTuple):
    """An aircraft on the ground, from the end of a leg to the departure of the next.

    Attributes:
        aircraft: Who.
        after: Number of the leg before; -1 at the start of the day.
        until: Number of the leg after; -1 if there is none (yet).
        port: Where.
        energy: With how much.
        ready: When it can decide for the first time but for an outage; -1 if it is not known.
        moments: When it can decide, up to the departure of the next leg.
    """

    aircraft: int
    after: int
    until: int
    port: int
    energy: int
    ready: int
    moments: list[int]


def stays(case: Case) -> list[list[Stay]]:
    """The times on the ground of every aircraft.

    Args:
        case: The schedule and its data.

    Returns:
        For each aircraft one more than it has legs.
    """
    return [list(_stays_of(case, aircraft)) for aircraft in range(case.instance.num_aircraft)]


def _stays_of(case: Case, aircraft: int) -> Iterator[Stay]:
    port = int(case.instance.start_port[aircraft])
    energy, ready, after = int(case.instance.start_wh[aircraft]), 0, NOT_YET
    for index in (*case.legs_of[aircraft], NOT_YET):
        last = case.legs[index].depart if index != NOT_YET else case.schedule.now_s
        moments = _moments(case, aircraft, ready, last) if ready != NOT_YET else []
        yield Stay(aircraft, after, index, port, energy, ready, moments)
        if index != NOT_YET:
            leg, after = case.legs[index], index
            port, energy = leg.destination, case.after_wh(leg)
            ready = leg.charge_end if leg.charges else leg.land


def outage(case: Case, aircraft: int, time: int) -> tuple[int, int] | None:
    """The outage in which an aircraft is.

    Args:
        case: The schedule and its data.
        aircraft: The aircraft.
        time: The time.

    Returns:
        Its start and end, or None.
    """
    start = int(case.realisation.down_from_s[aircraft])
    end = int(case.realisation.down_until_s[aircraft])
    return (start, end) if start <= time < end else None


def _moments(case: Case, aircraft: int, ready: int, last: int) -> list[int]:
    """When it can decide: when it is ready, and at every tick after that, but in no outage."""
    found, time, wait = list[int](), ready, case.instance.wait_s
    while True:
        down = outage(case, aircraft, time)
        time = time if down is None else down[1]
        if time > last or time >= case.instance.horizon_s:
            return found
        found.append(time)
        time += wait - time % wait
