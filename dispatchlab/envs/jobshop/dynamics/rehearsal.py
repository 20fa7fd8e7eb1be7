"""Rehearsals: playing on from a state with a priority rule until everything is scheduled."""

import numpy as np

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.jobshop.dynamics.apply import (
    apply_option,
    effective_start,
    slots_per_lane,
    work_left,
)
from dispatchlab.envs.jobshop.dynamics.bounds import update_bound
from dispatchlab.envs.jobshop.dynamics.layout import (
    DURATION,
    HEAD_WORK,
    JOB,
    JOB_RELEASE,
    LEFT,
    MODE_PTR,
    NOW,
    SLOT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State, copy_row
from dispatchlab.envs.jobshop.dynamics.waiting import apply_wait

RULES = ("ratio", "tail")
RATIO, TAIL = range(2)


@kernel
def rehearse(
    p: Problem, s: State, b: int, scratch: State, action: int, rule: int
) -> float:  # fmt: skip
    """Objective if an action is taken and a rule decides everything behind it, without delay.

    Args:
        p: The problems, none of them random.
        s: The rows, which stay as they are.
        b: The row.
        scratch: Another state, whose row 0 is overwritten.
        action: A legal action.
        rule: `RATIO` or `TAIL`; whatever the semantics, it never delays on purpose.
    """
    copy_row(scratch, 0, s, b)
    if action < s.option.shape[1]:
        apply_option(p, scratch, 0, action)
    else:
        apply_wait(p, scratch, 0)
    while scratch.row[0, LEFT] > 0:
        apply_option(p, scratch, 0, _choose(p, scratch, rule))
    update_bound(p, scratch, 0)
    return scratch.bound[0]


@kernel
def _choose(p: Problem, s: State, rule: int) -> int:
    """Of the options that can start first in row 0, that of the least key; moves the clock."""
    i, k = s.row[0, SLOT], slots_per_lane(s)
    best, now, least = -1, NEVER, np.inf
    for option in range(s.option.shape[1]):
        start = effective_start(p, s, 0, option)
        if start > now or start == NEVER:
            continue
        a = s.lane[0, option // k]
        duration = p.mode[i, p.activity[i, a, MODE_PTR] + option % k, DURATION]
        key = _key(p, s, a, duration, rule)
        if start < now or key < least:
            best, now, least = option, start, key
    s.row[0, NOW] = now
    return best


@inlined_kernel
def _key(p: Problem, s: State, a: int, duration: int, rule: int) -> float:
    """What a rule minimises in row 0.

    `RATIO` is FDD/MWKR (Sels, Gheysen and Vanhoucke 2012) and `TAIL` is MWKR, each with durations
    added that keep long activities back. On generated job shops the two together, with these
    weights, judge better than FDD/MWKR and MWKR do.
    """
    left = work_left(p, s, 0, a)
    if rule == TAIL:
        return 3.0 * duration - left
    i = s.row[0, SLOT]
    due = p.job[i, p.activity[i, a, JOB], JOB_RELEASE] + p.work[i, a, HEAD_WORK]
    return (due + 4.0 * duration) / max(1e-9, left)
