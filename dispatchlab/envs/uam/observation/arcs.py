"""Kernels that write the arcs, among them one for every open decision."""

import numpy as np

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.apply import why_illegal
from dispatchlab.envs.uam.dynamics.flights import (
    LEGAL,
    bin_of,
    boarding,
    energy_after,
    leg_profit,
    refresh,
)
from dispatchlab.envs.uam.dynamics.layout import (
    BATTERY_WH,
    BLOCK_S,
    CHARGE_WH,
    DONE,
    LEG_WH,
    MEAN_FARE,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_LEVELS,
    NUM_PORTS,
    POINTED,
    PORT,
    SEATS,
    SLOT,
    WAIT_S,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.observation.arrays import GraphArrays
from dispatchlab.envs.uam.observation.features import SCALE_MI, SCALE_S, Float32Array, clip
from dispatchlab.envs.uam.observation.forecast import (
    best_profit_from,
    demand_from,
    expected_demand,
)
from dispatchlab.envs.uam.outlook.expected import others
from dispatchlab.envs.uam.outlook.knowledge import leg_s, ready_s


@kernel
def load_value(p: Problem, s: State, b: int) -> float:
    """Mean fare of a full aircraft."""
    i = s.row[b, SLOT]
    return p.scales[i, MEAN_FARE] * p.counts[i, SEATS]


@kernel
def write_arcs(p: Problem, s: State, b: int, out: GraphArrays, index: int) -> None:
    """Write where aircraft are or land, and the pairs of vertiports within range."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    ports, count, found = p.counts[i, NUM_PORTS], p.counts[i, NUM_AIRCRAFT], 0
    for k in range(count):
        out.at[index, 0, k], out.at[index, 1, k] = k, s.craft[b, k, PORT]
        out.at_x[index, k, 0] = clip((ready_s(p, s, b, k) - now) / SCALE_S)
    out.num_at[index, 0] = count
    for origin in range(ports):
        for destination in range(ports):
            pair = origin * ports + destination
            inside = p.pair[i, pair, LEG_WH] <= p.counts[i, BATTERY_WH]
            if origin != destination and inside:
                out.pair[index, 0, found], out.pair[index, 1, found] = origin, destination
                _write_pair(p, s, b, pair, out.pair_x[index, found])
                found += 1
    out.num_pairs[index, 0] = found


@kernel
def _write_pair(p: Problem, s: State, b: int, pair: int, x: Float32Array) -> None:
    """Write the features in the order of `PAIR_FEATURES`."""
    i, seats = s.row[b, SLOT], float(p.counts[s.row[b, SLOT], SEATS])
    now = bin_of(p, s, b)
    if s.row[b, DONE] != 0:
        return
    x[0] = clip(p.distance[i, pair] / SCALE_MI)
    x[1] = clip(p.pair[i, pair, BLOCK_S] / SCALE_S)
    x[2] = p.pair[i, pair, LEG_WH] / p.counts[i, BATTERY_WH]
    x[3] = float(p.closed[i, now, pair])
    x[4] = clip(leg_profit(p, s, b, pair) / load_value(p, s, b))
    x[5] = np.log1p(refresh(p, s, b, pair) / seats)
    x[6] = np.log1p(expected_demand(p, s, b, pair, 1) / seats)
    x[7] = np.log1p(expected_demand(p, s, b, pair, 2) / seats)
    x[8] = clip(p.fare[i, now, pair] / p.scales[i, MEAN_FARE])


@kernel
def write_options(p: Problem, s: State, b: int, out: GraphArrays, index: int) -> None:
    """Write an arc for every legal action, the candidates and the mask."""
    out.candidates[index] = NONE
    if s.row[b, DONE] != 0:
        return
    i, k, found = s.row[b, SLOT], s.row[b, POINTED], 0
    levels = p.counts[i, NUM_LEVELS]
    for action in range(p.counts[i, NUM_PORTS] * levels):
        if why_illegal(p, s, b, action) != LEGAL:
            continue
        port, level = action // levels, action % levels
        out.option[index, 0, found], out.option[index, 1, found] = k, port
        _write_option(p, s, b, k, port, level, out.option_x[index, found])
        candidate = out.candidates[index, action]
        candidate[0], candidate[1], candidate[2] = k, port, found
        out.mask[index, action] = 1
        found += 1
    out.num_options[index, 0] = found


@kernel
def _write_option(
    p: Problem, s: State, b: int, k: int, port: int, level: int, x: Float32Array
) -> None:
    """Write the features in the order of `OPTION_FEATURES`."""
    i, now, craft = s.row[b, SLOT], s.row[b, NOW], s.craft[b, k]
    seats, load, battery = float(p.counts[i, SEATS]), load_value(p, s, b), p.counts[i, BATTERY_WH]
    span, profit = p.counts[i, WAIT_S], 0.0
    pair = craft[PORT] * p.counts[i, NUM_PORTS] + port
    if port == craft[PORT]:
        x[0] = 1.0
        x[6] = craft[CHARGE_WH] / battery
    else:
        profit, span = leg_profit(p, s, b, pair), leg_s(p, s, b, k, port, level)
        x[1] = clip(profit / load)
        x[2] = boarding(p, s, b, pair) / seats
        x[3] = clip(profit / load * SCALE_S / span)
        x[4] = clip(p.pair[i, pair, BLOCK_S] / SCALE_S)
        x[6] = energy_after(p, s, b, k, port) / battery
        x[8] = np.log1p(refresh(p, s, b, pair) / seats)
        x[9] = np.log1p(expected_demand(p, s, b, pair, 1) / seats)
    x[5] = clip(span / SCALE_S)
    x[7] = p.level[i, level] / battery
    then = now + span
    wanted, rivals = demand_from(p, s, b, port, then), others(p, s, b, port, then)
    x[10], x[11] = np.log1p(wanted / seats), np.log1p(rivals)
    x[12] = np.log1p(wanted / seats / (1 + rivals))
    follow = best_profit_from(p, s, b, port, then, rivals)
    x[13] = clip(follow / load)
    x[14] = clip((profit + follow) / load * SCALE_S / (span + SCALE_S))
