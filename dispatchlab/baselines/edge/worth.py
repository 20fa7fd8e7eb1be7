"""What tasks are worth at the edge and in the cloud: expected utilities, and the price of the edge.

What a call is worth follows from its chance to be in time: cloud times are lognormal, plus a delay
of the network that recent calls tell. What a task is worth on the edge is what it brings there
beyond its call, per ms.
"""

import math

from dispatchlab.baselines.edge.queue_kernels import left
from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.edge.dynamics.layout import (
    BENEFIT,
    CALL_EXEC,
    CALLS,
    CLOUD_COST,
    CLOUD_SHIFT,
    CLOUD_SIGMA,
    DEADLINE,
    EDGE_DEMAND,
    EDGE_MS,
    EDGE_UTILITY,
    LAST_CALL,
    MODEL,
    NONE,
    NOW,
    NUM_MODELS,
    RECENT,
    SLOT,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State

# how long the delay of the network is taken for known after a call, and over how many calls of a
# model it is averaged
NEWS_MS, AVERAGED = 3000, 3
UNKNOWN = 1 << 40


@kernel
def network_delay(p: Problem, s: State, b: int) -> int:
    """What calls take beyond their execution, by the last few; `UNKNOWN` without news.

    The last one alone counts where it was faster than the mean of the last few: a fade is over.
    """
    i, now, total, models = s.row[b, SLOT], s.row[b, NOW], 0.0, 0
    growth = math.exp(p.scales[i, CLOUD_SHIFT] + 0.5 * p.scales[i, CLOUD_SIGMA] ** 2)
    for m in range(p.counts[i, NUM_MODELS]):
        calls = s.model[b, m, CALLS]
        if calls == 0 or now - s.model[b, m, LAST_CALL] > NEWS_MS:
            continue
        seen, taken, last = min(calls, AVERAGED), 0, s.recent[b, m, (calls - 1) % RECENT]
        for k in range(seen):
            taken += s.recent[b, m, (calls - 1 - k) % RECENT]
        total += min(taken / seen, last) - growth * p.model[i, m, CALL_EXEC]
        models += 1
    # a network takes time, however fast the calls were
    return max(0, int(total / models)) if models > 0 else UNKNOWN


@kernel
def chance(p: Problem, i: int, m: int, slack: int, delay: int) -> float:
    """Probability that a call of a model sent now takes no longer than some time."""
    span = slack - delay
    if span <= 0:
        return 0.0
    log = math.log(span / p.model[i, m, CALL_EXEC]) - p.scales[i, CLOUD_SHIFT]
    if p.scales[i, CLOUD_SIGMA] <= 0.0:
        return 1.0 if log >= 0 else 0.0
    return 0.5 * (1.0 + math.erf(log / (p.scales[i, CLOUD_SIGMA] * math.sqrt(2.0))))


@inlined_kernel
def _value_of_call(p: Problem, i: int, m: int, slack: int, delay: int) -> float:
    """Expected utility of a call of a model with some time left."""
    return chance(p, i, m, slack, delay) * p.value[i, m, BENEFIT] - p.value[i, m, CLOUD_COST]


@inlined_kernel
def _density(p: Problem, i: int, m: int, slack: int, delay: int) -> float:
    """What the edge gains per ms by a model beyond the best that a call would bring."""
    call = max(0.0, _value_of_call(p, i, m, slack, delay))
    return (p.value[i, m, EDGE_UTILITY] - call) / p.model[i, m, EDGE_MS]


@kernel
def call_value(p: Problem, s: State, b: int, slot: int, delay: int) -> float:
    """Expected utility of sending a waiting task now."""
    return _value_of_call(p, s.row[b, SLOT], s.pool[b, slot, MODEL], left(s, b, slot), delay)


@kernel
def density(p: Problem, s: State, b: int, slot: int, delay: int) -> float:
    """What the edge gains per ms by a waiting task, beyond the best that a call would bring."""
    return _density(p, s.row[b, SLOT], s.pool[b, slot, MODEL], left(s, b, slot), delay)


@kernel
def price_of_edge(p: Problem, s: State, b: int, delay: int) -> float:
    """What a ms of the edge brings while tasks keep coming: density of the marginal model.

    The fluid solution: new tasks fill the edge, the densest model first; 0 if all of them fit.
    """
    i = s.row[b, SLOT]
    models, work = p.counts[i, NUM_MODELS], 0
    for m in range(models):
        work += p.model[i, m, EDGE_MS]
    room, last, least = float(work) / p.scales[i, EDGE_DEMAND], NONE, math.inf
    for _ in range(models):
        marginal, most = NONE, 0.0
        for m in range(models):
            value = _density(p, i, m, p.model[i, m, DEADLINE], delay)
            if value > most and (value < least or (value == least and m > last)):
                marginal, most = m, value
        if marginal == NONE:
            return 0.0
        room -= p.model[i, marginal, EDGE_MS]
        last, least = marginal, most
        if room < 0:
            return most
    return 0.0
