"""Futures: the day as it may go on from a decision, as far as a scheduler can tell."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.rule_kernels import choose
from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.copying import copy_vector
from dispatchlab.envs.uam.dynamics.apply import apply_action
from dispatchlab.envs.uam.dynamics.layout import (
    BEHIND,
    BIN_S,
    BLOCK_S,
    DEPARTED,
    DONE,
    DOWN,
    DOWN_FROM,
    DOWN_UNTIL,
    ENERGY,
    ENTERED,
    FIRST,
    FLYING,
    NEVER,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_BINS,
    NUM_PORTS,
    OPERATION,
    ORIGIN,
    PORT,
    REQUEST,
    REVENUE,
    SLOT,
    STATUS,
    UNTIL,
    WAIT_S,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.knowledge import Known
from dispatchlab.envs.uam.outlook.prices import Prices

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@kernel
def _graft_closures(p: Problem, i: int, drawn: Problem, out: Problem, k: int, now: int) -> None:
    """Those that have shown themselves, then drawn ones."""
    ports, bins = p.counts[i, NUM_PORTS], now // p.counts[i, BIN_S] + 1
    for time_bin in range(p.counts[i, NUM_BINS]):
        source = p.closed[i] if time_bin < bins else drawn.closed[k]
        for pair in range(ports * ports):
            out.closed[k, time_bin, pair] = source[time_bin, pair]


@kernel
def _graft_passengers(p: Problem, i: int, drawn: Problem, out: Problem, k: int, now: int) -> None:
    """Those who have come, then drawn ones."""
    ports, at = p.counts[i, NUM_PORTS], 0
    for pair in range(ports * ports):
        out.offset[k, pair] = at
        for j in range(p.offset[i, pair], p.offset[i, pair + 1]):
            if p.passenger[i, j, REQUEST] > now:
                break
            copy_vector(out.passenger[k, at], p.passenger[i, j])
            at += 1
        for j in range(drawn.offset[k, pair], drawn.offset[k, pair + 1]):
            if drawn.passenger[k, j, REQUEST] > now:
                copy_vector(out.passenger[k, at], drawn.passenger[k, j])
                at += 1
    out.offset[k, ports * ports] = at


@kernel
def _graft_outages(
    p: Problem, s: State, b: int, drawn: Problem, out: Problem, k: int, now: int
) -> None:
    """Who is out of service stays so; others fail later or never."""
    for craft in range(p.counts[s.row[b, SLOT], NUM_AIRCRAFT]):
        outage, later = out.craft[k, craft], drawn.craft[k, craft]
        outage[DOWN_FROM], outage[DOWN_UNTIL] = NONE, NONE
        if s.craft[b, craft, STATUS] == DOWN:
            outage[DOWN_FROM], outage[DOWN_UNTIL] = now, NEVER
        elif later[DOWN_FROM] > now:
            outage[DOWN_FROM], outage[DOWN_UNTIL] = later[DOWN_FROM], later[DOWN_UNTIL]


@kernel
def _begin_row(
    p: Problem, s: State, b: int, out: Problem, k: int, rows: State, r: int
) -> None:  # fmt: skip
    """Make a row equal to the day that is played, with a drawn delay of who is yet to take off."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    ports = p.counts[i, NUM_PORTS]
    copy_vector(rows.row[r], s.row[b])
    rows.row[r, SLOT] = k
    rows.money[r] = 0.0
    for port in range(ports):
        copy_vector(rows.port[r, port], s.port[b, port])
    for pair in range(ports * ports):
        for lane in range(min(s.lane.shape[2], rows.lane.shape[2])):
            # When somebody enters it who is yet to take off, nobody knows.
            rows.lane[r, pair, lane] = min(s.lane[b, pair, lane], now)
        shift = out.offset[k, pair] - p.offset[i, pair]
        rows.pair[r, pair, FIRST] = s.pair[b, pair, FIRST] + shift
        rows.pair[r, pair, BEHIND] = s.pair[b, pair, BEHIND] + shift
    for index in range(p.counts[i, NUM_AIRCRAFT]):
        craft = rows.craft[r, index]
        copy_vector(craft, s.craft[b, index])
        if craft[STATUS] == DOWN:
            craft[UNTIL] = NEVER
        elif craft[STATUS] == FLYING and now < craft[ENTERED]:
            delay = out.takeoff[k, craft[ORIGIN], craft[DEPARTED] // p.counts[i, WAIT_S]]
            craft[ENTERED] = max(now, craft[DEPARTED] + delay)
            pair = craft[ORIGIN] * ports + craft[PORT]
            craft[UNTIL] = craft[ENTERED] + p.pair[i, pair, BLOCK_S]


@entry_kernel
def play_futures(
    p: Problem, s: State, b: int, drawn: Problem, out: Problem, rows: State, known: Known,
    prices: Prices, how: IntArray, choices: bool, actions: IntArray, until: int,
    profits: FloatArray,
) -> None:  # fmt: skip
    """Play actions of a row, and a rule after them, in every future.

    Args:
        p: The problems that are played.
        s: Their states.
        b: The row.
        drawn: Days that were drawn for its instance, one a slot.
        out: The same days as ``drawn``; what has happened is written over it, but for take-off
            delays, which show when somebody takes off.
        rows: Room for as many states times actions.
        known: What the rule knows of ``out``.
        prices: The same.
        how: Settings of the rule.
        choices: Whether to stop at choices only.
        actions: ``(A,)`` legal actions.
        until: Seconds at which futures end.
        profits: ``(A, S)`` dollars, written.
    """
    i, now = s.row[b, SLOT], s.row[b, NOW]
    count = profits.shape[1]
    for k in range(count):
        _graft_closures(p, i, drawn, out, k, now)
        _graft_passengers(p, i, drawn, out, k, now)
        _graft_outages(p, s, b, drawn, out, k, now)
        for index in range(len(actions)):
            r = index * count + k
            _begin_row(p, s, b, out, k, rows, r)
            apply_action(out, rows, r, actions[index], choices)
            while rows.row[r, DONE] == 0 and rows.row[r, NOW] < until:
                apply_action(out, rows, r, choose(out, rows, known, prices, r, how), choices)
            money = rows.money[r]
            profits[index, k] = money[REVENUE] - money[OPERATION] - money[ENERGY]
