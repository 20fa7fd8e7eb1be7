"""Kernels that write the nodes and the globals."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.edge.dynamics.layout import (
    BONUS,
    CALLS,
    CLOUD_MS,
    CLOUD_UTILITY,
    DEADLINE,
    DEFERRED,
    DELAY,
    DELAY_AT,
    DUE,
    EDGE_DEMAND,
    EDGE_MS,
    EDGE_UTILITY,
    FLYING,
    IN_FLIGHT,
    KIND,
    LAST_CALL,
    LAST_ON_TIME,
    MEAN_BENEFIT,
    MODEL,
    NONE,
    NOW,
    NUM_MODELS,
    POINTED,
    QUEUED,
    RATE,
    RECENT,
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
from dispatchlab.envs.edge.observation.features import SCALE_MS, Float32Array
from dispatchlab.envs.edge.observation.scaling import (
    believed_call,
    clip,
    is_fresh,
    queue_slack,
    remaining,
    scale_time,
    work_ahead,
)
from dispatchlab.envs.edge.schedule import CLOUD, EDGE


@entry_kernel
def fill_nodes(
    p: Problem, s: State, rows: IntArray, x: Float32Array, count: IntArray,
    verb_x: Float32Array, verb_count: IntArray, model_x: Float32Array, model_count: IntArray,
    context: Float32Array,
) -> None:  # fmt: skip
    """Write all nodes and the globals."""
    for index in range(len(rows)):
        b = rows[index]
        i = s.row[b, SLOT]
        benefit, queued = p.scales[i, MEAN_BENEFIT], work_ahead(p, s, b, 1 << 62)
        count[index, 0] = s.row[b, WAITING]
        for slot in range(s.row[b, WAITING]):
            _write_task(p, s, b, slot, benefit, x[index, slot])
        for verb in range(verb_x.shape[1]):
            verb_x[index, verb, verb] = 1.0
        verb_x[index, EDGE, 5] = scale_time(remaining(s, b))
        verb_x[index, EDGE, 6] = scale_time(queued)
        verb_x[index, CLOUD, 7] = np.log1p(s.row[b, FLYING])
        verb_count[index, 0] = verb_x.shape[1]
        for m in range(p.counts[i, NUM_MODELS]):
            _write_model(p, s, b, m, benefit, model_x[index, m])
        model_count[index, 0] = p.counts[i, NUM_MODELS]
        _write_globals(p, s, b, queued, context[index])


@kernel
def _write_task(p: Problem, s: State, b: int, slot: int, benefit: float, x: Float32Array) -> None:
    """Write the features in the order of `TASK_FEATURES`."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    task = s.pool[b, slot]
    m, slack = task[MODEL], task[DUE] - now
    work, call = p.model[i, m, EDGE_MS], believed_call(p, s, b, m)
    x[0] = 1.0 if task[TASK] == s.row[b, POINTED] else 0.0
    x[1] = 1.0 if task[STATUS] == QUEUED else 0.0
    x[2] = 1.0 if task[STATUS] == DEFERRED else 0.0
    x[3] = scale_time(slack)
    x[4] = scale_time(work)
    x[5] = scale_time(call)
    x[6] = scale_time(slack - remaining(s, b) - work)
    x[7] = scale_time(slack - call)
    if task[STATUS] == DEFERRED:
        x[8] = scale_time(task[WAKES] - now)
    x[9] = clip(p.value[i, m, EDGE_UTILITY] / benefit)
    x[10] = clip(p.value[i, m, CLOUD_UTILITY] / benefit)
    x[11] = clip(p.value[i, m, EDGE_UTILITY] / benefit * SCALE_MS / work)
    if task[STATUS] == QUEUED:
        x[12] = scale_time(queue_slack(p, s, b, slot))


@kernel
def _write_model(p: Problem, s: State, b: int, m: int, benefit: float, x: Float32Array) -> None:
    """Write the features in the order of `MODEL_FEATURES`."""
    i, now, state = s.row[b, SLOT], s.row[b, NOW], s.model[b, m]
    deadline, estimate = p.model[i, m, DEADLINE], believed_call(p, s, b, m)
    seen, total = min(RECENT, state[CALLS]), 0.0
    for k in range(seen):
        total += s.recent[b, m, k]
    x[0] = scale_time(deadline)
    x[1] = scale_time(p.model[i, m, EDGE_MS])
    x[2] = scale_time(p.model[i, m, CLOUD_MS])
    x[3] = scale_time(estimate)
    x[6] = scale_time(deadline - estimate)
    if seen > 0 and is_fresh(s, b, state[LAST_CALL]):
        x[4] = scale_time(total / seen)
        x[5] = scale_time(s.recent[b, m, (state[CALLS] - 1) % RECENT])
        x[7] = seen / RECENT
        x[8] = scale_time(now - state[LAST_CALL])
        x[9] = state[LAST_ON_TIME]
    x[10] = np.log1p(state[IN_FLIGHT])
    x[11] = clip(p.value[i, m, EDGE_UTILITY] / benefit)
    x[12] = clip(p.value[i, m, CLOUD_UTILITY] / benefit)
    x[13] = np.log1p(state[WINDOW_FINISHED])
    if state[WINDOW_FINISHED] > 0:
        x[14] = state[WINDOW_ON_TIME] / state[WINDOW_FINISHED]
    x[15] = p.value[i, m, RATE]
    x[16] = clip(p.value[i, m, BONUS] / benefit)


@kernel
def _write_globals(p: Problem, s: State, b: int, queued: int, x: Float32Array) -> None:
    """Write the features in the order of `GLOBAL_FEATURES`."""
    row = s.row[b]
    x[row[KIND]] = 1.0
    x[3] = np.log1p(row[WAITING])
    x[4] = np.log1p(row[FLYING])
    x[5] = scale_time(remaining(s, b))
    x[6] = scale_time(queued)
    window = p.counts[row[SLOT], WINDOW]
    x[7] = scale_time(window - row[NOW] % window)
    x[8] = clip(p.scales[row[SLOT], EDGE_DEMAND])
    if row[DELAY_AT] != NONE and is_fresh(s, b, row[DELAY_AT]):
        x[9], x[10], x[11] = scale_time(row[DELAY]), scale_time(row[NOW] - row[DELAY_AT]), 1.0
