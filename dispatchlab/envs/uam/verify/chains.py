"""Checks of each aircraft's chain of legs: where it starts, with how much, and when."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dispatchlab.envs.uam.verify.case import NOT_YET, Case
from dispatchlab.envs.uam.verify.stays import Stay, outage


def check_chains(case: Case, stays: Sequence[Sequence[Stay]]) -> Iterator[str]:
    """Violations that concern one aircraft, and the order of the legs.

    Args:
        case: The schedule and its data.
        stays: What `stays` makes of it.

    Yields:
        One sentence for every leg that starts elsewhere, with another energy or at another time
        than the aircraft can, for every charge that was not begun, and for legs out of order.
    """
    for stay in (stay for of_aircraft in stays for stay in of_aircraft):
        yield from _check_forced(case, stay)
        if stay.until == NOT_YET:
            continue
        yield from _check_place(case, stay)
        leg, name = case.legs[stay.until], case.name(stay.until)
        if leg.depart not in stay.moments[-1:]:
            yield f"{name} departs at {leg.depart} s, {why_not(case, stay, leg.depart)}."
        if leg.depart > case.schedule.now_s:
            yield (
                f"{name} departs at {leg.depart} s, beyond {case.schedule.now_s} s, which was "
                "played up to."
            )
    keys = [(leg.depart, leg.origin, leg.aircraft) for leg in case.legs]
    for index, (before, after) in enumerate(pairwise(keys), start=1):
        if before >= after:
            yield (
                f"{case.name(index)} comes after leg {index - 1} (aircraft {before[2]}, from "
                f"{case.port(before[1])}, {before[0]} s), but legs must be in the order of "
                "time, port and aircraft."
            )


def _check_place(case: Case, stay: Stay) -> Iterator[str]:
    """A leg starts where the aircraft is, with the energy that it has."""
    leg, name = case.legs[stay.until], case.name(stay.until)
    since = "at the start of the day" if stay.after == NOT_YET else f"after leg {stay.after}"
    if leg.origin != stay.port:
        yield (
            f"{name} starts at {case.port(leg.origin)}, but {since} aircraft {leg.aircraft} is at "
            f"{case.port(stay.port)}."
        )
    if leg.before != stay.energy:
        side = "much" if leg.before > stay.energy else "little"
        yield (
            f"{name} starts with {leg.before} Wh, {abs(leg.before - stay.energy)} too {side}: "
            f"{since} aircraft {leg.aircraft} has {stay.energy} Wh."
        )


def why_not(case: Case, stay: Stay, time: int) -> str:
    """Why an aircraft cannot decide at a time.

    Args:
        case: The schedule and its data.
        stay: Where the aircraft is.
        time: A time that is none of its moments.

    Returns:
        The part of a sentence that follows a comma.
    """
    aircraft = f"aircraft {stay.aircraft}"
    down = outage(case, stay.aircraft, time)
    if stay.ready == NOT_YET:
        return f"but {aircraft} is still queued for its charge after leg {stay.after}"
    if time < stay.ready:
        charged = case.legs[stay.after].charges
        return (
            f"{stay.ready - time} before {aircraft} {'has charged' if charged else 'lands'} at "
            f"{stay.ready} s"
        )
    if down is not None:
        return f"but {aircraft} is down from {down[0]} to {down[1]} s"
    wait = case.instance.wait_s
    return f"but {aircraft} waits until {min((time // wait + 1) * wait, case.instance.horizon_s)} s"


def _check_forced(case: Case, stay: Stay) -> Iterator[str]:
    """Who stays below the lowest charge level, at a port with chargers, charges."""
    lowest, time = case.level_wh[0], case.schedule.now_s
    if stay.energy >= lowest or not case.instance.charge_slots[stay.port]:
        return
    if stay.until != NOT_YET:
        time = case.legs[stay.until].depart
    missed = [moment for moment in stay.moments if moment < time]
    if missed:
        yield (
            f"Aircraft {stay.aircraft} stays at {case.port(stay.port)} at {missed[0]} s with "
            f"{stay.energy} Wh, {lowest - stay.energy} below the lowest charge level, but it does "
            "not charge."
        )
