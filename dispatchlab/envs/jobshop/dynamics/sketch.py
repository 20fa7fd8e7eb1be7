"""Sketch: a rehearsal of a job shop in a few small arrays, several times as fast as in a `State`.

It does what `apply_option` does where jobs are chains on machines that take one activity at a time
(`IS_SHOP`), and leaves out whatever a makespan does not need.
"""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics.layout import (
    ACTUAL,
    DURATION,
    EARLIEST,
    FREE,
    HEAD_WORK,
    JOB,
    JOB_RELEASE,
    LANE_NEXT,
    LAST_END,
    LEFT,
    MODE_PTR,
    NUM_LANES,
    NUM_RESOURCES,
    READY,
    RESOURCE,
    SLOT,
    TAIL_WORK,
    USE_PTR,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, FloatArray, State
from dispatchlab.envs.jobshop.limits import ProblemLimits

RULES = ("ratio", "tail")
RATIO, TAIL = range(2)


class Sketch(NamedTuple):
    """What a rehearsal of a job shop needs to know; sizes as in `State`."""

    activity: IntArray  # (L,) first unscheduled activity of the lane, or -1
    earliest: IntArray  # (L*K,) earliest start of an option; NEVER where there is none
    machine: IntArray  # (L*K,)
    actual: IntArray  # (L*K,) duration
    key: FloatArray  # (L*K,) what the rule minimises
    free: IntArray  # (R,) end of the last activity


def allocate_sketch(limits: ProblemLimits) -> Sketch:
    """Zeroed arrays for problems within the limits."""
    options = limits.lanes * limits.modes_per_activity
    lanes, earliest, machine, actual = (
        np.zeros(size, np.int64) for size in (limits.lanes, options, options, options)
    )
    return Sketch(
        lanes, earliest, machine, actual, np.zeros(options), np.zeros(limits.resources, np.int64)
    )


@inlined_kernel
def rule_key(p: Problem, i: int, a: int, left: float, duration: int, rule: int) -> float:
    """What a rule minimises, given the work left behind an activity, itself included.

    `RATIO` is FDD/MWKR (Sels, Gheysen and Vanhoucke 2012) and `TAIL` is MWKR, each with durations
    added that keep long activities back. On generated job shops the two together, with these
    weights, judge better than FDD/MWKR and MWKR do.
    """
    if rule == TAIL:
        return 3.0 * duration - left
    due = p.job[i, p.activity[i, a, JOB], JOB_RELEASE] + p.work[i, a, HEAD_WORK]
    return (due + 4.0 * duration) / max(1e-9, left)


@kernel
def rehearse_shop(
    p: Problem, s: State, b: int, sketch: Sketch, option: int, rule: int
) -> float:  # fmt: skip
    """Makespan if an option is started and a rule decides everything behind it, without delay.

    For a row of a problem that `IS_SHOP`, in which no wait passes options over.
    """
    i, k = s.row[b, SLOT], s.option.shape[1] // s.lane.shape[1]
    for r in range(p.counts[i, NUM_RESOURCES]):
        sketch.free[r] = s.resource[b, r, FREE]
    lanes = p.counts[i, NUM_LANES]
    for lane in range(lanes):
        sketch.activity[lane] = s.lane[b, lane]
        _open(p, i, sketch, lane, k, 0, rule)
        for other in range(lane * k, (lane + 1) * k):
            sketch.earliest[other] = s.option[b, other, EARLIEST]
    last = s.row[b, LAST_END]
    for _ in range(s.row[b, LEFT]):
        lane, machine = option // k, sketch.machine[option]
        end = sketch.earliest[option] + sketch.actual[option]
        last, sketch.free[machine] = max(last, end), end
        a = p.activity[i, sketch.activity[lane], LANE_NEXT]
        sketch.activity[lane] = a
        _open(p, i, sketch, lane, k, max(end, s.activity[b, a, READY]), rule)
        now = NEVER
        for other in range(lanes * k):  # without branches: the compiler makes it vectors
            bound = end if sketch.machine[other] == machine else 0
            start = max(sketch.earliest[other], bound)
            sketch.earliest[other] = start
            now = min(now, start)
        least = np.inf
        for other in range(lanes * k):
            if sketch.earliest[other] == now and sketch.key[other] < least:
                option, least = other, sketch.key[other]
    return float(last)


@inlined_kernel
def _open(p: Problem, i: int, sketch: Sketch, lane: int, k: int, ready: int, rule: int) -> None:
    """Offer the options of a lane's next activity, from the time when it is ready."""
    a = sketch.activity[lane]
    for option in range(lane * k, (lane + 1) * k):
        sketch.earliest[option] = NEVER
    if a < 0:
        return
    first = p.activity[i, a, MODE_PTR]
    for m in range(first, p.activity[i, a + 1, MODE_PTR]):
        option = lane * k + m - first
        machine = p.use[i, p.mode[i, m, USE_PTR], RESOURCE]
        sketch.machine[option] = machine
        sketch.actual[option] = p.mode[i, m, ACTUAL]
        sketch.earliest[option] = max(ready, sketch.free[machine])
        left = p.work[i, a, TAIL_WORK]
        sketch.key[option] = rule_key(p, i, a, left, p.mode[i, m, DURATION], rule)
