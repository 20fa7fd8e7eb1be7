"""Rehearsals: playing on from a state with a priority rule until everything is scheduled."""

from typing import NamedTuple

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
    IS_SHOP,
    LEFT,
    MODE_PTR,
    NOT_BEFORE,
    NOW,
    SLOT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.sketch import (
    RULES,
    Sketch,
    allocate_sketch,
    rehearse_shop,
    rule_key,
)
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State, allocate_state, copy_row
from dispatchlab.envs.jobshop.dynamics.waiting import apply_wait
from dispatchlab.envs.jobshop.limits import ProblemLimits

__all__ = ["RULES", "Stage", "StageFor", "rehearse"]


class Stage(NamedTuple):
    """Where rehearsals take place."""

    state: State  # one row
    sketch: Sketch


class StageFor:
    """One stage, made anew only when the limits of what is rehearsed change."""

    def __init__(self) -> None:
        """Have none yet."""
        self._limits: ProblemLimits | None = None
        self._stage: Stage | None = None

    def __call__(self, limits: ProblemLimits) -> Stage:
        """The stage for problems within the limits."""
        if self._stage is None or self._limits is not limits:
            self._limits = limits
            self._stage = Stage(allocate_state(1, limits), allocate_sketch(limits))
        return self._stage


@kernel
def rehearse(p: Problem, s: State, b: int, stage: Stage, action: int, rule: int) -> float:
    """Objective if an action is taken and a rule decides everything behind it, without delay.

    Args:
        p: The problems, none of them random.
        s: The rows, which stay as they are.
        b: The row.
        stage: Overwritten.
        action: A legal action.
        rule: Index into `RULES`; whatever the semantics, it never delays on purpose.
    """
    if p.counts[s.row[b, SLOT], IS_SHOP] and not _has_waits(s, b, action):
        return rehearse_shop(p, s, b, stage.sketch, action, rule)
    scratch = stage.state
    copy_row(scratch, 0, s, b)
    if action < s.option.shape[1]:
        apply_option(p, scratch, 0, action)
    else:
        apply_wait(p, scratch, 0)
    while scratch.row[0, LEFT] > 0:
        apply_option(p, scratch, 0, _choose(p, scratch, rule))
    update_bound(p, scratch, 0)
    return scratch.bound[0]


@inlined_kernel
def _has_waits(s: State, b: int, action: int) -> bool:
    """Whether the action is a wait, or an earlier one passes options over."""
    waits = action == s.option.shape[1]
    for option in range(s.option.shape[1]):
        waits = waits or s.option[b, option, NOT_BEFORE] > 0
    return waits


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
        key = rule_key(p, i, a, work_left(p, s, 0, a), duration, rule)
        if start < now or key < least:
            best, now, least = option, start, key
    s.row[0, NOW] = now
    return best
