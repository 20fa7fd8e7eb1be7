"""View: what a dispatcher may know at a decision, for a batch of environments."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.apply import count_left, work_left
from dispatchlab.envs.jobshop.dynamics.layout import (
    DUE,
    DURATION,
    HEAD_WORK,
    JOB,
    JOB_RELEASE,
    JOB_TAIL,
    MODE_PTR,
    READY,
    READY_SEEN,
    SLOT,
    WEIGHT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.timing import seen
from dispatchlab.envs.jobshop.observation.option import expected_start

FloatArray = npt.NDArray[np.float64]
COLUMNS = (
    "duration", "start", "ready", "work_left", "activities_left", "flow_due_date", "due_date",
    "job_tail", "weight", "job_release",
)  # fmt: skip


class View(BatchView[Dynamics]):
    """View of a batch at its decisions; times in the instance's time unit."""

    @cached_property
    def _table(self) -> FloatArray:
        table = np.zeros((*self.legal.shape, len(COLUMNS)))
        _fill_table(self.dynamics.problem, self.dynamics.state, table)
        return table

    def column(self, name: str) -> FloatArray:
        """``(B, A)`` a quantity of every legal option (0 elsewhere).

        ``duration``: expected duration in the option's mode; ``start``: expected start;
        ``ready``: when it joined the queue; ``work_left``, ``activities_left``: mean duration and
        number of what is left behind it, itself included; ``flow_due_date``: job release plus
        the mean durations up to and including it; ``due_date``, ``weight``, ``job_release``: of
        its job; ``job_tail``: shortest path from its start to the end of its job.
        """
        if name not in COLUMNS:
            raise DispatchlabError(
                f"There is no column {name!r}; choose one of {', '.join(COLUMNS)}."
            )
        column: FloatArray = self._table[:, :, COLUMNS.index(name)]
        return column

    @property
    def has_alternatives(self) -> bool:
        """Whether activities may have several modes."""
        return self.dynamics.limits.modes_per_activity > 1


@entry_kernel
def _fill_table(p: Problem, s: State, table: FloatArray) -> None:
    k = s.option.shape[1] // s.lane.shape[1]
    for b in range(len(table)):
        i = s.row[b, SLOT]
        for option in range(s.option.shape[1]):
            if not s.legal[b, option]:
                continue
            a = s.lane[b, option // k]
            m = p.activity[i, a, MODE_PTR] + option % k
            j = p.activity[i, a, JOB]
            x = table[b, option]
            x[0] = p.mode[i, m, DURATION]
            x[1] = expected_start(p, s, b, a, option)
            x[2] = seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN])
            x[3] = work_left(p, s, b, a)
            x[4] = count_left(p, s, b, a)
            x[5] = p.job[i, j, JOB_RELEASE] + p.work[i, a, HEAD_WORK]
            x[6] = p.job[i, j, DUE]
            x[7] = p.activity[i, a, JOB_TAIL]
            x[8] = p.job[i, j, WEIGHT]
            x[9] = p.job[i, j, JOB_RELEASE]
