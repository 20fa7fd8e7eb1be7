"""Resetting a row, starting an activity, waiting."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.jobshop.dynamics.layout import (
    ACTUAL,
    ARRIVAL,
    CAPACITY,
    COUNT_LEFT,
    DURATION,
    EARLIEST,
    END,
    END_SEEN,
    FAMILY,
    FOCUS,
    FREE,
    FREE_SEEN,
    FROM_START,
    HIDDEN,
    IN_TIME_ORDER,
    IS_KNOWN,
    IS_NOISY,
    IS_ORDERED,
    IS_SIMPLE,
    JOB,
    JOB_END,
    JOB_END_SEEN,
    LAG,
    LANE,
    LANE_FIRST,
    LANE_NEXT,
    LAST_END,
    LEFT,
    MACHINE,
    MODE,
    MODE_ACTIVITY,
    MODE_PTR,
    NOT_BEFORE,
    NOW,
    NUM_ACTIVITIES,
    NUM_JOBS,
    NUM_LANES,
    NUM_MODES,
    NUM_PREDS,
    PREDS_LEFT,
    READY,
    READY_SEEN,
    RELEASE,
    RESOURCE,
    SLOT,
    START,
    SUCC_PTR,
    SUCCESSOR,
    TAIL_COUNT,
    TAIL_WORK,
    TRIVIAL_BOUND,
    USE_FAMILY,
    USE_MODE,
    USE_PTR,
    WAIT_LIMIT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State
from dispatchlab.envs.jobshop.dynamics.timing import after_breakdowns, earliest_start, realised_end


@inlined_kernel
def slots_per_lane(s: State) -> int:
    """K of the layout: option ``lane * K + k`` is the k-th mode of the lane's next activity."""
    return s.option.shape[1] // s.lane.shape[1]


@kernel
def reset_row(p: Problem, s: State, b: int, in_time_order: bool) -> None:
    """Bring a row to the beginning of its problem slot."""
    i = s.row[b, SLOT]
    s.row[b, :] = 0
    s.row[b, SLOT], s.row[b, FOCUS], s.row[b, IN_TIME_ORDER] = i, -1, in_time_order
    s.bound[b] = 0.0 if p.counts[i, IS_NOISY] else p.scales[i, TRIVIAL_BOUND]
    s.row[b, LEFT] = p.counts[i, NUM_ACTIVITIES]
    s.lane[b, :] = -1
    s.option[b, :, :] = 0
    s.option[b, :, EARLIEST] = NEVER
    s.legal[b, :] = 0
    s.resource[b, :, :] = 0
    s.resource[b, :, FAMILY] = -1
    s.load[b, :] = 0.0
    s.job_work[b, :] = 0.0
    s.job[b, :, :] = 0
    s.activity[b, :, :] = -1
    for a in range(p.counts[i, NUM_ACTIVITIES]):
        j = p.activity[i, a, JOB]
        s.activity[b, a, PREDS_LEFT] = p.activity[i, a, NUM_PREDS]
        s.activity[b, a, READY] = max(p.activity[i, a, RELEASE], p.job[i, j, ARRIVAL])
        s.activity[b, a, READY_SEEN] = s.activity[b, a, READY]
        s.job[b, j, COUNT_LEFT] += 1
        s.job_work[b, j] += mean_duration(p, i, a)
    s.row[b, HIDDEN] = p.counts[i, NUM_JOBS]
    reveal_jobs(p, s, b)
    for lane in range(p.counts[i, NUM_LANES]):
        s.lane[b, lane] = p.lane[i, lane, LANE_FIRST]
        refresh_lane(p, s, b, lane)


@kernel
def reveal_jobs(p: Problem, s: State, b: int) -> None:
    """Count the load of the jobs that have arrived by now."""
    i = s.row[b, SLOT]
    for j in range(p.counts[i, NUM_JOBS]):
        if s.job[b, j, IS_KNOWN] == 0 and p.job[i, j, ARRIVAL] <= s.row[b, NOW]:
            s.job[b, j, IS_KNOWN] = 1
            s.row[b, HIDDEN] -= 1
    for use in range(p.mode[i, p.counts[i, NUM_MODES], USE_PTR]):
        a = p.mode[i, p.use[i, use, USE_MODE], MODE_ACTIVITY]
        j = p.activity[i, a, JOB]
        if s.job[b, j, IS_KNOWN] == 1:
            s.load[b, p.use[i, use, RESOURCE]] += p.share[i, use]
    for j in range(p.counts[i, NUM_JOBS]):
        s.job[b, j, IS_KNOWN] = min(2, 2 * s.job[b, j, IS_KNOWN])


