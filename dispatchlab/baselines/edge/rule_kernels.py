"""The rules as kernels: one decision in one row, from settings and what the rule remembers."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.calling import action_of, call_or_drop, leave_edge, to_cloud
from dispatchlab.baselines.edge.marginal import choose_by_margin
from dispatchlab.baselines.edge.memory import (
    STEAL_BEFORE,
    Memory,
    look,
)
from dispatchlab.baselines.edge.queue_kernels import (
    cloud_utility,
    end_on_edge,
    expected_call,
    head,
    left,
    next_queued,
    pointed_slot,
    priority,
    should_run,
    victim,
)
from dispatchlab.baselines.edge.settings import (
    AT_RANDOM,
    BY_MARGIN,
    CALLS,
    GATED,
    LOYAL,
    MIGRATES,
    NEVER_CALLS,
    ONLY_CALLS,
    ORDER,
    STEALS,
    VICTIMS,
    WHOLE_LIST,
)
from dispatchlab.baselines.edge.stealing import steal_ahead, steal_idle
from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.random_bits import next_random
from dispatchlab.envs.edge.dynamics.apply import (
    LEGAL,
    NUM_VERBS,
    apply_action,
    idle_action,
    why_illegal,
)
from dispatchlab.envs.edge.dynamics.layout import (
    DONE,
    ENTERED,
    KIND,
    MODEL,
    NEVER,
    NEXT,
    NONE,
    QUEUED,
    RATE,
    RUNNING,
    SLOT,
    STATUS,
    WAITING,
    WINDOW_FINISHED,
    WINDOW_ON_TIME,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import CLOUD, DROP, EDGE, EDGE_FREE, TRIGGER

IntArray = npt.NDArray[np.int64]


@kernel
def _draw(p: Problem, s: State, mem: Memory, b: int) -> int:
    """A legal decision on the pointed task, or a task that can run, drawn uniformly."""
    free, count = s.row[b, KIND] == EDGE_FREE, 0
    for action in range(s.row[b, WAITING] * NUM_VERBS):
        count += _is_candidate(p, s, b, action, free)
    chosen = next_random(mem.streams, b) % count
    for action in range(s.row[b, WAITING] * NUM_VERBS):
        if _is_candidate(p, s, b, action, free):
            if chosen == 0:
                return action
            chosen -= 1
    return idle_action(s)


@kernel
def _is_candidate(p: Problem, s: State, b: int, action: int, free: bool) -> bool:
    if free and action % NUM_VERBS != EDGE:
        return False
    return why_illegal(p, s, b, action, False) == LEGAL


@kernel
def _stale(p: Problem, s: State, b: int) -> int:
    """A queued task that the idle edge would have thrown out already, or `NONE`."""
    for slot in range(s.row[b, WAITING]):
        if s.pool[b, slot, STATUS] == QUEUED and not should_run(p, s, b, slot):
            return slot
    return NONE


@kernel
def _place(p: Problem, s: State, mem: Memory, b: int, how: IntArray, slot: int) -> tuple[int, int]:
    """Where a new task goes; what it pushes out goes first."""
    if how[CALLS] == NEVER_CALLS:
        return action_of(slot, EDGE), NONE
    if how[CALLS] == ONLY_CALLS:
        if cloud_utility(p, s, b, slot) <= 0:
            return action_of(slot, DROP), NONE
        return call_or_drop(p, s, mem, b, slot, expected_call(s, mem, b, slot), 0), NONE
    if how[MIGRATES] and s.row[b, RUNNING] == NONE:
        stale = _stale(p, s, b)
        if stale != NONE:
            return action_of(stale, DROP), NONE
    end = end_on_edge(p, s, b, how, slot)
    if end >= left(s, b, slot):
        return to_cloud(p, s, mem, b, how, slot)
    out = NONE
    if how[VICTIMS] and how[MIGRATES]:
        out = victim(p, s, mem, b, how, slot, end)
    if out == NONE:
        return action_of(slot, EDGE), NONE
    if out == slot:
        return to_cloud(p, s, mem, b, how, slot)
    return leave_edge(p, s, mem, b, how, out), NONE


@kernel
def _gate(p: Problem, s: State, mem: Memory, b: int) -> int:
    """A queued task of a model that is below its rate in this window, and may be in time."""
    i = s.row[b, SLOT]
    for slot in range(s.row[b, WAITING]):
        model = s.pool[b, slot, MODEL]
        finished = s.model[b, model, WINDOW_FINISHED]
        if (
            s.pool[b, slot, STATUS] == QUEUED
            and s.model[b, model, WINDOW_ON_TIME] < p.value[i, model, RATE] * finished
            and cloud_utility(p, s, b, slot) > 0
            and expected_call(s, mem, b, slot) < left(s, b, slot)
        ):
            return slot
    return NONE


@kernel
def _run(p: Problem, s: State, mem: Memory, b: int, how: IntArray) -> int:
    """What the idle edge does."""
    if how[WHOLE_LIST] and mem.row[b, STEAL_BEFORE] > 0:
        loot = steal_idle(p, s, b, mem.row[b, STEAL_BEFORE])
        if loot != NONE:
            return action_of(loot, EDGE)
        mem.row[b, STEAL_BEFORE] = 0
    first = head(p, s, b, how[ORDER])
    if not how[MIGRATES]:
        while first != NONE and not should_run(p, s, b, first):
            mine = priority(p, s, b, how[ORDER], first)
            first = next_queued(p, s, b, how[ORDER], mine, s.pool[b, first, ENTERED])
    if first == NONE:
        loot = steal_idle(p, s, b, NEVER) if how[STEALS] and not how[LOYAL] else NONE
        if loot == NONE:
            return idle_action(s)
        mem.row[b, STEAL_BEFORE] = s.row[b, NEXT]
        return action_of(loot, EDGE)
    if not should_run(p, s, b, first):
        return action_of(first, DROP)
    loot = steal_ahead(p, s, b, how[ORDER], first) if how[STEALS] else NONE
    return action_of(first if loot == NONE else loot, EDGE)


@kernel
def choose(p: Problem, s: State, mem: Memory, b: int, how: IntArray) -> tuple[int, int]:
    """The action of a rule in a row that is not over, and its own trigger for a deferral."""
    look(p, s, mem, b, how)
    if how[CALLS] == AT_RANDOM:
        return _draw(p, s, mem, b), NONE
    if how[CALLS] == BY_MARGIN:
        return choose_by_margin(p, s, mem, b, how[MIGRATES] == 1), NONE
    if how[GATED] and how[MIGRATES]:
        slot = _gate(p, s, mem, b)
        if slot != NONE:
            return action_of(slot, CLOUD), NONE
    if s.row[b, KIND] == EDGE_FREE:
        return _run(p, s, mem, b, how), NONE
    slot = pointed_slot(s, b)
    if s.row[b, KIND] == TRIGGER:
        if cloud_utility(p, s, b, slot) <= 0:
            return action_of(slot, DROP), NONE
        return call_or_drop(p, s, mem, b, slot, 0, 0), NONE
    return _place(p, s, mem, b, how, slot)


@entry_kernel
def choose_all(p: Problem, s: State, mem: Memory, how: IntArray, actions: IntArray) -> None:
    """The action of a rule in every row; 0 where the episode is over."""
    for b in range(len(actions)):
        actions[b] = 0
        if s.row[b, DONE] == 0:
            actions[b], _ = choose(p, s, mem, b, how)


@entry_kernel
def play_all(p: Problem, s: State, mem: Memory, how: IntArray) -> None:
    """Play every row to its end."""
    for b in range(s.row.shape[0]):
        while s.row[b, DONE] == 0:
            action, trigger = choose(p, s, mem, b, how)
            apply_action(p, s, b, action, trigger)
