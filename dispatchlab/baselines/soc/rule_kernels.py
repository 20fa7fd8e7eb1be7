"""Run-time rules as kernels: which ready task goes where, at every decision.

Sources: Arda et al. (2020), DS3, IEEE Trans. Computers 69(8), for MET, EFT, ETF and STF as run-time
rules; Hwang et al. (1989), SIAM J. Computing 18, for ETF; Topcuoglu, Hariri and Wu (2002), IEEE
TPDS 13(3), for the upward rank; Mack et al. (2022), IEEE TPDS 33(12), for HEFT at run time.
"""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.random_bits import next_random
from dispatchlab.envs.soc.dynamics.apply import apply_pair, num_visible
from dispatchlab.envs.soc.dynamics.continuations import (
    earliest_finish_on,
    earliest_finish_pair,
    first_by_rank,
    least_optimistic_pair,
)
from dispatchlab.envs.soc.dynamics.layout import (
    CALL_COUNT,
    CALL_TIME,
    COUNT_READY,
    DONE,
    MEAN_EXEC,
    MIN_EXEC,
    NEVER,
    NONE,
    NOW,
    QUEUED,
    RUNNING,
    SLOT,
    UPWARD,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import (
    expected_work,
    finish_estimate,
    template,
)

IntArray = npt.NDArray[np.int64]
(
    RANDOM, MET, MET_LEAST_QUEUE, STF, EFT, EFT_SYNC, EFT_RANK, ETF, ETF_SYNC, HEFT_RT,
    HEFT_RT_EDGE_FREE, PEFT_RT,
) = range(12)  # fmt: skip


@kernel
def _random_pe(p: Problem, s: State, b: int, task: int, streams: npt.NDArray[np.uint64]) -> int:
    """A supporting element, uniformly."""
    count = 0
    for pe in range(s.pe.shape[1]):
        count += expected_work(p, s, b, task, pe) >= 0
    left = next_random(streams, b) % count
    for pe in range(s.pe.shape[1]):
        if expected_work(p, s, b, task, pe) >= 0:
            if left == 0:
                return pe
            left -= 1
    return NONE


@kernel
def _fastest_pe(p: Problem, s: State, b: int, task: int, by_queue: bool) -> int:
    """The element with the shortest execution time.

    Ties: idle before busy, then fewest assignments in this call of the scheduler; with
    ``by_queue`` fewest tasks queued or running instead.
    """
    best, best_work, best_busy, best_count = NONE, NEVER, NEVER, NEVER
    for pe in range(s.pe.shape[1]):
        work = expected_work(p, s, b, task, pe)
        if work < 0:
            continue
        busy = 1 if s.pe[b, pe, RUNNING] != NONE else 0
        if by_queue:
            count, busy = s.pe[b, pe, QUEUED] + busy, 0
        else:
            this_call = s.pe[b, pe, CALL_TIME] == s.row[b, NOW]
            count = s.pe[b, pe, CALL_COUNT] if this_call else 0
        if (work, busy, count) < (best_work, best_busy, best_count):
            best, best_work, best_busy, best_count = pe, work, busy, count
    return best


@kernel
def _free_pe_without_data(p: Problem, s: State, b: int, task: int) -> int:
    """Earliest finish as if all data were everywhere: HEFT_RT as its code has it."""
    now, best, finish = s.row[b, NOW], NONE, NEVER
    for pe in range(s.pe.shape[1]):
        work = expected_work(p, s, b, task, pe)
        if work >= 0:
            end = finish_estimate(p, s, b, pe, now, work)
            if end < finish:
                best, finish = pe, end
    return best


@kernel
def _shortest(p: Problem, s: State, b: int) -> int:
    """Index of the ready task with the shortest execution time anywhere."""
    i, best, shortest = s.row[b, SLOT], 0, NEVER
    for index in range(num_visible(s, b)):
        value = p.task[i, template(p, s, b, s.ready[b, index]), MIN_EXEC]
        if value < shortest:
            best, shortest = index, value
    return best


@kernel
def choose(p: Problem, s: State, b: int, rule: int, streams: npt.NDArray[np.uint64]) -> int:
    """The (task, PE) action of a rule in a row that has something ready."""
    if rule in (ETF, ETF_SYNC):
        return earliest_finish_pair(p, s, b, rule == ETF_SYNC)
    if rule == PEFT_RT:
        return least_optimistic_pair(p, s, b)
    index = 0
    if rule == STF:
        index = _shortest(p, s, b)
    elif rule in (EFT_RANK, HEFT_RT):
        index = first_by_rank(p, s, b, UPWARD)
    elif rule == HEFT_RT_EDGE_FREE:
        index = first_by_rank(p, s, b, MEAN_EXEC)
    task = s.ready[b, index]
    if rule == RANDOM:
        pe = _random_pe(p, s, b, task, streams)
    elif rule in (MET, STF, MET_LEAST_QUEUE):
        pe = _fastest_pe(p, s, b, task, rule == MET_LEAST_QUEUE)
    elif rule == HEFT_RT_EDGE_FREE:
        pe = _free_pe_without_data(p, s, b, task)
    else:
        pe = earliest_finish_on(p, s, b, task, rule in (EFT_SYNC, HEFT_RT))
    return index * s.pe.shape[1] + pe


@entry_kernel
def choose_all(
    p: Problem, s: State, rule: int, streams: npt.NDArray[np.uint64], actions: IntArray
) -> None:
    """The action of a rule in every row; 0 where nothing is ready."""
    for b in range(len(actions)):
        actions[b] = 0
        if s.row[b, DONE] == 0 and s.row[b, COUNT_READY] > 0:
            actions[b] = choose(p, s, b, rule, streams)


@kernel
def play(p: Problem, s: State, b: int, rule: int, streams: npt.NDArray[np.uint64]) -> None:
    """Play a row to its end."""
    while s.row[b, DONE] == 0:
        apply_pair(p, s, b, choose(p, s, b, rule, streams))


@entry_kernel
def play_all(p: Problem, s: State, rule: int, streams: npt.NDArray[np.uint64]) -> None:
    """Play every row to its end."""
    for b in range(s.row.shape[0]):
        play(p, s, b, rule, streams)
