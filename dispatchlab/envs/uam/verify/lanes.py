"""Checks of the take-offs: delays, lanes, and the separation in them."""

from collections.abc import Iterator

from dispatchlab.envs.uam.verify.case import Case


def check_lanes(case: Case) -> Iterator[str]:
    """Violations of the rules by which flights enter the lanes of their route.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every take-off before its delay is over, too close to the one before it
        in the lane, later than possible, or into another lane than the one entered longest ago.
    """
    instance, entered = case.instance, dict[tuple[int, int], list[int | None]]()
    for index, leg in enumerate(case.legs):
        if not leg.flies:
            continue
        name, tick = case.name(index), leg.depart // instance.wait_s
        ready = leg.depart + int(case.realisation.takeoff_delay_s[leg.origin, tick])
        lanes = entered.setdefault((leg.origin, leg.destination), [None] * instance.corridors)
        free = [ready if last is None else last + instance.separation_s for last in lanes]
        ages = [-1 if last is None else last for last in lanes]
        if leg.lane != ages.index(min(ages)):
            yield (
                f"{name} takes off into lane {leg.lane}, but lane {ages.index(min(ages))} was "
                "entered longest ago."
            )
        if leg.enter < ready:
            yield (
                f"{name} takes off at {leg.enter} s, {ready - leg.enter} before its delay of "
                f"{ready - leg.depart} s is over."
            )
        if leg.lane < 0:
            continue
        if leg.enter < free[leg.lane] > ready:
            yield (
                f"{name} takes off at {leg.enter} s, {free[leg.lane] - leg.enter} too close to "
                f"the one before it in lane {leg.lane} at {lanes[leg.lane]} s: the separation is "
                f"{instance.separation_s} s."
            )
        earliest = max(ready, free[leg.lane])
        if leg.enter > earliest:
            yield (
                f"{name} takes off at {leg.enter} s, {leg.enter - earliest} after it can into "
                f"lane {leg.lane}."
            )
        lanes[leg.lane] = leg.enter
