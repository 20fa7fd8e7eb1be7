"""When passing the candidates over can lead anywhere: the dominance check of the wait."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.jobshop.dynamics.apply import option_mode, slots_per_lane, uses_resource
from dispatchlab.envs.jobshop.dynamics.layout import (
    ARRIVAL,
    CAPACITY,
    DURATION,
    EARLIEST,
    FREE,
    FREE_SEEN,
    IS_INSTANT,
    IS_NOISY,
    JOB,
    LANE_NEXT,
    MARKED,
    MIN_DURATION,
    MODE_ACTIVITY,
    MODE_PTR,
    NOT_BEFORE,
    NOW,
    NUM_LANES,
    PREDS_LEFT,
    READY,
    READY_SEEN,
    RESOURCE,
    SLOT,
    USE_PTR,
    WAIT_LIMIT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State
from dispatchlab.envs.jobshop.dynamics.timing import (
    after_breakdowns,
    longest_setup_after,
    seen,
    setup_before,
)


@kernel
def earliest_seen(p: Problem, s: State, b: int, a: int, m: int) -> int:
    """Earliest start as a scheduler can know it now: no peeking at the realisation.

    A repair time is known once the breakdown has begun.
    """
    i = s.row[b, SLOT]
    time = max(s.row[b, NOW], seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN]))
    for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
        r = p.use[i, use, RESOURCE]
        if p.resource[i, r, CAPACITY] == 1:
            free = seen(p, s, b, s.resource[b, r, FREE], s.resource[b, r, FREE_SEEN])
            time = max(time, free + setup_before(p, s, b, use))
            time = max(time, after_breakdowns(p, i, r, s.row[b, NOW]))
    return time


@inlined_kernel
def option_start_seen(p: Problem, s: State, b: int, option: int) -> int:
    """Earliest start of an option as known now; the kernel's own value without surprises."""
    if not p.counts[s.row[b, SLOT], IS_NOISY]:
        return s.option[b, option, EARLIEST]
    m = option_mode(p, s, b, option)
    return earliest_seen(p, s, b, p.mode[s.row[b, SLOT], m, MODE_ACTIVITY], m)


@inlined_kernel
def lane_is_known(p: Problem, s: State, b: int, a: int) -> bool:
    """Whether the activity's job has arrived."""
    return p.job[s.row[b, SLOT], p.activity[s.row[b, SLOT], a, JOB], ARRIVAL] <= s.row[b, NOW]


@kernel
def apply_wait(p: Problem, s: State, b: int) -> None:
    """Pass the marked options over, each until its wait limit or a start on its resources."""
    for option in range(s.option.shape[1]):
        if s.option[b, option, MARKED]:
            limit = wait_limit(p, s, b, option)
            s.option[b, option, WAIT_LIMIT], s.option[b, option, NOT_BEFORE] = limit, limit


@kernel
def wait_limit(p: Problem, s: State, b: int, option: int) -> int:
    """How long an option may be passed over: as long as it would have taken, with its set-up.

    After that it would have fitted into the idle time, so waiting on is dominated.
    """
    if s.option[b, option, WAIT_LIMIT] > 0:
        return s.option[b, option, WAIT_LIMIT]
    i, m = s.row[b, SLOT], option_mode(p, s, b, option)
    limit = s.row[b, NOW] + p.mode[i, m, DURATION]
    if p.setup_time.shape[1] > 0:
        limit += longest_setup_after(p, i, m)
    return limit


@kernel
def wait_is_useful(p: Problem, s: State, b: int) -> bool:
    """Whether an activity outside the marked ones could start before the first of them ends.

    Waiting longer is dominated: the candidate that ends first would fit into the idle time.
    """
    i, limit = s.row[b, SLOT], NEVER
    for option in range(s.option.shape[1]):
        if s.option[b, option, MARKED]:
            limit = min(limit, wait_limit(p, s, b, option))
    if limit <= s.row[b, NOW]:
        return False
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a >= 0 and lane_is_known(p, s, b, a) and _lane_brings_rival(p, s, b, lane, limit):
            return True
    return False


@kernel
def _lane_brings_rival(p: Problem, s: State, b: int, lane: int, limit: int) -> bool:
    """Walk down a lane as long as its optimistic starts lie before the limit."""
    i, k = s.row[b, SLOT], slots_per_lane(s)
    a = s.lane[b, lane]
    first = p.activity[i, a, MODE_PTR]
    begin = max(s.row[b, NOW], seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN]))
    if s.activity[b, a, PREDS_LEFT] == 0:
        begin = NEVER
        for m in range(first, p.activity[i, a + 1, MODE_PTR]):
            option = lane * k + m - first
            start = max(s.row[b, NOW], option_start_seen(p, s, b, option))
            begin = min(begin, start)
            is_newcomer = s.option[b, option, EARLIEST] > s.row[b, NOW]
            if is_newcomer and start < limit and _rivals_marked(p, s, b, m):
                return True
    elif begin < limit and _activity_rivals_marked(p, s, b, a):
        return True
    while p.activity[i, a, LANE_NEXT] >= 0:
        begin = s.row[b, NOW] if p.counts[i, IS_INSTANT] else begin + p.activity[i, a, MIN_DURATION]
        a = p.activity[i, a, LANE_NEXT]
        if begin >= limit:
            return False
        if _activity_rivals_marked(p, s, b, a):
            return True
    return False


@kernel
def _activity_rivals_marked(p: Problem, s: State, b: int, a: int) -> bool:
    """Whether any mode of the activity shares a resource with a marked option."""
    i = s.row[b, SLOT]
    for m in range(p.activity[i, a, MODE_PTR], p.activity[i, a + 1, MODE_PTR]):
        if _rivals_marked(p, s, b, m):
            return True
    return False


@kernel
def _rivals_marked(p: Problem, s: State, b: int, m: int) -> bool:
    """Whether a mode shares a resource with a marked option, or is an alternative to it."""
    i = s.row[b, SLOT]
    for option in range(s.option.shape[1]):
        if not s.option[b, option, MARKED]:
            continue
        n = option_mode(p, s, b, option)
        if p.mode[i, m, MODE_ACTIVITY] == p.mode[i, n, MODE_ACTIVITY]:
            return True
        for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
            if uses_resource(p, i, n, p.use[i, use, RESOURCE]):
                return True
    return False
