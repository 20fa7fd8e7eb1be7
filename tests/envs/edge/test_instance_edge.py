"""The problem data of the edge/cloud family, and what their validation refuses."""

import copy
import pickle
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.edge.instance import BandwidthTrace, DnnModel, EdgeInstance, Jitter, Network
from dispatchlab.envs.edge.library import load_instance

FAST = DnnModel("fast", 650, 174, 398, 125.0, 1.0, 25.0, qoe_bonus=100.0)
SLOW = DnnModel("slow", 950, 739, 832, 40.0, 6.0, 43.0)
INSTANCE = EdgeInstance("i", (FAST, SLOW), 3, duration_ms=60_000)
TRACE = BandwidthTrace("t", [1000, 0, 3000], [20, 20, 25])


def test_utilities_of_models() -> None:
    """A result in time is worth its benefit less the cost of where it was made."""
    assert (FAST.edge_utility, FAST.cloud_utility) == (124.0, 100.0)
    assert (SLOW.edge_utility, SLOW.cloud_utility) == (34.0, -3.0)
    assert INSTANCE.edge_utility.tolist() == [124.0, 34.0]
    assert INSTANCE.cloud_utility.tolist() == [100.0, -3.0]


def test_counts() -> None:
    """One task per model, drone and period."""
    assert (INSTANCE.num_models, INSTANCE.num_segments, INSTANCE.num_tasks) == (2, 60, 360)
    assert replace(INSTANCE, period_ms=500).num_tasks == 720
    assert str(INSTANCE) == (
        "i: 3 drone(s) with 2 models each on one edge and the cloud, 360 tasks in 60 s, edge work "
        "2739 ms/s, network: stationary"
    )


def test_fastest_on_the_edge() -> None:
    """The least time is cut up to whole ms, and floating point adds no ms of its own."""
    assert INSTANCE.edge_fastest_ms.tolist() == [154, 651]  # 0.88 * 174 = 153.12, * 739 = 650.32
    assert 0.07 * 100 > 7.0
    exact = replace(INSTANCE, models=(replace(FAST, edge_ms=100),), jitter=Jitter(0.07))
    assert exact.edge_fastest_ms.tolist() == [7]
    assert replace(INSTANCE, jitter=Jitter(0.01)).edge_fastest_ms.tolist() == [2, 8]


@pytest.mark.parametrize("expected", ["p95", "median"])
@pytest.mark.parametrize(("kind", "taken"), [("stationary", 0), ("trapezium", 0), ("trace", 31)])
def test_fastest_in_the_cloud(expected: str, kind: str, taken: int) -> None:
    """The 1-permille quantile of the lognormal time, without the transfers that a trace adds."""
    instance = INSTANCE.with_network(kind).with_jitter(cloud_expected=expected)
    at = 0.95 if expected == "p95" else 0.5
    for model, fastest in zip(instance.models, instance.cloud_fastest_ms, strict=True):
        scale = (model.cloud_ms - taken) / stats.lognorm.ppf(at, 0.15)
        assert fastest == int(stats.lognorm.ppf(0.001, 0.15, scale=scale))


def test_columns_are_frozen() -> None:
    """Columns of the model table and of traces cannot be changed."""
    for column in (INSTANCE.deadline_ms, INSTANCE.cloud_fastest_ms, TRACE.bandwidth_kbps):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_equality_copies_and_pickles() -> None:
    """Copies are equal, other instances are not, and columns follow a replaced model."""
    traced = INSTANCE.with_network(Network("trace", traces=(TRACE,)))
    for instance in (INSTANCE, traced):
        for twin in (copy.deepcopy(instance), pickle.loads(pickle.dumps(instance))):
            assert twin == instance
            assert twin.edge_ms.tolist() == [174, 739]
    others = [traced, replace(INSTANCE, num_drones=2), INSTANCE.with_jitter(cloud_sigma=0.1), "i"]
    assert all(other != INSTANCE for other in others)
    slower = replace(INSTANCE, models=(replace(FAST, edge_ms=200), SLOW))
    assert slower.edge_ms.tolist() == [200, 739]
    assert slower.edge_fastest_ms[0] == 176


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "The name of the instance is ''; give a text"),
        ("models", (), "has no models; give at least one"),
        ("models", ("HV",), r"models\[0\] is 'HV'; give a DnnModel"),
        ("models", (FAST, FAST), "name 'fast' twice; rename one"),
        ("num_drones", 0, "num_drones is 0; it must be a whole number between 1 and 1000"),
        ("num_drones", 2.0, "num_drones is 2.0; it must be a whole number"),
        ("num_drones", True, "num_drones is True; it must be a whole number"),
        ("duration_ms", -1, "duration_ms is -1"),
        ("duration_ms", 1500, "duration_ms is 1500; give a multiple of period_ms, which is 1000"),
        ("duration_ms", 10**7, "The instance 'i' has 2000000 tasks; shorten duration_ms"),
        ("period_ms", 0, "period_ms is 0"),
        ("qoe_window_ms", 0, "qoe_window_ms is 0"),
        ("upload_bytes", -1, "upload_bytes is -1"),
        ("cloud_timeout_ms", None, "cloud_timeout_ms is None"),
        ("network", "4g", "network is '4g'; give a Network"),
        ("jitter", 0.1, "jitter is 0.1; give a Jitter"),
    ],
)
def test_bad_instances(field: str, value: object, message: str) -> None:
    """Each field is checked, and the error names it."""
    with pytest.raises(InvalidInstanceError, match=message):
        replace(INSTANCE, **{"num_drones": 100, field: value})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", 3, "The name of the model is 3"),
        ("deadline_ms", 0, "the model 'fast': deadline_ms is 0"),
        ("deadline_ms", 153, "deadline_ms of 153, but takes 154 ms on the edge and 195 ms in"),
        ("edge_ms", 17.4, "edge_ms is 17.4; it must be a whole number"),
        ("cloud_ms", -398, "cloud_ms is -398"),
        ("benefit", float("nan"), "benefit is nan; it must be a number"),
        ("edge_cost", -1.0, "edge_cost is -1.0"),
        ("cloud_cost", "25", "cloud_cost is '25'; it must be a number"),
        ("qoe_bonus", float("inf"), "qoe_bonus is inf"),
        ("qoe_rate", 1.5, "qoe_rate is 1.5; it must be a number between 0 and 1"),
    ],
)
def test_bad_models(field: str, value: object, message: str) -> None:
    """Each field of a model is checked; a deadline must be within reach somewhere."""
    with pytest.raises(InvalidInstanceError, match=message):
        replace(INSTANCE, models=(replace(FAST, **{field: value}),))


