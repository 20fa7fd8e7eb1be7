"""Arrivals, injections and completions of jobs."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.soc.dynamics.layout import (
    ABSENT,
    AREA,
    ARRIVAL,
    ARRIVED,
    BASE,
    BLOCKED,
    BLOCKED_SOURCE,
    COMPLETED,
    COUNT_READY,
    COUNTED,
    END,
    FINISHED_TASKS,
    FIRST_TASK,
    GAP,
    GRAPH_OF,
    IN_MEMORY,
    IN_WORK,
    IS_DONE,
    IS_READY,
    LAST_INJECTION,
    LATENCY,
    LEFT,
    LOG_ARRIVED,
    LOG_INJECTED,
    LOG_LOST,
    LOSSY,
    LOST,
    MAX_JOBS,
    MODE,
    NEEDS_PLAN,
    NEVER,
    NEXT_ARRIVAL,
    NEXT_INJECT,
    NONE,
    NOW,
    NUM_ARRIVALS,
    NUM_PREDS,
    NUM_TASKS,
    ORDER,
    PE,
    PENDING,
    PLAN_ORDER,
    PLAN_PE,
    PRED_PTR,
    PREDS_LEFT,
    READY,
    REHEARSAL,
    RUNNING,
    SHARED_MEMORY,
    SIZE,
    SLOT,
    STATUS,
    SUCC_PTR,
    TIME,
    WAITING,
    WARMUP,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import template


@inlined_kernel
def logs(s: State, b: int) -> bool:
    """Whether what happens in a row is written down."""
    return s.job_log.shape[1] > 0 and not s.row[b, REHEARSAL]


@inlined_kernel
def in_system(s: State, b: int) -> int:
    """Jobs that have arrived and are neither complete nor lost."""
    return s.row[b, IN_WORK] + s.row[b, NEXT_ARRIVAL] - s.row[b, NEXT_INJECT]


@inlined_kernel
def pass_time(s: State, b: int, to: int) -> None:
    """Move the clock."""
    s.row[b, AREA] += in_system(s, b) * (to - s.row[b, NOW])
    s.row[b, NOW] = to


@kernel
def make_ready(s: State, b: int, task: int) -> None:
    """Append a task to the ready list."""
    s.task[b, task, STATUS] = IS_READY
    s.ready[b, s.row[b, COUNT_READY]] = task
    s.row[b, COUNT_READY] += 1


@kernel
def inject(p: Problem, s: State, b: int, arrival: int, arrived: int) -> None:
    """Give a job a slot and make its entry tasks ready."""
    i, now, most = s.row[b, SLOT], s.row[b, NOW], p.factor.shape[2]
    j = 0
    while s.job[b, j, ARRIVAL] != NONE:
        j += 1
    g = p.arrival[i, arrival, GRAPH_OF]
    size, base = p.graph[i, g, NUM_TASKS], p.graph[i, g, FIRST_TASK]
    s.job[b, j, ARRIVAL], s.job[b, j, ARRIVED], s.job[b, j, BASE] = arrival, arrived, base
    s.job[b, j, SIZE], s.job[b, j, LEFT] = size, size
    s.row[b, IN_WORK] += 1
    s.row[b, NEEDS_PLAN] = 1
    if logs(s, b):
        s.job_log[b, arrival, LOG_INJECTED] = now
    for k in range(size):
        task = j * most + k
        state = s.task[b, task]
        state[STATUS], state[PREDS_LEFT] = WAITING, p.task[i, base + k, NUM_PREDS]
        state[PE], state[ORDER], state[END], state[READY] = NONE, NONE, NONE, now
        state[PLAN_PE], state[PLAN_ORDER] = NONE, NEVER
        if state[PREDS_LEFT] == 0:
            make_ready(s, b, task)


@inlined_kernel
def next_arrival_time(p: Problem, s: State, b: int) -> int:
    """When the next job reaches the system, NEVER if only a completion can let it in."""
    i, n = s.row[b, SLOT], s.row[b, NEXT_ARRIVAL]
    if n >= p.counts[i, NUM_ARRIVALS] or s.row[b, REHEARSAL]:
        return NEVER
    if p.counts[i, MODE] == BLOCKED_SOURCE:
        if s.row[b, IN_WORK] >= p.counts[i, MAX_JOBS]:
            return NEVER
        return s.row[b, LAST_INJECTION] + p.arrival[i, n, GAP]
    return p.arrival[i, n, TIME]


@kernel
def admit(p: Problem, s: State, b: int) -> None:
    """Let in what has arrived by now."""
    if s.row[b, REHEARSAL]:
        return
    i, now = s.row[b, SLOT], s.row[b, NOW]
    mode, cap = p.counts[i, MODE], p.counts[i, MAX_JOBS]
    while next_arrival_time(p, s, b) <= now:
        n = s.row[b, NEXT_ARRIVAL]
        s.row[b, NEXT_ARRIVAL] += 1
        if logs(s, b):
            s.job_log[b, n, LOG_ARRIVED] = now
        if mode == BLOCKED_SOURCE:
            s.row[b, BLOCKED] += now - s.row[b, LAST_INJECTION] - p.arrival[i, n, GAP]
            s.row[b, LAST_INJECTION] = now
        if mode == LOSSY and s.row[b, IN_WORK] >= cap:
            s.row[b, LOST] += 1
            s.row[b, NEXT_INJECT] += 1
            if logs(s, b):
                s.job_log[b, n, LOG_LOST] = 1
        elif s.row[b, NEXT_INJECT] == n and s.row[b, IN_WORK] < cap:
            inject(p, s, b, n, now)
            s.row[b, NEXT_INJECT] += 1
    while s.row[b, IN_WORK] < cap and s.row[b, NEXT_INJECT] < s.row[b, NEXT_ARRIVAL]:
        n = s.row[b, NEXT_INJECT]
        inject(p, s, b, n, p.arrival[i, n, TIME])
        s.row[b, NEXT_INJECT] += 1


@kernel
def complete_task(p: Problem, s: State, b: int, task: int) -> None:
    """Mark a task done; its successors and its job follow."""
    i, most = s.row[b, SLOT], p.factor.shape[2]
    j, k = task // most, template(p, s, b, task)
    s.task[b, task, STATUS] = IS_DONE
    s.row[b, FINISHED_TASKS] += 1
    for e in range(p.task[i, k, SUCC_PTR], p.task[i, k + 1, SUCC_PTR]):
        follower = j * most + p.succ[i, e]
        s.task[b, follower, PREDS_LEFT] -= 1
        if s.task[b, follower, PREDS_LEFT] == 0:
            become_ready(p, s, b, follower)
    s.job[b, j, LEFT] -= 1
    if s.job[b, j, LEFT] == 0:
        _complete_job(p, s, b, j)


@kernel
def become_ready(p: Problem, s: State, b: int, task: int) -> None:
    """All predecessors are complete: ready now, or when the data is in the shared memory."""
    i, now, most = s.row[b, SLOT], s.row[b, NOW], p.factor.shape[2]
    ready = now
    if p.counts[i, SHARED_MEMORY]:
        k = template(p, s, b, task)
        for e in range(p.task[i, k, PRED_PTR], p.task[i, k + 1, PRED_PTR]):
            q = task - task % most + p.pred[i, e]
            leg = int(p.volume[i, e] / p.memory[i, s.task[b, q, PE], 0])
            ready = max(ready, s.task[b, q, END] + leg)
    s.task[b, task, READY] = ready
    if ready > now:
        s.task[b, task, STATUS] = IN_MEMORY
        s.row[b, PENDING] += 1
    else:
        make_ready(s, b, task)


@kernel
def _complete_job(p: Problem, s: State, b: int, j: int) -> None:
    """Count a job and free its slot."""
    now, most = s.row[b, NOW], p.factor.shape[2]
    s.row[b, COMPLETED] += 1
    s.row[b, IN_WORK] -= 1
    if now >= p.counts[s.row[b, SLOT], WARMUP]:
        s.row[b, COUNTED] += 1
        s.row[b, LATENCY] += now - s.job[b, j, ARRIVED]
    s.job[b, j, ARRIVAL] = NONE
    for k in range(s.job[b, j, SIZE]):
        s.task[b, j * most + k, STATUS] = ABSENT


@kernel
def complete_due(p: Problem, s: State, b: int) -> None:
    """Complete every running task that ends now."""
    now = s.row[b, NOW]
    for pe in range(s.pe.shape[1]):
        task = s.pe[b, pe, RUNNING]
        if task != NONE and s.task[b, task, END] <= now:
            s.pe[b, pe, RUNNING] = NONE
            complete_task(p, s, b, task)


@kernel
def release_from_memory(s: State, b: int) -> None:
    """Make ready what has its data in the shared memory by now."""
    for task in range(s.task.shape[1]):
        if s.task[b, task, STATUS] == IN_MEMORY and s.task[b, task, READY] <= s.row[b, NOW]:
            s.row[b, PENDING] -= 1
            make_ready(s, b, task)
