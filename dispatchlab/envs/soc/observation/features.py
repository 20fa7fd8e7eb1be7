"""Names of the features, in the order in which the kernels write them."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Feature

Float32Array = npt.NDArray[np.float32]
_WORK = "signed log1p of the multiple of the mean fastest execution time"
_PATH = "signed log1p of the multiple of the mean fastest path"

TASK_FEATURES = (
    Feature("is_waiting"),
    Feature("is_ready"),
    Feature("is_queued"),
    Feature("is_running"),
    Feature("is_done"),
    Feature("min_execution", "us", _WORK),
    Feature("mean_execution", "us", _WORK),
    Feature("upward_rank", "us", _PATH),
    Feature("fastest_path", "us", _PATH),
    Feature("predecessors_left", "1", "share"),
    Feature("expected_remaining", "us", _WORK),
    Feature("time_since_ready", "us", _WORK),
)
PE_FEATURES = (
    Feature("is_idle"),
    Feature("expected_remaining", "us", _WORK),
    Feature("queued", "1", "4"),
    Feature("expected_free", "us", _WORK),
    Feature("published_free", "us", _WORK),
)
JOB_FEATURES = (
    Feature("age", "us", _PATH),
    Feature("tasks_left", "1", "share"),
    Feature("fastest_path_left", "us", _PATH),
    Feature("ready", "1", "4"),
    Feature("running", "1", "4"),
)
OPTION_FEATURES = (
    Feature("execution", "us", _WORK),
    Feature("execution_over_fastest", "us", _WORK),
    Feature("data_delay", "us", _WORK),
    Feature("free_delay", "us", _WORK),
    Feature("finish_delay", "us", _WORK),
    Feature("finish_over_best", "us", _WORK),
    Feature("finish_over_best_of_all", "us", _WORK),
    Feature("published_finish_over_best", "us", _WORK),
    Feature("optimistic_cost", "us", _PATH),
    Feature("path_over_best", "us", _WORK),
    Feature("data_over_best", "us", _WORK),
    Feature("is_idle"),
    Feature("queued", "1", "4"),
    Feature("job_finish", "us", _PATH),
)
REHEARSED_FEATURES = (
    Feature("rehearsed_over_best", "job.us", _WORK),
    Feature("rehearsed_over_mean", "job.us", _WORK),
)
PRECEDES_FEATURES = (Feature("volume", "1", "signed log1p of the multiple of the mean"),
                     Feature("is_pending"))  # fmt: skip
ON_FEATURES = (Feature("expected_remaining", "us", _WORK), Feature("is_done"))
GLOBAL_FEATURES = (
    Feature("jobs_in_work", "1", "8"),
    Feature("cap", "1", "8"),
    Feature("ready", "1", "8"),
    Feature("idle_elements", "1", "share"),
    Feature("mean_gap", "us", _PATH),
    Feature("noise_std"),
    Feature("backlog", "1", "8"),
)
