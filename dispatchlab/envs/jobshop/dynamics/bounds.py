"""Lower bound on the objective from the current partial schedule."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.jobshop.dynamics.apply import slots_per_lane
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAPACITY,
    DUE,
    EARLIEST,
    FREE,
    FREE_SEEN,
    HORIZON,
    IS_NOISY,
    JOB,
    JOB_BOUND,
    JOB_END,
    JOB_END_SEEN,
    JOB_RELEASE,
    JOB_TAIL,
    LAST_END,
    LEFT,
    NOW,
    NUM_ACTIVITIES,
    NUM_JOBS,
    NUM_LANES,
    NUM_MODES,
    NUM_RESOURCES,
    OBJECTIVE,
    PREDS_LEFT,
    READY,
    READY_SEEN,
    SETUP_PTR,
    SLOT,
    TAIL_PATH,
    WEIGHT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State
from dispatchlab.envs.jobshop.dynamics.timing import seen
from dispatchlab.envs.jobshop.dynamics.waiting import lane_is_known, option_start_seen

MAKESPAN, TARDINESS, FLOW_TIME = 0, 1, 2


@kernel
def update_bound(p: Problem, s: State, b: int) -> None:
    """Write the bound and the horizon; the bound equals the objective at the end.

    Paths and machine loads for the makespan, paths within each job for the sums over jobs. With
    a random realisation it is the expectation from what has been seen, not a proof.
    """
    i = s.row[b, SLOT]
    if s.row[b, LEFT] == 0:
        s.row[b, HORIZON] = s.row[b, NOW] + 1
        s.bound[b] = _objective(p, s, b)
        return
    path_end = _scan_lanes(p, s, b)
    load_end, proven_load_end = _scan_loads(p, s, b)
    s.row[b, HORIZON] = max(s.row[b, NOW] + 1, path_end, load_end)
    bound = float(max(path_end, proven_load_end))
    if p.counts[i, OBJECTIVE] != MAKESPAN:
        bound = _job_sum_bound(p, s, b)
    # a finished lane takes the tails of its other successors out of the scan: keep what was proven
    s.bound[b] = bound if p.counts[i, IS_NOISY] else max(bound, s.bound[b])


@kernel
def _scan_lanes(p: Problem, s: State, b: int) -> int:
    """Latest expected end along the paths; leaves the bound on each job in `JOB_BOUND`."""
    i = s.row[b, SLOT]
    if p.counts[i, OBJECTIVE] == MAKESPAN and not p.counts[i, IS_NOISY]:
        latest = s.row[b, LAST_END]
        for lane in range(p.counts[i, NUM_LANES]):
            a = s.lane[b, lane]
            if a >= 0:
                start = lane_start_seen(p, s, b, lane)
                latest = max(latest, start + p.activity[i, a, TAIL_PATH])
        return latest
    return _scan_jobs(p, s, b)


@kernel
def _scan_jobs(p: Problem, s: State, b: int) -> int:
    """`_scan_lanes` with job bounds, or with ends and jobs that are not known yet."""
    i = s.row[b, SLOT]
    latest = 0
    for j in range(p.counts[i, NUM_JOBS]):
        end = seen(p, s, b, s.job[b, j, JOB_END], s.job[b, j, JOB_END_SEEN])
        s.job[b, j, JOB_BOUND] = end if s.job[b, j, JOB_END] > 0 else -1
        latest = max(latest, end)
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a >= 0 and lane_is_known(p, s, b, a):
            start = lane_start_seen(p, s, b, lane)
            latest = max(latest, start + p.activity[i, a, TAIL_PATH])
            j, end = p.activity[i, a, JOB], start + p.activity[i, a, JOB_TAIL]
            s.job[b, j, JOB_BOUND] = max(s.job[b, j, JOB_BOUND], end)
    return latest


@kernel
def _scan_loads(p: Problem, s: State, b: int) -> tuple[int, int]:
    """Latest expected end of the resources' loads, and the part of it that is a proof."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    exact = p.counts[i, NUM_MODES] == p.counts[i, NUM_ACTIVITIES] and not p.counts[i, IS_NOISY]
    latest, proven = 0, 0
    for r in range(p.counts[i, NUM_RESOURCES]):
        load = s.load[b, r]
        if load < 0.5:
            continue
        if p.resource[i, r, CAPACITY] > 1:
            latest = max(latest, now + int(load / p.resource[i, r, CAPACITY]))
            continue
        free = seen(p, s, b, s.resource[b, r, FREE], s.resource[b, r, FREE_SEEN])
        latest = max(latest, max(free, now) + int(load + 0.5))
        if exact:
            proven = max(proven, free + int(load + 0.5))
    return latest, proven


@kernel
def _objective(p: Problem, s: State, b: int) -> float:
    """Objective of the complete schedule."""
    i = s.row[b, SLOT]
    value = 0.0
    for j in range(p.counts[i, NUM_JOBS]):
        value = _with_job(p, i, j, value, s.job[b, j, JOB_END])
    return value


@kernel
def _with_job(p: Problem, i: int, j: int, value: float, end: int) -> float:
    """The objective so far with one more job completed at ``end``."""
    if p.counts[i, OBJECTIVE] == MAKESPAN:
        return max(value, float(end))
    if p.counts[i, OBJECTIVE] == TARDINESS:
        return value + float(p.job[i, j, WEIGHT] * max(0, end - p.job[i, j, DUE]))
    return value + float(end - p.job[i, j, JOB_RELEASE])


@inlined_kernel
def lane_start_seen(p: Problem, s: State, b: int, lane: int) -> int:
    """Earliest start of the lane's next activity in its best mode, as known now."""
    k = slots_per_lane(s)
    a = s.lane[b, lane]
    if s.activity[b, a, PREDS_LEFT] > 0:
        return max(
            s.row[b, NOW], seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN])
        )
    best = NEVER
    for option in range(lane * k, lane * k + k):
        if s.option[b, option, EARLIEST] < NEVER:
            best = min(best, option_start_seen(p, s, b, option))
    if p.resource[s.row[b, SLOT], p.counts[s.row[b, SLOT], NUM_RESOURCES], SETUP_PTR] > 0:
        # a detour over a third family can be shorter than the direct set-up
        best = min(best, seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN]))
    return best


@kernel
def _job_sum_bound(p: Problem, s: State, b: int) -> float:
    """The objective with every known job completed at its bound."""
    value = 0.0
    for j in range(p.counts[s.row[b, SLOT], NUM_JOBS]):
        if s.job[b, j, JOB_BOUND] >= 0:
            value = _with_job(p, s.row[b, SLOT], j, value, s.job[b, j, JOB_BOUND])
    return value
