"""What rules remember of a row: expected cloud times, their windows, cooling, and stealing."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.settings import ADAPTS, MEAN, NOT_AT_ALL
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.edge.dynamics.layout import (
    CALLS,
    CLOUD_MS,
    DECISIONS,
    LAST_CALL,
    LAST_ON_TIME,
    NONE,
    NUM_MODELS,
    RECENT,
    SLOT,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.limits import EdgeLimits

IntArray = npt.NDArray[np.int64]
# Memory.row
LAST_DECISION, STEAL_BEFORE = range(2)
# Memory.model
SEEN, FILLED, EXPECTED, COOLS_SINCE, PROBE, PROBE_SENT = range(6)
# published: samples that differ less are taken for the same; how long a model cools down
THRESHOLD_MS, COOLING_MS = 10, 10_000


class Memory(NamedTuple):
    """B rows; S slots with M models.

    Attributes:
        row: ``(B, 2)`` decisions taken at the last look, and the arrivals before which tasks may
            be stolen from the list in work (0: there is none).
        model: ``(B, M, 6)`` calls seen, calls in the window, expected time of a call, since when
            the model cools down, and its last probe: task and when it was sent.
        window: ``(B, M, RECENT)`` times of the last calls, a ring.
        plan: ``(B, Q)`` scratch: what becomes of each waiting task, by the plan of this decision.
        patient: ``(S, M)`` models whose deadline SOTA1 may extend.
        streams: ``(B,)`` random streams.
    """

    row: IntArray
    model: IntArray
    window: IntArray
    plan: IntArray
    patient: npt.NDArray[np.bool_]
    streams: npt.NDArray[np.uint64]


def make_memory(
    batch: int, slots: int, limits: EdgeLimits, streams: npt.NDArray[np.uint64]
) -> Memory:
    """Memory of rows that have not been looked at."""
    models = limits.models
    return Memory(
        row=np.full((batch, 2), NONE),
        model=np.zeros((batch, models, 6), np.int64),
        window=np.zeros((batch, models, RECENT), np.int64),
        plan=np.zeros((batch, limits.waiting), np.int64),
        patient=np.zeros((slots, models), np.bool_),
        streams=streams,
    )


@kernel
def _forget(p: Problem, s: State, mem: Memory, b: int) -> None:
    """Start over: a new episode has begun."""
    i = s.row[b, SLOT]
    mem.row[b, STEAL_BEFORE] = 0
    for m in range(p.counts[i, NUM_MODELS]):
        mem.model[b, m, SEEN], mem.model[b, m, FILLED] = 0, 0
        mem.model[b, m, EXPECTED] = p.model[i, m, CLOUD_MS]
        mem.model[b, m, COOLS_SINCE], mem.model[b, m, PROBE] = NONE, NONE
        mem.model[b, m, PROBE_SENT] = NONE


@kernel
def look(p: Problem, s: State, mem: Memory, b: int, how: IntArray) -> None:
    """Take note of what has happened since the last decision."""
    taken = s.row[b, DECISIONS]
    if taken == 0 or taken < mem.row[b, LAST_DECISION]:
        _forget(p, s, mem, b)
    mem.row[b, LAST_DECISION] = taken
    if how[ADAPTS] == NOT_AT_ALL:
        return
    for m in range(p.counts[s.row[b, SLOT], NUM_MODELS]):
        if s.model[b, m, CALLS] > mem.model[b, m, SEEN]:
            _note_calls(s, mem, b, m)
            _adapt(mem, b, m, how[ADAPTS])


@kernel
def _note_calls(s: State, mem: Memory, b: int, m: int) -> None:
    """Put the calls that have returned into the window.

    Of several at once, only the last is known to have been in time or not: a success ends the
    cooling of the model, and that of a probe clears the window.
    """
    own, calls = mem.model[b, m], s.model[b, m, CALLS]
    time = 0
    for call in range(max(own[SEEN], calls - RECENT), calls):
        time = s.recent[b, m, call % RECENT]
        mem.window[b, m, call % RECENT] = time
    own[FILLED] = min(own[FILLED] + calls - own[SEEN], RECENT)
    own[SEEN] = calls
    in_time = s.model[b, m, LAST_ON_TIME] == 1
    if in_time:
        own[COOLS_SINCE] = NONE
    if own[PROBE] != NONE and s.model[b, m, LAST_CALL] - time == own[PROBE_SENT]:
        own[PROBE], own[PROBE_SENT] = NONE, NONE
        if in_time:
            own[FILLED] = RECENT
            for k in range(RECENT):
                mem.window[b, m, k] = time


@kernel
def _adapt(mem: Memory, b: int, m: int, adapts: int) -> None:
    """Let the expected time of a call follow the window once it is full."""
    if mem.model[b, m, FILLED] < RECENT:
        return
    total, largest, second = 0, 0, 0
    for k in range(RECENT):
        time = mem.window[b, m, k]
        total += time
        if time > largest:
            largest, second = time, largest
        elif time > second:
            second = time
    if adapts != MEAN:
        mem.model[b, m, EXPECTED] = second
    elif abs(total // RECENT - mem.model[b, m, EXPECTED]) > THRESHOLD_MS:
        mem.model[b, m, EXPECTED] = total // RECENT
