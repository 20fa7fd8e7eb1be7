"""What happens between decisions: ends, deadlines, windows, arrivals, and the next decision."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.edge.dynamics.cloud import call_time, note_call
from dispatchlab.envs.edge.dynamics.layout import (
    ARRIVES,
    BENEFIT,
    BONUS,
    CALL_DUE,
    CALL_END,
    CALL_MODEL,
    CALL_SENT,
    CALL_TASK,
    CLOUD_COST,
    DEADLINE,
    DEFERRED,
    DONE,
    DUE,
    EDGE_COST,
    EDGE_FASTEST,
    EDGE_MS,
    EDGE_TIME,
    ENTERED,
    FINISHED,
    FIRST_OUTCOME,
    FLYING,
    IDLED,
    IN_FLIGHT,
    KIND,
    LAST_CALL,
    LAST_ON_TIME,
    LOG_END,
    LOG_OUTCOME,
    LOG_PLACE,
    LOG_START,
    MODEL,
    MODEL_OF,
    NEVER,
    NEW,
    NEXT,
    NONE,
    NOW,
    NUM_MODELS,
    NUM_TASKS,
    POINTED,
    QOE,
    QOE_WINDOW,
    QOS,
    QUEUED,
    RATE,
    RUN_DUE,
    RUN_END,
    RUN_EXPECTED,
    RUN_MODEL,
    RUNNING,
    SLOT,
    STATUS,
    TASK,
    WAITING,
    WAKES,
    WINDOW,
    WINDOW_FINISHED,
    WINDOW_ON_TIME,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD_ON_TIME,
    EDGE_FREE,
    EDGE_ON_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    IN_CLOUD,
    MISSED_CLOUD,
    MISSED_EDGE,
    ON_EDGE,
    TRIGGER,
)


@kernel
def end_task(s: State, b: int, task: int, model: int, outcome: int) -> None:
    """Count a task that has ended now, in whatever way."""
    s.row[b, FIRST_OUTCOME + outcome] += 1
    s.row[b, FINISHED] += 1
    s.model[b, model, WINDOW_FINISHED] += 1
    if outcome in (EDGE_ON_TIME, CLOUD_ON_TIME):
        s.model[b, model, WINDOW_ON_TIME] += 1
    if s.task_log.shape[1] > 0:
        s.task_log[b, task, LOG_OUTCOME], s.task_log[b, task, LOG_END] = outcome, s.row[b, NOW]


@kernel
def leave_pool(s: State, b: int, slot: int) -> None:
    """Take a task out of the waiting ones, which keep their order."""
    last = s.row[b, WAITING] - 1
    if s.pool[b, slot, TASK] == s.row[b, POINTED]:
        s.row[b, POINTED] = NONE
    for k in range(slot, last):
        for column in range(s.pool.shape[2]):
            s.pool[b, k, column] = s.pool[b, k + 1, column]
    s.row[b, WAITING] = last


@kernel
def log_start(s: State, b: int, task: int, place: int, end: int) -> None:
    """Remember that a task was started or sent now."""
    if s.task_log.shape[1] > 0:
        entry = s.task_log[b, task]
        entry[LOG_PLACE], entry[LOG_START], entry[LOG_END] = place, s.row[b, NOW], end


@kernel
def run_on_edge(p: Problem, s: State, b: int, slot: int) -> None:
    """Start a waiting task on the idle edge."""
    row, i = s.row[b], s.row[b, SLOT]
    task, model = s.pool[b, slot, TASK], s.pool[b, slot, MODEL]
    row[RUNNING], row[RUN_MODEL] = task, model
    row[RUN_END] = row[NOW] + p.task[i, task, EDGE_TIME]
    row[RUN_EXPECTED] = row[NOW] + p.model[i, model, EDGE_MS]
    row[RUN_DUE] = s.pool[b, slot, DUE]
    leave_pool(s, b, slot)
    log_start(s, b, task, ON_EDGE, row[RUN_END])


@kernel
def send_to_cloud(p: Problem, s: State, b: int, slot: int) -> None:
    """Send a waiting task to the cloud."""
    row = s.row[b]
    task, model = s.pool[b, slot, TASK], s.pool[b, slot, MODEL]
    call = s.call[b, row[FLYING]]
    call[CALL_TASK], call[CALL_MODEL], call[CALL_SENT] = task, model, row[NOW]
    call[CALL_END] = row[NOW] + call_time(p, row[SLOT], task, row[NOW])
    call[CALL_DUE] = s.pool[b, slot, DUE]
    row[FLYING] += 1
    s.model[b, model, IN_FLIGHT] += 1
    leave_pool(s, b, slot)
    log_start(s, b, task, IN_CLOUD, call[CALL_END])


@kernel
def _finish_edge(p: Problem, s: State, b: int) -> None:
    """The edge's task ends now."""
    row, i = s.row[b], s.row[b, SLOT]
    task, model = row[RUNNING], row[RUN_MODEL]
    row[RUNNING] = NONE
    if row[NOW] <= row[RUN_DUE]:
        s.money[b, QOS] += p.value[i, model, BENEFIT] - p.value[i, model, EDGE_COST]
        end_task(s, b, task, model, EDGE_ON_TIME)
    else:
        s.money[b, QOS] -= p.value[i, model, EDGE_COST]
        end_task(s, b, task, model, MISSED_EDGE)


