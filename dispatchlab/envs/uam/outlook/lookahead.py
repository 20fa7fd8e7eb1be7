"""One step ahead: what is expected to be left at a port for who is ready there later."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import energy_after, leg_profit, pair_of
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
from dispatchlab.envs.uam.outlook.expected import expect, leg_cost, others
from dispatchlab.envs.uam.outlook.knowledge import Known, charge_s, leg_s, level_at

TRUST = 0.7  # weight of the second leg, which may not come; best of 0.6, 0.8, 1 on training days


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
def leg_rate(p: Problem, s: State, known: Known, b: int, port: int, level: int) -> float:
    """Dollars per second of a legal leg, and of the best one expected after it."""
    i, k = s.row[b, SLOT], s.row[b, POINTED]
    energy = energy_after(p, s, b, k, port)
    if p.port[i, port, CHARGERS] > 0:
        energy = max(energy, p.level[i, level])
    takes = leg_s(p, s, b, k, port, level)
    gain = leg_profit(p, s, b, pair_of(p, s, b, s.craft[b, k, PORT], port))
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
