"""Whom and what to expect at a port at a later time."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import operation_cost, pair_of, refresh
from dispatchlab.envs.uam.dynamics.layout import (
    BIN_S,
    LEG_WH,
    NOW,
    NUM_AIRCRAFT,
    NUM_PORTS,
    POINTED,
    PORT,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.knowledge import Known, ready_s


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