@inlined_kernel
def mean_duration(p: Problem, i: int, a: int) -> float:
    """Mean expected duration over the modes of an activity."""
    first, last = p.activity[i, a, MODE_PTR], p.activity[i, a + 1, MODE_PTR]
    total = 0
    for m in range(first, last):
        total += p.mode[i, m, DURATION]
    return total / (last - first)


@inlined_kernel
def work_left(p: Problem, s: State, b: int, a: int) -> float:
    """Remaining work behind an activity, itself included.

    Along the precedences; in a job without any (open shop) everything unscheduled in the job.
    """
    i = s.row[b, SLOT]
    if p.job[i, p.activity[i, a, JOB], IS_ORDERED]:
        return p.work[i, a, TAIL_WORK]
    return s.job_work[b, p.activity[i, a, JOB]]


@inlined_kernel
def count_left(p: Problem, s: State, b: int, a: int) -> int:
    """Number of activities in `work_left`."""
    i = s.row[b, SLOT]
    if p.job[i, p.activity[i, a, JOB], IS_ORDERED]:
        return p.activity[i, a, TAIL_COUNT]
    return s.job[b, p.activity[i, a, JOB], COUNT_LEFT]


@inlined_kernel
def refresh_lane(p: Problem, s: State, b: int, lane: int) -> None:
    """Recompute the earliest starts of a lane's options."""
    i, k = s.row[b, SLOT], slots_per_lane(s)
    a = s.lane[b, lane]
    s.option[b, lane * k : (lane + 1) * k, EARLIEST] = NEVER
    if a < 0 or s.activity[b, a, PREDS_LEFT] > 0:
        return
    first = p.activity[i, a, MODE_PTR]
    for m in range(first, p.activity[i, a + 1, MODE_PTR]):
        option = lane * k + m - first
        if p.counts[i, IS_SIMPLE]:
            machine = p.use[i, p.mode[i, m, USE_PTR], RESOURCE]
            start = max(s.activity[b, a, READY], s.resource[b, machine, FREE])
            if s.row[b, IN_TIME_ORDER]:
                start = max(start, s.row[b, NOW])
            s.option[b, option, EARLIEST], s.option[b, option, MACHINE] = start, machine
        else:
            s.option[b, option, EARLIEST] = earliest_start(p, s, b, a, m)


@inlined_kernel
def effective_start(p: Problem, s: State, b: int, option: int) -> int:
    """Earliest start of an option, not before the end of a wait that passes it over."""
    if s.option[b, option, NOT_BEFORE] <= s.option[b, option, EARLIEST]:
        return s.option[b, option, EARLIEST]
    return _start_after_wait(p, s, b, option)


@inlined_kernel
def option_mode(p: Problem, s: State, b: int, option: int) -> int:
    """Global mode index of an option."""
    lane, slot = divmod(option, slots_per_lane(s))
    return p.activity[s.row[b, SLOT], s.lane[b, lane], MODE_PTR] + slot


@kernel
def _start_after_wait(p: Problem, s: State, b: int, option: int) -> int:
    """First time from the end of the wait on at which none of the resources is down.

    What was free at the earliest start still is: a start on a resource ends the waits on it.
    """
    i, m = s.row[b, SLOT], option_mode(p, s, b, option)
    time, before = s.option[b, option, NOT_BEFORE], -1
    while time > before:
        before = time
        for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
            time = after_breakdowns(p, i, p.use[i, use, RESOURCE], time)
    return time


@kernel
def apply_option(p: Problem, s: State, b: int, option: int) -> None:
    """Start the option at its effective start and propagate."""
    i = s.row[b, SLOT]
    lane = option // slots_per_lane(s)
    a = s.lane[b, lane]
    m = option_mode(p, s, b, option)
    start = effective_start(p, s, b, option)
    end = start + p.mode[i, m, ACTUAL]
    if not p.counts[i, IS_SIMPLE]:
        end = realised_end(p, i, m, start)
    expected = start + p.mode[i, m, DURATION] if p.counts[i, IS_NOISY] else end
    (
        s.activity[b, a, START],
        s.activity[b, a, END],
        s.activity[b, a, END_SEEN],
        s.activity[b, a, MODE],
    ) = start, end, expected, m
    s.row[b, LEFT] -= 1
    _account(p, s, b, a, end, expected)
    s.lane[b, lane] = p.activity[i, a, LANE_NEXT]
    for other in range(lane * slots_per_lane(s), (lane + 1) * slots_per_lane(s)):
        s.option[b, other, NOT_BEFORE], s.option[b, other, WAIT_LIMIT] = 0, 0
    if p.mode[i, m, ACTUAL] > 0:
        _occupy(p, s, b, m, end, expected)
    _release_successors(p, s, b, a, start, end, expected)
    _refresh_after(p, s, b, lane, a, m)


