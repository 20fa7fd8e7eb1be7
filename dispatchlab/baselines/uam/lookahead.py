"""One step ahead: what is expected to be left at a port for who is ready there later."""

from dispatchlab.baselines.uam.knowledge import Known, charge_s, level_at, ready_s
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import operation_cost, pair_of, refresh
from dispatchlab.envs.uam.dynamics.layout import (
    BIN_S,
    BLOCK_S,
    CHARGE_WH,
    CHARGERS,
    EXPECTED_DELAY,
    HORIZON,
    LEG_WH,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_PORTS,
    ONWARD_WH,
    POINTED,
    PORT,
    RESERVE_WH,
    SEATS,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State

TRUST = 0.7  # weight of the second leg, which may not come; best of 0.6, 0.8, 1 on training days


@kernel
def others(p: Problem, s: State, b: int, port: int, by: int) -> int:
    """How many others are expected to be ready at a port by some time."""
    count = 0
    for k in range(p.counts[s.row[b, SLOT], NUM_AIRCRAFT]):
        here = s.craft[b, k, PORT] == port and k != s.row[b, POINTED]
        if here and ready_s(p, s, b, k) <= by:
            count += 1
    return count


@kernel
def expect(p: Problem, s: State, known: Known, b: int, port: int, at: int) -> None:
    """Passengers who will wait at a port at some time if nobody flies until then.

    In the present bin those are who wait now, in later ones the expected ones of the bin.
    """
    i = s.row[b, SLOT]
    ports, length = p.counts[i, NUM_PORTS], p.counts[i, BIN_S]
    for to in range(ports):
        pair = pair_of(p, s, b, port, to)
        if at // length == s.row[b, NOW] // length:
            known.left[b, to] = refresh(p, s, b, pair)
        else:
            known.left[b, to] = p.demand[i, at // length, pair]


@kernel
def leg_cost(p: Problem, s: State, b: int, pair: int, time_bin: int) -> float:
    """Dollars for the miles and the energy of a leg in some bin."""
    i = s.row[b, SLOT]
    energy = p.pair[i, pair, LEG_WH] / 1000.0 * p.price[i, time_bin]
    return operation_cost(p, s, b, pair) + energy


@kernel
def _best_left(
    p: Problem, s: State, known: Known, b: int, port: int, at: int, energy: int
) -> tuple[int, float]:
    """Where the leg with the highest profit goes that is left at a port, and its profit."""
    i = s.row[b, SLOT]
    time_bin, seats = at // p.counts[i, BIN_S], float(p.counts[i, SEATS])
    best, gain = NONE, 0.0
    for to in range(p.counts[i, NUM_PORTS]):
        pair = pair_of(p, s, b, port, to)
        takes = p.pair[i, pair, LEG_WH]
        if to == port or energy - takes - p.port[i, to, ONWARD_WH] < p.counts[i, RESERVE_WH]:
            continue
        profit = min(seats, known.left[b, to]) * p.fare[i, time_bin, pair]
        profit -= leg_cost(p, s, b, pair, time_bin)
        if profit > gain:
            best, gain = to, profit
    return best, gain


@kernel
def _follow_up(
    p: Problem, s: State, known: Known, b: int, port: int, at: int, energy: int
) -> tuple[float, int]:
    """Profit and seconds of the leg that is left at a port when all others there have left."""
    i = s.row[b, SLOT]
    if at >= p.counts[i, HORIZON]:
        return 0.0, 0
    expect(p, s, known, b, port, at)
    for _ in range(others(p, s, b, port, at)):
        best, _gain = _best_left(p, s, known, b, port, at, energy)
        if best == NONE:
            return 0.0, 0
        known.left[b, best] = max(0.0, known.left[b, best] - p.counts[i, SEATS])
    best, gain = _best_left(p, s, known, b, port, at, energy)
    if best == NONE:
        return 0.0, 0
    pair = pair_of(p, s, b, port, best)
    landed = energy - p.pair[i, pair, LEG_WH]
    charge = charge_s(p, i, best, landed, level_at(p, known, i, best, landed))
    return TRUST * gain, p.port[i, port, EXPECTED_DELAY] + p.pair[i, pair, BLOCK_S] + charge


@kernel
def leg_rate(
    p: Problem, s: State, known: Known, b: int, port: int, takes: int, energy: int, gain: float
) -> float:
    """Dollars per second of a leg that brings a gain, and of the best one expected after it."""
    then, until = _follow_up(p, s, known, b, port, s.row[b, NOW] + takes, energy)
    return (gain + then) / (takes + until)


@kernel
def stay_rate(p: Problem, s: State, known: Known, b: int) -> float:
    """Dollars per second of staying until the next bin, and of the best leg expected then."""
    craft, length = s.craft[b, s.row[b, POINTED]], p.counts[s.row[b, SLOT], BIN_S]
    at = (s.row[b, NOW] // length + 1) * length
    energy, i = craft[CHARGE_WH], s.row[b, SLOT]
    if p.port[i, craft[PORT], CHARGERS] > 0:
        energy = max(energy, p.level[i, known.level[i, craft[PORT]]])
    then, until = _follow_up(p, s, known, b, craft[PORT], at, energy)
    return then / float(at - s.row[b, NOW] + until)
