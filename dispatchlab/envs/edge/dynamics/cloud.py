"""How long a cloud call takes, and what a model's recent calls tell."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.edge.dynamics.layout import (
    CALLS,
    CLOUD_EXEC,
    CLOUD_MS,
    CLOUD_UTILITY,
    DELAY,
    DELAY_AT,
    DUE,
    EDGE_MS,
    ESTIMATE,
    LEAD,
    MODEL,
    NONE,
    NOW,
    NUM_BANDWIDTH,
    NUM_LATENCY,
    RECENT,
    SLOT,
    TIMEOUT,
    UPLOAD_BITS,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State

_SECOND_MS = 1000


@kernel
def extra_latency(p: Problem, i: int, t: int) -> int:
    """Extra latency of the network at a time, linear between its samples."""
    last = p.counts[i, NUM_LATENCY] - 1
    k = t // _SECOND_MS
    if k >= last:
        return p.latency[i, last]
    here = p.latency[i, k]
    return here + (p.latency[i, k + 1] - here) * (t % _SECOND_MS) // _SECOND_MS


@kernel
def upload_time(p: Problem, i: int, t: int) -> int:
    """How long it takes from a time on to send a segment; the bandwidth is not shared."""
    samples = p.counts[i, NUM_BANDWIDTH]
    if samples == 0:
        return 0
    bits, at = p.counts[i, UPLOAD_BITS], t
    while at - t < p.counts[i, TIMEOUT]:
        rate = p.bandwidth[i, (at // _SECOND_MS) % samples]
        left = _SECOND_MS - at % _SECOND_MS
        if rate * left >= bits:
            return at - t + -(-bits // rate)
        bits -= rate * left
        at += left
    return at - t


@kernel
def call_time(p: Problem, i: int, task: int, t: int) -> int:
    """How long the call for a task will take if it is sent at a time."""
    taken = p.task[i, task, CLOUD_EXEC] + extra_latency(p, i, t) + upload_time(p, i, t)
    return min(p.counts[i, TIMEOUT], taken)


@kernel
def note_call(p: Problem, s: State, b: int, model: int, taken: int) -> None:
    """Remember a cloud time.

    The estimate of a model is the second largest of its last ten times; the delay of the network a
    moving average, over the calls of all models, of what they took beyond their nominal times.
    """
    state, row = s.model[b, model], s.row[b]
    delay = taken - p.model[row[SLOT], model, CLOUD_MS]
    row[DELAY] = delay if row[DELAY_AT] == NONE else (3 * row[DELAY] + delay) // 4
    row[DELAY_AT] = row[NOW]
    s.recent[b, model, state[CALLS] % RECENT] = taken
    state[CALLS] += 1
    if state[CALLS] < RECENT:
        return
    largest, second = 0, 0
    for k in range(RECENT):
        value = s.recent[b, model, k]
        if value > largest:
            largest, second = value, largest
        elif value > second:
            second = value
    state[ESTIMATE] = second


@kernel
def estimated_call(p: Problem, s: State, b: int, model: int) -> int:
    """Expected cloud time of a model by its recent calls; the nominal one before there are ten."""
    if s.model[b, model, CALLS] < RECENT:
        return p.model[s.row[b, SLOT], model, CLOUD_MS]
    return s.model[b, model, ESTIMATE]


@kernel
def default_trigger(p: Problem, s: State, b: int, slot: int) -> int:
    """When a deferred task comes up again: at the last moment for the cloud.

    Where the cloud costs more than it brings, at the last moment for the edge.
    """
    i, model = s.row[b, SLOT], s.pool[b, slot, MODEL]
    latest = s.pool[b, slot, DUE] - p.counts[i, LEAD]
    if p.value[i, model, CLOUD_UTILITY] > 0:
        return latest - estimated_call(p, s, b, model)
    return latest - p.model[i, model, EDGE_MS]
