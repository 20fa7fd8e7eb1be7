"""Resetting rows, legality, and applying decisions."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.events import advance, is_down, stay, why_not
from dispatchlab.envs.uam.dynamics.flights import NO_SUCH_ACTION, fly
from dispatchlab.envs.uam.dynamics.layout import (
    BEHIND,
    CHARGE_WH,
    DECISIONS,
    FIRST,
    HELD,
    LEG,
    NEVER,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_LEVELS,
    NUM_PORTS,
    POINTED,
    PORT,
    READY,
    SLOT,
    START_PORT,
    START_WH,
    STATUS,
    UNTIL,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State


@kernel
def reset_row(p: Problem, s: State, b: int, slot: int, choices: bool) -> None:
    """Every aircraft is ready where the day begins."""
    ports = p.counts[slot, NUM_PORTS]
    s.row[b] = 0
    s.row[b, SLOT], s.row[b, POINTED] = slot, NONE
    s.money[b] = 0.0
    s.craft[b] = 0
    s.port[b] = 0
    s.lane[b] = -NEVER
    for pair in range(ports * ports):
        s.pair[b, pair, FIRST] = s.pair[b, pair, BEHIND] = p.offset[slot, pair]
    for k in range(p.counts[slot, NUM_AIRCRAFT]):
        craft = s.craft[b, k]
        craft[STATUS], craft[UNTIL], craft[LEG] = READY, NEVER, NONE
        craft[PORT], craft[CHARGE_WH] = p.craft[slot, k, START_PORT], p.craft[slot, k, START_WH]
        s.port[b, craft[PORT], HELD] += 1
    advance(p, s, b, choices)


@kernel
def why_illegal(p: Problem, s: State, b: int, action: int) -> int:
    """`LEGAL`, or why the aircraft that is asked may not do something."""
    i = s.row[b, SLOT]
    levels = p.counts[i, NUM_LEVELS]
    if action < 0 or action >= p.counts[i, NUM_PORTS] * levels:
        return NO_SUCH_ACTION
    return why_not(p, s, b, s.row[b, POINTED], action // levels, action % levels)


@kernel
def _stay_alike(p: Problem, s: State, b: int, k: int) -> None:
    """Those who are like an aircraft that waits wait as well: they have the same choice."""
    for other in range(p.counts[s.row[b, SLOT], NUM_AIRCRAFT]):
        craft = s.craft[b, other]
        alike = craft[PORT] == s.craft[b, k, PORT] and craft[CHARGE_WH] == s.craft[b, k, CHARGE_WH]
        if alike and craft[STATUS] == READY and not is_down(p, s, b, other):
            stay(p, s, b, other, 0)


@kernel
def apply_action(p: Problem, s: State, b: int, action: int, choices: bool) -> None:
    """Play a legal action, and go on to the next decision."""
    k, levels = s.row[b, POINTED], p.counts[s.row[b, SLOT], NUM_LEVELS]
    if s.decision_log.shape[1] > 0:
        log = s.decision_log[b, s.row[b, DECISIONS]]
        log[0], log[1], log[2] = s.row[b, NOW], k, action
    s.row[b, DECISIONS] += 1
    port, level = action // levels, action % levels
    if port != s.craft[b, k, PORT]:
        fly(p, s, b, k, port, level)
    elif stay(p, s, b, k, level) and choices:
        _stay_alike(p, s, b, k)
    advance(p, s, b, choices)
