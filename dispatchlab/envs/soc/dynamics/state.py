"""State: what changes during episodes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.core.copying import copy_matrix, copy_vector
from dispatchlab.envs.soc.dynamics.layout import (
    JOB_COLUMNS,
    JOB_LOG_COLUMNS,
    PE_COLUMNS,
    ROW_COLUMNS,
    STATE_TASK_COLUMNS,
    TASK_LOG_COLUMNS,
)
from dispatchlab.envs.soc.limits import SocLimits

IntArray = npt.NDArray[np.int64]


class State(NamedTuple):
    """B rows; J job slots with room for T tasks each.

    Attributes:
        row: ``(B, ROW_COLUMNS)``.
        job: ``(B, J, JOB_COLUMNS)``.
        task: ``(B, J * T, STATE_TASK_COLUMNS)``.
        pe: ``(B, P, PE_COLUMNS)``.
        ready: ``(B, R)`` ready tasks, those that have waited longest first.
        task_log: ``(B, N, T, TASK_LOG_COLUMNS)`` what happened to every task; N = 0 without log.
        job_log: ``(B, N, JOB_LOG_COLUMNS)``.
    """

    row: IntArray
    job: IntArray
    task: IntArray
    pe: IntArray
    ready: IntArray
    task_log: IntArray
    job_log: IntArray


def make_state(batch: int, limits: SocLimits, *, log: bool = True) -> State:
    """Zeroed arrays."""
    arrivals = limits.arrivals if log else 0
    return State(
        row=np.zeros((batch, ROW_COLUMNS), np.int64),
        job=np.zeros((batch, limits.jobs, JOB_COLUMNS), np.int64),
        task=np.zeros((batch, limits.jobs * limits.tasks, STATE_TASK_COLUMNS), np.int64),
        pe=np.zeros((batch, limits.pes, PE_COLUMNS), np.int64),
        ready=np.zeros((batch, limits.ready), np.int64),
        task_log=np.zeros((batch, arrivals, limits.tasks, TASK_LOG_COLUMNS), np.int64),
        job_log=np.zeros((batch, arrivals, JOB_LOG_COLUMNS), np.int64),
    )


@kernel
def copy_row(to: State, b: int, source: State, c: int) -> None:
    """Make row b of one state equal to row c of another, logs apart."""
    copy_vector(to.row[b], source.row[c])
    copy_matrix(to.job[b], source.job[c])
    copy_matrix(to.task[b], source.task[c])
    copy_matrix(to.pe[b], source.pe[c])
    copy_vector(to.ready[b], source.ready[c])
