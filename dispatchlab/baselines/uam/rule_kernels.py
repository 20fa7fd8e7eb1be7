"""The rules as kernels: one decision in one row."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.rebalancing import rebalance
from dispatchlab.baselines.uam.settings import (
    AT_RANDOM,
    LOOKAHEAD,
    NEAREST,
    NOWHERE,
    PRICE,
    PROFIT,
    REBALANCE,
    SCORE,
    STAY,
)
from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.random_bits import next_random
from dispatchlab.envs.uam.dynamics.apply import apply_action, why_illegal
from dispatchlab.envs.uam.dynamics.flights import (
    LEGAL,
    boarding,
    energy_after,
    leg_profit,
    pair_of,
)
from dispatchlab.envs.uam.dynamics.layout import (
    CHARGE_WH,
    DONE,
    NONE,
    NOW,
    NUM_LEVELS,
    NUM_PORTS,
    POINTED,
    PORT,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.knowledge import Known, action_of, leg_s, level_at
from dispatchlab.envs.uam.outlook.lookahead import leg_rate, stay_rate
from dispatchlab.envs.uam.outlook.prices import Prices, begins, find_prices
from dispatchlab.envs.uam.outlook.worth import stay_worth, worth_at

IntArray = npt.NDArray[np.int64]


@kernel
def _draw(p: Problem, s: State, known: Known, b: int) -> int:
    """A legal action, drawn uniformly."""
    i, count = s.row[b, SLOT], 0
    actions = p.counts[i, NUM_PORTS] * p.counts[i, NUM_LEVELS]
    for action in range(actions):
        count += why_illegal(p, s, b, action) == LEGAL
    chosen = next_random(known.streams, b) % count
    for action in range(actions):
        if why_illegal(p, s, b, action) == LEGAL:
            if chosen == 0:
                return action
            chosen -= 1
    return 0


@kernel
def stay_action(p: Problem, s: State, known: Known, b: int) -> int:
    """Stay, and charge if there is less energy than most legs from here take."""
    i, craft = s.row[b, SLOT], s.craft[b, s.row[b, POINTED]]
    level = level_at(p, known, i, craft[PORT], craft[CHARGE_WH])
    return action_of(p, s, b, craft[PORT], level)


@kernel
def _score(
    p: Problem,
    s: State,
    known: Known,
    prices: Prices,
    b: int,
    score: int,
    destination: int,
    level: int,
) -> float:
    """What a legal leg is worth; who has no leg above 0 stays."""
    if score == LOOKAHEAD:
        return leg_rate(p, s, known, b, destination, level)
    k = s.row[b, POINTED]
    pair = pair_of(p, s, b, s.craft[b, k, PORT], destination)
    if score == NEAREST:
        return 1.0 / p.distance[s.row[b, SLOT], pair] if boarding(p, s, b, pair) > 0 else 0.0
    gain = leg_profit(p, s, b, pair)
    if score == PROFIT:
        return gain
    takes = leg_s(p, s, b, k, destination, level)
    if score == PRICE:
        return gain + worth_at(p, s, known, prices, b, destination, s.row[b, NOW] + takes)
    return gain / takes


@kernel
def best_leg(p: Problem, s: State, known: Known, prices: Prices, b: int, score: int) -> int:
    """The leg with the highest score above that of staying, or `NONE`; ties: lowest index."""
    i, k = s.row[b, SLOT], s.row[b, POINTED]
    best, most = NONE, 0.0
    if score == LOOKAHEAD:
        most = stay_rate(p, s, known, b)
    elif score == PRICE:
        most = stay_worth(p, s, known, prices, b)
    for port in range(p.counts[i, NUM_PORTS]):
        if port == s.craft[b, k, PORT]:
            continue
        level = level_at(p, known, i, port, energy_after(p, s, b, k, port))
        action = action_of(p, s, b, port, level)
        if why_illegal(p, s, b, action) == LEGAL:
            value = _score(p, s, known, prices, b, score, port, level)
            if value > most:
                best, most = action, value
    return best


@kernel
def choose(p: Problem, s: State, known: Known, prices: Prices, b: int, how: IntArray) -> int:
    """The action of a rule in a row that is not over."""
    if how[SCORE] == AT_RANDOM:
        return _draw(p, s, known, b)
    if how[SCORE] == PRICE and begins(s, prices, b):
        find_prices(p, s, prices, b)
    action = NONE
    if how[SCORE] != STAY:
        action = best_leg(p, s, known, prices, b, how[SCORE])
    if action == NONE and how[REBALANCE] != NOWHERE:
        action = rebalance(p, s, known, b, how[REBALANCE])
    return stay_action(p, s, known, b) if action == NONE else action


@entry_kernel
def choose_all(
    p: Problem, s: State, known: Known, prices: Prices, how: IntArray, actions: IntArray
) -> None:
    """The action of a rule in every row; 0 where the day is over."""
    for b in range(len(actions)):
        actions[b] = 0
        if s.row[b, DONE] == 0:
            actions[b] = choose(p, s, known, prices, b, how)


@entry_kernel
def play_all(
    p: Problem, s: State, known: Known, prices: Prices, how: IntArray, choices: bool
) -> None:
    """Play every row to its end."""
    for b in range(s.row.shape[0]):
        while s.row[b, DONE] == 0:
            apply_action(p, s, b, choose(p, s, known, prices, b, how), choices)
