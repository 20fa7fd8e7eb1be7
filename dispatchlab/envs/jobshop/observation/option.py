"""Features of one option: what a rule or a network may know about starting it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import inlined_kernel
from dispatchlab.envs.jobshop.dynamics.apply import count_left, uses_resource, work_left
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAPACITY,
    DEMAND,
    DURATION,
    FOCUS,
    HEAD_WORK,
    JOB,
    LANE_NEXT,
    MEAN_DURATION,
    MEAN_WEIGHT,
    MIN_DURATION,
    MODE_PTR,
    NOT_BEFORE,
    NOW,
    NUM_ACTIVITIES,
    NUM_LANES,
    PREDS_LEFT,
    READY,
    READY_SEEN,
    RESOURCE,
    SLOT,
    TAIL_PATH,
    TALLY,
    USE_PTR,
    WEIGHT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.timing import seen, setup_before
from dispatchlab.envs.jobshop.dynamics.waiting import option_start_seen
from dispatchlab.envs.jobshop.observation.context import clip, due_slack, free_seen
from dispatchlab.envs.jobshop.observation.features import Float32Array

FloatArray = npt.NDArray[np.float64]
NEVER = np.inf


class Scales(NamedTuple):
    """What the features of a row are multiplied by.

    Computed once a row: inside the loop over the options the compiler must reload and divide anew,
    because the features written could be the memory it read.
    """

    per_mean: float
    per_horizon: float
    per_weight: float
    per_lane: float
    lanes_per_activity: float


@inlined_kernel
def make_scales(p: Problem, i: int, horizon: float) -> Scales:
    """The scales of a row in problem slot ``i``."""
    lanes = p.counts[i, NUM_LANES]
    return Scales(
        1.0 / p.scales[i, MEAN_DURATION],
        1.0 / horizon,
        1.0 / p.scales[i, MEAN_WEIGHT],
        1.0 / lanes,
        lanes / p.counts[i, NUM_ACTIVITIES],
    )


@inlined_kernel
def expected_start(p: Problem, s: State, b: int, a: int, option: int) -> int:
    """Expected start of an option; by its scheduled predecessors while others are missing."""
    if s.activity[b, a, PREDS_LEFT] > 0:
        ready = seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN])
        return max(s.row[b, NOW], ready)
    return max(s.row[b, NOW], option_start_seen(p, s, b, option))


@inlined_kernel
def write_option(
    p: Problem,
    s: State,
    b: int,
    lane: int,
    a: int,
    m: int,
    option: int,
    scales: Scales,
    queue: FloatArray,
    x: Float32Array,
) -> None:
    """Write the features in the order of `OPTION_FEATURES`, but for the last one."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    per_mean, per_horizon = scales.per_mean, scales.per_horizon
    duration = p.mode[i, m, DURATION]
    start = expected_start(p, s, b, a, option)
    tail = p.activity[i, a, TAIL_PATH]
    work = work_left(p, s, b, a)
    x[0] = clip(s.legal[b, option])
    x[1] = clip(duration * per_mean)
    x[2] = clip((start - now) * per_mean)
    x[3] = clip(work * per_horizon)
    x[4] = clip(count_left(p, s, b, a) * scales.lanes_per_activity)
    x[5] = clip(tail * per_horizon)
    x[6] = clip((start - now + tail) * per_horizon)
    _write_resource(p, s, b, m, scales, x)
    _write_next(p, s, b, a, start + duration, scales, queue, x)
    _write_focus(p, s, b, a, m, start, scales, x)
    ready = seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN])
    x[18] = due_slack(p, s, b, a, per_mean)
    x[19] = clip(p.job[i, p.activity[i, a, JOB], WEIGHT] * scales.per_weight)
    x[20] = clip(max(0, now - ready) * per_mean)
    shortest = p.activity[i, a, MIN_DURATION]
    x[21] = 1.0 if duration == shortest else clip(duration / max(1, shortest))
    before = p.work[i, a, HEAD_WORK]
    x[24] = clip(1.0 - work / max(1.0, before + work - shortest))
    x[25] = 1.0 if s.activity[b, a, PREDS_LEFT] > 0 else 0.0
    x[26] = 1.0 if s.option[b, option, NOT_BEFORE] > now else 0.0


