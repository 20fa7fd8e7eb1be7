"""Plan mode: every element starts what is planned on it, in the planned order."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.soc.dynamics.events import happen, is_over, start_task
from dispatchlab.envs.soc.dynamics.jobs import next_arrival_time, pass_time
from dispatchlab.envs.soc.dynamics.layout import (
    ALL_COMPLETE,
    AT_HORIZON,
    COUNT_READY,
    DONE,
    END,
    HORIZON,
    IN_MEMORY,
    IS_READY,
    MAPPED,
    NEEDS_PLAN,
    NEVER,
    NONE,
    NOW,
    ORDER,
    ORDER_COUNT,
    PE,
    PLAN_ORDER,
    PLAN_PE,
    READY,
    RUNNING,
    SLOT,
    STAMP,
    STATUS,
    WAITING,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import transfers_end


@kernel
def next_planned(s: State, b: int, pe: int) -> int:
    """The task that an element has to start next, or NONE."""
    best, rank = NONE, NEVER
    for task in range(s.task.shape[1]):
        state = s.task[b, task]
        if (
            state[PLAN_PE] == pe
            and WAITING <= state[STATUS] <= IS_READY
            and (state[PLAN_ORDER] < rank)
        ):
            best, rank = task, state[PLAN_ORDER]
    return best


@kernel
def start_planned(p: Problem, s: State, b: int) -> tuple[bool, int]:
    """Start what may start; also find when the next task has its data."""
    now, instant, soonest = s.row[b, NOW], False, NEVER
    for pe in range(s.pe.shape[1]):
        if s.pe[b, pe, RUNNING] != NONE:
            continue
        task = next_planned(s, b, pe)
        if task == NONE or s.task[b, task, STATUS] != IS_READY:
            continue
        stamp = transfers_end(p, s, b, task, pe)
        if stamp > now:
            soonest = min(soonest, stamp)
            continue
        state = s.task[b, task]
        state[PE], state[STAMP], state[MAPPED] = pe, stamp, now
        state[ORDER] = s.row[b, ORDER_COUNT]
        s.row[b, ORDER_COUNT] += 1
        if start_task(p, s, b, task, pe) == 0:
            instant = True
    return instant, soonest


@kernel
def _next_event(p: Problem, s: State, b: int) -> int:
    """Time of the next completion, arrival or arrival of data in the shared memory."""
    soonest = next_arrival_time(p, s, b)
    for pe in range(s.pe.shape[1]):
        if s.pe[b, pe, RUNNING] != NONE:
            soonest = min(soonest, s.task[b, s.pe[b, pe, RUNNING], END])
    for task in range(s.task.shape[1]):
        if s.task[b, task, STATUS] == IN_MEMORY:
            soonest = min(soonest, s.task[b, task, READY])
    return soonest


@kernel
def advance_plan(p: Problem, s: State, b: int) -> None:
    """Play until jobs have been injected that need a plan, or the episode is over."""
    horizon = p.counts[s.row[b, SLOT], HORIZON]
    while s.row[b, DONE] == 0:
        s.row[b, COUNT_READY] = 0
        if s.row[b, NEEDS_PLAN]:
            return
        instant, soonest = start_planned(p, s, b)
        if instant:
            happen(p, s, b)
            continue
        if is_over(p, s, b):
            s.row[b, DONE] = ALL_COMPLETE
            return
        soonest = min(soonest, _next_event(p, s, b))
        if 0 <= horizon <= soonest:
            pass_time(s, b, horizon)
            s.row[b, DONE] = AT_HORIZON
            return
        if soonest == NEVER:
            s.row[b, DONE] = ALL_COMPLETE
            return
        pass_time(s, b, soonest)
        happen(p, s, b)
