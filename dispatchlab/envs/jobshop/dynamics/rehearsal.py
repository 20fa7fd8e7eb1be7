"""Rehearsals: playing on from a state with FDD/MWKR until everything is scheduled."""

import numpy as np

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.jobshop.dynamics.apply import apply_option, slots_per_lane, work_left
from dispatchlab.envs.jobshop.dynamics.bounds import update_bound
from dispatchlab.envs.jobshop.dynamics.layout import (
    DURATION,
    HEAD_WORK,
    JOB,
    JOB_RELEASE,
    LEFT,
    MODE_PTR,
    SLOT,
)
from dispatchlab.envs.jobshop.dynamics.legality import NON_DELAY, NON_DELAY_WAIT, advance
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State, copy_row


@kernel
def rehearse(
    p: Problem, s: State, b: int, scratch: State, option: int, semantics: int
) -> float:  # fmt: skip
    """Objective if an option is started and FDD/MWKR decides everything behind it.

    Args:
        p: The problems.
        s: The rows, which stay as they are.
        b: The row.
        scratch: Another state, whose row 0 is overwritten.
        option: A legal option.
        semantics: Index of the dispatch semantics; the rule never waits.
    """
    copy_row(scratch, 0, s, b)
    apply_option(p, scratch, 0, option)
    # asked before every start, and never for a wait: to look for conflicts costs more than it saves
    semantics = NON_DELAY if semantics == NON_DELAY_WAIT else semantics
    advance(p, scratch, 0, semantics, True)
    while scratch.row[0, LEFT] > 0:
        apply_option(p, scratch, 0, _choose(p, scratch))
        advance(p, scratch, 0, semantics, True)
    update_bound(p, scratch, 0)
    return scratch.bound[0]


@kernel
def _choose(p: Problem, s: State) -> int:
    """The legal option of row 0 of the lowest ratio; of equal ones the faster, then the first."""
    i, k = s.row[0, SLOT], slots_per_lane(s)
    best, least, shortest = -1, np.inf, np.inf
    for option in range(s.option.shape[1]):
        if not s.legal[0, option]:
            continue
        a = s.lane[0, option // k]
        ratio = _flow_due_date_ratio(p, s, a)
        duration = p.mode[i, p.activity[i, a, MODE_PTR] + option % k, DURATION]
        if ratio < least or (ratio == least and duration < shortest):
            best, least, shortest = option, ratio, duration
    return best


@inlined_kernel
def _flow_due_date_ratio(p: Problem, s: State, a: int) -> float:
    """Flow due date over the work left (Sels, Gheysen and Vanhoucke 2012), in row 0."""
    i = s.row[0, SLOT]
    due = p.job[i, p.activity[i, a, JOB], JOB_RELEASE] + p.work[i, a, HEAD_WORK]
    return due / max(1e-9, work_left(p, s, 0, a))
