"""Kernels that look ahead: demand of later bins, and what a port will be like."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import bin_of
from dispatchlab.envs.uam.dynamics.layout import (
    BIN_S,
    LEG_WH,
    NUM_BINS,
    NUM_PORTS,
    OP_COST,
    SEATS,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State


@kernel
def expected_demand(p: Problem, s: State, b: int, pair: int, bins: int) -> float:
    """Expected passengers of a pair in a bin, counted from the present one; 0 after the day."""
    i, t = s.row[b, SLOT], bin_of(p, s, b) + bins
    return p.demand[i, t, pair] if t < p.counts[i, NUM_BINS] else 0.0


@kernel
def demand_from(p: Problem, s: State, b: int, port: int, time: int) -> float:
    """Expected passengers from a port in the bin of some time; 0 after the day."""
    i = s.row[b, SLOT]
    t = time // p.counts[i, BIN_S]
    return p.outlook[i, t, port, 0] if t < p.counts[i, NUM_BINS] else 0.0


@kernel
def best_profit_from(p: Problem, s: State, b: int, port: int, time: int, rivals: int) -> float:
    """Best expected profit of a leg from a port in the bin of some time; at least 0.

    Each pair's expected passengers are shared with the rivals in proportion to demand.
    """
    i, best = s.row[b, SLOT], 0.0
    t, ports, seats = time // p.counts[i, BIN_S], p.counts[i, NUM_PORTS], p.counts[i, SEATS]
    total = demand_from(p, s, b, port, time)
    if total <= 0.0:
        return 0.0
    for other in range(ports):
        pair = port * ports + other
        wanted = p.demand[i, t, pair]
        if wanted <= 0.0:
            continue
        left = max(0.0, wanted - seats * rivals * wanted / total)
        costs = p.distance[i, pair] * p.scales[i, OP_COST]
        costs += p.pair[i, pair, LEG_WH] / 1000.0 * p.price[i, t]
        best = max(best, min(float(seats), left) * p.fare[i, t, pair] - costs)
    return best
