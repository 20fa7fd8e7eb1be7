"""Days that are played from genes: a row of genes says what is decided in a row."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.rule_kernels import stay_action
from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.uam.dynamics.apply import apply_action, why_illegal
from dispatchlab.envs.uam.dynamics.flights import (
    LEGAL,
    bin_of,
    energy_after,
    leg_profit,
    pair_of,
)
from dispatchlab.envs.uam.dynamics.layout import (
    DECISIONS,
    DONE,
    NONE,
    NUM_PORTS,
    POINTED,
    PORT,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.knowledge import Known, action_of, leg_s, level_at

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
HOUR = 3600.0


@kernel
def _action_to(p: Problem, s: State, known: Known, b: int, port: int) -> int:
    """The action that takes the aircraft that is asked to a port."""
    k = s.row[b, POINTED]
    if port == s.craft[b, k, PORT]:
        return stay_action(p, s, known, b)
    level = level_at(p, known, s.row[b, SLOT], port, energy_after(p, s, b, k, port))
    return action_of(p, s, b, port, level)


@kernel
def _by_destination(p: Problem, s: State, known: Known, b: int, genes: FloatArray) -> int:
    """The destination of this decision; if that is illegal, the nearest port to it that is not."""
    i = s.row[b, SLOT]
    wanted = int(genes[s.row[b, DECISIONS] % len(genes)])
    best, nearest = NONE, 0.0
    for port in range(p.counts[i, NUM_PORTS]):
        action = _action_to(p, s, known, b, port)
        away = p.distance[i, pair_of(p, s, b, wanted, port)]
        if (best == NONE or away < nearest) and why_illegal(p, s, b, action) == LEGAL:
            best, nearest = action, away
    return best


@kernel
def _by_bias(p: Problem, s: State, known: Known, b: int, genes: FloatArray) -> int:
    """The leg with the highest profit per hour plus its bias, or the bias of staying."""
    i, k = s.row[b, SLOT], s.row[b, POINTED]
    ports, own = p.counts[i, NUM_PORTS], s.craft[b, k, PORT]
    first = bin_of(p, s, b) * ports * ports
    best, most = NONE, genes[first + pair_of(p, s, b, own, own)]
    for port in range(ports):
        action = _action_to(p, s, known, b, port)
        if port == own or why_illegal(p, s, b, action) != LEGAL:
            continue
        pair = pair_of(p, s, b, own, port)
        level = action - action_of(p, s, b, port, 0)
        rate = leg_profit(p, s, b, pair) * HOUR / leg_s(p, s, b, k, port, level)
        if rate + genes[first + pair] > most:
            best, most = action, rate + genes[first + pair]
    return stay_action(p, s, known, b) if best == NONE else best


@kernel
def _choose(p: Problem, s: State, known: Known, b: int, genes: FloatArray, biases: bool) -> int:
    if biases:
        return _by_bias(p, s, known, b, genes)
    return _by_destination(p, s, known, b, genes)


@entry_kernel
def choose_by_genes(
    p: Problem, s: State, known: Known, genes: FloatArray, sizes: IntArray, biases: bool,
    actions: IntArray,
) -> None:  # fmt: skip
    """The action of every row by as many of its genes as it has; 0 where the day is over."""
    for b in range(len(actions)):
        actions[b] = 0
        if s.row[b, DONE] == 0:
            actions[b] = _choose(p, s, known, b, genes[b, : sizes[b]], biases)


@entry_kernel
def play_genes(
    p: Problem, s: State, known: Known, genes: FloatArray, sizes: IntArray, biases: bool,
    choices: bool,
) -> None:  # fmt: skip
    """Play the first rows, one for each row of genes, to their ends."""
    for b in range(len(sizes)):
        while s.row[b, DONE] == 0:
            action = _choose(p, s, known, b, genes[b, : sizes[b]], biases)
            apply_action(p, s, b, action, choices)
