"""Feature values of hand-made instances, and what holds for all observations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import OBSERVATIONS, make_observation
from dispatchlab.envs.jobshop.observation.features import (
    ACTIVITY_FEATURES,
    GLOBAL_FEATURES,
    OPTION_FEATURES,
    RESOURCE_FEATURES,
)
from dispatchlab.envs.jobshop.shops import flexible_job_shop, job_shop
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.strategies import encodings, realisations

OPTION = [feature.name for feature in OPTION_FEATURES]
GLOBAL = [feature.name for feature in GLOBAL_FEATURES]
ACTIVITY = [feature.name for feature in ACTIVITY_FEATURES]
RESOURCE = [feature.name for feature in RESOURCE_FEATURES]
MEAN = 2.5  # mean duration of `two_by_two`


@pytest.fixture
def two_by_two() -> CpEncoding:
    """Job 0 needs machines 0, 1 for 3, 2; job 1 needs them for 4, 1; due 10, 12; weights 1, 3."""
    return job_shop([[0, 1], [0, 1]], [[3, 2], [4, 1]], due=[10, 12], weight=[1, 3])


def observe(dynamics: Dynamics, observation: str = "tokens") -> Arrays:
    """The observation of row 0."""
    source = make_observation(observation)
    out = source.spec(dynamics).allocate(1)
    source.fill(dynamics, np.zeros(1, np.int64), out)
    return {key: value[0] for key, value in out.items()}


def _assert_row(row: np.ndarray, names: list[str], expected: dict[str, float]) -> None:
    """The named features have these values, all others are zero."""
    values = {name: expected.get(name, 0.0) for name in names}
    assert set(expected) <= set(values)
    assert dict(zip(names, row.tolist(), strict=True)) == pytest.approx(values, abs=1e-6)


def test_options_at_the_beginning(two_by_two: CpEncoding) -> None:
    """Both jobs compete for machine 0, whose load of 7 is the horizon; machine 1 carries 3."""
    seen = observe(make_dynamics(two_by_two, "non-delay"))
    assert seen["n/option"][0] == 2
    assert seen["candidates"][:, 0].tolist() == [0, 1]
    common = {
        "is_legal": 1, "work_left": 5 / 7, "activities_left": 1, "tail": 5 / 7,
        "criticality": 5 / 7, "resource_load": 1, "resource_criticality": 1, "rivals": 1,
        "has_next": 1, "next_resource_load": 3 / 7, "on_focus": 1, "relative_duration": 1,
        "demand": 1,
    }  # fmt: skip
    first = {"duration": 3 / MEAN, "next_duration": 2 / MEAN, "due_slack": 5 / MEAN, "weight": 0.5,
             "tail_after_focus": 2 / 7, "next_resource_idle": 3 / MEAN}  # fmt: skip
    second = {"duration": 4 / MEAN, "next_duration": 1 / MEAN, "due_slack": 7 / MEAN, "weight": 1.5,
              "tail_after_focus": 1 / 7, "next_resource_idle": 4 / MEAN}  # fmt: skip
    _assert_row(seen["x/option"][0], OPTION, common | first)
    _assert_row(seen["x/option"][1], OPTION, common | second)
    expected = {
        "horizon": 7 / (MEAN * 2), "fraction_legal": 1, "focus_load": 1, "has_focus": 1,
        "minimises_makespan": 1,
    }  # fmt: skip
    _assert_row(seen["globals"], GLOBAL, expected)


def test_options_after_a_dispatch(two_by_two: CpEncoding) -> None:
    """At 3 job 0 is on its second operation; job 1 has queued for 3 and will end at 8 at best."""
    dynamics = make_dynamics(two_by_two, "non-delay", "every")
    dynamics.step(np.array([0]))
    seen = observe(dynamics)
    horizon = 8 - 3
    first = {
        "is_legal": 1, "duration": 2 / MEAN, "work_left": 2 / horizon, "activities_left": 0.5,
        "tail": 2 / horizon, "criticality": 2 / horizon, "resource_load": 3 / horizon,
        "resource_criticality": 3 / horizon, "rivals": 0.5, "due_slack": (10 - 3 - 2) / MEAN,
        "weight": 0.5, "relative_duration": 1, "demand": 1, "progress": 3 / 5,
    }  # fmt: skip
    second = {
        "is_legal": 1, "duration": 4 / MEAN, "work_left": 1, "activities_left": 1, "tail": 1,
        "criticality": 1, "resource_load": 4 / horizon, "resource_criticality": 4 / horizon,
        "rivals": 0.5, "has_next": 1, "next_duration": 1 / MEAN, "next_resource_load": 3 / horizon,
        "due_slack": (12 - 3 - 5) / MEAN, "weight": 1.5, "queue_time": 3 / MEAN,
        "relative_duration": 1, "demand": 1, "next_resource_idle": (7 - 3) / MEAN,
        "next_resource_queue": 2 / horizon,
    }  # fmt: skip
    _assert_row(seen["x/option"][0], OPTION, first)
    _assert_row(seen["x/option"][1], OPTION, second)
    expected = {
        "progress": 0.25, "horizon": horizon / (MEAN * 2), "fraction_legal": 1,
        "minimises_makespan": 1,
    }  # fmt: skip
    _assert_row(seen["globals"], GLOBAL, expected)


def test_a_lane_that_needs_the_contested_machine_later() -> None:
    """Job 2 is on machine 1 for 5 and then needs machine 0, about which jobs 0 and 1 compete.

    The horizon is the load of machine 0, 3 + 6 + 4, and the mean duration 20 / 5.
    """
    encoding = job_shop([[0], [0], [1, 0, 1]], [[3], [6], [5, 4, 2]])
    seen = observe(make_dynamics(encoding, "non-delay"))
    row = dict(zip(OPTION, seen["x/option"][2].tolist(), strict=True))
    assert (row["is_legal"], row["on_focus"], row["needs_focus_later"]) == (0, 0, 1)
    assert row["time_until_focus"] == pytest.approx(5 / 4)
    assert row["duration_on_focus"] == pytest.approx(4 / 4)
    assert row["tail_after_focus"] == pytest.approx(2 / 13)
    assert row["next_resource_idle"] == pytest.approx(5 / 4)
    assert row["next_resource_queue"] == pytest.approx((3 + 6) / 13)
    assert seen["action_mask"].tolist() == [1, 1, 0]


def test_alternatives_and_the_wait() -> None:
    """One token for each mode; the wait points at nothing; what it passes over says so."""
    encoding = flexible_job_shop([[[(0, 2), (1, 6)]], [[(0, 3)], [(1, 1)]], [[(2, 1)], [(0, 1)]]])
    dynamics = make_dynamics(encoding, "non-delay-wait", "every")
    seen = observe(dynamics)
    assert seen["candidates"][:, 0].tolist() == [0, 1, 2, -1, 3, -1, -1]
    rows = [dict(zip(OPTION, row.tolist(), strict=True)) for row in seen["x/option"][:4]]
    assert [row["relative_duration"] for row in rows] == pytest.approx([1, 3, 1, 1])
    slower = rows[1]["duration"] - rows[0]["duration"]
    assert [row["end_over_fastest"] for row in rows] == pytest.approx([0, slower, 0, 0])
    assert seen["action_mask"][dynamics.wait_action] == 1
    assert dict(zip(GLOBAL, seen["globals"].tolist(), strict=True))["can_wait"] == 1
    assert np.flatnonzero(seen["action_mask"]).tolist() == [0, 1, 2, dynamics.wait_action]
    dynamics.step(np.array([dynamics.wait_action]))
    seen = observe(dynamics)
    assert seen["x/option"][:4, OPTION.index("is_passed_over")].tolist() == [1, 1, 1, 0]
    assert np.flatnonzero(seen["action_mask"]).tolist() == [4]


def test_set_up_times_are_seen() -> None:
    """The set-up before each option, by the family that the machine is set up for."""
    encoding = CpEncoding.build(
        [[(2, [(0, 1)])], [(4, [(0, 1)])]], [1], job=[0, 1],
        setups={0: ({0: 0, 1: 1}, [[0, 5], [6, 0], [3, 9]])},
    )  # fmt: skip
    dynamics = make_dynamics(encoding, "append", "every")
    column = OPTION.index("setup")
    assert observe(dynamics)["x/option"][:, column].tolist() == pytest.approx([3 / 3, 9 / 3])
    dynamics.step(np.array([0]))
    assert observe(dynamics)["x/option"][0, column] == pytest.approx(5 / 3)


def test_graph_of_the_two_by_two(two_by_two: CpEncoding) -> None:
    """Activities, resources and relations after the first dispatch, at time 3."""
    dynamics = make_dynamics(two_by_two, "non-delay", "every")
    dynamics.step(np.array([0]))
    seen = observe(dynamics, "graph")
    horizon = 5
    common = {"due_slack": 2.0, "weight": 0.5}
    done = {"is_scheduled": 1, "is_finished": 1, "duration": 3 / MEAN, "tail": 5 / horizon,
            "activities_left": 1, "due_slack": 2 / MEAN, "weight": 0.5}  # fmt: skip
    _assert_row(seen["x/activity"][0], ACTIVITY, done)
    current = {"is_next_of_lane": 1, "duration": 2 / MEAN, "time_until_end": 2 / horizon,
               "tail": 2 / horizon, "activities_left": 0.5, **common}  # fmt: skip
    _assert_row(seen["x/activity"][1], ACTIVITY, current)
    later = {"duration": 1 / MEAN, "time_until_end": (4 + 1 - 3) / horizon, "tail": 1 / horizon,
             "activities_left": 0.5, "due_slack": (12 - 3 - 1) / MEAN, "weight": 1.5}  # fmt: skip
    _assert_row(seen["x/activity"][3], ACTIVITY, later)
    free = {"load": 4 / horizon, "capacity": np.log(2), "candidates": 0.5}
    _assert_row(seen["x/resource"][0], RESOURCE, free)
    assert seen["edge/activity-precedes-activity"].T.tolist() == [[0, 1], [2, 3]]
    assert not seen["edge_attr/activity-precedes-activity"].any()
    assert seen["edge/activity-uses-resource"].T.tolist() == [[0, 0], [1, 1], [2, 0], [3, 1]]
    attributes = seen["edge_attr/activity-uses-resource"]
    assert attributes[:, 0].tolist() == pytest.approx([3 / MEAN, 2 / MEAN, 4 / MEAN, 1 / MEAN])
    assert attributes[:, 1].tolist() == [1, 1, 1, 1]
    assert seen["candidates"].tolist() == [[0, 1], [1, 2]]


@settings(max_examples=50)
@given(data=st.data(), encoding=encodings(lags=False), seed=st.integers(0, 99), noisy=st.booleans())
@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_observations_of_anything(
    observation: str, data: st.DataObject, encoding: CpEncoding, seed: int, noisy: bool
) -> None:
    """Finite, inside the space, zero beyond the counts, at every decision."""
    noisy = noisy and observation != "rehearsed"  # which refuses random durations
    real = data.draw(realisations(encoding)) if noisy else None
    _check_episode(make_dynamics(encoding, "non-delay-wait", realisation=real), observation, seed)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_extreme_values_stay_in_the_space(observation: str) -> None:
    """One activity of a million units beside short ones, long lags and set-ups, heavy weights."""
    encoding = CpEncoding.build(
        [[(1, [(0, 1)])] for _ in range(30)] + [[(10**6, [(0, 1)]), (1, [(1, 1000)])]],
        [1, 1000], [(0, 1, 10**5), (1, 2, -(10**5)), (2, 30)], job=[a % 3 for a in range(31)],
        release=[10**6 * (a % 2) for a in range(31)], due=[-(10**9), 10**9, 0],
        weight=[0, 1, 10**6], setups={0: ({3: 1}, [[0, 10**5], [0, 0], [0, 10**5]])},
        objective="total_weighted_tardiness",
    )  # fmt: skip
    _check_episode(make_dynamics(encoding, "non-delay"), observation, 0)


def _check_episode(dynamics: Dynamics, observation: str, seed: int) -> None:
    spec = make_observation(observation).spec(dynamics)
    space, rng = spec.space(), np.random.default_rng(seed)
    while True:
        seen = observe(dynamics, observation)
        for key, value in seen.items():
            assert np.isfinite(value).all(), key
            assert space[key].contains(value), key
        for node in spec.nodes:
            assert not seen[f"x/{node.name}"][seen[f"n/{node.name}"][0] :].any()
        if dynamics.done()[0]:
            return
        dynamics.step(np.array([rng.choice(np.flatnonzero(dynamics.legal()[0]))]))
