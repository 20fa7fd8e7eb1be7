"""Work stealing: what the idle edge takes of the tasks that wait for their call of the cloud."""

import numpy as np

from dispatchlab.baselines.edge.queue_kernels import (
    behind,
    cloud_utility,
    edge_ms,
    head,
    left,
    should_run,
)
from dispatchlab.baselines.edge.settings import BUFFER_MS
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.edge.dynamics.layout import (
    DEFERRED,
    EDGE_UTILITY,
    MODEL,
    NEVER,
    NONE,
    SLOT,
    STATUS,
    TASK,
    WAITING,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State

STEAL_FIRST = 1000.0  # published: added to the rank of what the cloud cannot earn with


@kernel
def _rank(p: Problem, s: State, b: int, slot: int) -> float:
    """Utility per s that the edge adds to what the cloud would earn."""
    in_cloud = cloud_utility(p, s, b, slot)
    on_edge = p.value[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_UTILITY]
    rank = (on_edge - in_cloud) * 1000.0 / edge_ms(p, s, b, slot)
    return rank + STEAL_FIRST if in_cloud < 0 else rank


@kernel
def next_loot(p: Problem, s: State, b: int, before: int, rank: float, task: int) -> int:
    """The deferred task that follows a place in the order of ranks, or `NONE`.

    Args:
        p: Problem.
        s: State.
        b: Row.
        before: Only tasks with lower numbers.
        rank: Rank at that place.
        task: The task at that place; ties go to the lower number.
    """
    best, most = NONE, 0.0
    for slot in range(s.row[b, WAITING]):
        number = s.pool[b, slot, TASK]
        if s.pool[b, slot, STATUS] != DEFERRED or number >= before:
            continue
        value = _rank(p, s, b, slot)
        if (value < rank or (value == rank and number > task)) and (best == NONE or value > most):
            best, most = slot, value
    return best


@kernel
def steal_idle(p: Problem, s: State, b: int, before: int) -> int:
    """The deferred task to run while the edge queue is empty, or `NONE`."""
    slot = next_loot(p, s, b, before, np.inf, NONE)
    while slot != NONE and not should_run(p, s, b, slot):
        slot = next_loot(p, s, b, before, _rank(p, s, b, slot), s.pool[b, slot, TASK])
    return slot


@kernel
def _delays_none(p: Problem, s: State, b: int, order: int, span: int) -> bool:
    """Whether all queued tasks stay in time if the edge is busy for a while first."""
    slot = head(p, s, b, order)
    while slot != NONE:
        span += edge_ms(p, s, b, slot)
        if span > left(s, b, slot):
            return False
        slot = behind(p, s, b, order, slot)
    return True


@kernel
def steal_ahead(p: Problem, s: State, b: int, order: int, first: int) -> int:
    """The deferred task to run before the head of the edge queue, or `NONE`.

    That the slack of the head has to exceed the least time of a model less the buffer (published)
    goes without saying: it has to exceed the time of the task.
    """
    slack = left(s, b, first) - edge_ms(p, s, b, first) - BUFFER_MS
    slot = next_loot(p, s, b, NEVER, np.inf, NONE)
    while slot != NONE:
        time = edge_ms(p, s, b, slot)
        if time < slack and should_run(p, s, b, slot) and _delays_none(p, s, b, order, time):
            return slot
        slot = next_loot(p, s, b, NEVER, _rank(p, s, b, slot), s.pool[b, slot, TASK])
    return NONE
