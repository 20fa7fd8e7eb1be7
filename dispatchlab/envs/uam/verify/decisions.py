"""Check of the decisions: when they come, and that the legs are what they lead to."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dispatchlab.envs.uam.verify.case import NOT_YET, Case
from dispatchlab.envs.uam.verify.chains import why_not
from dispatchlab.envs.uam.verify.stays import Stay


class _Decision(NamedTuple):
    """A decision beside what the aircraft does then."""

    time: int
    aircraft: int
    port: int
    level: int
    stay: Stay
    leg: int


def check_decisions(case: Case, stays: Sequence[Sequence[Stay]]) -> Iterator[str]:
    """Violations by the decisions, and legs that do not follow from them.

    Args:
        case: The schedule and its data.
        stays: What `stays` makes of it.

    Yields:
        One sentence for every decision that could not be taken then, is out of order or leads
        elsewhere, and for every leg that was not decided on.
    """
    before, decided = (-1, -1, -1), set[int]()
    for row, (time, aircraft, action) in enumerate(case.decisions):
        port, level = divmod(action, len(case.level_wh))
        stay = next(s for s in stays[aircraft] if _ends(case, s) >= time)
        leg = stay.until if stay.until != NOT_YET and _ends(case, stay) == time else NOT_YET
        name = f"Decision {row} at {time} s for aircraft {aircraft}"
        if (key := (time, stay.port, aircraft)) <= before:
            yield (
                f"{name} at {case.port(stay.port)} comes after one at {before[0]} s for aircraft "
                f"{before[2]} at {case.port(before[1])}, but decisions must be in the order of "
                "time, port and aircraft."
            )
        before = max(before, key)
        decided.add(leg)
        decision = _Decision(time, aircraft, port, level, stay, leg)
        for why in _objections(case, decision):
            yield f"{name} {why}."
    yield from _check_undecided(case, decided)


def _ends(case: Case, stay: Stay) -> int:
    """When an aircraft leaves where it is."""
    return case.legs[stay.until].depart if stay.until != NOT_YET else case.instance.horizon_s


def _objections(case: Case, decision: _Decision) -> Iterator[str]:
    """What is wrong with a decision."""
    time, stay = decision.time, decision.stay
    if time > case.schedule.now_s:
        yield f"is beyond {case.schedule.now_s} s, which was played up to"
    elif decision.leg == NOT_YET and time not in stay.moments:  # else the leg is reported
        yield f"is not possible then, {why_not(case, stay, time)}"
    landed = stay.energy - case.leg_wh[stay.port][decision.port]
    level = case.level_wh[decision.level]
    useful = bool(case.instance.charge_slots[decision.port]) and level > landed
    if decision.level and not useful:
        chargers = case.instance.charge_slots[decision.port]
        yield (
            f"is to charge to level {decision.level} ({level} Wh) at {case.port(decision.port)}, "
            f"which is not possible with {landed} Wh there and {chargers} chargers"
        )
    target = level if useful else 0
    stays = decision.port == stay.port
    due = "" if stays and not target else _told(case, decision.port, target, flies=not stays)
    found = ""
    if decision.leg != NOT_YET:
        leg = case.legs[decision.leg]
        found = _told(case, leg.destination, leg.target, flies=leg.flies)
    if found != due:
        yield f"is to {due or 'wait'}, but by the legs it is to {found or 'wait'}"


def _told(case: Case, port: int, target: int, *, flies: bool) -> str:
    """What a leg does, as a part of a sentence."""
    flight = [f"fly to {case.port(port)}"] if flies else []
    charge = [f"charge to {target} Wh"] if target else []
    return " and ".join(flight + charge)


def _check_undecided(case: Case, decided: set[int]) -> Iterator[str]:
    """Whoever is not named stays, and charges if it is below the lowest level."""
    for index, leg in enumerate(case.legs):
        if index in decided or (not leg.flies and leg.target == case.level_wh[0]):
            continue
        yield (
            f"{case.name(index)} was not decided on: without a decision an aircraft stays, and "
            f"charges to the lowest level of {case.level_wh[0]} Wh at most."
        )
