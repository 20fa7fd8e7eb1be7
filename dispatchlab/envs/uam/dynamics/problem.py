"""Problem: instances and realisations as arrays, which kernels read and never write."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.dynamics.layout import (
    CRAFT_COLUMNS,
    NUM_COUNTS,
    NUM_SCALES,
    PAIR_COLUMNS,
    PASSENGER_COLUMNS,
    PORT_COLUMNS,
)
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.realisation import UamRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class Problem(NamedTuple):
    """S slots with room for N vertiports, K aircraft, T bins, L levels, W waits and P passengers.

    The pair from i to j of an instance with n vertiports has the index i * n + j.

    Attributes:
        counts: ``(S, NUM_COUNTS)``.
        scales: ``(S, NUM_SCALES)`` operating cost per mile, mean fare, mean expected demand of the
            pairs with demand, a trivial upper bound on the profit, and mean block time.
        port: ``(S, N, PORT_COLUMNS)``.
        pair: ``(S, N * N, PAIR_COLUMNS)``.
        distance: ``(S, N * N)`` miles.
        place: ``(S, N, 2)`` miles east and north of the middle of the map.
        level: ``(S, L)`` charge levels in Wh.
        demand: ``(S, T, N * N)`` expected passengers.
        outlook: ``(S, T, N, 3)`` expected passengers from and to each vertiport, and the mean fare
            of the former.
        left: ``(S, T)`` expected passengers from a bin to the end of the day.
        fare: ``(S, T, N * N)`` dollars per passenger.
        price: ``(S, T)`` dollars per kWh.
        craft: ``(S, K, CRAFT_COLUMNS)``; outages are of the realisation, as all that follows.
        closed: ``(S, T, N * N)`` 1: closed.
        takeoff: ``(S, N, W)`` delay of take-offs decided within a wait.
        offset: ``(S, N * N + 1)`` where the passengers of a pair begin.
        passenger: ``(S, P, PASSENGER_COLUMNS)``.
    """

    counts: IntArray
    scales: FloatArray
    port: IntArray
    pair: IntArray
    distance: FloatArray
    place: FloatArray
    level: IntArray
    demand: FloatArray
    outlook: FloatArray
    left: FloatArray
    fare: FloatArray
    price: FloatArray
    craft: IntArray
    closed: npt.NDArray[np.int8]
    takeoff: IntArray
    offset: IntArray
    passenger: IntArray


def make_problem(slots: int, limits: UamLimits) -> Problem:
    """Zeroed arrays."""
    pairs = limits.ports**2
    return Problem(
        counts=np.zeros((slots, NUM_COUNTS), np.int64),
        scales=np.zeros((slots, NUM_SCALES)),
        port=np.zeros((slots, limits.ports, PORT_COLUMNS), np.int64),
        pair=np.zeros((slots, pairs, PAIR_COLUMNS), np.int64),
        distance=np.zeros((slots, pairs)),
        place=np.zeros((slots, limits.ports, 2)),
        level=np.zeros((slots, limits.levels), np.int64),
        demand=np.zeros((slots, limits.bins, pairs)),
        outlook=np.zeros((slots, limits.bins, limits.ports, 3)),
        left=np.zeros((slots, limits.bins)),
        fare=np.zeros((slots, limits.bins, pairs)),
        price=np.zeros((slots, limits.bins)),
        craft=np.zeros((slots, limits.aircraft, CRAFT_COLUMNS), np.int64),
        closed=np.zeros((slots, limits.bins, pairs), np.int8),
        takeoff=np.zeros((slots, limits.ports, limits.waits), np.int64),
        offset=np.zeros((slots, pairs + 1), np.int64),
        passenger=np.zeros((slots, limits.passengers, PASSENGER_COLUMNS), np.int64),
    )


def write_instance(p: Problem, slot: int, instance: UamInstance) -> None:
    """Put an instance into a slot."""
    n, bins, craft = instance.num_ports, instance.num_bins, instance.aircraft
    pairs = n * n
    p.counts[slot] = (
        n, instance.num_aircraft, bins, instance.num_levels, instance.corridors,
        instance.horizon_s, instance.bin_s, instance.wait_s, instance.separation_s, craft.seats,
        craft.battery_wh, craft.reserve_wh, craft.charge_w, craft.charge_curve == "taper",
        instance.reserve == "charger", instance.num_waits,
    )  # fmt: skip
    p.scales[slot] = _scales(instance)
    p.port[slot, :n] = np.column_stack((
        instance.slots, instance.charge_slots, instance.expected_delay_s, instance.onward_wh(),
    ))  # fmt: skip
    p.pair[slot, :pairs] = np.column_stack((instance.block_s.ravel(), instance.leg_wh.ravel()))
    p.distance[slot, :pairs] = instance.distance_mi.ravel()
    for axis, values in enumerate((instance.x_mi, instance.y_mi)):
        p.place[slot, :n, axis] = values - (values.min() + values.max()) / 2.0
    p.level[slot, : instance.num_levels] = instance.level_wh
    p.demand[slot, :bins, :pairs] = instance.demand.reshape(bins, pairs)
    p.outlook[slot, :bins, :n] = _outlook(instance)
    p.left[slot, :bins] = instance.demand.sum((1, 2))[::-1].cumsum()[::-1]
    p.fare[slot, :bins, :pairs] = instance.fare_usd.reshape(bins, pairs)
    p.price[slot, :bins] = instance.price_usd_per_kwh
    p.craft[slot, : instance.num_aircraft, :2] = np.column_stack(
        (instance.start_port, instance.start_wh)
    )


def write_realisation(p: Problem, slot: int, realisation: UamRealisation) -> None:
    """Put a realisation into a slot."""
    r = realisation
    bins, n, _ = r.closed.shape
    p.closed[slot, :bins, : n * n] = r.closed.reshape(bins, n * n)
    p.takeoff[slot, :n, : r.takeoff_delay_s.shape[1]] = r.takeoff_delay_s
    p.offset[slot, : n * n + 1] = r.pair_offset
    p.passenger[slot, : len(r.request_s)] = np.column_stack((r.request_s, r.leaves_s))
    p.craft[slot, : len(r.down_from_s), 2:] = np.column_stack((r.down_from_s, r.down_until_s))


def _outlook(instance: UamInstance) -> FloatArray:
    """Expected passengers from and to each vertiport in each bin, and their mean fare."""
    out, into = instance.demand.sum(2), instance.demand.sum(1)
    paid = (instance.demand * instance.fare_usd).sum(2)
    return np.stack((out, into, paid / np.maximum(out, 1e-9)), axis=2)


def _scales(instance: UamInstance) -> tuple[float, ...]:
    """What features and rewards are measured in, and what nobody can earn more than."""
    wanted = instance.demand > 0
    fare = float(instance.fare_usd[wanted].mean()) if wanted.any() else 1.0
    mean = float(instance.demand[wanted].mean()) if wanted.any() else 1.0
    legs = instance.block_s[instance.block_s > 0]
    most = -(-instance.horizon_s // int(legs.min())) * instance.num_aircraft
    best = instance.aircraft.seats * float(instance.fare_usd.max())
    return (
        instance.op_cost_usd_per_mi, max(1e-9, fare), max(1e-9, mean), most * best,
        float(legs.mean()),
    )  # fmt: skip
