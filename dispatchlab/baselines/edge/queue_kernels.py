"""The edge queue as rules see it: its order, what fits in, and who has to leave."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.memory import EXPECTED, Memory
from dispatchlab.baselines.edge.settings import (
    BY_ARRIVAL,
    BY_BENEFIT,
    BY_DEADLINE,
    BY_RATE,
    BY_RELATIVE_DEADLINE,
    BY_TIME,
    FIRST_SPARED,
    ONE_LONGER,
    ORDER,
    VICTIMS,
)
from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.edge.dynamics.events import can_run
from dispatchlab.envs.edge.dynamics.layout import (
    BENEFIT,
    CLOUD_UTILITY,
    DEADLINE,
    DUE,
    EDGE_MS,
    EDGE_UTILITY,
    ENTERED,
    MODEL,
    NEVER,
    NONE,
    NOW,
    POINTED,
    QUEUED,
    RUN_EXPECTED,
    RUNNING,
    SLOT,
    STATUS,
    TASK,
    WAITING,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State

IntArray = npt.NDArray[np.int64]


@inlined_kernel
def edge_ms(p: Problem, s: State, b: int, slot: int) -> int:
    """Expected time of a waiting task on the edge."""
    return p.model[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_MS]


@inlined_kernel
def left(s: State, b: int, slot: int) -> int:
    """Time to the deadline of a waiting task."""
    return s.pool[b, slot, DUE] - s.row[b, NOW]


@inlined_kernel
def cloud_utility(p: Problem, s: State, b: int, slot: int) -> float:
    """Utility of a call in time."""
    return p.value[s.row[b, SLOT], s.pool[b, slot, MODEL], CLOUD_UTILITY]


@inlined_kernel
def expected_call(s: State, mem: Memory, b: int, slot: int) -> int:
    """Expected time of a call for a waiting task."""
    return mem.model[b, s.pool[b, slot, MODEL], EXPECTED]


@kernel
def until_idle(s: State, b: int) -> int:
    """Expected time until the edge has finished what it runs."""
    if s.row[b, RUNNING] == NONE:
        return 0
    return max(0, s.row[b, RUN_EXPECTED] - s.row[b, NOW])


@kernel
def pointed_slot(s: State, b: int) -> int:
    """Where the task waits that the decision is about."""
    slot = 0
    while s.pool[b, slot, TASK] != s.row[b, POINTED]:
        slot += 1
    return slot


@inlined_kernel
def should_run(p: Problem, s: State, b: int, slot: int) -> bool:
    """Whether a waiting task is expected to be in time if the edge starts it now."""
    return edge_ms(p, s, b, slot) < left(s, b, slot) and can_run(p, s, b, slot)


@kernel
def priority(p: Problem, s: State, b: int, order: int, slot: int) -> float:
    """Place of a task in the edge queue: the least goes first."""
    i, model = s.row[b, SLOT], s.pool[b, slot, MODEL]
    if order == BY_ARRIVAL:
        return float(s.pool[b, slot, TASK])
    if order == BY_DEADLINE:
        return float(s.pool[b, slot, DUE])
    if order == BY_RELATIVE_DEADLINE:
        return float(p.model[i, model, DEADLINE])
    if order == BY_TIME:
        return float(p.model[i, model, EDGE_MS])
    if order == BY_BENEFIT:
        return -p.value[i, model, BENEFIT]
    if order == BY_RATE:
        return -p.value[i, model, EDGE_UTILITY] / p.model[i, model, EDGE_MS]
    return -p.value[i, model, EDGE_UTILITY]


@kernel
def next_queued(p: Problem, s: State, b: int, order: int, after: float, entered: int) -> int:
    """The first task of the edge queue behind a place, or `NONE`.

    Args:
        p: Problem.
        s: State.
        b: Row.
        order: How the queue is ordered.
        after: Priority at that place.
        entered: When the task at that place entered, since ties are first come, first served;
            `NEVER`: behind all ties.
    """
    best, least, first = NONE, 0.0, NEVER
    for slot in range(s.row[b, WAITING]):
        if s.pool[b, slot, STATUS] != QUEUED:
            continue
        value, clock = priority(p, s, b, order, slot), s.pool[b, slot, ENTERED]
        if (value, clock) > (after, entered) and (best == NONE or (value, clock) < (least, first)):
            best, least, first = slot, value, clock
    return best


@kernel
def head(p: Problem, s: State, b: int, order: int) -> int:
    """The first task of the edge queue, or `NONE`."""
    return next_queued(p, s, b, order, -np.inf, NEVER)


@kernel
def behind(p: Problem, s: State, b: int, order: int, slot: int) -> int:
    """The task of the edge queue behind one of it, or `NONE`."""
    value = priority(p, s, b, order, slot)
    return next_queued(p, s, b, order, value, s.pool[b, slot, ENTERED])


@kernel
def end_on_edge(p: Problem, s: State, b: int, how: IntArray, slot: int) -> int:
    """In how many ms a new task is expected to end on the edge, behind what goes first."""
    span = until_idle(s, b)
    mine = priority(p, s, b, how[ORDER], slot)
    for other in range(s.row[b, WAITING]):
        if s.pool[b, other, STATUS] == QUEUED and priority(p, s, b, how[ORDER], other) <= mine:
            span += edge_ms(p, s, b, other)
    return span + edge_ms(p, s, b, slot)


@kernel
def score(p: Problem, s: State, mem: Memory, b: int, slot: int) -> float:
    """Utility that is lost if a task is not run on the edge (DEM)."""
    on_edge = p.value[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_UTILITY]
    in_cloud = cloud_utility(p, s, b, slot)
    if in_cloud >= 0 and expected_call(s, mem, b, slot) < left(s, b, slot):
        return on_edge - in_cloud
    return on_edge


@kernel
def victim(p: Problem, s: State, mem: Memory, b: int, how: IntArray, slot: int, end: int) -> int:
    """The queued task to push out first if a new one is put in.

    Args:
        p: Problem.
        s: State.
        mem: Memory.
        b: Row.
        how: Settings.
        slot: The new task.
        end: In how many ms it is expected to end.

    Returns:
        A slot; `NONE` if nobody has to leave; the new task itself if it is not worth it.
    """
    first, count, lost, spared = NONE, 0, 0.0, how[FIRST_SPARED] == 1
    mine = priority(p, s, b, how[ORDER], slot)
    other = next_queued(p, s, b, how[ORDER], mine, NEVER)
    while other != NONE:
        time = edge_ms(p, s, b, other)
        if spared:
            spared = False
        elif end + time > left(s, b, other):
            first = other if first == NONE else first
            count, lost = count + 1, lost + score(p, s, mem, b, other)
        else:
            end += time
        other = behind(p, s, b, how[ORDER], other)
    if first == NONE:
        return NONE
    if how[VICTIMS] == ONE_LONGER:
        # both running averages are over one task more: the shorter of the two wins
        wins = count == 1 and edge_ms(p, s, b, slot) < edge_ms(p, s, b, first)
    else:
        wins = lost < score(p, s, mem, b, slot)
    return first if wins else slot