@inlined_kernel
def _write_resource(p: Problem, s: State, b: int, m: int, scales: Scales, x: Float32Array) -> None:
    """Load and rivalry on the mode's most loaded resource."""
    i = s.row[b, SLOT]
    for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
        r = p.use[i, use, RESOURCE]
        capacity = p.resource[i, r, CAPACITY]
        load = s.load[b, r] if capacity == 1 else s.load[b, r] / capacity
        x[7] = clip(max(x[7], load * scales.per_horizon))
        x[8] = clip(max(x[8], (free_seen(p, s, b, r) - s.row[b, NOW] + load) * scales.per_horizon))
        x[9] = clip(max(x[9], s.resource[b, r, TALLY] * scales.per_lane))
        if p.setup_time.shape[1] > 0:
            x[22] = clip(max(x[22], setup_before(p, s, b, use) * scales.per_mean))
        x[23] = 1.0 if capacity == 1 else max(x[23], p.use[i, use, DEMAND] / capacity)


@inlined_kernel
def _write_next(
    p: Problem,
    s: State,
    b: int,
    a: int,
    end: int,
    scales: Scales,
    queue: FloatArray,
    x: Float32Array,
) -> None:
    """The activity that follows in the lane: its duration, and the queue it will meet.

    Of several modes the easiest counts, for each feature by itself.
    """
    i = s.row[b, SLOT]
    follower = p.activity[i, a, LANE_NEXT]
    if follower < 0:
        return
    x[10] = 1.0
    x[11] = clip(p.activity[i, follower, MIN_DURATION] * scales.per_mean)
    first = p.activity[i, follower, MODE_PTR]
    for m in range(first, p.activity[i, follower + 1, MODE_PTR]):
        wait, idle, load, work = 0.0, NEVER, 0.0, 0.0
        for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
            r = p.use[i, use, RESOURCE]
            free, capacity = free_seen(p, s, b, r), p.resource[i, r, CAPACITY]
            wait, idle = max(wait, free - end), min(idle, end - free)
            load = max(load, s.load[b, r] / capacity)
            work = max(work, queue[r])
        idle = max(0.0, idle) if idle < NEVER else 0.0
        wait, idle = clip(wait * scales.per_mean), clip(idle * scales.per_mean)
        load, work = clip(load * scales.per_horizon), clip(work * scales.per_horizon)
        x[12] = min(x[12], wait) if m > first else wait
        x[13] = min(x[13], load) if m > first else load
        x[28] = max(x[28], idle)
        x[29] = min(x[29], work) if m > first else work


@inlined_kernel
def _write_focus(
    p: Problem, s: State, b: int, a: int, m: int, start: int, scales: Scales, x: Float32Array
) -> None:
    """Whether, when and for how long the lane needs the resource the decision is about."""
    i, focus = s.row[b, SLOT], s.row[b, FOCUS]
    if focus < 0:
        return
    if uses_resource(p, i, m, focus):
        x[14] = 1.0
        x[27] = _tail_after(p, i, a, scales)
        return
    arrival = start + p.mode[i, m, DURATION]
    follower = p.activity[i, a, LANE_NEXT]
    while follower >= 0:
        for mode in range(p.activity[i, follower, MODE_PTR], p.activity[i, follower + 1, MODE_PTR]):
            if uses_resource(p, i, mode, focus):
                x[15] = 1.0
                x[16] = clip((arrival - s.row[b, NOW]) * scales.per_mean)
                x[17] = clip(p.mode[i, mode, DURATION] * scales.per_mean)
                x[27] = _tail_after(p, i, follower, scales)
                return
        arrival += p.activity[i, follower, MIN_DURATION]
        follower = p.activity[i, follower, LANE_NEXT]


@inlined_kernel
def _tail_after(p: Problem, i: int, a: int, scales: Scales) -> float:
    """Longest path behind an activity, itself left out."""
    behind = p.activity[i, a, TAIL_PATH] - p.activity[i, a, MIN_DURATION]
    return clip(behind * scales.per_horizon)


@inlined_kernel
def expected_end(p: Problem, s: State, b: int, a: int, m: int, option: int) -> int:
    """Expected end of an option, by `expected_start`."""
    return expected_start(p, s, b, a, option) + p.mode[s.row[b, SLOT], m, DURATION]
