"""Checks of ranges, on which all other checks rely."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.verify.case import Leg


def check_shapes(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule
) -> Iterator[str]:
    """Violations that make the schedule unreadable.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: The schedule.

    Yields:
        One sentence for every column of the wrong length and every value out of its range.
    """
    try:
        realisation.require_fit(instance)
    except InvalidInstanceError as error:
        yield str(error)
    if not 0 <= schedule.now_s <= instance.horizon_s:
        yield (
            f"The schedule is of time {schedule.now_s} s, but it must be 0 to the end of the day "
            f"at {instance.horizon_s} s."
        )
    yield from _check_ranges(instance, schedule)


def _check_ranges(instance: UamInstance, schedule: UamSchedule) -> Iterator[str]:
    """Every number of something exists, and nothing is decided outside the day."""
    ports, aircraft = len(instance.ports), instance.num_aircraft
    last, lanes = instance.horizon_s - 1, instance.corridors - 1
    legs, log = schedule.legs, schedule.decisions
    columns = dict(zip(Leg._fields, legs.T, strict=True))
    time, who, action = log.T
    for what, subject, values, least, most in (
        ("Leg", "aircraft", columns["aircraft"], 0, aircraft - 1),
        ("Leg", "origin", columns["origin"], 0, ports - 1),
        ("Leg", "destination", columns["destination"], 0, ports - 1),
        ("Leg", "departure", columns["depart"], 0, last),
        ("Leg", "lane", columns["lane"], -1, lanes),
        ("Decision", "time", time, 0, last),
        ("Decision", "aircraft", who, 0, aircraft - 1),
        ("Decision", "action", action, 0, ports * len(instance.level_wh) - 1),
    ):
        for row in np.flatnonzero((values < least) | (values > most)):
            yield f"{what} {row} has {subject} {values[row]}, but it must be {least} to {most}."
