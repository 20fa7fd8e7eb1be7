"""How features are scaled, and what several of them share."""

import numpy as np

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT
from dispatchlab.envs.edge.dynamics.cloud import estimated_call
from dispatchlab.envs.edge.dynamics.layout import (
    CALLS,
    CLOUD_MS,
    DELAY,
    DELAY_AT,
    DUE,
    EDGE_MS,
    LAST_CALL,
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

# What calls have told is forgotten after this long without news, so that a policy that has given
# the cloud up comes back to it; DEMS-A cools down for the same reason.
FORGET_MS = 3000


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


@inlined_kernel
def is_fresh(s: State, b: int, at: int) -> bool:
    """Whether something that was learnt at a time still counts."""
    return s.row[b, NOW] - at <= FORGET_MS


@kernel
def believed_call(p: Problem, s: State, b: int, model: int) -> int:
    """Cloud time of a model that agents are told to expect.

    By its own recent calls, else by the delay of the calls of others, else the nominal one.
    """
    if s.model[b, model, CALLS] > 0 and is_fresh(s, b, s.model[b, model, LAST_CALL]):
        return estimated_call(p, s, b, model)
    nominal = p.model[s.row[b, SLOT], model, CLOUD_MS]
    if s.row[b, DELAY_AT] != NONE and is_fresh(s, b, s.row[b, DELAY_AT]):
        return nominal + max(0, s.row[b, DELAY])
    return nominal
