"""What agents see: features of a few tasks computed by hand, and nothing of the future."""

from dataclasses import replace

import numpy as np
import pytest

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.dynamics.layout import NONE, RUNNING
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.observation import GraphObservation
from dispatchlab.envs.edge.observation.features import (
    GLOBAL_FEATURES,
    MODEL_FEATURES,
    OPTION_FEATURES,
    TASK_FEATURES,
)
from dispatchlab.envs.edge.realisation import EdgeRealisation, draw, nominal
from dispatchlab.envs.edge.schedule import CLOUD, DEFER, EDGE, IN_CLOUD, ON_EDGE


def _start(instance: EdgeInstance, realisation: EdgeRealisation) -> Dynamics:
    dynamics = Dynamics(1, EdgeLimits.of(instance))
    dynamics.load(0, instance, realisation)
    dynamics.reset()
    return dynamics


def _look(dynamics: Dynamics) -> Arrays:
    observation = GraphObservation()
    out = observation.spec(dynamics).allocate(1)
    observation.fill(dynamics, np.array([0]), out)
    return {key: value[0] for key, value in out.items()}


def _column(features: tuple[object, ...], name: str) -> int:
    return [feature.name for feature in features].index(name)  # type: ignore[attr-defined]


def _ms(value: float) -> float:
    """The time behind a scaled feature."""
    return float(np.sign(value) * np.expm1(abs(value)) * 200.0)


@pytest.fixture
def dynamics() -> Dynamics:
    """Two drones, passive, tasks in the order HV, DEV, MD, BP, everything as expected."""
    instance = load_instance("2d-p:duration_ms=4000")
    return _start(instance, nominal(instance))


def test_first_task(dynamics: Dynamics) -> None:
    """HV arrives: 650 ms left, 174 on the edge, 398 in the cloud, utilities 124 and 100 of 85."""
    seen = _look(dynamics)
    assert seen["n/task"][0] == 1
    task = seen["x/task"][0]
    for name, expected in {
        "slack": 650, "edge_time": 174, "cloud_time_estimated": 398, "slack_if_next_on_edge": 476,
        "slack_in_cloud": 252,
    }.items():  # fmt: skip
        assert _ms(task[_column(TASK_FEATURES, name)]) == pytest.approx(expected, abs=0.01), name
    assert task[_column(TASK_FEATURES, "edge_utility")] == pytest.approx(124 / 85)
    assert task[_column(TASK_FEATURES, "is_pointed_at")] == 1
    assert seen["globals"][0] == 1
    assert (np.flatnonzero(seen["action_mask"]) == np.arange(4)).all()
    assert seen["candidates"][CLOUD].tolist() == [0, CLOUD, 1]


def test_queue_is_ahead_of_what_is_due_later(dynamics: Dynamics) -> None:
    """HV queued (174 ms), DEV (172 ms, due at 750) would end 404 ms before its deadline."""
    dynamics.step(np.array([EDGE]))
    seen = _look(dynamics)
    option = seen["edge_attr/task-option-verb"]
    pointed = 4 + EDGE
    arc = seen["candidates"][pointed, 2]
    assert _ms(option[arc, _column(OPTION_FEATURES, "work_ahead")]) == pytest.approx(174, abs=0.01)
    left = option[arc, _column(OPTION_FEATURES, "slack_at_end")]
    assert _ms(left) == pytest.approx(750 - 174 - 172, abs=0.01)
    assert option[arc, _column(OPTION_FEATURES, "utility_displaced")] == 0
    queued = seen["x/task"][0, _column(TASK_FEATURES, "slack_in_queue")]
    assert _ms(queued) == pytest.approx(650 - 174, abs=0.01)
    assert seen["edge/task-before-task"][:, 0].tolist() == [0, 1]


