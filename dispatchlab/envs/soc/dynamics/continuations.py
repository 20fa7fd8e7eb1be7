"""Rules that rehearsals go on with: pairs of ready task and element that look best by now.

Sources: Hwang, Chow, Anger and Lee (1989), SIAM J. Computing 18, for ETF; Topcuoglu, Hariri and Wu
(2002), IEEE TPDS 13(3), for the upward rank; Arabnejad and Barbosa (2014), IEEE TPDS 25(3), for
the optimistic cost table.
"""

import numpy as np

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.soc.dynamics.apply import earliest_finish_pe, num_visible
from dispatchlab.envs.soc.dynamics.layout import AVAIL_PUBLISHED, NEVER, NONE, NOW, SLOT, UPWARD
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import (
    expected_work,
    finish_estimate,
    stamp_if_mapped,
    template,
)

GO_ON_ETF, GO_ON_ETF_SYNC, GO_ON_PEFT, GO_ON_HEFT = range(4)


@kernel
def finish_on(p: Problem, s: State, b: int, task: int, pe: int, sync: bool) -> int:
    """Expected end of a ready task on an element that supports it.

    Args:
        p: Problem.
        s: State.
        b: Row.
        task: Task.
        pe: Element.
        sync: Judge the element's availability by what it runs and awaits now; else by the
            estimates made at earlier mappings, as published, which nothing ever corrects.
    """
    work = expected_work(p, s, b, task, pe)
    stamp = stamp_if_mapped(p, s, b, task, pe)
    if sync:
        return finish_estimate(p, s, b, pe, stamp, work)
    return max(s.row[b, NOW], max(stamp, s.pe[b, pe, AVAIL_PUBLISHED])) + work


@kernel
def earliest_finish_pair(p: Problem, s: State, b: int, sync: bool) -> int:
    """The (task, PE) action with the earliest expected end."""
    pes = s.pe.shape[1]
    best, finish = 0, NEVER
    for index in range(num_visible(s, b)):
        task = s.ready[b, index]
        for pe in range(pes):
            if expected_work(p, s, b, task, pe) >= 0:
                end = finish_on(p, s, b, task, pe, sync)
                if end < finish:
                    best, finish = index * pes + pe, end
    return best


@kernel
def earliest_finish_on(p: Problem, s: State, b: int, task: int, sync: bool) -> int:
    """The element on which a ready task is expected to end first."""
    best, finish = NONE, NEVER
    for pe in range(s.pe.shape[1]):
        if expected_work(p, s, b, task, pe) >= 0:
            end = finish_on(p, s, b, task, pe, sync)
            if end < finish:
                best, finish = pe, end
    return best


@kernel
def first_by_rank(p: Problem, s: State, b: int, column: int) -> int:
    """Index of the ready task with the largest rank; the one that waits longest on ties."""
    i, best, rank = s.row[b, SLOT], 0, -np.inf
    for index in range(num_visible(s, b)):
        value = p.rank[i, template(p, s, b, s.ready[b, index]), column]
        if value > rank:
            best, rank = index, value
    return best


@kernel
def least_optimistic_pair(p: Problem, s: State, b: int) -> int:
    """The (task, PE) action with the least expected end plus optimistic cost of what follows.

    The task is the one with the largest mean optimistic cost, as in PEFT.
    """
    i, pes = s.row[b, SLOT], s.pe.shape[1]
    index, rank = 0, -np.inf
    for r in range(num_visible(s, b)):
        task, total, count = s.ready[b, r], 0.0, 0
        for pe in range(pes):
            if expected_work(p, s, b, task, pe) >= 0:
                total += p.oct[i, template(p, s, b, task), pe]
                count += 1
        if total / count > rank:
            index, rank = r, total / count
    task, best, least = s.ready[b, index], 0, np.inf
    for pe in range(pes):
        if expected_work(p, s, b, task, pe) >= 0:
            end = finish_on(p, s, b, task, pe, True) + p.oct[i, template(p, s, b, task), pe]
            if end < least:
                best, least = pe, end
    return index * pes + best


@kernel
def go_on(p: Problem, s: State, b: int, way: int) -> int:
    """The (task, PE) action of one of the continuations."""
    if way in (GO_ON_ETF, GO_ON_ETF_SYNC):
        return earliest_finish_pair(p, s, b, way == GO_ON_ETF_SYNC)
    if way == GO_ON_PEFT:
        return least_optimistic_pair(p, s, b)
    index = first_by_rank(p, s, b, UPWARD)
    return index * s.pe.shape[1] + earliest_finish_pe(p, s, b, s.ready[b, index])
