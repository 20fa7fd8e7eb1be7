"""Lower bound on the objective from the current partial schedule."""

from dispatchlab.envs.jobshop.dynamics.apply import slots_per_lane
from dispatchlab.envs.jobshop.dynamics.compiling import kernel
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAPACITY,
    DUE,
    EARLIEST,
    FREE,
    IS_NOISY,
    JOB,
    JOB_BOUND,
    JOB_END,
    JOB_END_SEEN,
    JOB_RELEASE,
    JOB_TAIL,
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
    SLOT,
    TAIL_PATH,
    TRIVIAL_BOUND,
    WEIGHT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State
from dispatchlab.envs.jobshop.dynamics.timing import seen
from dispatchlab.envs.jobshop.dynamics.waiting import lane_is_known, option_start_seen

MAKESPAN, TARDINESS, FLOW_TIME = 0, 1, 2


@kernel
def update_bound(p: Problem, s: State, b: int) -> None:
    """Write the bound; it equals the objective once everything is scheduled.

    Paths and machine loads for the makespan, paths within each job for the sums over jobs. With
    a random realisation it is the expectation from what has been seen, not a proof.
    """
    i = s.row[b, SLOT]
    if s.row[b, LEFT] == 0:
        s.bound[b] = _objective(p, s, b)
    elif p.counts[i, OBJECTIVE] == MAKESPAN:
        s.bound[b] = _makespan_bound(p, s, b)
    else:
        s.bound[b] = _job_sum_bound(p, s, b)


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


@kernel
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
    return best


@kernel
def _makespan_bound(p: Problem, s: State, b: int) -> float:
    i = s.row[b, SLOT]
    bound = 0 if p.counts[i, IS_NOISY] else int(p.scales[i, TRIVIAL_BOUND])
    for j in range(p.counts[i, NUM_JOBS]):
        bound = max(bound, seen(p, s, b, s.job[b, j, JOB_END], s.job[b, j, JOB_END_SEEN]))
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a >= 0 and lane_is_known(p, s, b, a):
            bound = max(bound, lane_start_seen(p, s, b, lane) + p.activity[i, a, TAIL_PATH])
    if p.counts[i, NUM_MODES] == p.counts[i, NUM_ACTIVITIES] and not p.counts[i, IS_NOISY]:
        for r in range(p.counts[i, NUM_RESOURCES]):
            if p.resource[i, r, CAPACITY] == 1 and s.load[b, r] > 0.5:
                bound = max(bound, s.resource[b, r, FREE] + int(s.load[b, r] + 0.5))
    return float(bound)


@kernel
def _job_sum_bound(p: Problem, s: State, b: int) -> float:
    i = s.row[b, SLOT]
    for j in range(p.counts[i, NUM_JOBS]):
        s.job[b, j, JOB_BOUND] = -1
        if s.job[b, j, JOB_END] > 0:
            s.job[b, j, JOB_BOUND] = seen(p, s, b, s.job[b, j, JOB_END], s.job[b, j, JOB_END_SEEN])
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a >= 0 and lane_is_known(p, s, b, a):
            j = p.activity[i, a, JOB]
            end = lane_start_seen(p, s, b, lane) + p.activity[i, a, JOB_TAIL]
            s.job[b, j, JOB_BOUND] = max(s.job[b, j, JOB_BOUND], end)
    value = 0.0
    for j in range(p.counts[i, NUM_JOBS]):
        if s.job[b, j, JOB_BOUND] >= 0:
            value = _with_job(p, i, j, value, s.job[b, j, JOB_BOUND])
    return value
