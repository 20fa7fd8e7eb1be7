"""Resetting rows and applying actions."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.soc.dynamics.events import advance, map_task, may_wait
from dispatchlab.envs.soc.dynamics.jobs import admit
from dispatchlab.envs.soc.dynamics.layout import (
    ARRIVAL,
    CALL_TIME,
    COUNT_READY,
    DECISIONS,
    NEVER,
    NONE,
    RUNNING,
    SLOT,
    VISIBLE,
    WAITED,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import (
    expected_work,
    finish_estimate,
    stamp_if_mapped,
)


@kernel
def reset_row(p: Problem, s: State, b: int, slot: int, visible: int) -> None:
    """An idle chip at time 0, and the jobs that are there from the start."""
    s.row[b] = 0
    s.row[b, SLOT], s.row[b, VISIBLE] = slot, visible
    s.job[b] = 0
    s.job[b, :, ARRIVAL] = NONE
    s.task[b] = 0
    s.pe[b] = 0
    s.pe[b, :, RUNNING] = NONE
    s.pe[b, :, CALL_TIME] = NONE
    if s.job_log.shape[1] > 0:
        s.task_log[b] = NONE
        s.job_log[b] = NONE
    admit(p, s, b)


@inlined_kernel
def num_visible(s: State, b: int) -> int:
    """Ready tasks that may be chosen now: the others follow when some of these are mapped."""
    return min(s.row[b, COUNT_READY], s.row[b, VISIBLE])


@inlined_kernel
def wait_action(s: State, b: int) -> int:
    """Index of the wait."""
    return s.row[b, VISIBLE] * s.pe.shape[1]


@inlined_kernel
def is_legal(p: Problem, s: State, b: int, action: int, wait: bool) -> bool:
    """Whether an action is legal: a ready task on an element that supports it, or the wait."""
    if action == wait_action(s, b):
        return wait and may_wait(p, s, b)
    index = action // s.pe.shape[1]
    if action < 0 or index >= num_visible(s, b):
        return False
    return expected_work(p, s, b, s.ready[b, index], action % s.pe.shape[1]) >= 0


@kernel
def earliest_finish_pe(p: Problem, s: State, b: int, task: int) -> int:
    """The element on which a ready task is expected to end first; the lower index on ties."""
    best, finish = NONE, NEVER
    for pe in range(s.pe.shape[1]):
        work = expected_work(p, s, b, task, pe)
        if work < 0:
            continue
        stamp = stamp_if_mapped(p, s, b, task, pe)
        end = finish_estimate(p, s, b, pe, stamp, work)
        if end < finish:
            best, finish = pe, end
    return best


@kernel
def apply_pair(p: Problem, s: State, b: int, action: int) -> None:
    """Play a legal (task, PE) action or wait, and go on to the next decision."""
    s.row[b, DECISIONS] += 1
    if action == wait_action(s, b):
        s.row[b, WAITED] = 1
    else:
        map_task(p, s, b, action // s.pe.shape[1], action % s.pe.shape[1])
    advance(p, s, b)


@kernel
def apply_order(p: Problem, s: State, b: int, index: int) -> None:
    """Map the chosen ready task to the element where it is expected to end first."""
    pe = earliest_finish_pe(p, s, b, s.ready[b, index])
    apply_pair(p, s, b, index * s.pe.shape[1] + pe)