@kernel
def _finish_calls(p: Problem, s: State, b: int) -> None:
    """The calls that end now, in the order in which they were sent."""
    row, i, kept = s.row[b], s.row[b, SLOT], 0
    for k in range(row[FLYING]):
        call = s.call[b, k]
        if call[CALL_END] > row[NOW]:
            for column in range(s.call.shape[2]):
                s.call[b, kept, column] = call[column]
            kept += 1
            continue
        model = call[CALL_MODEL]
        on_time = row[NOW] <= call[CALL_DUE]
        s.money[b, QOS] -= p.value[i, model, CLOUD_COST]
        if on_time:
            s.money[b, QOS] += p.value[i, model, BENEFIT]
        end_task(s, b, call[CALL_TASK], model, CLOUD_ON_TIME if on_time else MISSED_CLOUD)
        s.model[b, model, IN_FLIGHT] -= 1
        s.model[b, model, LAST_CALL], s.model[b, model, LAST_ON_TIME] = row[NOW], int(on_time)
        note_call(p, s, b, model, row[NOW] - call[CALL_SENT])
    row[FLYING] = kept


@kernel
def _expire(s: State, b: int) -> None:
    """Waiting tasks whose deadline is now."""
    slot = 0
    while slot < s.row[b, WAITING]:
        if s.pool[b, slot, DUE] > s.row[b, NOW]:
            slot += 1
            continue
        queued = s.pool[b, slot, STATUS] == QUEUED
        outcome = EXPIRED_EDGE if queued else EXPIRED_CLOUD
        end_task(s, b, s.pool[b, slot, TASK], s.pool[b, slot, MODEL], outcome)
        leave_pool(s, b, slot)


@kernel
def close_window(p: Problem, s: State, b: int) -> None:
    """Pay the bonuses of the window that is over, and begin the next."""
    i = s.row[b, SLOT]
    for m in range(p.counts[i, NUM_MODELS]):
        finished = s.model[b, m, WINDOW_FINISHED]
        if finished > 0 and s.model[b, m, WINDOW_ON_TIME] >= p.value[i, m, RATE] * finished:
            s.money[b, QOE] += p.value[i, m, BONUS]
        s.model[b, m, WINDOW_FINISHED], s.model[b, m, WINDOW_ON_TIME] = 0, 0


@kernel
def _pass_time(p: Problem, s: State, b: int, t: int) -> None:
    """Go to the next event; what ends then counts in the window of that time."""
    s.row[b, NOW], s.row[b, IDLED] = t, 0
    window = t // p.counts[s.row[b, SLOT], WINDOW]
    if window > s.row[b, QOE_WINDOW]:
        close_window(p, s, b)
        s.row[b, QOE_WINDOW] = window
    if s.row[b, RUNNING] != NONE and s.row[b, RUN_END] == t:
        _finish_edge(p, s, b)
    _finish_calls(p, s, b)
    _expire(s, b)


@kernel
def _next_event(p: Problem, s: State, b: int) -> int:
    """Time of the next arrival, end, deadline or trigger."""
    row, i, soonest = s.row[b], s.row[b, SLOT], NEVER
    if row[NEXT] < p.counts[i, NUM_TASKS]:
        soonest = p.task[i, row[NEXT], ARRIVES]
    if row[RUNNING] != NONE:
        soonest = min(soonest, row[RUN_END])
    for k in range(row[FLYING]):
        soonest = min(soonest, s.call[b, k, CALL_END])
    for slot in range(row[WAITING]):
        soonest = min(soonest, s.pool[b, slot, DUE])
        if s.pool[b, slot, STATUS] == DEFERRED:
            soonest = min(soonest, s.pool[b, slot, WAKES])
    return soonest


@kernel
def _arrive(p: Problem, s: State, b: int) -> None:
    """Let the next task wait, and point at it."""
    row, i = s.row[b], s.row[b, SLOT]
    task = row[NEXT]
    model = p.task[i, task, MODEL_OF]
    waiting = s.pool[b, row[WAITING]]
    waiting[TASK], waiting[MODEL], waiting[STATUS] = task, model, NEW
    waiting[DUE] = row[NOW] + p.model[i, model, DEADLINE]
    waiting[WAKES], waiting[ENTERED] = NEVER, NEVER
    row[WAITING] += 1
    row[NEXT] += 1
    row[KIND], row[POINTED] = ARRIVAL, task


@kernel
def can_run(p: Problem, s: State, b: int, slot: int) -> bool:
    """Whether a waiting task may still be on time if it starts on the edge now."""
    fastest = p.model[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_FASTEST]
    return s.row[b, NOW] + fastest <= s.pool[b, slot, DUE]


@kernel
def _find_decision(p: Problem, s: State, b: int) -> bool:
    """Whether there is something to decide now; says what."""
    row, i = s.row[b], s.row[b, SLOT]
    if row[POINTED] != NONE:
        return True
    if row[NEXT] < p.counts[i, NUM_TASKS] and p.task[i, row[NEXT], ARRIVES] == row[NOW]:
        _arrive(p, s, b)
        return True
    for slot in range(row[WAITING]):
        if s.pool[b, slot, STATUS] == DEFERRED and s.pool[b, slot, WAKES] <= row[NOW]:
            row[KIND], row[POINTED] = TRIGGER, s.pool[b, slot, TASK]
            return True
    if row[RUNNING] == NONE and row[IDLED] == 0:
        for slot in range(row[WAITING]):
            if can_run(p, s, b, slot):
                row[KIND] = EDGE_FREE
                return True
    return False


@kernel
def advance(p: Problem, s: State, b: int) -> None:
    """Play to the next decision, or to the end of the episode."""
    while not _find_decision(p, s, b):
        soonest = _next_event(p, s, b)
        if soonest == NEVER:
            close_window(p, s, b)
            s.row[b, DONE] = 1
            return
        _pass_time(p, s, b, soonest)
