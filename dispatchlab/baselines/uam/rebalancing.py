"""Where aircraft go that have nothing to earn."""

from dispatchlab.baselines.uam.settings import EQUAL
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.apply import why_illegal
from dispatchlab.envs.uam.dynamics.flights import LEGAL, energy_after, pair_of
from dispatchlab.envs.uam.dynamics.layout import (
    FLYING,
    HELD,
    NONE,
    NUM_AIRCRAFT,
    NUM_PORTS,
    ORIGIN,
    POINTED,
    PORT,
    SLOT,
    STATUS,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.knowledge import Known, action_of, level_at


@kernel
def _below_share(p: Problem, s: State, b: int, port: int) -> bool:
    """Whether a port has fewer aircraft, there or inbound, than an equal share."""
    i = s.row[b, SLOT]
    return bool(s.port[b, port, HELD] < p.counts[i, NUM_AIRCRAFT] // p.counts[i, NUM_PORTS])


@kernel
def _drained(p: Problem, s: State, b: int, port: int) -> bool:
    """Whether more aircraft are flying away from a port than towards it."""
    net = 0
    for k in range(p.counts[s.row[b, SLOT], NUM_AIRCRAFT]):
        craft = s.craft[b, k]
        if craft[STATUS] == FLYING:
            net += (craft[ORIGIN] == port) - (craft[PORT] == port)
    return net > 0


@kernel
def rebalance(p: Problem, s: State, known: Known, b: int, kind: int) -> int:
    """The action that takes the aircraft that is asked where one is missing, or `NONE`.

    Of several ports the nearest, of these the one of lowest index; nobody leaves a port that
    misses one itself.
    """
    i, k = s.row[b, SLOT], s.row[b, POINTED]
    own, share = s.craft[b, k, PORT], p.counts[i, NUM_AIRCRAFT] // p.counts[i, NUM_PORTS]
    if kind == EQUAL:
        if s.port[b, own, HELD] <= share:
            return NONE
    elif _drained(p, s, b, own):
        return NONE
    best, nearest = NONE, 0.0
    for port in range(p.counts[i, NUM_PORTS]):
        misses = _below_share(p, s, b, port) if kind == EQUAL else _drained(p, s, b, port)
        if port == own or not misses:
            continue
        level = level_at(p, known, i, port, energy_after(p, s, b, k, port))
        action = action_of(p, s, b, port, level)
        away = p.distance[i, pair_of(p, s, b, own, port)]
        if (best == NONE or away < nearest) and why_illegal(p, s, b, action) == LEGAL:
            best, nearest = action, away
    return best
