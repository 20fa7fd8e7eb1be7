"""Checks of single legs: energy, routes, times, and slots at the destination."""

from collections.abc import Iterator

from dispatchlab.envs.uam.verify.case import NOT_YET, Case, Leg


def check_flights(case: Case) -> Iterator[str]:
    """Violations that one leg shows by itself.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every leg without energy or on a closed route, with another target than a
        charge level, that lasts too long or too short, and for charges that seem to fly.
    """
    for index, leg in enumerate(case.legs):
        yield from _check_target(case, index, leg)
        if leg.flies:
            yield from _check_flight(case, index, leg)
        else:
            yield from _check_no_flight(case, index, leg)


def _check_target(case: Case, index: int, leg: Leg) -> Iterator[str]:
    """What is charged to is a level above the energy at landing, at a port with chargers."""
    landed, name = case.landing_wh(leg), case.name(index)
    if not leg.charges:
        return
    if leg.target not in case.level_wh:
        yield (
            f"{name} charges to {leg.target} Wh, but the charge levels are "
            f"{', '.join(map(str, case.level_wh))} Wh."
        )
    if leg.target <= landed:
        yield f"{name} charges to {leg.target} Wh, but it lands with {landed} Wh."
    if not case.instance.charge_slots[leg.destination]:
        yield f"{name} charges, but {case.port(leg.destination)} has no charger."


def _check_flight(case: Case, index: int, leg: Leg) -> Iterator[str]:
    """A flight has the energy and an open route, and takes its time."""
    instance, name = case.instance, case.name(index)
    landed, reserve = case.landing_wh(leg), instance.aircraft.reserve_wh
    takes = case.leg_wh[leg.origin][leg.destination]
    if landed < reserve:
        yield (
            f"{name} lands with {landed} Wh, {reserve - landed} below the reserve of {reserve} "
            f"Wh: it starts with {leg.before} and takes {takes} Wh."
        )
    elif not instance.charge_slots[leg.destination]:
        chargers = [port for port, count in enumerate(instance.charge_slots.tolist()) if count]
        onward = min(case.leg_wh[leg.destination][port] for port in chargers)
        if landed - onward < reserve:
            yield (
                f"{name} is stranded: it lands with {landed} Wh where there is no charger, and "
                f"the flight to the nearest takes {onward} Wh, which leaves {landed - onward} "
                f"of a reserve of {reserve} Wh."
            )
    if case.realisation.closed[case.bin_of(leg.depart), leg.origin, leg.destination]:
        yield f"{name} departs at {leg.depart} s, when the route is closed."
    lasts = int(instance.block_s[leg.origin, leg.destination])
    if leg.land != leg.enter + lasts:
        late = leg.land - leg.enter - lasts
        yield (
            f"{name} lands at {leg.land} s, {abs(late)} too {'late' if late > 0 else 'early'}: it "
            f"takes off at {leg.enter} s and takes {lasts} s."
        )


def _check_no_flight(case: Case, index: int, leg: Leg) -> Iterator[str]:
    """A charge without a flight has no lane and no passengers, and takes no time by itself."""
    name = case.name(index)
    for what, found, due in (
        ("take-off", leg.enter, leg.depart), ("landing", leg.land, leg.depart),
        ("lane", leg.lane, NOT_YET), ("passengers", leg.passengers, 0),
    ):  # fmt: skip
        if found != due:
            yield f"{name} has {what} {found}, but without a flight it must be {due}."
    if not leg.charges:
        yield f"{name} neither flies nor charges."


def check_slots(case: Case) -> Iterator[str]:
    """Violations of the slots at the destinations, which are held from departure.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every flight that finds no slot or, where one is needed, no charger.
    """
    instance = case.instance
    at = [int(port) for port in instance.start_port]  # the slot that each aircraft holds
    last: list[Leg | None] = [None] * len(at)
    for index, leg in enumerate(case.legs):
        if leg.flies:
            to, slots = leg.destination, int(instance.slots[leg.destination])
            holders = [aircraft for aircraft, port in enumerate(at) if port == to]
            if len(holders) >= slots:
                yield (
                    f"{case.name(index)} finds no slot: {len(holders)} of {slots} at "
                    f"{case.port(to)} are held by the aircraft {_listed(holders)}."
                )
            yield from _check_reserved(case, index, last)
        at[leg.aircraft], last[leg.aircraft] = leg.destination, leg


def _check_reserved(case: Case, index: int, last: list[Leg | None]) -> Iterator[str]:
    """With ``reserve="charger"`` a charger of the destination is taken by nobody."""
    leg, chargers = case.legs[index], int(case.instance.charge_slots[case.legs[index].destination])
    if case.instance.reserve != "charger" or not chargers:
        return
    takers = [
        other.aircraft
        for other in last
        if other is not None
        and other.destination == leg.destination
        and other.charges
        and not NOT_YET < other.charge_end <= leg.depart
    ]
    if len(takers) >= chargers:
        yield (
            f"{case.name(index)} finds no charger: all {chargers} at {case.port(leg.destination)} "
            f"are taken or awaited by the aircraft {_listed(takers)}."
        )


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
