"""Graph observation: waiting tasks, models and verbs, and an arc for every open decision."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, inlined_kernel, kernel
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT, Arrays, EdgeType, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.edge.dynamics.apply import LEGAL, NUM_VERBS, idle_action, why_illegal
from dispatchlab.envs.edge.dynamics.cloud import estimated_call
from dispatchlab.envs.edge.dynamics.engine import Dynamics
from dispatchlab.envs.edge.dynamics.layout import (
    BONUS,
    CALLS,
    CLOUD_MS,
    CLOUD_UTILITY,
    DEADLINE,
    DEFERRED,
    DELAY,
    DELAY_AT,
    DONE,
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
    RUN_EXPECTED,
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
from dispatchlab.envs.edge.observation.features import (
    BEFORE_FEATURES,
    GLOBAL_FEATURES,
    MODEL_FEATURES,
    OPTION_FEATURES,
    SCALE_MS,
    TASK_FEATURES,
    VERB_FEATURES,
    Float32Array,
)
from dispatchlab.envs.edge.schedule import CLOUD, EDGE, EDGE_FREE

Int8Array = np.ndarray[tuple[int, ...], np.dtype[np.int8]]
OPTION, OF, BEFORE = "task-option-verb", "task-of-model", "task-before-task"
_NUM_VERB_NODES = NUM_VERBS + 1


class GraphObservation:
    """Nodes ``task`` (those that wait), ``verb`` (edge, cloud, defer, drop, idle) and ``model``.

    An action points at its task, its verb and its arc of ``task-option-verb``; idling points at
    its verb alone. Waiting tasks are chained by their deadlines (``task-before-task``). Cloud times
    are estimated from the calls that have returned; nothing here knows the realisation's future.
    """

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        limits = dynamics.limits
        nodes = (
            NodeType("task", limits.waiting, TASK_FEATURES),
            NodeType("verb", _NUM_VERB_NODES, VERB_FEATURES),
            NodeType("model", limits.models, MODEL_FEATURES),
        )
        options = limits.waiting * NUM_VERBS
        edges = (
            EdgeType("task", "option", "verb", options, OPTION_FEATURES),
            EdgeType("task", "of", "model", limits.waiting),
            EdgeType("task", "before", "task", limits.waiting, BEFORE_FEATURES),
        )
        types = ("task", "verb", OPTION)
        return GraphSpec(nodes, edges, GLOBAL_FEATURES, types, dynamics.num_actions)

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        p, s = dynamics.problem, dynamics.state
        _fill_nodes(
            p, s, rows, out["x/task"], out["n/task"], out["x/verb"], out["n/verb"],
            out["x/model"], out["n/model"], out["globals"],
        )  # fmt: skip
        _fill_arcs(
            p, s, rows, out[f"edge/{OF}"], out[f"e/{OF}"], out[f"edge/{BEFORE}"],
            out[f"edge_attr/{BEFORE}"], out[f"e/{BEFORE}"],
        )  # fmt: skip
        _fill_options(
            p, s, rows, out[f"edge/{OPTION}"], out[f"edge_attr/{OPTION}"], out[f"e/{OPTION}"],
            out["candidates"], out["action_mask"], dynamics.migrate,
        )  # fmt: skip


@inlined_kernel
def _time(x: float) -> float:
    """Times: fine where they are short, bounded where they are long."""
    y = x / SCALE_MS
    return min(FEATURE_LIMIT, np.log1p(y)) if y >= 0 else -min(FEATURE_LIMIT, np.log1p(-y))


@inlined_kernel
def _clip(x: float) -> float:
    return max(-FEATURE_LIMIT, min(FEATURE_LIMIT, x))


@kernel
def _remaining(s: State, b: int) -> int:
    """Expected time until the edge is idle."""
    if s.row[b, RUNNING] == NONE:
        return 0
    return max(1, s.row[b, RUN_EXPECTED] - s.row[b, NOW])


@kernel
def _work_ahead(p: Problem, s: State, b: int, due: int) -> int:
    """Expected work of the queued tasks whose deadlines are not later."""
    total = 0
    for slot in range(s.row[b, WAITING]):
        if s.pool[b, slot, STATUS] == QUEUED and s.pool[b, slot, DUE] <= due:
            total += p.model[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_MS]
    return total


@kernel
def _queue_slack(p: Problem, s: State, b: int, slot: int) -> int:
    """How early a queued task is expected to end if the queue runs by deadlines."""
    due = s.pool[b, slot, DUE]
    return due - s.row[b, NOW] - _remaining(s, b) - _work_ahead(p, s, b, due)


@kernel
def _displaced(p: Problem, s: State, b: int, slot: int) -> float:
    """Utility lost by the queued tasks that would be late if a task joined the queue.

    What they lose is what the edge pays more than the cloud, if that is still possible: the
    migration score of DEM (Raj et al. 2025).
    """
    i, total = s.row[b, SLOT], 0.0
    due, work = s.pool[b, slot, DUE], p.model[i, s.pool[b, slot, MODEL], EDGE_MS]
    for other in range(s.row[b, WAITING]):
        waiting = s.pool[b, other]
        if waiting[STATUS] != QUEUED or waiting[DUE] <= due:
            continue
        slack = _queue_slack(p, s, b, other)
        if slack < 0 or slack >= work:
            continue
        m = waiting[MODEL]
        reachable = estimated_call(p, s, b, m) < waiting[DUE] - s.row[b, NOW]
        elsewhere = max(0.0, p.value[i, m, CLOUD_UTILITY]) if reachable else 0.0
        total += p.value[i, m, EDGE_UTILITY] - elsewhere
    return total


@entry_kernel
def _fill_nodes(
    p: Problem, s: State, rows: IntArray, x: Float32Array, count: IntArray,
    verb_x: Float32Array, verb_count: IntArray, model_x: Float32Array, model_count: IntArray,
    context: Float32Array,
) -> None:  # fmt: skip
    for index in range(len(rows)):
        b = rows[index]
        i = s.row[b, SLOT]
        benefit, queued = p.scales[i, MEAN_BENEFIT], _work_ahead(p, s, b, 1 << 62)
        count[index, 0] = s.row[b, WAITING]
        for slot in range(s.row[b, WAITING]):
            _write_task(p, s, b, slot, benefit, x[index, slot])
        for verb in range(verb_x.shape[1]):
            verb_x[index, verb, verb] = 1.0
        verb_x[index, EDGE, 5] = _time(_remaining(s, b))
        verb_x[index, EDGE, 6] = _time(queued)
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
    work, call = p.model[i, m, EDGE_MS], estimated_call(p, s, b, m)
    x[0] = 1.0 if task[TASK] == s.row[b, POINTED] else 0.0
    x[1] = 1.0 if task[STATUS] == QUEUED else 0.0
    x[2] = 1.0 if task[STATUS] == DEFERRED else 0.0
    x[3] = _time(slack)
    x[4] = _time(work)
    x[5] = _time(call)
    x[6] = _time(slack - _remaining(s, b) - work)
    x[7] = _time(slack - call)
    if task[STATUS] == DEFERRED:
        x[8] = _time(task[WAKES] - now)
    x[9] = _clip(p.value[i, m, EDGE_UTILITY] / benefit)
    x[10] = _clip(p.value[i, m, CLOUD_UTILITY] / benefit)
    x[11] = _clip(p.value[i, m, EDGE_UTILITY] / benefit * SCALE_MS / work)
    if task[STATUS] == QUEUED:
        x[12] = _time(_queue_slack(p, s, b, slot))


@kernel
def _write_model(p: Problem, s: State, b: int, m: int, benefit: float, x: Float32Array) -> None:
    """Write the features in the order of `MODEL_FEATURES`."""
    i, now, state = s.row[b, SLOT], s.row[b, NOW], s.model[b, m]
    deadline, estimate = p.model[i, m, DEADLINE], estimated_call(p, s, b, m)
    seen, total = min(RECENT, state[CALLS]), 0.0
    for k in range(seen):
        total += s.recent[b, m, k]
    x[0] = _time(deadline)
    x[1] = _time(p.model[i, m, EDGE_MS])
    x[2] = _time(p.model[i, m, CLOUD_MS])
    x[3] = _time(estimate)
    x[6] = _time(deadline - estimate)
    if seen > 0:
        x[4] = _time(total / seen)
        x[5] = _time(s.recent[b, m, (state[CALLS] - 1) % RECENT])
        x[7] = seen / RECENT
        x[8] = _time(now - state[LAST_CALL])
        x[9] = state[LAST_ON_TIME]
    x[10] = np.log1p(state[IN_FLIGHT])
    x[11] = _clip(p.value[i, m, EDGE_UTILITY] / benefit)
    x[12] = _clip(p.value[i, m, CLOUD_UTILITY] / benefit)
    x[13] = np.log1p(state[WINDOW_FINISHED])
    if state[WINDOW_FINISHED] > 0:
        x[14] = state[WINDOW_ON_TIME] / state[WINDOW_FINISHED]
    x[15] = p.value[i, m, RATE]
    x[16] = _clip(p.value[i, m, BONUS] / benefit)


@kernel
def _write_globals(p: Problem, s: State, b: int, queued: int, x: Float32Array) -> None:
    """Write the features in the order of `GLOBAL_FEATURES`."""
    row = s.row[b]
    x[row[KIND]] = 1.0
    x[3] = np.log1p(row[WAITING])
    x[4] = np.log1p(row[FLYING])
    x[5] = _time(_remaining(s, b))
    x[6] = _time(queued)
    window = p.counts[row[SLOT], WINDOW]
    x[7] = _time(window - row[NOW] % window)
    x[8] = _clip(p.scales[row[SLOT], EDGE_DEMAND])
    if row[DELAY_AT] != NONE:
        x[9], x[10], x[11] = _time(row[DELAY]), _time(row[NOW] - row[DELAY_AT]), 1.0


@entry_kernel
def _fill_arcs(
    p: Problem, s: State, rows: IntArray, of: IntArray, of_count: IntArray, before: IntArray,
    before_x: Float32Array, before_count: IntArray,
) -> None:  # fmt: skip
    for index in range(len(rows)):
        b = rows[index]
        waiting, found = s.row[b, WAITING], 0
        for slot in range(waiting):
            of[index, 0, slot], of[index, 1, slot] = slot, s.pool[b, slot, MODEL]
            follower = _next_due(s, b, slot)
            if follower != NONE:
                before[index, 0, found], before[index, 1, found] = slot, follower
                gap = s.pool[b, follower, DUE] - s.pool[b, slot, DUE]
                before_x[index, found, 0] = _time(gap)
                found += 1
        of_count[index, 0], before_count[index, 0] = waiting, found


@kernel
def _next_due(s: State, b: int, slot: int) -> int:
    """The waiting task whose deadline comes next after that of a task; ties by arrival."""
    best, due = NONE, 1 << 62
    own = s.pool[b, slot, DUE]
    for other in range(s.row[b, WAITING]):
        theirs = s.pool[b, other, DUE]
        follows = theirs > own or (theirs == own and other > slot)
        if follows and theirs < due:
            best, due = other, theirs
    return best


@entry_kernel
def _fill_options(
    p: Problem, s: State, rows: IntArray, arcs: IntArray, x: Float32Array, count: IntArray,
    candidates: IntArray, mask: Int8Array, migrate: bool,
) -> None:  # fmt: skip
    for index in range(len(rows)):
        b = rows[index]
        candidates[index] = NONE
        if s.row[b, DONE] != 0:
            continue
        found, benefit = 0, p.scales[s.row[b, SLOT], MEAN_BENEFIT]
        for action in range(s.row[b, WAITING] * NUM_VERBS):
            if why_illegal(p, s, b, action, migrate) != LEGAL:
                continue
            slot, verb = action // NUM_VERBS, action % NUM_VERBS
            arcs[index, 0, found], arcs[index, 1, found] = slot, verb
            _write_option(p, s, b, slot, verb, benefit, x[index, found])
            candidates[index, action, 0] = slot
            candidates[index, action, 1] = verb
            candidates[index, action, 2] = found
            mask[index, action] = 1
            found += 1
        count[index, 0] = found
        idle = idle_action(s)
        if s.row[b, KIND] == EDGE_FREE:
            mask[index, idle] = 1
            candidates[index, idle, 1] = NUM_VERBS


@kernel
def _write_option(
    p: Problem, s: State, b: int, slot: int, verb: int, benefit: float, x: Float32Array
) -> None:
    """Write the features in the order of `OPTION_FEATURES`."""
    i, m = s.row[b, SLOT], s.pool[b, slot, MODEL]
    slack, work = s.pool[b, slot, DUE] - s.row[b, NOW], p.model[i, m, EDGE_MS]
    edge, cloud = p.value[i, m, EDGE_UTILITY] / benefit, p.value[i, m, CLOUD_UTILITY] / benefit
    if verb == EDGE:
        ahead = 0
        if s.row[b, KIND] == EDGE_FREE:
            x[0] = 1.0
        else:
            ahead = _remaining(s, b) + _work_ahead(p, s, b, s.pool[b, slot, DUE])
        left = slack - ahead - work
        x[1] = x[2] = _time(left)
        x[3] = 1.0 if left >= 0 else 0.0
        x[4], x[5] = _clip(edge), _clip(edge - max(cloud, 0.0))
        x[6] = _clip(edge * SCALE_MS / work)
        x[7] = _time(ahead)
        x[8] = _time(left)
        if s.row[b, KIND] != EDGE_FREE:
            x[9] = _clip(_displaced(p, s, b, slot) / benefit)
    elif verb == CLOUD:
        left = slack - estimated_call(p, s, b, m)
        x[0] = 1.0
        x[1], x[2] = _time(left), _time(slack - p.model[i, m, CLOUD_MS])
        x[3] = 1.0 if left >= 0 else 0.0
        x[4], x[5] = _clip(cloud), _clip(cloud - max(edge, 0.0))
        x[8] = _time(slack - p.model[i, m, CLOUD_MS] - s.row[b, DELAY])