def test_deadline_within_reach_of_one_place_is_enough() -> None:
    """A model that only the cloud finishes in time is a model all the same."""
    model = DnnModel("cloud-only", 300, 2000, 250, 1.0, 0.0, 0.0)
    assert EdgeInstance("i", (model,), 1).num_tasks == 300


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edge_low": 0.0}, "jitter.edge_low is 0.0"),
        ({"edge_high": float("nan")}, "jitter.edge_high is nan"),
        ({"edge_low": 0.9, "edge_high": 0.8}, "above edge_high 0.8; lower it to that at most"),
        ({"cloud_sigma": -0.1}, "jitter.cloud_sigma is -0.1"),
        ({"cloud_expected": "p99"}, "cloud_expected is 'p99'; choose one of p95, median"),
    ],
)
def test_bad_jitter(changes: dict[str, Any], message: str) -> None:
    """The spread of times is checked."""
    with pytest.raises(InvalidInstanceError, match=message):
        INSTANCE.with_jitter(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "5g"}, "network.kind is '5g'; choose one of stationary, trapezium, trace"),
        ({"mobility": "boat"}, "network.mobility is 'boat'; choose one of any, foot"),
        ({"peak_ms": -1}, "network.peak_ms is -1"),
        ({"peak_ms": 1.5}, "network.peak_ms is 1.5; it must be a whole number"),
        ({"nominal_ms": None}, "network.nominal_ms is None"),
        ({"ramp_start_ms": -5}, "network.ramp_start_ms is -5"),
        ({"hold_start_ms": 59_999}, "hold_start_ms is 59999, before ramp_start_ms at 60000"),
        ({"ramp_end_ms": 100}, "ramp_end_ms is 100, before hold_end_ms at 180000; order them"),
        ({"traces": (TRACE,)}, "has 1 traces, but network.kind is 'stationary'"),
        ({"kind": "trace", "traces": ("x.csv",)}, r"traces\[0\] is 'x.csv'; give a Bandwidth"),
        ({"kind": "trace", "nominal_ms": 398}, "'fast' has a cloud_ms of 398, which includes"),
    ],
)
def test_bad_networks(changes: dict[str, Any], message: str) -> None:
    """The network is checked, and that no model is faster than the nominal network."""
    with pytest.raises(InvalidInstanceError, match=message):
        INSTANCE.with_network(Network(**changes))


@pytest.mark.parametrize(
    ("bandwidth", "latency", "message"),
    [
        ([], [], "is empty; give at least one second"),
        ([1, 2], [1], "has 2 values of bandwidth_kbps and 1 of latency_ms"),
        ([1, -2], [1, 1], r"bandwidth_kbps\[1\] is -2; it must be between 0"),
        ([1, 2], [1, -1], r"latency_ms\[1\] is -1"),
        ([1, float("nan")], [1, 1], "bandwidth_kbps is no list of whole numbers"),
        ([1.5], [1], "bandwidth_kbps is no list of whole numbers"),
        ([[1]], [1], "bandwidth_kbps is no list of whole numbers"),
        ([1], ["a"], "latency_ms is no list of numbers"),
    ],
)
def test_bad_traces(bandwidth: list[Any], latency: list[Any], message: str) -> None:
    """A trace is whole numbers, none negative, one of each per second."""
    with pytest.raises(InvalidInstanceError, match=f"The trace 't'.*{message}"):
        BandwidthTrace("t", bandwidth, latency)


def test_samples_of_the_network() -> None:
    """A trapezium needs a value per second of the episode, a trace of all that can happen."""
    samples = [INSTANCE.with_network(kind).network_samples()
               for kind in ("stationary", "trapezium", "trace")]  # fmt: skip
    # 60 s, the latest deadline 0.95 s after, and a call of 10 s from then on
    assert samples == [(1, 0), (61, 0), (72, 72)]
    assert load_instance("4d-a:network=4g").network_samples() == (312, 312)
