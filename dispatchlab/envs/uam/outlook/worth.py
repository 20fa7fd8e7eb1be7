"""What an aircraft is worth at a port at a time, among those who will be there."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import pair_of
from dispatchlab.envs.uam.dynamics.layout import (
    BIN_S,
    HORIZON,
    NONE,
    NOW,
    NUM_PORTS,
    POINTED,
    PORT,
    SEATS,
    SLOT,
    WAIT_S,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.expected import expect, leg_cost, others
from dispatchlab.envs.uam.outlook.knowledge import Known
from dispatchlab.envs.uam.outlook.prices import Prices


@kernel
def price_at(p: Problem, s: State, prices: Prices, b: int, port: int, at: int) -> float:
    """The price of an aircraft at a port from some time on, between ticks in proportion."""
    i = s.row[b, SLOT]
    if at >= p.counts[i, HORIZON]:
        return 0.0
    tick, wait = at // p.counts[i, WAIT_S], p.counts[i, WAIT_S]
    share = (at - tick * wait) / float(wait)
    value = prices.value[b]
    return value[tick, port] + share * (value[tick + 1, port] - value[tick, port])


@kernel
def _best_left(
    p: Problem, s: State, known: Known, prices: Prices, b: int, port: int, at: int, least: float
) -> tuple[int, float]:
    """Where the best leg goes that is left at a port, and what it and its end are worth."""
    i = s.row[b, SLOT]
    time_bin, seats = at // p.counts[i, BIN_S], float(p.counts[i, SEATS])
    best, most = NONE, least
    for to in range(p.counts[i, NUM_PORTS]):
        pair = pair_of(p, s, b, port, to)
        ticks = prices.ticks[i, pair]
        if ticks == 0:
            continue
        gain = min(seats, known.left[b, to]) * p.fare[i, time_bin, pair]
        gain -= leg_cost(p, s, b, pair, time_bin)
        worth = gain + price_at(p, s, prices, b, to, at + ticks * p.counts[i, WAIT_S])
        if worth > most:
            best, most = to, worth
    return best, most


@kernel
def worth_at(
    p: Problem, s: State, known: Known, prices: Prices, b: int, port: int, at: int
) -> float:
    """What an aircraft is worth that is ready at a port at some time.

    All who are there by then take the best leg that is left when it is their turn, or wait for the
    next bin; what follows after that is worth its price.
    """
    i = s.row[b, SLOT]
    if at >= p.counts[i, HORIZON]:
        return 0.0
    length = p.counts[i, BIN_S]
    wait = price_at(p, s, prices, b, port, (at // length + 1) * length)
    expect(p, s, known, b, port, at)
    for _ in range(others(p, s, b, port, at)):
        best, _worth = _best_left(p, s, known, prices, b, port, at, wait)
        if best == NONE:
            return wait
        known.left[b, best] = max(0.0, known.left[b, best] - p.counts[i, SEATS])
    best, worth = _best_left(p, s, known, prices, b, port, at, wait)
    return worth


@kernel
def stay_worth(p: Problem, s: State, known: Known, prices: Prices, b: int) -> float:
    """What the aircraft that is asked is worth where it is when the next bin begins."""
    length = p.counts[s.row[b, SLOT], BIN_S]
    at = (s.row[b, NOW] // length + 1) * length
    return worth_at(p, s, known, prices, b, s.craft[b, s.row[b, POINTED], PORT], at)
