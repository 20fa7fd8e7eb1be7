"""One-step policy improvement: every action is judged by rehearsing a base rule after it.

Sources: Bertsekas, Tsitsiklis and Wu (1997), Rollout algorithms for combinatorial optimization;
Chang, Givan and Chong (2000), for the best of several rules (parallel rollout).
"""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.soc.rule_kernels import play
from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.soc.dynamics.apply import (
    apply_pair,
    earliest_finish_pe,
    is_legal,
    num_visible,
    wait_action,
)
from dispatchlab.envs.soc.dynamics.layout import AREA, DONE, NEVER
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.rehearsal import begin_rehearsal
from dispatchlab.envs.soc.dynamics.state import State

IntArray = npt.NDArray[np.int64]


@kernel
def rehearse_rules(
    p: Problem, s: State, b: int, scratch: State, action: int, rules: IntArray,
    streams: npt.NDArray[np.uint64],
) -> int:  # fmt: skip
    """Sum of the remaining times of the jobs in work after an action, by the best of the rules."""
    least = NEVER
    for rule in rules:
        begin_rehearsal(p, scratch, 0, s, b)
        apply_pair(p, scratch, 0, action)
        play(p, scratch, 0, rule, streams)
        least = min(least, scratch.row[0, AREA])
    return least


@entry_kernel
def judge_all(
    p: Problem, s: State, scratch: State, rules: IntArray, wait: bool,
    streams: npt.NDArray[np.uint64], costs: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Cost of every legal (task, PE) action of every row; infinite for the others."""
    pes = s.pe.shape[1]
    for b in range(len(costs)):
        costs[b] = np.inf
        if s.row[b, DONE] != 0:
            continue
        for action in range(num_visible(s, b) * pes):
            if is_legal(p, s, b, action, False):
                costs[b, action] = rehearse_rules(p, s, b, scratch, action, rules, streams)
        last = wait_action(s, b)
        if wait and is_legal(p, s, b, last, True):
            costs[b, last] = rehearse_rules(p, s, b, scratch, last, rules, streams)


@entry_kernel
def judge_orders(
    p: Problem, s: State, scratch: State, rules: IntArray, streams: npt.NDArray[np.uint64],
    costs: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Cost of taking every ready task next, where it ends first; infinite for the others."""
    for b in range(len(costs)):
        costs[b] = np.inf
        if s.row[b, DONE] != 0:
            continue
        for index in range(num_visible(s, b)):
            pe = earliest_finish_pe(p, s, b, s.ready[b, index])
            action = index * s.pe.shape[1] + pe
            costs[b, index] = rehearse_rules(p, s, b, scratch, action, rules, streams)


@entry_kernel
def play_lookahead(
    p: Problem, s: State, scratch: State, rules: IntArray, wait: bool,
    streams: npt.NDArray[np.uint64],
) -> None:  # fmt: skip
    """Play every row to its end with the action of the least cost; the first on ties."""
    pes = s.pe.shape[1]
    for b in range(s.row.shape[0]):
        last = wait_action(s, b)
        while s.row[b, DONE] == 0:
            best, least = -1, np.inf
            for action in range(num_visible(s, b) * pes):
                if is_legal(p, s, b, action, False):
                    cost = rehearse_rules(p, s, b, scratch, action, rules, streams)
                    if cost < least:
                        best, least = action, cost
            if wait and is_legal(p, s, b, last, True):
                cost = rehearse_rules(p, s, b, scratch, last, rules, streams)
                if cost < least:
                    best, least = last, cost
            apply_pair(p, s, b, best)
