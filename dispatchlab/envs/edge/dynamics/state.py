"""State: what changes during episodes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.edge.dynamics.layout import (
    CALL_COLUMNS,
    DECISION_COLUMNS,
    POOL_COLUMNS,
    RECENT,
    ROW_COLUMNS,
    STATE_MODEL_COLUMNS,
    TASK_LOG_COLUMNS,
)
from dispatchlab.envs.edge.limits import EdgeLimits

IntArray = npt.NDArray[np.int64]
# decisions that are kept per task: arrival, trigger, start, and idling at the events of a task
_DECISIONS_PER_TASK = 8


class State(NamedTuple):
    """B rows; room for Q waiting tasks, C calls and M models.

    Attributes:
        row: ``(B, ROW_COLUMNS)``.
        money: ``(B, 2)`` QoS utility and QoE bonus so far.
        pool: ``(B, Q, POOL_COLUMNS)`` waiting tasks, in the order of their arrival.
        call: ``(B, C, CALL_COLUMNS)`` cloud calls in flight, in the order of sending.
        model: ``(B, M, STATE_MODEL_COLUMNS)``.
        recent: ``(B, M, RECENT)`` last cloud times, a ring that CALLS points into.
        task_log: ``(B, N, TASK_LOG_COLUMNS)`` what happened to every task; N = 0 without log.
        decision_log: ``(B, K, DECISION_COLUMNS)``.
    """

    row: IntArray
    money: npt.NDArray[np.float64]
    pool: IntArray
    call: IntArray
    model: IntArray
    recent: IntArray
    task_log: IntArray
    decision_log: IntArray


def make_state(batch: int, limits: EdgeLimits, *, log: bool = True) -> State:
    """Zeroed arrays."""
    tasks = limits.tasks if log else 0
    return State(
        row=np.zeros((batch, ROW_COLUMNS), np.int64),
        money=np.zeros((batch, 2)),
        pool=np.zeros((batch, limits.waiting, POOL_COLUMNS), np.int64),
        call=np.zeros((batch, limits.calls, CALL_COLUMNS), np.int64),
        model=np.zeros((batch, limits.models, STATE_MODEL_COLUMNS), np.int64),
        recent=np.zeros((batch, limits.models, RECENT), np.int64),
        task_log=np.zeros((batch, tasks, TASK_LOG_COLUMNS), np.int64),
        decision_log=np.zeros((batch, _DECISIONS_PER_TASK * tasks, DECISION_COLUMNS), np.int64),
    )
