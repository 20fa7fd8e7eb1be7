"""Names of the features, in the order in which the kernels write them."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Feature

Float32Array = npt.NDArray[np.float32]
SCALE_MS = 200.0
_TIME = "signed log1p of the multiple of 200 ms"
_VALUE = "multiple of the mean benefit"
_COUNT = "log1p"


def _time(name: str) -> Feature:
    return Feature(name, "ms", _TIME)


def _value(name: str) -> Feature:
    return Feature(name, "1", _VALUE)


TASK_FEATURES = (
    Feature("is_pointed_at"),
    Feature("is_queued"),
    Feature("is_deferred"),
    _time("slack"),
    _time("edge_time"),
    _time("cloud_time_estimated"),
    _time("slack_if_next_on_edge"),
    _time("slack_in_cloud"),
    _time("time_to_trigger"),
    _value("edge_utility"),
    _value("cloud_utility"),
    Feature("edge_utility_per_time", "1/ms", "multiple of the mean benefit per 200 ms"),
    _time("slack_in_queue"),
)
VERB_FEATURES = (
    Feature("is_edge"),
    Feature("is_cloud"),
    Feature("is_defer"),
    Feature("is_drop"),
    Feature("is_idle"),
    _time("expected_remaining"),
    _time("queued_work"),
    Feature("in_flight", "1", _COUNT),
)
MODEL_FEATURES = (
    _time("deadline"),
    _time("edge_time"),
    _time("cloud_time_nominal"),
    _time("cloud_time_estimated"),
    _time("cloud_time_mean"),
    _time("cloud_time_last"),
    _time("slack_of_estimate"),
    Feature("calls_seen", "1", "share of 10"),
    _time("time_since_last_call"),
    Feature("last_call_on_time"),
    Feature("in_flight", "1", _COUNT),
    _value("edge_utility"),
    _value("cloud_utility"),
    Feature("finished_in_window", "1", _COUNT),
    Feature("rate_in_window"),
    Feature("rate_required"),
    _value("bonus"),
)
OPTION_FEATURES = (
    Feature("starts_now"),
    _time("slack_at_end"),
    _time("slack_at_end_nominal"),
    Feature("is_expected_on_time"),
    _value("utility"),
    _value("utility_over_other_place"),
    Feature("utility_per_edge_time", "1/ms", "multiple of the mean benefit per 200 ms"),
    _time("work_ahead"),
    _time("slack_at_end_delayed"),
    _value("utility_displaced"),
)
BEFORE_FEATURES = (_time("deadline_difference"),)
GLOBAL_FEATURES = (
    Feature("is_arrival"),
    Feature("is_trigger"),
    Feature("is_edge_free"),
    Feature("waiting", "1", _COUNT),
    Feature("in_flight", "1", _COUNT),
    _time("expected_remaining"),
    _time("queued_work"),
    _time("time_left_in_window"),
    Feature("edge_demand", "1", "ms of work per ms"),
    _time("network_delay"),
    _time("time_since_call"),
    Feature("has_called"),
)
