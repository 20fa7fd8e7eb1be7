"""Quantities that several features share: horizon, slack, clipping."""

from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT
from dispatchlab.envs.jobshop.dynamics.bounds import lane_start_seen
from dispatchlab.envs.jobshop.dynamics.compiling import kernel
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAPACITY,
    DUE,
    FREE,
    FREE_SEEN,
    JOB,
    JOB_TAIL,
    NOW,
    NUM_LANES,
    NUM_RESOURCES,
    SLOT,
    TAIL_PATH,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.timing import seen
from dispatchlab.envs.jobshop.dynamics.waiting import lane_is_known
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE


@kernel
def clip(value: float) -> float:
    """Keep a ratio within what a network digests."""
    return min(FEATURE_LIMIT, max(-FEATURE_LIMIT, value))


@kernel
def free_seen(p: Problem, s: State, b: int, r: int) -> int:
    """When a capacity-1 resource becomes free, as known now; now for the others."""
    if p.resource[s.row[b, SLOT], r, CAPACITY] > 1:
        return s.row[b, NOW]
    free = seen(p, s, b, s.resource[b, r, FREE], s.resource[b, r, FREE_SEEN])
    return max(free, s.row[b, NOW])


@kernel
def remaining_horizon(p: Problem, s: State, b: int) -> float:
    """Latest expected end over lanes and resources minus now; at least 1."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    end = now + 1.0
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a >= 0 and lane_is_known(p, s, b, a):
            end = max(end, float(lane_start_seen(p, s, b, lane) + p.activity[i, a, TAIL_PATH]))
    for r in range(p.counts[i, NUM_RESOURCES]):
        load = s.load[b, r] / p.resource[i, r, CAPACITY]
        end = max(end, free_seen(p, s, b, r) + load)
    return end - now


@kernel
def due_slack(p: Problem, s: State, b: int, a: int, scale: float) -> float:
    """Time to spare before the job is late, in mean durations; 0 without a due date."""
    i = s.row[b, SLOT]
    due = p.job[i, p.activity[i, a, JOB], DUE]
    if due >= NO_DUE_DATE:
        return 0.0
    return clip((due - s.row[b, NOW] - p.activity[i, a, JOB_TAIL]) / scale)
