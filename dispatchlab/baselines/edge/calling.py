"""What rules do with a task that the edge does not take: call the cloud now, later, or never."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.memory import (
    COOLING_MS,
    COOLS_SINCE,
    PROBE,
    PROBE_SENT,
    Memory,
)
from dispatchlab.baselines.edge.queue_kernels import (
    cloud_utility,
    edge_ms,
    end_on_edge,
    expected_call,
    left,
)
from dispatchlab.baselines.edge.settings import (
    ADAPTS,
    BUFFER_MS,
    CALLS,
    DROPS_COSTLY,
    IN_TIME,
    JUST_IN_TIME,
    LEAD_MS,
    NOT_AT_ALL,
    OWN_TRIGGER,
    WORTH_IT,
)
from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.edge.dynamics.apply import LEGAL, NUM_VERBS, can_call, why_illegal
from dispatchlab.envs.edge.dynamics.layout import (
    CLOUD_MS,
    DEADLINE,
    DUE,
    MODEL,
    NONE,
    NOW,
    SLOT,
    TASK,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import CLOUD, DEFER, DROP, EDGE

IntArray = npt.NDArray[np.int64]
EXTENSION = 10  # published: SOTA1 extends a patient task's deadline by a tenth


@inlined_kernel
def action_of(slot: int, verb: int) -> int:
    """Index of an action."""
    return slot * NUM_VERBS + verb


@kernel
def _fits_call(p: Problem, s: State, mem: Memory, b: int, how: IntArray, slot: int) -> bool:
    """Whether a call is expected to be in time; models of adaptive rules cool down after a no.

    While a model cools down its tasks fail; then one of them probes with the static expected time.
    """
    model, now = s.pool[b, slot, MODEL], s.row[b, NOW]
    if expected_call(s, mem, b, slot) <= left(s, b, slot):
        return True
    if how[ADAPTS] == NOT_AT_ALL:
        return False
    own = mem.model[b, model]
    if own[PROBE] != s.pool[b, slot, TASK]:
        if own[COOLS_SINCE] == NONE:
            own[COOLS_SINCE] = now
            return False
        if now - own[COOLS_SINCE] <= COOLING_MS:
            return False
        own[COOLS_SINCE], own[PROBE] = NONE, s.pool[b, slot, TASK]
    return p.model[s.row[b, SLOT], model, CLOUD_MS] <= left(s, b, slot)


@kernel
def call_or_drop(
    p: Problem, s: State, mem: Memory, b: int, slot: int, time: int, grace: int
) -> int:
    """Call the cloud, unless the call is expected to be late by then: drop the task."""
    if time >= left(s, b, slot) + grace or not can_call(p, s, b, slot):
        return action_of(slot, DROP)
    own = mem.model[b, s.pool[b, slot, MODEL]]
    if own[PROBE] == s.pool[b, slot, TASK]:
        own[PROBE_SENT] = s.row[b, NOW]
    return action_of(slot, CLOUD)


@kernel
def _time_of_call(p: Problem, s: State, mem: Memory, b: int, slot: int) -> int:
    """Expected time of the call for a task; probes go by the static one."""
    model = s.pool[b, slot, MODEL]
    if mem.model[b, model, PROBE] == s.pool[b, slot, TASK]:
        return p.model[s.row[b, SLOT], model, CLOUD_MS]
    return expected_call(s, mem, b, slot)


@kernel
def leave_edge(p: Problem, s: State, mem: Memory, b: int, how: IntArray, slot: int) -> int:
    """Call the cloud at once if that pays and is expected to be in time; else drop the task."""
    if how[CALLS] == WORTH_IT and (
        cloud_utility(p, s, b, slot) <= 0 or not _fits_call(p, s, mem, b, how, slot)
    ):
        return action_of(slot, DROP)
    return call_or_drop(p, s, mem, b, slot, _time_of_call(p, s, mem, b, slot), 0)


@kernel
def _wait_for_cloud(
    p: Problem, s: State, mem: Memory, b: int, how: IntArray, slot: int
) -> tuple[int, int]:
    """Let a new task wait for the last moment of its call, or of the edge if no call pays."""
    time = edge_ms(p, s, b, slot)
    if cloud_utility(p, s, b, slot) > 0:
        if not _fits_call(p, s, mem, b, how, slot):
            return action_of(slot, DROP), NONE
        time = _time_of_call(p, s, mem, b, slot)
    elif how[DROPS_COSTLY]:
        return action_of(slot, DROP), NONE
    trigger = s.pool[b, slot, DUE] - time - BUFFER_MS - how[LEAD_MS]
    defer = action_of(slot, DEFER)
    possible = how[OWN_TRIGGER] == 1 or why_illegal(p, s, b, defer, False) == LEGAL
    if trigger > s.row[b, NOW] and possible:
        return defer, trigger
    return leave_edge(p, s, mem, b, how, slot), NONE


@kernel
def to_cloud(
    p: Problem, s: State, mem: Memory, b: int, how: IntArray, slot: int
) -> tuple[int, int]:
    """What becomes of a new task that the edge does not take."""
    if how[JUST_IN_TIME]:
        return _wait_for_cloud(p, s, mem, b, how, slot)
    if how[CALLS] == IN_TIME and expected_call(s, mem, b, slot) >= left(s, b, slot):
        i, model = s.row[b, SLOT], s.pool[b, slot, MODEL]
        grace = p.model[i, model, DEADLINE] // EXTENSION
        if not mem.patient[i, model]:
            return action_of(slot, DROP), NONE
        if end_on_edge(p, s, b, how, slot) < left(s, b, slot) + grace:
            return action_of(slot, EDGE), NONE
        return call_or_drop(p, s, mem, b, slot, expected_call(s, mem, b, slot), grace), NONE
    return leave_edge(p, s, mem, b, how, slot), NONE
