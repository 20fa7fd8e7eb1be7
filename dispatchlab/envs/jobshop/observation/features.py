"""Names, units and scalings of the features; the kernels fill them in this order."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Feature

Float32Array = npt.NDArray[np.float32]

_MEAN = "mean duration of an activity"
_HORIZON = "remaining horizon: latest expected end minus now"

OPTION_FEATURES = (
    Feature("is_legal"),
    Feature("duration", "time", _MEAN),
    Feature("time_until_start", "time", _MEAN),
    Feature("work_left", "time", _HORIZON),
    Feature("activities_left", "1", "activities per lane"),
    Feature("tail", "time", _HORIZON),
    Feature("criticality", "time", _HORIZON),
    Feature("resource_load", "time", _HORIZON),
    Feature("resource_criticality", "time", _HORIZON),
    Feature("rivals", "1", "lanes"),
    Feature("has_next"),
    Feature("next_duration", "time", _MEAN),
    Feature("next_resource_wait", "time", _MEAN),
    Feature("next_resource_load", "time", _HORIZON),
    Feature("on_focus"),
    Feature("needs_focus_later"),
    Feature("time_until_focus", "time", _MEAN),
    Feature("duration_on_focus", "time", _MEAN),
    Feature("due_slack", "time", _MEAN),
    Feature("weight", "1", "mean weight"),
    Feature("queue_time", "time", _MEAN),
    Feature("relative_duration", "1", "fastest mode"),
    Feature("setup", "time", _MEAN),
    Feature("demand", "1", "capacity"),
    Feature("progress"),
    Feature("waits_for_predecessor"),
    Feature("is_passed_over"),
    Feature("tail_after_focus", "time", _HORIZON),
    Feature("next_resource_idle", "time", _MEAN),
    Feature("next_resource_queue", "time", _HORIZON),
    Feature("end_over_fastest", "time", _MEAN),
)

REHEARSED_FEATURES = (
    Feature("rehearsed_ratio_over_best", "time", _MEAN),
    Feature("rehearsed_tail_over_best", "time", _MEAN),
    Feature("rehearsed_over_mean", "time", _MEAN),
)

REHEARSED_GLOBAL = Feature("rehearsed_over_bound", "objective", "a tenth of the initial bound")

GLOBAL_FEATURES = (
    Feature("progress"),
    Feature("horizon", "time", "mean duration times activities per lane"),
    Feature("fraction_legal", "1", "options"),
    Feature("busy_resources", "1", "resources"),
    Feature("focus_load", "time", _HORIZON),
    Feature("has_focus"),
    Feature("can_wait"),
    Feature("minimises_makespan"),
    Feature("minimises_tardiness"),
    Feature("minimises_flow_time"),
)

ACTIVITY_FEATURES = (
    Feature("is_scheduled"),
    Feature("is_finished"),
    Feature("is_next_of_lane"),
    Feature("duration", "time", _MEAN),
    Feature("time_until_end", "time", _HORIZON),
    Feature("tail", "time", _HORIZON),
    Feature("activities_left", "1", "activities per lane"),
    Feature("due_slack", "time", _MEAN),
    Feature("weight", "1", "mean weight"),
)

RESOURCE_FEATURES = (
    Feature("load", "time", _HORIZON),
    Feature("time_until_free", "time", _MEAN),
    Feature("capacity", "1", "log1p"),
    Feature("is_focus"),
    Feature("candidates", "1", "lanes"),
)
