"""Marginal utility: every place gets the tasks that gain most there per ms, by expected utility.

Our own rule, a greedy solution of the fluid problem at every decision. What a call is worth follows
from its chance to be in time: cloud times are lognormal, plus a delay of the network that recent
calls tell. What a task is worth on the edge is what it brings there beyond its call, per ms.
"""

import math

from dispatchlab.baselines.edge.calling import action_of
from dispatchlab.baselines.edge.queue_kernels import (
    edge_ms,
    left,
    pointed_slot,
    should_run,
    until_idle,
)
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.edge.dynamics.apply import (
    LEGAL,
    idle_action,
    why_illegal,
)
from dispatchlab.envs.edge.dynamics.layout import (
    BENEFIT,
    CALL_EXEC,
    CALLS,
    CLOUD_COST,
    CLOUD_MS,
    CLOUD_SHIFT,
    CLOUD_SIGMA,
    EDGE_UTILITY,
    FLYING,
    KIND,
    LAST_CALL,
    MODEL,
    NEW,
    NONE,
    NOW,
    NUM_MODELS,
    RECENT,
    SLOT,
    STATUS,
    WAITING,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import ARRIVAL, CLOUD, DEFER, EDGE, EDGE_FREE

# how long the delay of the network is taken for known after a call, and over how many calls of a
# model it is averaged
NEWS_MS, AVERAGED = 3000, 3
UNKNOWN = 1 << 40
SURE = 0.95  # a task is kept for the edge only as long as its call would be in time so surely


@kernel
def network_delay(p: Problem, s: State, b: int) -> int:
    """What calls take beyond their execution, by the last few; `UNKNOWN` without news."""
    i, now, total, models = s.row[b, SLOT], s.row[b, NOW], 0.0, 0
    growth = math.exp(p.scales[i, CLOUD_SHIFT] + 0.5 * p.scales[i, CLOUD_SIGMA] ** 2)
    for m in range(p.counts[i, NUM_MODELS]):
        calls = s.model[b, m, CALLS]
        if calls == 0 or now - s.model[b, m, LAST_CALL] > NEWS_MS:
            continue
        seen, taken = min(calls, AVERAGED), 0
        for k in range(seen):
            taken += s.recent[b, m, (calls - 1 - k) % RECENT]
        total += taken / seen - growth * p.model[i, m, CALL_EXEC]
        models += 1
    return int(total / models) if models > 0 else UNKNOWN


@kernel
def chance(p: Problem, s: State, b: int, m: int, slack: int, delay: int) -> float:
    """Probability that a call of a model sent now takes no longer than some time."""
    i, span = s.row[b, SLOT], slack - delay
    if span <= 0:
        return 0.0
    log = math.log(span / p.model[i, m, CALL_EXEC]) - p.scales[i, CLOUD_SHIFT]
    if p.scales[i, CLOUD_SIGMA] <= 0.0:
        return 1.0 if log >= 0 else 0.0
    return 0.5 * (1.0 + math.erf(log / (p.scales[i, CLOUD_SIGMA] * math.sqrt(2.0))))


@kernel
def call_value(p: Problem, s: State, b: int, slot: int, delay: int) -> float:
    """Expected utility of sending a waiting task now."""
    i, m = s.row[b, SLOT], s.pool[b, slot, MODEL]
    in_time = chance(p, s, b, m, left(s, b, slot), delay)
    return in_time * p.value[i, m, BENEFIT] - p.value[i, m, CLOUD_COST]


@kernel
def density(p: Problem, s: State, b: int, slot: int, delay: int) -> float:
    """What the edge gains per ms by a waiting task, beyond the best that a call would bring."""
    gain = p.value[s.row[b, SLOT], s.pool[b, slot, MODEL], EDGE_UTILITY]
    return (gain - max(0.0, call_value(p, s, b, slot, delay))) / edge_ms(p, s, b, slot)


@kernel
def _reachable(p: Problem, s: State, b: int, slot: int, delay: int) -> bool:
    """Whether the edge would come to a waiting task in time, denser ones first."""
    span, mine = until_idle(s, b), density(p, s, b, slot, delay)
    for other in range(s.row[b, WAITING]):
        waits = other != slot and s.pool[b, other, STATUS] != NEW
        if waits and density(p, s, b, other, delay) >= mine:
            span += edge_ms(p, s, b, other)
    return span + edge_ms(p, s, b, slot) < left(s, b, slot)


@kernel
def _decide(p: Problem, s: State, b: int, slot: int, delay: int) -> int:
    """The verb for a new task, or for a deferred one whose moment has come."""
    if delay == UNKNOWN:
        return DEFER if s.row[b, KIND] == ARRIVAL else EDGE
    i, m = s.row[b, SLOT], s.pool[b, slot, MODEL]
    if call_value(p, s, b, slot, delay) <= 0.0:
        return EDGE
    if not _reachable(p, s, b, slot, delay):
        return CLOUD
    if s.row[b, KIND] != ARRIVAL:
        return EDGE
    loss = chance(p, s, b, m, left(s, b, slot), delay) * (1.0 - SURE) * p.value[i, m, BENEFIT]
    gain = density(p, s, b, slot, delay) * edge_ms(p, s, b, slot)
    return DEFER if gain > loss else CLOUD


@kernel
def _densest(p: Problem, s: State, b: int, delay: int) -> int:
    """The task that the idle edge runs, or `NONE`."""
    best, most = NONE, 0.0
    for slot in range(s.row[b, WAITING]):
        if should_run(p, s, b, slot):
            value = density(p, s, b, slot, delay)
            if best == NONE or value > most:
                best, most = slot, value
    return best


@kernel
def choose_by_margin(p: Problem, s: State, b: int, migrate: bool) -> int:
    """The action of the rule in a row that is not over."""
    delay = network_delay(p, s, b)
    if delay == UNKNOWN:
        # one call at a time finds out; the others wait for its answer
        delay = p.model[s.row[b, SLOT], 0, CLOUD_MS] - p.model[s.row[b, SLOT], 0, CALL_EXEC]
        if s.row[b, FLYING] > 0:
            delay = UNKNOWN
    if s.row[b, KIND] == EDGE_FREE:
        slot = _densest(p, s, b, delay)
        return idle_action(s) if slot == NONE else action_of(slot, EDGE)
    slot = pointed_slot(s, b)
    action = action_of(slot, _decide(p, s, b, slot, delay))
    if why_illegal(p, s, b, action, migrate) != LEGAL:
        action = action_of(slot, EDGE)
    return action
