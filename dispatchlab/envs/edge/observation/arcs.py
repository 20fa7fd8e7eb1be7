"""Kernels that write the arcs, among them one for every open decision."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.edge.dynamics.apply import LEGAL, NUM_VERBS, idle_action, why_illegal
from dispatchlab.envs.edge.dynamics.layout import (
    CLOUD_MS,
    CLOUD_UTILITY,
    DELAY,
    DELAY_AT,
    DONE,
    DUE,
    EDGE_MS,
    EDGE_UTILITY,
    KIND,
    MEAN_BENEFIT,
    MODEL,
    NONE,
    NOW,
    QUEUED,
    SLOT,
    STATUS,
    WAITING,
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
from dispatchlab.envs.edge.schedule import CLOUD, EDGE, EDGE_FREE

Int8Array = np.ndarray[tuple[int, ...], np.dtype[np.int8]]


@entry_kernel
def fill_arcs(
    p: Problem, s: State, rows: IntArray, of: IntArray, of_count: IntArray, before: IntArray,
    before_x: Float32Array, before_count: IntArray,
) -> None:  # fmt: skip
    """Write which model a task is of, and the chain by deadlines."""
    for index in range(len(rows)):
        b = rows[index]
        waiting, found = s.row[b, WAITING], 0
        for slot in range(waiting):
            of[index, 0, slot], of[index, 1, slot] = slot, s.pool[b, slot, MODEL]
            follower = _next_due(s, b, slot)
            if follower != NONE:
                before[index, 0, found], before[index, 1, found] = slot, follower
                gap = s.pool[b, follower, DUE] - s.pool[b, slot, DUE]
                before_x[index, found, 0] = scale_time(gap)
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
        slack = queue_slack(p, s, b, other)
        if slack < 0 or slack >= work:
            continue
        m = waiting[MODEL]
        reachable = believed_call(p, s, b, m) < waiting[DUE] - s.row[b, NOW]
        elsewhere = max(0.0, p.value[i, m, CLOUD_UTILITY]) if reachable else 0.0
        total += p.value[i, m, EDGE_UTILITY] - elsewhere
    return total


@entry_kernel
def fill_options(
    p: Problem, s: State, rows: IntArray, arcs: IntArray, x: Float32Array, count: IntArray,
    candidates: IntArray, mask: Int8Array, migrate: bool,
) -> None:  # fmt: skip
    """Write an arc for every legal action, the candidates and the mask."""
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
            ahead = remaining(s, b) + work_ahead(p, s, b, s.pool[b, slot, DUE])
        left = slack - ahead - work
        x[1] = x[2] = scale_time(left)
        x[3] = 1.0 if left >= 0 else 0.0
        x[4], x[5] = clip(edge), clip(edge - max(cloud, 0.0))
        x[6] = clip(edge * SCALE_MS / work)
        x[7] = scale_time(ahead)
        x[8] = scale_time(left)
        if s.row[b, KIND] != EDGE_FREE:
            x[9] = clip(_displaced(p, s, b, slot) / benefit)
    elif verb == CLOUD:
        left = slack - believed_call(p, s, b, m)
        x[0] = 1.0
        x[1], x[2] = scale_time(left), scale_time(slack - p.model[i, m, CLOUD_MS])
        x[3] = 1.0 if left >= 0 else 0.0
        x[4], x[5] = clip(cloud), clip(cloud - max(edge, 0.0))
        known = s.row[b, DELAY_AT] != NONE and is_fresh(s, b, s.row[b, DELAY_AT])
        delay = s.row[b, DELAY] if known else 0
        x[8] = scale_time(slack - p.model[i, m, CLOUD_MS] - delay)