def test_displaced_utility_is_the_migration_score() -> None:
    """A short-lived task before one that has no time to spare displaces edge less cloud utility."""
    models = load_instance("1d-p").models
    long = replace(models[0], deadline_ms=520, edge_ms=500, cloud_ms=400, benefit=100.0)
    short = replace(models[1], deadline_ms=300, edge_ms=100, cloud_ms=200)
    instance = EdgeInstance("pair", (long, short), 1, 1000)
    dynamics = _start(instance, nominal(instance))
    dynamics.step(np.array([EDGE]))
    seen = _look(dynamics)
    arc = seen["candidates"][4 + EDGE, 2]
    lost = seen["edge_attr/task-option-verb"][arc, _column(OPTION_FEATURES, "utility_displaced")]
    mean = (long.benefit + short.benefit) / 2
    assert lost == pytest.approx((long.edge_utility - long.cloud_utility) / mean)


def test_calls_teach_the_delay_of_the_network(dynamics: Dynamics) -> None:
    """After a call that took 200 ms more than nominal the globals say so."""
    instance = dynamics.encoding(0)
    slow = replace(nominal(instance), latency_ms=np.array([200]))
    dynamics = _start(instance, slow)
    assert _look(dynamics)["globals"][_column(GLOBAL_FEATURES, "has_called")] == 0
    dynamics.step(np.array([CLOUD]))
    while dynamics.now(0) < 1000:
        dynamics.step(dynamics.legal().argmax(1))
    seen = _look(dynamics)
    delay = seen["globals"][_column(GLOBAL_FEATURES, "network_delay")]
    assert _ms(delay) == pytest.approx(200, abs=0.01)
    last = seen["x/model"][0, _column(MODEL_FEATURES, "cloud_time_last")]
    assert _ms(last) == pytest.approx(598, abs=0.01)


def test_deferred_tasks_show_their_trigger(dynamics: Dynamics) -> None:
    """HV deferred: 650 - 398 - 25 ms until it comes up again."""
    dynamics.step(np.array([DEFER]))
    task = _look(dynamics)["x/task"][0]
    trigger = _ms(task[_column(TASK_FEATURES, "time_to_trigger")])
    assert trigger == pytest.approx(650 - 398 - 25, abs=0.01)


def test_observation_ignores_the_future() -> None:
    """Two episodes that differ only in what has not happened yet look the same."""
    instance = load_instance("3d-a:duration_ms=4000")
    one = draw(np.random.default_rng(0), instance)
    later = one.arrival_ms >= 1000
    other = replace(
        one,
        edge_time_ms=one.edge_time_ms + later,
        cloud_exec_ms=np.where(later, 5 * one.cloud_exec_ms, one.cloud_exec_ms),
    )
    first, second = _start(instance, one), _start(instance, other)
    looks = 0
    while first.now(0) < 1000:
        seen, same = _look(first), _look(second)
        assert all(np.array_equal(seen[key], same[key]) for key in seen)
        action = np.random.default_rng(looks).choice(np.flatnonzero(first.legal()[0]))
        first.step(np.array([action]))
        second.step(np.array([action]))
        looks += 1
    assert looks > 18


def test_observation_ignores_what_runs_and_flies_longer() -> None:
    """The task that runs and the calls in flight take longer than drawn: no look shows it.

    Soon after 2 s both episodes have the same past; from there on only what has not ended differs.
    """
    instance = load_instance("3d-a:duration_ms=4000")
    one = draw(np.random.default_rng(0), instance)
    first = _start(instance, one)
    actions: list[int] = []
    while first.now(0) < 2000 or first.state.row[0, RUNNING] == NONE:
        legal = np.flatnonzero(first.legal()[0])
        actions.append(np.random.default_rng(len(actions)).choice(legal))
        first.step(np.array([actions[-1]]))
    schedule = first.schedule(0)
    open_ = (schedule.start_ms >= 0) & (schedule.end_ms > first.now(0))
    runs, flies = open_ & (schedule.place == ON_EDGE), open_ & (schedule.place == IN_CLOUD)
    assert runs.sum() == 1
    assert flies.any()
    slow = replace(
        one,
        edge_time_ms=one.edge_time_ms + 77 * runs,
        cloud_exec_ms=one.cloud_exec_ms + 99 * flies,
    )
    second = _start(instance, slow)
    for action in actions:
        second.step(np.array([action]))
    assert second.now(0) == first.now(0)
    seen, same = _look(first), _look(second)
    assert all(np.array_equal(seen[key], same[key]) for key in seen)