@inlined_kernel
def _account(p: Problem, s: State, b: int, a: int, end: int, expected: int) -> None:
    """Update what is left and what is finished, by job and by resource."""
    i, j = s.row[b, SLOT], p.activity[s.row[b, SLOT], a, JOB]
    s.job[b, j, JOB_END] = max(s.job[b, j, JOB_END], end)
    s.row[b, LAST_END] = max(s.row[b, LAST_END], end)
    s.job[b, j, JOB_END_SEEN] = max(s.job[b, j, JOB_END_SEEN], expected)
    s.job[b, j, COUNT_LEFT] -= 1
    s.job_work[b, j] -= mean_duration(p, i, a)
    for use in range(
        p.mode[i, p.activity[i, a, MODE_PTR], USE_PTR],
        p.mode[i, p.activity[i, a + 1, MODE_PTR], USE_PTR],
    ):
        s.load[b, p.use[i, use, RESOURCE]] -= p.share[i, use]


@inlined_kernel
def _occupy(p: Problem, s: State, b: int, m: int, end: int, expected: int) -> None:
    """Occupy the mode's resources until its end; waits of options that share them are over."""
    i = s.row[b, SLOT]
    for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
        r = p.use[i, use, RESOURCE]
        if p.resource[i, r, CAPACITY] == 1:
            s.resource[b, r, FREE], s.resource[b, r, FREE_SEEN] = end, expected
            s.resource[b, r, FAMILY] = p.use[i, use, USE_FAMILY]
    for option in range(s.option.shape[1]):
        if s.option[b, option, WAIT_LIMIT] > 0:
            n = option_mode(p, s, b, option)
            for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
                if uses_resource(p, i, n, p.use[i, use, RESOURCE]):
                    s.option[b, option, NOT_BEFORE], s.option[b, option, WAIT_LIMIT] = 0, 0


@inlined_kernel
def uses_resource(p: Problem, i: int, m: int, r: int) -> bool:
    """Whether a mode uses a resource."""
    for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
        if p.use[i, use, RESOURCE] == r:
            return True
    return False


@inlined_kernel
def _release_successors(
    p: Problem, s: State, b: int, a: int, start: int, end: int, expected: int
) -> None:
    """Propagate along the precedence arcs."""
    i = s.row[b, SLOT]
    for e in range(p.activity[i, a, SUCC_PTR], p.activity[i, a + 1, SUCC_PTR]):
        follower, lag = p.arc[i, e, SUCCESSOR], p.arc[i, e, LAG]
        origin, believed = (start, start) if p.arc[i, e, FROM_START] else (end, expected)
        s.activity[b, follower, PREDS_LEFT] -= 1
        s.activity[b, follower, READY] = max(s.activity[b, follower, READY], origin + lag)
        s.activity[b, follower, READY_SEEN] = max(
            s.activity[b, follower, READY_SEEN], believed + lag
        )


@inlined_kernel
def _refresh_after(p: Problem, s: State, b: int, lane: int, a: int, m: int) -> None:
    """Recompute the options that starting activity ``a`` in mode ``m`` can have changed."""
    i = s.row[b, SLOT]
    if not p.counts[i, IS_SIMPLE]:
        for other in range(p.counts[i, NUM_LANES]):
            refresh_lane(p, s, b, other)
        return
    refresh_lane(p, s, b, lane)
    for e in range(p.activity[i, a, SUCC_PTR], p.activity[i, a + 1, SUCC_PTR]):
        follower = p.arc[i, e, SUCCESSOR]
        other = p.activity[i, follower, LANE]
        if other != lane and s.lane[b, other] == follower:
            refresh_lane(p, s, b, other)
    r = p.use[i, p.mode[i, m, USE_PTR], RESOURCE]
    free = s.resource[b, r, FREE]
    for option in range(s.option.shape[1]):
        if s.option[b, option, MACHINE] == r:
            s.option[b, option, EARLIEST] = max(s.option[b, option, EARLIEST], free)
