"""Numbers of a day over time: profit, passengers, slots and chargers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.metrics import leg_money
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import (
    CHARGE_END_S,
    CHARGE_START_S,
    DEPART_S,
    DESTINATION,
    ORIGIN,
    PASSENGERS,
    UamSchedule,
)
from dispatchlab.envs.uam.viewer.fleet import CHARGING, FLYING, QUEUED, Fleet, Moments

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Played = tuple[UamInstance, UamRealisation, UamSchedule]
NEVER = -1
_FRAMES, _ROUND_S = 144, 300


class Demand(NamedTuple):
    """Passengers of each bin who have come so far; ``(T,)`` each.

    Attributes:
        served: They have boarded.
        waiting: They may board still.
        lost: They have left.
        expected: The passengers that were expected, of all bins.
    """

    served: IntArray
    waiting: IntArray
    lost: IntArray
    expected: FloatArray


class Ports(NamedTuple):
    """Vertiports at G times; ``(G, N)`` each.

    Attributes:
        held: Slots that are taken or reserved.
        charging: Chargers in use.
        queued: Aircraft that wait for a charger.
        waiting: Passengers.
    """

    held: IntArray
    charging: IntArray
    queued: IntArray
    waiting: IntArray


def profit_curve(instance: UamInstance, schedule: UamSchedule) -> tuple[IntArray, FloatArray]:
    """The profit as it grows.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        Times in s, ascending from 0 to the schedule's time, and the profit in dollars up to and
        with each of them: every leg pays at its departure.
    """
    # added up in the order of the decisions, the last one is the outcome's profit to the last bit
    order = np.argsort(schedule.legs[:, DEPART_S], kind="stable")
    fares, miles, energy = np.cumsum(leg_money(instance, schedule)[order], axis=0).T
    profit = np.concatenate([[0.0], fares - miles - energy])
    times = np.unique(np.concatenate([[0, schedule.now_s], schedule.legs[:, DEPART_S]]))
    place = np.searchsorted(schedule.legs[order, DEPART_S], times, side="right")
    return times.astype(np.int64), profit[place]


def cut(schedule: UamSchedule, until_s: int) -> UamSchedule:
    """A schedule as it was at a time.

    Args:
        schedule: A schedule.
        until_s: The time; what was decided then is kept.

    Returns:
        The schedule, or its part up to that time. Charges that began before keep their ends.
    """
    if until_s >= schedule.now_s:
        return schedule
    legs = schedule.legs[schedule.legs[:, DEPART_S] <= until_s].copy()
    legs[np.ix_(legs[:, CHARGE_START_S] > until_s, [CHARGE_START_S, CHARGE_END_S])] = -1
    decisions = schedule.decisions[schedule.decisions[:, 0] <= until_s]
    return UamSchedule(until_s, legs, decisions)


def boarding_times(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule
) -> IntArray:
    """When each passenger boards: those who have waited longest first.

    Args:
        instance: The instance.
        realisation: Tells who comes, and when.
        schedule: A schedule of it.

    Returns:
        ``(P,)`` seconds, `NEVER` for those who do not.
    """
    boards = np.full(realisation.num_passengers, NEVER, dtype=np.int64)
    leaves, offset = realisation.leaves_s, realisation.pair_offset
    pairs = schedule.legs[:, ORIGIN] * instance.num_ports + schedule.legs[:, DESTINATION]
    first = offset[:-1].copy()
    columns = schedule.legs[:, DEPART_S].tolist(), schedule.legs[:, PASSENGERS].tolist()
    for pair, depart, aboard in zip(pairs.tolist(), *columns, strict=True):
        end = int(offset[pair + 1])
        here = first[pair] + np.searchsorted(leaves[first[pair] : end], depart, side="right")
        first[pair] = min(end, here + aboard)
        boards[here : first[pair]] = depart
    return boards


def demand_bars(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule
) -> Demand:
    """What became of the passengers who have come so far, by the bin in which they came.

    Args:
        instance: The instance.
        realisation: Tells who comes, and when.
        schedule: A schedule of it, complete or not.

    Returns:
        The passengers of each bin.
    """
    now = schedule.now_s
    boards = boarding_times(instance, realisation, schedule) != NEVER
    come = realisation.request_s <= now
    waits = come & ~boards & (realisation.leaves_s > now) & (now < instance.horizon_s)
    groups = (boards, waits, come & ~boards & ~waits)
    bins = realisation.request_s // instance.bin_s
    served, waiting, lost = (
        np.bincount(bins[group], minlength=instance.num_bins) for group in groups
    )
    return Demand(served, waiting, lost, instance.demand.sum(axis=(1, 2)))


def port_numbers(fleet: Fleet, moments: Moments, schedule: UamSchedule, times_s: IntArray) -> Ports:
    """Vertiports at some times.

    Args:
        fleet: The fleet.
        moments: It at these times.
        schedule: Its schedule.
        times_s: ``(G,)`` the times.

    Returns:
        How full the vertiports are.
    """
    instance, realisation = fleet.instance, fleet.realisation
    boards = boarding_times(instance, realisation, schedule)
    gone = np.where(boards == NEVER, realisation.leaves_s, boards)
    pairs = np.repeat(np.arange(instance.num_ports**2), np.diff(realisation.pair_offset))
    origin = pairs // instance.num_ports
    waiting = np.zeros((len(times_s), instance.num_ports), dtype=np.int64)
    for port in range(instance.num_ports):
        come, go = (np.sort(times[origin == port]) for times in (realisation.request_s, gone))
        waiting[:, port] = np.searchsorted(come, times_s, side="right")
        waiting[:, port] -= np.searchsorted(go, times_s, side="right")
    held, charging, queued = (
        _count(moments.port, chosen, instance.num_ports)
        for chosen in (moments.stage >= 0, moments.stage == CHARGING, moments.stage == QUEUED)
    )
    return Ports(held, charging, queued, waiting)


def grid_times(schedule: UamSchedule) -> IntArray:
    """Times at which a day is looked at: every five minutes, or fewer of a long one.

    Args:
        schedule: A schedule.

    Returns:
        Times from 0 to the schedule's time.
    """
    step = _ROUND_S * max(1, -(-schedule.now_s // (_FRAMES * _ROUND_S)))
    return np.unique(np.append(np.arange(0, schedule.now_s, step), schedule.now_s))


def best_look(instance: UamInstance, schedule: UamSchedule, moments: Moments) -> int:
    """Which of some moments to show first: the present, or when most passengers fly.

    Args:
        instance: The instance.
        schedule: A schedule of it.
        moments: The fleet at the times of `grid_times`.

    Returns:
        The last one while the day goes on; after it, the busiest.
    """
    if schedule.now_s < instance.horizon_s:
        return len(moments.stage) - 1
    aboard = np.where(moments.stage == FLYING, moments.passengers, 0)
    return int(aboard.sum(axis=1).argmax())


def _count(port: IntArray, chosen: npt.NDArray[np.bool_], num_ports: int) -> IntArray:
    """``(G, N)`` how many of the chosen are at each port."""
    times = len(port)
    cell = np.arange(times)[:, None] * num_ports + port
    counts = np.bincount(cell[chosen], minlength=times * num_ports)
    return counts.reshape(times, num_ports)
