"""One-step policy improvement: every action is judged by rehearsing a base rule after it.

Source: Bertsekas, Tsitsiklis and Wu (1997), Rollout algorithms for combinatorial optimization.
"""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.soc.rule_kernels import play
from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.soc.dynamics.apply import apply_pair, is_legal, num_visible, wait_action
from dispatchlab.envs.soc.dynamics.layout import AREA, DONE
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.rehearsal import begin_rehearsal
from dispatchlab.envs.soc.dynamics.state import State


@kernel
def rehearse(
    p: Problem, s: State, b: int, scratch: State, action: int, rule: int,
    streams: npt.NDArray[np.uint64],
) -> int:  # fmt: skip
    """Sum of the remaining times of the jobs in work after an action, the rule playing on."""
    begin_rehearsal(p, scratch, 0, s, b)
    apply_pair(p, scratch, 0, action)
    play(p, scratch, 0, rule, streams)
    return scratch.row[0, AREA]


@entry_kernel
def judge_all(
    p: Problem, s: State, scratch: State, rule: int, wait: bool,
    streams: npt.NDArray[np.uint64], costs: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Cost of every legal action of every row; infinite for the others."""
    pes = s.pe.shape[1]
    for b in range(len(costs)):
        costs[b] = np.inf
        if s.row[b, DONE] != 0:
            continue
        for action in range(num_visible(s, b) * pes):
            if is_legal(p, s, b, action, False):
                costs[b, action] = rehearse(p, s, b, scratch, action, rule, streams)
        last = wait_action(s, b)
        if wait and is_legal(p, s, b, last, True):
            costs[b, last] = rehearse(p, s, b, scratch, last, rule, streams)


@entry_kernel
def play_lookahead(
    p: Problem, s: State, scratch: State, rule: int, wait: bool,
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
                    cost = rehearse(p, s, b, scratch, action, rule, streams)
                    if cost < least:
                        best, least = action, cost
            if wait and is_legal(p, s, b, last, True):
                cost = rehearse(p, s, b, scratch, last, rule, streams)
                if cost < least:
                    best, least = last, cost
            apply_pair(p, s, b, best)
