"""Columns of the arrays: the only place that knows them.

Problem arrays have a leading axis of slots (a slot holds one instance and realisation), state
arrays a leading axis of rows (a row plays a slot). Times are µs.
"""

# Problem.counts
NUM_PES, MAX_JOBS, MODE, HORIZON, WARMUP, NUM_ARRIVALS, SHARED_MEMORY = range(7)
NUM_COUNTS = 7
# Problem.graph
FIRST_TASK, NUM_TASKS = range(2)
GRAPH_COLUMNS = 2
# Problem.task; one row more than there are tasks closes the pointers
PRED_PTR, SUCC_PTR, NUM_PREDS, MIN_EXEC = range(4)
TASK_COLUMNS = 4
# Problem.rank
UPWARD, MEAN_EXEC, FAST_PATH = range(3)
RANK_COLUMNS = 3
# Problem.arrival
GAP, TIME, GRAPH_OF = range(3)
ARRIVAL_COLUMNS = 3
# Problem.scales
MEAN_WORK, MEAN_TRANSFER, MEAN_PATH, MEAN_GAP, NOISE_STD = range(5)
NUM_SCALES = 5

# State.row
(
    SLOT, NOW, DONE, COUNT_READY, IN_WORK, NEXT_ARRIVAL, NEXT_INJECT, LAST_INJECTION, AREA,
    COMPLETED, COUNTED, LATENCY, LOST, BLOCKED, ORDER_COUNT, DECISIONS, WAITED, SIMULATION,
    REHEARSAL, PENDING, NEEDS_PLAN, FINISHED_TASKS, VISIBLE,
) = range(23)  # fmt: skip
ROW_COLUMNS = 23
# State.job
ARRIVAL, BASE, SIZE, LEFT, ARRIVED = range(5)
JOB_COLUMNS = 5
# State.task; task k of job slot j is row j * T + k
(
    STATUS, PREDS_LEFT, PE, STAMP, START, END, READY, MAPPED, ORDER, NEXT, MARK, PLAN_PE,
    PLAN_ORDER,
) = range(13)  # fmt: skip
STATE_TASK_COLUMNS = 13
# State.pe
RUNNING, HEAD, TAIL, QUEUED, AVAIL_PUBLISHED, CALL_COUNT, CALL_TIME = range(7)
PE_COLUMNS = 7
# State.task_log, State.job_log
LOG_PE, LOG_MAPPED, LOG_ORDER, LOG_START, LOG_END = range(5)
TASK_LOG_COLUMNS = 5
LOG_ARRIVED, LOG_INJECTED, LOG_LOST = range(3)
JOB_LOG_COLUMNS = 3

# task status
ABSENT, WAITING, IN_MEMORY, IS_READY, IS_QUEUED, IS_RUNNING, IS_DONE = range(7)
# Problem.counts[MODE]
LOSSY, BLOCKED_SOURCE, OPEN = range(3)
# State.row[DONE]
AT_HORIZON, ALL_COMPLETE = 1, 2

NONE = -1
NEVER = 1 << 62
