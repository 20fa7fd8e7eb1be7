"""Resetting rows, legality, and applying decisions."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.edge.dynamics.cloud import default_trigger
from dispatchlab.envs.edge.dynamics.events import (
    advance,
    can_run,
    end_task,
    leave_pool,
    run_on_edge,
    send_to_cloud,
)
from dispatchlab.envs.edge.dynamics.layout import (
    CLOUD_FASTEST,
    CLOUD_MS,
    DECISIONS,
    DEFERRED,
    DELAY_AT,
    DUE,
    EDGE_MS,
    ENTERED,
    IDLED,
    KIND,
    MODEL,
    NONE,
    NOW,
    POINTED,
    QUEUE_CLOCK,
    QUEUED,
    RUNNING,
    SLOT,
    STATUS,
    TASK,
    WAITING,
    WAKES,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD,
    DEFER,
    DROP,
    DROPPED_COST,
    DROPPED_TIME,
    EDGE,
    EDGE_FREE,
    EXPIRED_EDGE,
    IDLE,
)

NUM_VERBS = 4
# why an action is illegal
(
    LEGAL, NO_SUCH_TASK, NOT_POINTED, TOO_LATE_FOR_EDGE, TOO_LATE_FOR_CLOUD, TOO_LATE_TO_DEFER,
    NOT_NOW,
) = range(7)  # fmt: skip


@kernel
def reset_row(p: Problem, s: State, b: int, slot: int) -> None:
    """Nothing has arrived yet."""
    s.row[b] = 0
    s.row[b, SLOT], s.row[b, RUNNING], s.row[b, POINTED] = slot, NONE, NONE
    s.row[b, DELAY_AT] = NONE
    s.money[b] = 0.0
    s.model[b] = 0
    s.recent[b] = 0
    if s.task_log.shape[1] > 0:
        s.task_log[b] = NONE
    advance(p, s, b)


@inlined_kernel
def idle_action(s: State) -> int:
    """Index of the action that leaves the edge idle until the next event."""
    return s.pool.shape[1] * NUM_VERBS


@kernel
def can_call(p: Problem, s: State, b: int, slot: int) -> bool:
    """Whether a waiting task may still be on time if it is sent to the cloud now."""
    fastest = p.model[s.row[b, SLOT], s.pool[b, slot, MODEL], CLOUD_FASTEST]
    return s.row[b, NOW] + fastest <= s.pool[b, slot, DUE]


@kernel
def _why_not_defer(p: Problem, s: State, b: int, slot: int) -> int:
    """Why a task may not be deferred: new tasks may, while there is something to wait for."""
    if s.row[b, KIND] != ARRIVAL:
        return NOT_NOW
    return LEGAL if default_trigger(p, s, b, slot) > s.row[b, NOW] else TOO_LATE_TO_DEFER


@kernel
def why_illegal(p: Problem, s: State, b: int, action: int, migrate: bool) -> int:
    """`LEGAL`, or why an action is not."""
    kind = s.row[b, KIND]
    if action == idle_action(s):
        return LEGAL if kind == EDGE_FREE else NOT_NOW
    slot, verb = action // NUM_VERBS, action % NUM_VERBS
    if action < 0 or slot >= s.row[b, WAITING]:
        return NO_SUCH_TASK
    pointed = s.pool[b, slot, TASK] == s.row[b, POINTED]
    if kind != EDGE_FREE and not pointed and (not migrate or verb in (EDGE, DEFER)):
        return NOT_POINTED
    if verb == DEFER:
        return _why_not_defer(p, s, b, slot)
    if verb == EDGE:
        too_late = kind == EDGE_FREE and not can_run(p, s, b, slot)
        return TOO_LATE_FOR_EDGE if too_late else LEGAL
    if kind == EDGE_FREE and not migrate:
        return NOT_NOW
    too_late = verb == CLOUD and not can_call(p, s, b, slot)
    return TOO_LATE_FOR_CLOUD if too_late else LEGAL


@kernel
def drop(p: Problem, s: State, b: int, slot: int) -> None:
    """Give a waiting task up."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    task, model, due = s.pool[b, slot, TASK], s.pool[b, slot, MODEL], s.pool[b, slot, DUE]
    outcome = DROPPED_COST
    if s.pool[b, slot, STATUS] == QUEUED and now + p.model[i, model, EDGE_MS] >= due:
        outcome = EXPIRED_EDGE
    elif now + p.model[i, model, CLOUD_MS] >= due:
        outcome = DROPPED_TIME
    end_task(s, b, task, model, outcome)
    leave_pool(s, b, slot)


@kernel
def _log(s: State, b: int, task: int, verb: int, trigger: int) -> None:
    """Keep a decision."""
    entry = s.decision_log[b, s.row[b, DECISIONS]]
    entry[0], entry[1], entry[2] = s.row[b, NOW], s.row[b, KIND], task
    entry[3], entry[4] = verb, trigger


@kernel
def apply_action(p: Problem, s: State, b: int, action: int, trigger: int) -> None:
    """Play a legal action, and go on to the next decision.

    Args:
        p: Problem.
        s: State.
        b: Row.
        action: Waiting task and verb, or the action that idles.
        trigger: When a deferred task is to come up again; `NONE`: by default.
    """
    row = s.row[b]
    if action == idle_action(s):
        if s.task_log.shape[1] > 0:
            _log(s, b, NONE, IDLE, NONE)
        row[DECISIONS] += 1
        row[IDLED] = 1
        advance(p, s, b)
        return
    slot, verb = action // NUM_VERBS, action % NUM_VERBS
    if verb == DEFER and trigger == NONE:
        trigger = default_trigger(p, s, b, slot)
    if s.task_log.shape[1] > 0:
        _log(s, b, s.pool[b, slot, TASK], verb, trigger if verb == DEFER else NONE)
    row[DECISIONS] += 1
    if verb == CLOUD:
        send_to_cloud(p, s, b, slot)
    elif verb == DROP:
        drop(p, s, b, slot)
    elif verb == DEFER:
        s.pool[b, slot, STATUS], s.pool[b, slot, WAKES] = DEFERRED, trigger
        row[POINTED] = NONE
    elif row[KIND] == EDGE_FREE:
        run_on_edge(p, s, b, slot)
    else:
        s.pool[b, slot, STATUS], s.pool[b, slot, ENTERED] = QUEUED, row[QUEUE_CLOCK]
        row[QUEUE_CLOCK] += 1
        row[POINTED] = NONE
    advance(p, s, b)
