"""Quantities that several features share: horizon, slack, clipping."""

from dispatchlab.envs.core.compiling import inlined_kernel
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAPACITY,
    DUE,
    FREE,
    FREE_SEEN,
    HORIZON,
    JOB,
    JOB_TAIL,
    NOW,
    SLOT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.timing import seen
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE


@inlined_kernel
def clip(value: float) -> float:
    """Keep a ratio within what a network digests."""
    if value > FEATURE_LIMIT:
        return FEATURE_LIMIT
    return value if value > -FEATURE_LIMIT else -FEATURE_LIMIT


@inlined_kernel
def free_seen(p: Problem, s: State, b: int, r: int) -> int:
    """When a capacity-1 resource becomes free, as known now; now for the others."""
    if p.resource[s.row[b, SLOT], r, CAPACITY] > 1:
        return s.row[b, NOW]
    free = seen(p, s, b, s.resource[b, r, FREE], s.resource[b, r, FREE_SEEN])
    return max(free, s.row[b, NOW])


@inlined_kernel
def remaining_horizon(s: State, b: int) -> float:
    """Latest expected end over lanes and resources minus now; at least 1."""
    return float(s.row[b, HORIZON] - s.row[b, NOW])


@inlined_kernel
def due_slack(p: Problem, s: State, b: int, a: int, per_mean: float) -> float:
    """Time to spare before the job is late, in mean durations; 0 without a due date."""
    i = s.row[b, SLOT]
    due = p.job[i, p.activity[i, a, JOB], DUE]
    if due >= NO_DUE_DATE:
        return 0.0
    return clip((due - s.row[b, NOW] - p.activity[i, a, JOB_TAIL]) * per_mean)
