"""Columns of the arrays: the only place that knows them.

Problem arrays have a leading axis of slots (a slot holds one instance and realisation), state
arrays a leading axis of rows (a row plays a slot). Times are µs.
"""

# Problem.counts
NUM_PES, NUM_GRAPHS, MAX_JOBS, MODE, HORIZON, WARMUP, NUM_ARRIVALS, SHARED_MEMORY = range(8)
NUM_COUNTS = 8
# Problem.graph
FIRST_TASK, NUM_TASKS, NUM_ARCS = range(3)
GRAPH_COLUMNS = 3
# Problem.task; one row more than there are tasks closes the pointers
PRED_PTR, SUCC_PTR, NUM_PREDS, MIN_EXEC = range(4)
TASK_COLUMNS = 4
# Problem.rank
UPWARD, MEAN_EXEC, FAST_PATH, DEPTH = range(4)
RANK_COLUMNS = 4
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
ARRIVAL, GRAPH, BASE, SIZE, LEFT, ARRIVED, INJECTED = range(7)
JOB_COLUMNS = 7
# State.task; task k of job slot j is row j * T + k
(
    STATUS, PREDS_LEFT, PE, STAMP, START, END, READY, MAPPED, ORDER, NEXT, MARK, PLAN_PE,
    PLAN_ORDER,
) = range(13)  # fmt: skip
STATE_TASK_COLUMNS = 13
# State.pe
RUNNING, FREE_AT, HEAD, TAIL, QUEUED, AVAIL_PUBLISHED, CALL_COUNT, CALL_TIME, BUSY = range(9)
PE_COLUMNS = 9
# State.task_log, State.job_log
LOG_PE, LOG_MAPPED, LOG_ORDER, LOG_START, LOG_END = range(5)
TASK_LOG_COLUMNS = 5
LOG_ARRIVED, LOG_INJECTED, LOG_LOST, LOG_DONE = range(4)
JOB_LOG_COLUMNS = 4

# task status
ABSENT, WAITING, IN_MEMORY, IS_READY, IS_QUEUED, IS_RUNNING, IS_DONE = range(7)
# Problem.counts[MODE]
LOSSY, BLOCKED_SOURCE, OPEN = range(3)
# State.row[DONE]
AT_HORIZON, ALL_COMPLETE = 1, 2

NONE = -1
NEVER = 1 << 62
