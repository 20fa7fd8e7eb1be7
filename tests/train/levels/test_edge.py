"""Edits of drones at an edge, and what scores of them mean."""

import pytest

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.network import Network
from dispatchlab.train.levels.edge import make
from dispatchlab.train.levels.edge_edits import (
    change_drones,
    hold_network,
    scale_model,
    scale_peak,
    scale_spread,
    shift_network,
)
from dispatchlab.train.levels.edits import Place
from dispatchlab.train.levels.generated import PAR
from dispatchlab.train.teachers.base import Level


@pytest.fixture
def instance() -> EdgeInstance:
    """Two drones in 10 s with a latency of 400 ms from 3 to 6 s."""
    network = Network("trapezium", 400, 2000, 3000, 6000, 7000)
    return load_instance("2d-p:duration_ms=10000").with_network(network)


def corners(instance: EdgeInstance) -> tuple[int, ...]:
    """Times of the trapezium."""
    n = instance.network
    return n.ramp_start_ms, n.hold_start_ms, n.hold_end_ms, n.ramp_end_ms


def test_scales_models(instance: EdgeInstance) -> None:
    """One number of one model changes: HV has a deadline of 650 ms and a benefit of 125."""
    first = Place(0, 4)
    assert scale_model(instance, first, "deadline_ms", 0.8).deadline_ms.tolist()[:2] == [520, 750]
    assert scale_model(instance, first, "benefit", 0.8).models[0].benefit == 100.0
    assert scale_model(instance, first, "edge_ms", 1.25).models[0].edge_ms == 218


def test_unreachable_deadlines_do_nothing() -> None:
    """A deadline that nothing can meet is no problem: the edit is left out."""
    levels = make("2d-p:duration_ms=1000-2000")
    words = [levels.describe(token) for token in range(levels.edit_tokens)]
    tighter = words.index("lower the deadline of model 1 of 6")
    found = [
        int(levels.problem(Level((0.0,), 0, (tighter,) * times))[0].deadline_ms[0])
        for times in range(9)
    ]
    assert found[:3] == [650, 520, 416]
    assert found[-1] == found[-2] >= 154  # the least time of the model on the edge


def test_shifts_the_network(instance: EdgeInstance) -> None:
    """By a tenth of the duration, within the episode."""
    assert corners(shift_network(instance, 0.1)) == (3000, 4000, 7000, 8000)
    assert corners(shift_network(instance, -0.1)) == (1000, 2000, 5000, 6000)
    assert corners(shift_network(instance, 0.9)) == (5000, 6000, 9000, 10000)
    assert corners(shift_network(instance, -0.9)) == (0, 1000, 4000, 5000)


def test_holds_the_network(instance: EdgeInstance) -> None:
    """It recovers later or sooner, but not before it is slow."""
    assert corners(hold_network(instance, 0.1)) == (2000, 3000, 7000, 8000)
    assert corners(hold_network(instance, -0.9)) == (2000, 3000, 3000, 4000)


def test_scales_latency_and_spread(instance: EdgeInstance) -> None:
    """Latencies grow to the longest deadline, 900 ms; spreads to 1."""
    assert scale_peak(instance, 0.5).network.peak_ms == 200
    assert scale_peak(instance, 9.0).network.peak_ms == 900
    assert scale_spread(instance, 2.0).jitter.cloud_sigma == pytest.approx(0.3)
    assert scale_spread(instance, 20.0).jitter.cloud_sigma == 1.0


def test_other_networks_stay() -> None:
    """Only a trapezium has a time and a peak."""
    still = load_instance("2d-p")
    assert shift_network(still, 0.1) is hold_network(still, 0.1) is scale_peak(still, 2.0) is still


def test_changes_drones(instance: EdgeInstance) -> None:
    """One drone stays."""
    assert change_drones(instance, 1).num_drones == 3
    assert change_drones(change_drones(instance, -1), -1).num_drones == 1


def test_score(instance: EdgeInstance) -> None:
    """The reference has the par score, half of its utility half of that, and losses have none."""
    levels = make("2d-p:duration_ms=1000-2000")
    problem = (instance, None)
    scores = [levels.judge(problem, -value, -3000.0) for value in (3000, 1500, -10, 9000)]
    assert scores == pytest.approx([PAR, PAR / 2, 0.0, 1.0])


def test_hopeless_references_are_no_yardstick(instance: EdgeInstance) -> None:
    """Near 0, regret and score count in 5 % of the utility of all tasks, here of 80 tasks."""
    levels = make("2d-p:duration_ms=1000-2000")
    mean = (124 + 99 + 74 + 38) / 4
    least = 0.05 * 80 * mean
    assert levels.regret((instance, None), least, 0.0) == pytest.approx(1.0)
    assert levels.judge((instance, None), -least, 0.0) == pytest.approx(PAR)
