"""State: what changes in an episode, one row per environment."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.core.copying import copy_matrix, copy_vector
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.limits import ProblemLimits

FloatArray = npt.NDArray[np.float64]
NEVER = 2**60


class State(NamedTuple):
    """Rows of episode state; B environments, sizes as in `ProblemLimits`, K slots per lane.

    The last axis of the wide arrays is named in `layout`.
    """

    row: IntArray  # (B, 10)
    lane: IntArray  # (B, L) first unscheduled activity of the lane, or -1
    activity: IntArray  # (B, N, 7)
    resource: IntArray  # (B, R, 4)
    load: FloatArray  # (B, R) expected load of the known unscheduled activities
    job: IntArray  # (B, J, 5)
    job_work: FloatArray  # (B, J) mean durations of the unscheduled activities
    option: IntArray  # (B, L*K, 5)
    legal: npt.NDArray[np.uint8]  # (B, L*K+1); the last column is the wait
    bound: FloatArray  # (B,) lower bound on the objective; the objective itself at the end


def allocate_state(batch: int, limits: ProblemLimits) -> State:
    """Zeroed rows for problems within the limits."""
    options = limits.lanes * limits.modes_per_activity
    return State(
        row=np.zeros((batch, 10), np.int64),
        lane=np.zeros((batch, limits.lanes), np.int64),
        activity=np.zeros((batch, limits.activities, 7), np.int64),
        resource=np.zeros((batch, limits.resources, 4), np.int64),
        load=np.zeros((batch, limits.resources)),
        job=np.zeros((batch, limits.jobs, 5), np.int64),
        job_work=np.zeros((batch, limits.jobs)),
        option=np.zeros((batch, options, 5), np.int64),
        legal=np.zeros((batch, options + 1), np.uint8),
        bound=np.zeros(batch),
    )


@kernel
def copy_row(to: State, b: int, source: State, c: int) -> None:
    """Make row b of one state equal to row c of another."""
    copy_vector(to.row[b], source.row[c])
    copy_vector(to.lane[b], source.lane[c])
    copy_matrix(to.activity[b], source.activity[c])
    copy_matrix(to.resource[b], source.resource[c])
    copy_vector(to.load[b], source.load[c])
    copy_matrix(to.job[b], source.job[c])
    copy_vector(to.job_work[b], source.job_work[c])
    copy_matrix(to.option[b], source.option[c])
    copy_vector(to.legal[b], source.legal[c])
    to.bound[b] = source.bound[c]
