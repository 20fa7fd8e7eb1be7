"""When data is there, how long tasks take, and when an element is expected to be free."""

import numpy as np

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.soc.dynamics.layout import (
    ARRIVAL,
    BASE,
    END,
    HEAD,
    MARK,
    NEVER,
    NEXT,
    NONE,
    NOW,
    PE,
    PRED_PTR,
    QUEUED,
    READY,
    REHEARSAL,
    RUNNING,
    SHARED_MEMORY,
    SIMULATION,
    SLOT,
    STAMP,
    START,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State


@inlined_kernel
def template(p: Problem, s: State, b: int, task: int) -> int:
    """Row of a task of the state in the problem's tables."""
    most = p.factor.shape[2]
    return s.job[b, task // most, BASE] + task % most


@inlined_kernel
def expected_work(p: Problem, s: State, b: int, task: int, pe: int) -> int:
    """Expected execution time; -1 where unsupported."""
    return p.work[s.row[b, SLOT], template(p, s, b, task), pe]


@kernel
def actual_work(p: Problem, s: State, b: int, task: int, pe: int) -> int:
    """Execution time that will come true; in a rehearsal, the expected one."""
    expected = expected_work(p, s, b, task, pe)
    if s.row[b, REHEARSAL] or expected == 0:
        return expected
    most = p.factor.shape[2]
    factor = p.factor[s.row[b, SLOT], s.job[b, task // most, ARRIVAL], task % most]
    return max(1, int(np.rint(expected * factor)))


@kernel
def transfers_end(p: Problem, s: State, b: int, task: int, pe: int) -> int:
    """When the data of a task whose predecessors are complete is at an element."""
    i = s.row[b, SLOT]
    most = p.factor.shape[2]
    k = template(p, s, b, task)
    first = task - task % most
    ready = s.task[b, task, READY]
    latest = ready
    for e in range(p.task[i, k, PRED_PTR], p.task[i, k + 1, PRED_PTR]):
        if p.counts[i, SHARED_MEMORY]:
            latest = max(latest, ready + int(p.volume[i, e] / p.memory[i, pe, 1]))
        else:
            q = first + p.pred[i, e]
            if s.task[b, q, PE] != pe:
                rate = p.bandwidth[i, s.task[b, q, PE], pe]
                latest = max(latest, s.task[b, q, END] + int(p.volume[i, e] / rate))
    return latest


@kernel
def stamp_if_mapped(p: Problem, s: State, b: int, task: int, pe: int) -> int:
    """When the data of a ready task is at an element, if it is mapped now."""
    late = s.row[b, NOW] - s.task[b, task, READY]
    return transfers_end(p, s, b, task, pe) + late


@kernel
def running_end(p: Problem, s: State, b: int, pe: int) -> int:
    """When an element is expected to finish what it runs; the next µs if that is overdue."""
    task = s.pe[b, pe, RUNNING]
    if task == NONE:
        return s.row[b, NOW]
    expected = s.task[b, task, START] + expected_work(p, s, b, task, pe)
    return max(expected, s.row[b, NOW] + 1)


@kernel
def finish_estimate(p: Problem, s: State, b: int, pe: int, stamp: int, work: int) -> int:
    """When a task whose data comes at ``stamp`` would end on an element, if mapped now.

    Plays the element's queue with expected times, first fit as the element itself does. With
    ``work`` -1: when the element would have finished all that is mapped to it.
    """
    t = running_end(p, s, b, pe)
    left = s.pe[b, pe, QUEUED]
    s.row[b, SIMULATION] += 1
    mark = s.row[b, SIMULATION]
    while left > 0:
        chosen, soonest = NONE, NEVER
        q = s.pe[b, pe, HEAD]
        while q != NONE:
            if s.task[b, q, MARK] != mark:
                if s.task[b, q, STAMP] <= t:
                    chosen = q
                    break
                soonest = min(soonest, s.task[b, q, STAMP])
            q = s.task[b, q, NEXT]
        if chosen != NONE:
            s.task[b, chosen, MARK] = mark
            t += expected_work(p, s, b, chosen, pe)
            left -= 1
        elif work >= 0 and stamp <= t:
            return t + work
        else:
            t = min(soonest, stamp) if work >= 0 else soonest
    if work < 0:
        return t
    return max(t, stamp) + work
