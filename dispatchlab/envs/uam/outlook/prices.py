"""What an aircraft is worth at each port and time: prices of a fluid fleet on the expected day.

Aircraft are a fluid that flows over a network of ports and ticks, with expected times and demand.
The next flight of a pair in a bin of demand earns its fare times the passengers that it is expected
to carry beyond those of the flights before it, so the profit of all flows is concave. Frank and
Wolfe's method (1956) finds the best flows: dynamic programming from the end of the day gives the
best way of every aircraft at the present gains, and the flows move part of the way towards these.
The values of the dynamic programme are what aircraft are worth. Slots and chargers are taken to
suffice.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import operation_cost, refresh
from dispatchlab.envs.uam.dynamics.layout import (
    BIN_S,
    BLOCK_S,
    DECISIONS,
    EXPECTED_DELAY,
    HORIZON,
    LEG_WH,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_BINS,
    NUM_PORTS,
    NUM_WAITS,
    ONWARD_WH,
    PORT,
    RESERVE_WH,
    SEATS,
    SLOT,
    WAIT_S,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.outlook.knowledge import Known, charge_s, ready_s

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
NUM_PIECES = 12  # flights of a pair in a bin beyond which nobody is expected to be carried
ROUNDS = 60  # 10 earn 2 to 7 % less on training days, 30 0.3 % less, and 120 0.2 % more
UNKNOWN = -1


class Prices(NamedTuple):
    """S slots, B rows, W ticks, N vertiports, T bins.

    Attributes:
        carried: ``(S, T, N * N, NUM_PIECES)`` passengers that the next flight is expected to carry.
        ticks: ``(S, N * N)`` ticks from a departure until ready again; 0 where nobody can fly.
        since: ``(B,)`` decisions that had been taken when prices were found, or `UNKNOWN`.
        flow: ``(B, T, N * N)`` flights of each pair in each bin.
        gain: ``(B, T, N * N)`` what one more of them earns; after a pass, the flows it asks for.
        mass: ``(B, W + 1, N)`` aircraft.
        choice: ``(B, W, N)`` where they go from there.
        value: ``(B, W + 1, N)`` what one more aircraft is worth.
    """

    carried: FloatArray
    ticks: IntArray
    since: IntArray
    flow: FloatArray
    gain: FloatArray
    mass: FloatArray
    choice: IntArray
    value: FloatArray


def make_prices(slots: int, batch: int, limits: UamLimits) -> Prices:
    """Room for prices; nothing is found yet."""
    ports, pairs = limits.ports, limits.ports**2
    return Prices(
        carried=np.zeros((slots, limits.bins, pairs, NUM_PIECES)),
        ticks=np.zeros((slots, pairs), np.int64),
        since=np.full(batch, UNKNOWN),
        flow=np.zeros((batch, limits.bins, pairs)),
        gain=np.zeros((batch, limits.bins, pairs)),
        mass=np.zeros((batch, limits.waits + 1, ports)),
        choice=np.zeros((batch, limits.waits, ports), np.int64),
        value=np.zeros((batch, limits.waits + 1, ports)),
    )


@kernel
def learn_legs(p: Problem, known: Known, prices: Prices, i: int) -> None:
    """Find out how long legs take and how many passengers flights are expected to carry."""
    ports, seats = p.counts[i, NUM_PORTS], p.counts[i, SEATS]
    for origin in range(ports):
        energy = p.level[i, known.level[i, origin]]
        for to in range(ports):
            pair = origin * ports + to
            prices.ticks[i, pair] = 0
            landed = energy - p.pair[i, pair, LEG_WH]
            if origin == to or landed - p.port[i, to, ONWARD_WH] < p.counts[i, RESERVE_WH]:
                continue
            takes = p.port[i, origin, EXPECTED_DELAY] + p.pair[i, pair, BLOCK_S]
            takes += charge_s(p, i, to, landed, known.level[i, to])
            prices.ticks[i, pair] = max(1, round(takes / p.counts[i, WAIT_S]))
    for time_bin in range(p.counts[i, NUM_BINS]):
        for pair in range(ports * ports):
            _expect_carried(prices.carried[i, time_bin, pair], p.demand[i, time_bin, pair], seats)


@kernel
def _expect_carried(carried: FloatArray, mean: float, seats: int) -> None:
    """Passengers of the n-th flight: the sum over its seats of P(Poisson(mean) > seat)."""
    mass, more, seat = math.exp(-mean), 1.0 - math.exp(-mean), 0
    for flight in range(len(carried)):
        carried[flight] = 0.0
        for _ in range(seats):
            carried[flight] += max(0.0, more)
            seat += 1
            mass *= mean / seat
            more -= mass


@kernel
def _next_carried(p: Problem, s: State, prices: Prices, b: int, time_bin: int, pair: int) -> float:
    """Passengers of one more flight of a pair in a bin, given the flows."""
    i, flow = s.row[b, SLOT], prices.flow[b, time_bin, pair]
    if time_bin == s.row[b, NOW] // p.counts[i, BIN_S]:
        seats = float(p.counts[i, SEATS])
        return min(seats, max(0.0, refresh(p, s, b, pair) - flow * seats))
    flow = min(flow, NUM_PIECES - 1.001)
    whole = int(flow)
    carried = prices.carried[i, time_bin, pair]
    return carried[whole] + (flow - whole) * (carried[whole + 1] - carried[whole])


@kernel
def _find_gains(p: Problem, s: State, prices: Prices, b: int) -> None:
    """What one more flight of each pair earns in each bin that is not over."""
    i = s.row[b, SLOT]
    now_bin, bins = s.row[b, NOW] // p.counts[i, BIN_S], p.counts[i, NUM_BINS]
    for time_bin in range(now_bin, bins):
        for pair in range(p.counts[i, NUM_PORTS] ** 2):
            if prices.ticks[i, pair] == 0:
                continue
            lands = time_bin + p.pair[i, pair, BLOCK_S] // p.counts[i, BIN_S]
            energy = p.pair[i, pair, LEG_WH] / 1000.0 * p.price[i, min(lands, bins - 1)]
            carried = _next_carried(p, s, prices, b, time_bin, pair)
            gain = carried * p.fare[i, time_bin, pair] - energy - operation_cost(p, s, b, pair)
            if time_bin == now_bin and p.closed[i, now_bin, pair] != 0:
                gain = -1e6
            prices.gain[b, time_bin, pair] = gain


@kernel
def _find_values(p: Problem, s: State, prices: Prices, b: int, first: int) -> None:
    """The best way from every port and tick, from the end of the day back to a first tick."""
    i = s.row[b, SLOT]
    ports, last = p.counts[i, NUM_PORTS], p.counts[i, NUM_WAITS]
    value = prices.value[b]
    value[last] = 0.0
    for tick in range(last - 1, first - 1, -1):
        gain = prices.gain[b, tick * p.counts[i, WAIT_S] // p.counts[i, BIN_S]]
        for port in range(ports):
            best, most = NONE, value[tick + 1, port]
            for to in range(ports):
                takes = prices.ticks[i, port * ports + to]
                if takes == 0:
                    continue
                worth = gain[port * ports + to] + value[min(tick + takes, last), to]
                if worth > most:
                    best, most = to, worth
            value[tick, port], prices.choice[b, tick, port] = most, best


@kernel
def _place_fleet(p: Problem, s: State, prices: Prices, b: int) -> None:
    """Where and at which tick aircraft are expected to be ready."""
    i = s.row[b, SLOT]
    prices.mass[b] = 0.0
    for k in range(p.counts[i, NUM_AIRCRAFT]):
        at = ready_s(p, s, b, k)
        if at < p.counts[i, HORIZON]:
            prices.mass[b, at // p.counts[i, WAIT_S], s.craft[b, k, PORT]] += 1.0


@kernel
def _send(p: Problem, s: State, prices: Prices, b: int, first: int) -> None:
    """Let all aircraft go their best way; what flies then is left in `gain`."""
    i = s.row[b, SLOT]
    ports, last = p.counts[i, NUM_PORTS], p.counts[i, NUM_WAITS]
    prices.gain[b] = 0.0
    _place_fleet(p, s, prices, b)
    mass = prices.mass[b]
    for tick in range(first, last):
        time_bin = tick * p.counts[i, WAIT_S] // p.counts[i, BIN_S]
        for port in range(ports):
            to, many = prices.choice[b, tick, port], mass[tick, port]
            if to == NONE:
                mass[tick + 1, port] += many
            elif many > 0.0:
                pair = port * ports + to
                prices.gain[b, time_bin, pair] += many
                mass[min(tick + prices.ticks[i, pair], last), to] += many


@kernel
def find_prices(p: Problem, s: State, prices: Prices, b: int) -> None:
    """Find what aircraft are worth from now on."""
    i = s.row[b, SLOT]
    first, flow = s.row[b, NOW] // p.counts[i, WAIT_S], prices.flow[b]
    prices.flow[b] = 0.0
    for turn in range(ROUNDS):
        _find_gains(p, s, prices, b)
        _find_values(p, s, prices, b, first)
        _send(p, s, prices, b, first)
        step = 2.0 / (turn + 2.0)
        for time_bin in range(p.counts[i, NUM_BINS]):
            for pair in range(p.counts[i, NUM_PORTS] ** 2):
                flow[time_bin, pair] += step * (
                    prices.gain[b, time_bin, pair] - flow[time_bin, pair]
                )
    _find_gains(p, s, prices, b)
    _find_values(p, s, prices, b, first)
    prices.since[b] = s.row[b, DECISIONS]


@kernel
def begins(s: State, prices: Prices, b: int) -> bool:
    """Whether the day of a row has begun anew since prices were found."""
    decisions = s.row[b, DECISIONS]
    return bool(decisions == 0 or decisions < prices.since[b] or prices.since[b] == UNKNOWN)
