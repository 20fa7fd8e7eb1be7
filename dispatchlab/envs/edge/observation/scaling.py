"""How features are scaled, and what several of them share."""

import numpy as np

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT
from dispatchlab.envs.edge.dynamics.layout import (
    DUE,
    EDGE_MS,
    MODEL,
    NONE,
    NOW,
    QUEUED,
    RUN_EXPECTED,
    RUNNING,
    SLOT,
    STATUS,
    WAITING,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.observation.features import SCALE_MS


@inlined_kernel
def scale_time(x: float) -> float:
    """Times: fine where they are short, bounded where they are long."""
    y = x / SCALE_MS
    return min(FEATURE_LIMIT, np.log1p(y)) if y >= 0 else -min(FEATURE_LIMIT, np.log1p(-y))


@inlined_kernel
def clip(x: float) -> float:
    """Keep a feature within its limits."""
    return max(-FEATURE_LIMIT, min(FEATURE_LIMIT, x))


@kernel
def remaining(s: State, b: int) -> int:
    """Expected time until the edge is idle."""
    if s.row[b, RUNNING] == NONE:
        return 0
    return max(1, s.row[b, RUN_EXPECTED] - s.row[b, NOW])


@kernel
def work_ahead(p: Problem, s: State, b: int, due: int) -> int:
    """Expected work of the queued tasks whose deadlines are not later."""
    total = 0
    for slot in range(s.row[b, WAITING]):
        if s.pool[b, slot, STATUS] == QUEUED and s.pool[b, slot, DUE] <= due:
            total += p.model[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_MS]
    return total


@kernel
def queue_slack(p: Problem, s: State, b: int, slot: int) -> int:
    """How early a queued task is expected to end if the queue runs by deadlines."""
    due = s.pool[b, slot, DUE]
    return due - s.row[b, NOW] - remaining(s, b) - work_ahead(p, s, b, due)
