"""Columns of the arrays: the only place that knows them.

Problem arrays have a leading axis of slots (a slot holds one instance and realisation), state
arrays a leading axis of rows (a row plays a slot). Times are ms.
"""

# Problem.counts
(
    NUM_TASKS, NUM_MODELS, NUM_LATENCY, NUM_BANDWIDTH, WINDOW, UPLOAD_BITS, TIMEOUT, LEAD,
) = range(8)  # fmt: skip
NUM_COUNTS = 8
# Problem.model
DEADLINE, EDGE_MS, CLOUD_MS, EDGE_FASTEST, CLOUD_FASTEST, CALL_EXEC = range(6)
MODEL_COLUMNS = 6
# Problem.value
BENEFIT, EDGE_COST, CLOUD_COST, BONUS, RATE, EDGE_UTILITY, CLOUD_UTILITY = range(7)
VALUE_COLUMNS = 7
# Problem.scales
MEAN_BENEFIT, EDGE_DEMAND, CLOUD_SHIFT, CLOUD_SIGMA, MOST_UTILITY = range(5)
NUM_SCALES = 5
# Problem.task
ARRIVES, MODEL_OF, EDGE_TIME, CLOUD_EXEC = range(4)
TASK_COLUMNS = 4

# State.row
(
    SLOT, NOW, DONE, NEXT, KIND, POINTED, WAITING, FLYING, RUNNING, RUN_MODEL, RUN_END,
    RUN_EXPECTED, RUN_DUE, IDLED, QOE_WINDOW, DECISIONS, FINISHED, QUEUE_CLOCK, DELAY, DELAY_AT,
) = range(20)  # fmt: skip
# the eight counters of outcomes follow, in their order
FIRST_OUTCOME = 20
ROW_COLUMNS = FIRST_OUTCOME + 8
# State.money
QOS, QOE = range(2)
# State.pool: waiting tasks in the order of their arrival
TASK, MODEL, STATUS, DUE, WAKES, ENTERED = range(6)
POOL_COLUMNS = 6
# State.call: cloud calls in flight in the order in which they were sent
CALL_TASK, CALL_MODEL, CALL_SENT, CALL_END, CALL_DUE = range(5)
CALL_COLUMNS = 5
# State.model
WINDOW_FINISHED, WINDOW_ON_TIME, CALLS, IN_FLIGHT, ESTIMATE, LAST_CALL, LAST_ON_TIME = range(7)
STATE_MODEL_COLUMNS = 7
# State.task_log
LOG_OUTCOME, LOG_PLACE, LOG_START, LOG_END = range(4)
TASK_LOG_COLUMNS = 4
DECISION_COLUMNS = 5

# how a waiting task waits
NEW, QUEUED, DEFERRED = range(3)
RECENT = 10

NONE = -1
NEVER = 1 << 62
