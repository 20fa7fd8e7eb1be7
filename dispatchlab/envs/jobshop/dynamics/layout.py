"""Columns of the arrays in `Problem` and `State`: the only place that knows the order.

The kernels hand the two tuples to one another. A few wide arrays instead of a hundred narrow ones
keep those calls, and the compilation, cheap.
"""

# Problem.counts (I, 11)
(
    NUM_ACTIVITIES,
    NUM_MODES,
    NUM_RESOURCES,
    NUM_JOBS,
    NUM_LANES,
    NUM_SLOTS,  # K of the instance: most modes of any activity
    OBJECTIVE,  # index into OBJECTIVES
    IS_SIMPLE,  # one capacity-1 resource per mode, no set-ups, no breakdowns, no zero durations
    IS_INSTANT,  # a start can make another activity startable at the same instant
    IS_NOISY,  # the realisation differs from the expectation
    IS_SHOP,  # IS_SIMPLE, jobs are chains without lags, and the makespan counts
) = range(11)
# Problem.scales (I, 4), float
(
    MEAN_DURATION,  # mean expected duration over the activities known at time 0, at least 1
    TRIVIAL_BOUND,  # lower bound on the objective before the first decision
    SCALE,  # what normalised rewards divide by
    MEAN_WEIGHT,  # mean weight of the jobs known at time 0, positive
) = range(4)
# Problem.activity (I, N+1, 12)
(
    MODE_PTR,
    SUCC_PTR,
    NUM_PREDS,
    LANE,
    LANE_NEXT,
    JOB,
    RELEASE,
    MIN_DURATION,
    HEAD_PATH,
    TAIL_PATH,
    JOB_TAIL,
    TAIL_COUNT,
) = range(12)
HEAD_WORK, TAIL_WORK = range(2)  # Problem.work (I, N, 2), float
DURATION, ACTUAL, USE_PTR, MODE_ACTIVITY = range(4)  # Problem.mode (I, M+1, 4)
RESOURCE, DEMAND, USE_FAMILY, USE_MODE, BY_RESOURCE = range(5)  # Problem.use (I, U, 5)
CAPACITY, BY_RESOURCE_PTR, SETUP_PTR, DOWN_PTR = range(4)  # Problem.resource (I, R+1, 4)
SUCCESSOR, LAG, FROM_START = range(3)  # Problem.arc (I, E, 3), sorted by predecessor
LANE_FIRST, LANE_SIZE = range(2)  # Problem.lane (I, L, 2)
IS_ORDERED, DUE, WEIGHT, JOB_RELEASE, ARRIVAL = range(5)  # Problem.job (I, J, 5)
DOWN_START, DOWN_END = range(2)  # Problem.down (I, D, 2)

# State.row (B, 10)
(
    SLOT,  # problem slot of the row
    NOW,  # decision time
    LEFT,  # unscheduled activities
    DECISIONS,  # actions the policy has taken
    FOCUS,  # resource that the decision is about, or -1
    CAN_WAIT,
    HORIZON,  # latest expected end over lanes and resources
    IN_TIME_ORDER,  # 1 where the semantics never starts anything before NOW
    HIDDEN,  # jobs that have not arrived
    LAST_END,  # latest end among the scheduled activities
) = range(10)
# State.activity (B, N, 7); times come in pairs where the realisation can differ from the
# expectation: the plain one is what will happen, *_SEEN what a scheduler can expect
(
    PREDS_LEFT,
    READY,  # earliest start by precedences, releases and arrivals
    READY_SEEN,
    START,  # -1 until scheduled
    END,
    END_SEEN,
    MODE,
) = range(7)
# State.resource (B, R, 4)
(
    FREE,  # end of the last activity on a capacity-1 resource
    FREE_SEEN,
    FAMILY,  # set-up family on a capacity-1 resource; -1 before the first
    TALLY,  # scratch: demand of the current candidates beyond what is free
) = range(4)
# State.job (B, J, 5)
(
    COUNT_LEFT,
    JOB_END,  # latest end among the scheduled activities
    JOB_END_SEEN,
    JOB_BOUND,  # scratch: bound on the completion
    IS_KNOWN,  # 2 once the job has arrived and its load is counted
) = range(5)
# State.option (B, L*K, 5)
(
    EARLIEST,  # earliest start; NEVER where the option cannot be next
    NOT_BEFORE,  # until when a wait passes the option over
    WAIT_LIMIT,  # how long waits may pass it over; 0 before the first
    MARKED,  # scratch: candidates of the current decision
    MACHINE,  # resource of the option's mode where IS_SIMPLE
) = range(5)
