"""Earliest starts and ends: the earliest-start propagation of the encoding."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.jobshop.dynamics.layout import (
    ACTUAL,
    BY_RESOURCE,
    BY_RESOURCE_PTR,
    CAPACITY,
    DEMAND,
    DOWN_END,
    DOWN_PTR,
    DOWN_START,
    END,
    FAMILY,
    FREE,
    IN_TIME_ORDER,
    IS_NOISY,
    IS_SIMPLE,
    MODE,
    MODE_ACTIVITY,
    NOW,
    READY,
    RESOURCE,
    SETUP_PTR,
    SLOT,
    START,
    USE_FAMILY,
    USE_MODE,
    USE_PTR,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State


@kernel
def _families(size: int) -> int:
    """F, from the (F + 1) * F entries of a set-up matrix."""
    families = 1
    while (families + 1) * families < size:
        families += 1
    return families


@kernel
def longest_setup_after(p: Problem, i: int, m: int) -> int:
    """Longest set-up that can follow a mode on any of its resources."""
    longest = 0
    for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
        r = p.use[i, use, RESOURCE]
        first, last = p.resource[i, r, SETUP_PTR], p.resource[i, r + 1, SETUP_PTR]
        if last > first:
            families = _families(last - first)
            row = first + p.use[i, use, USE_FAMILY] * families
            for column in range(families):
                longest = max(longest, p.setup_time[i, row + column])
    return longest


@kernel
def setup_before(p: Problem, s: State, b: int, use: int) -> int:
    """Set-up time on the use's resource between its last activity and this one."""
    i = s.row[b, SLOT]
    r = p.use[i, use, RESOURCE]
    first = p.resource[i, r, SETUP_PTR]
    size = p.resource[i, r + 1, SETUP_PTR] - first
    if size == 0:
        return 0
    families = _families(size)
    row = s.resource[b, r, FAMILY] if s.resource[b, r, FAMILY] >= 0 else families
    return p.setup_time[i, first + row * families + p.use[i, use, USE_FAMILY]]


@kernel
def usage_at(p: Problem, s: State, b: int, r: int, time: int) -> int:
    """Demand on a cumulative resource at a time, from everything scheduled."""
    i = s.row[b, SLOT]
    total = 0
    for index in range(p.resource[i, r, BY_RESOURCE_PTR], p.resource[i, r + 1, BY_RESOURCE_PTR]):
        use = p.use[i, index, BY_RESOURCE]
        m = p.use[i, use, USE_MODE]
        a = p.mode[i, m, MODE_ACTIVITY]
        if (
            s.activity[b, a, START] >= 0
            and s.activity[b, a, MODE] == m
            and s.activity[b, a, START] <= time < s.activity[b, a, END]
        ):
            total += p.use[i, use, DEMAND]
    return total


@kernel
def _earliest_fit(
    p: Problem, s: State, b: int, r: int, after: int, duration: int, demand: int
) -> int:
    """First time from which the resource can carry the demand for the whole duration."""
    i = s.row[b, SLOT]
    room = p.resource[i, r, CAPACITY] - demand
    time = after
    while True:
        # usage changes only where activities start, so checking those points is enough
        blocked_until = -1
        if usage_at(p, s, b, r, time) > room:
            blocked_until = time
        for index in range(
            p.resource[i, r, BY_RESOURCE_PTR], p.resource[i, r + 1, BY_RESOURCE_PTR]
        ):
            m = p.use[i, p.use[i, index, BY_RESOURCE], USE_MODE]
            a = p.mode[i, m, MODE_ACTIVITY]
            begin = s.activity[b, a, START]
            if begin < 0 or s.activity[b, a, MODE] != m or not time < begin < time + duration:
                continue
            if begin > blocked_until and usage_at(p, s, b, r, begin) > room:
                blocked_until = begin
        if blocked_until < 0:
            return time
        following = NEVER
        for index in range(
            p.resource[i, r, BY_RESOURCE_PTR], p.resource[i, r + 1, BY_RESOURCE_PTR]
        ):
            m = p.use[i, p.use[i, index, BY_RESOURCE], USE_MODE]
            a = p.mode[i, m, MODE_ACTIVITY]
            if (
                s.activity[b, a, START] >= 0
                and s.activity[b, a, MODE] == m
                and s.activity[b, a, END] > blocked_until
            ):
                following = min(following, s.activity[b, a, END])
        time = following


@kernel
def after_breakdowns(p: Problem, i: int, r: int, time: int) -> int:
    """The time itself, or the end of the breakdown it falls into."""
    for d in range(p.resource[i, r, DOWN_PTR], p.resource[i, r + 1, DOWN_PTR]):
        if p.down[i, d, DOWN_START] <= time < p.down[i, d, DOWN_END]:
            return p.down[i, d, DOWN_END]
    return time


@kernel
def earliest_start(p: Problem, s: State, b: int, a: int, m: int) -> int:
    """Earliest start of activity ``a`` in mode ``m`` behind everything scheduled so far."""
    i = s.row[b, SLOT]
    time = s.activity[b, a, READY]
    if s.row[b, IN_TIME_ORDER]:
        time = max(time, s.row[b, NOW])
    duration = p.mode[i, m, ACTUAL]
    if duration == 0:
        return time
    for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
        r = p.use[i, use, RESOURCE]
        if p.resource[i, r, CAPACITY] == 1:
            time = max(time, s.resource[b, r, FREE])
            if p.setup_time.shape[1] > 0:
                time = max(time, s.resource[b, r, FREE] + setup_before(p, s, b, use))
    if p.counts[i, IS_SIMPLE]:
        return time
    moved = True
    while moved:
        before = time
        for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
            r = p.use[i, use, RESOURCE]
            if p.resource[i, r, CAPACITY] == 1:
                time = after_breakdowns(p, i, r, time)
            else:
                time = _earliest_fit(p, s, b, r, time, duration, p.use[i, use, DEMAND])
        moved = time > before
    return time


@kernel
def realised_end(p: Problem, i: int, m: int, start: int) -> int:
    """End of mode ``m`` started at ``start``: breakdowns of its resources pause it."""
    end = start + p.mode[i, m, ACTUAL]
    if p.counts[i, IS_SIMPLE] or p.mode[i, m, ACTUAL] == 0:
        return end
    time, work = start, p.mode[i, m, ACTUAL]
    while True:
        pause, resume = NEVER, NEVER
        for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
            r = p.use[i, use, RESOURCE]
            for d in range(p.resource[i, r, DOWN_PTR], p.resource[i, r + 1, DOWN_PTR]):
                if p.down[i, d, DOWN_END] > time and p.down[i, d, DOWN_START] < pause:
                    pause, resume = p.down[i, d, DOWN_START], p.down[i, d, DOWN_END]
        if time + work <= pause:
            return time + work
        if pause > time:
            work -= pause - time
        time = max(time, resume)


@inlined_kernel
def seen(p: Problem, s: State, b: int, actual: int, expected: int) -> int:
    """What a scheduler believes of a time: the fact once it has passed, else the expectation."""
    if not p.counts[s.row[b, SLOT], IS_NOISY] or actual <= s.row[b, NOW]:
        return actual
    return max(expected, s.row[b, NOW])
