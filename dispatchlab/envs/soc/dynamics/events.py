"""Mapping, starting, and moving from one decision to the next."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.soc.dynamics.jobs import (
    admit,
    complete_due,
    in_system,
    logs,
    next_arrival_time,
    pass_time,
    release_from_memory,
)
from dispatchlab.envs.soc.dynamics.layout import (
    ALL_COMPLETE,
    ARRIVAL,
    AT_HORIZON,
    AVAIL_PUBLISHED,
    CALL_COUNT,
    CALL_TIME,
    COUNT_READY,
    DONE,
    END,
    HEAD,
    HORIZON,
    IN_MEMORY,
    IS_QUEUED,
    IS_RUNNING,
    LOG_END,
    LOG_MAPPED,
    LOG_ORDER,
    LOG_PE,
    LOG_START,
    MAPPED,
    NEVER,
    NEXT,
    NEXT_ARRIVAL,
    NONE,
    NOW,
    NUM_ARRIVALS,
    ORDER,
    ORDER_COUNT,
    PE,
    PENDING,
    QUEUED,
    READY,
    REHEARSAL,
    RUNNING,
    SLOT,
    STAMP,
    START,
    STATUS,
    TAIL,
    WAITED,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import actual_work, expected_work, stamp_if_mapped


@kernel
def map_task(p: Problem, s: State, b: int, index: int, pe: int) -> None:
    """Bind a ready task to an element and append it to the element's queue."""
    task, now = s.ready[b, index], s.row[b, NOW]
    for k in range(index, s.row[b, COUNT_READY] - 1):
        s.ready[b, k] = s.ready[b, k + 1]
    s.row[b, COUNT_READY] -= 1
    stamp = stamp_if_mapped(p, s, b, task, pe)
    state = s.task[b, task]
    state[STATUS], state[PE], state[STAMP], state[MAPPED] = IS_QUEUED, pe, stamp, now
    state[ORDER], state[NEXT] = s.row[b, ORDER_COUNT], NONE
    s.row[b, ORDER_COUNT] += 1
    if s.pe[b, pe, QUEUED] == 0:
        s.pe[b, pe, HEAD] = task
    else:
        s.task[b, s.pe[b, pe, TAIL], NEXT] = task
    s.pe[b, pe, TAIL] = task
    s.pe[b, pe, QUEUED] += 1
    begins = max(now, max(stamp, s.pe[b, pe, AVAIL_PUBLISHED]))
    s.pe[b, pe, AVAIL_PUBLISHED] = begins + expected_work(p, s, b, task, pe)
    if s.pe[b, pe, CALL_TIME] != now:
        s.pe[b, pe, CALL_TIME], s.pe[b, pe, CALL_COUNT] = now, 0
    s.pe[b, pe, CALL_COUNT] += 1


@kernel
def start_task(p: Problem, s: State, b: int, task: int, pe: int) -> int:
    """Run a task on an idle element; returns its duration."""
    now, most = s.row[b, NOW], p.factor.shape[2]
    duration = actual_work(p, s, b, task, pe)
    state = s.task[b, task]
    state[STATUS], state[START], state[END] = IS_RUNNING, now, now + duration
    s.pe[b, pe, RUNNING] = task
    if logs(s, b):
        log = s.task_log[b, s.job[b, task // most, ARRIVAL], task % most]
        log[LOG_PE], log[LOG_MAPPED], log[LOG_ORDER] = pe, state[MAPPED], state[ORDER]
        log[LOG_START], log[LOG_END] = now, now + duration
    return duration


@kernel
def start_queued(p: Problem, s: State, b: int) -> bool:
    """Let every idle element start the first task of its queue that has its data.

    Returns:
        Whether something started that takes no time.
    """
    now, instant = s.row[b, NOW], False
    for pe in range(s.pe.shape[1]):
        if s.pe[b, pe, RUNNING] != NONE or s.pe[b, pe, QUEUED] == 0:
            continue
        before, task = NONE, s.pe[b, pe, HEAD]
        while task != NONE and s.task[b, task, STAMP] > now:
            before, task = task, s.task[b, task, NEXT]
        if task == NONE:
            continue
        after = s.task[b, task, NEXT]
        if before == NONE:
            s.pe[b, pe, HEAD] = after
        else:
            s.task[b, before, NEXT] = after
        if s.pe[b, pe, TAIL] == task:
            s.pe[b, pe, TAIL] = before
        s.pe[b, pe, QUEUED] -= 1
        if start_task(p, s, b, task, pe) == 0:
            instant = True
    return instant


@kernel
def next_event(p: Problem, s: State, b: int) -> int:
    """Time of the next completion, arrival or arrival of data."""
    soonest = next_arrival_time(p, s, b)
    for pe in range(s.pe.shape[1]):
        task = s.pe[b, pe, RUNNING]
        if task != NONE:
            soonest = min(soonest, s.task[b, task, END])
        elif s.pe[b, pe, QUEUED] > 0:
            task = s.pe[b, pe, HEAD]
            while task != NONE:
                soonest = min(soonest, s.task[b, task, STAMP])
                task = s.task[b, task, NEXT]
    if s.row[b, PENDING] > 0:
        for task in range(s.task.shape[1]):
            if s.task[b, task, STATUS] == IN_MEMORY:
                soonest = min(soonest, s.task[b, task, READY])
    return soonest


@kernel
def is_over(p: Problem, s: State, b: int) -> bool:
    """Whether nothing is left to do and nothing will arrive."""
    if in_system(s, b) > 0:
        return False
    n = s.row[b, NEXT_ARRIVAL]
    return s.row[b, REHEARSAL] == 1 or n >= p.counts[s.row[b, SLOT], NUM_ARRIVALS]


@kernel
def happen(p: Problem, s: State, b: int) -> None:
    """Everything that happens now before decisions are taken."""
    complete_due(p, s, b)
    if s.row[b, PENDING] > 0:
        release_from_memory(s, b)
    admit(p, s, b)


@inlined_kernel
def wait_is_over(s: State, b: int) -> None:
    """Something has happened: ask again."""
    s.row[b, WAITED] = 0


@kernel
def advance(p: Problem, s: State, b: int) -> None:
    """Play until a task must be mapped, or the episode is over."""
    horizon = p.counts[s.row[b, SLOT], HORIZON]
    while s.row[b, DONE] == 0:
        if s.row[b, COUNT_READY] > 0 and s.row[b, WAITED] == 0:
            return
        if start_queued(p, s, b):
            wait_is_over(s, b)
            happen(p, s, b)
            continue
        if is_over(p, s, b):
            s.row[b, DONE] = ALL_COMPLETE
            return
        soonest = next_event(p, s, b)
        if horizon >= 0 and soonest >= horizon and s.row[b, REHEARSAL] == 0:
            pass_time(s, b, horizon)
            s.row[b, DONE] = AT_HORIZON
            return
        if soonest == NEVER:
            # nothing can happen any more: only waiting for ever leads here
            s.row[b, DONE] = ALL_COMPLETE
            return
        pass_time(s, b, soonest)
        wait_is_over(s, b)
        happen(p, s, b)


@kernel
def may_wait(p: Problem, s: State, b: int) -> bool:
    """Whether something is under way, so that waiting leads somewhere."""
    for pe in range(s.pe.shape[1]):
        if s.pe[b, pe, RUNNING] != NONE or s.pe[b, pe, QUEUED] > 0:
            return True
    return s.row[b, PENDING] > 0
