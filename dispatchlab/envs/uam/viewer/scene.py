"""A day that is looked at every few minutes, before any library draws it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.schedule import DEPART_S, DESTINATION, ORIGIN, PASSENGERS
from dispatchlab.envs.uam.viewer.day import Played, Ports, grid_times, port_numbers, profit_curve
from dispatchlab.envs.uam.viewer.fleet import Fleet, Moments
from dispatchlab.envs.uam.viewer.places import Places, plan_map
from dispatchlab.envs.uam.viewer.words import clock, dollars

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class Scene(NamedTuple):
    """A day that is looked at every few minutes.

    Attributes:
        played: The instance, its realisation and the schedule.
        places: The plan of the map.
        times: ``(G,)`` seconds.
        moments: The fleet then.
        ports: The vertiports then.
    """

    played: Played
    places: Places
    times: IntArray
    moments: Moments
    ports: Ports


def look_at(played: Played) -> Scene:
    """A day, looked at.

    Args:
        played: The instance, its realisation and the schedule.

    Returns:
        The scene.
    """
    instance, _, schedule = played
    fleet, times = Fleet(*played), grid_times(schedule)
    moments = fleet.at(times)
    ports = port_numbers(fleet, moments, schedule, times)
    return Scene(played, plan_map(instance), times, moments, ports)


def headline(scene: Scene, index: int) -> str:
    """The time of day, and the profit and the passengers up to then.

    Args:
        scene: The day.
        index: Which of its times.

    Returns:
        One line, the time followed by two spaces.
    """
    instance, realisation, schedule = scene.played
    time = int(scene.times[index])
    done = schedule.legs[:, DEPART_S] <= time
    steps, profit = profit_curve(instance, schedule)
    earned = float(profit[np.searchsorted(steps, time, side="right") - 1])
    come = int((realisation.request_s <= time).sum())
    served = int(schedule.legs[done, PASSENGERS].sum())
    return (
        f"{clock(instance, time)}  profit {dollars(earned)}, {served:,} of {come:,} passengers "
        "served"
    )


def busy_routes(scene: Scene) -> tuple[IntArray, FloatArray]:
    """The routes that have been flown, in either direction.

    Args:
        scene: The day.

    Returns:
        ``(M, 2)`` vertiports, and ``(M,)`` flights as shares of those of the busiest route.
    """
    ends = np.sort(scene.played[2].legs[:, [ORIGIN, DESTINATION]], axis=1)
    pairs, counts = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0, return_counts=True)
    return pairs, counts / max(1, int(counts.max(initial=1)))
