"""Figures of edge/cloud episodes, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.edge.metrics import (
    metrics,
    outcomes_by_model,
    task_utilities,
    utility_curve,
    window_bonuses,
)
from dispatchlab.envs.edge.schedule import (
    CLOUD_ON_TIME,
    DROPPED_COST,
    DROPPED_TIME,
    EDGE_ON_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    MISSED_CLOUD,
    MISSED_EDGE,
    OUTCOMES,
    EdgeSchedule,
)
from dispatchlab.eval.twin import EdgeTwin
from tests.envs.edge.edge_strategies import A, Case, edge_cases, random_policy, tiny


def _ended(*ends: tuple[int, int], now: int | None = None, **fields: object) -> tuple[
    Case, EdgeSchedule
]:  # fmt: skip
    """Tasks of the model a that have the given outcomes at the given times."""
    case = tiny([(0, 0, 40, 60)] * len(ends), models=(A,), **fields)
    outcome, end = zip(*ends, strict=True)
    place = [0 if o in (EDGE_ON_TIME, MISSED_EDGE) else 1 for o in outcome]
    start = [time - 40 for time in end]
    now = max(end) if now is None else now
    return case, EdgeSchedule(now, outcome, place, start, end, np.zeros((0, 5), int))


def test_every_outcome_is_counted_and_paid() -> None:
    """A benefit of 50 at a cost of 1 on the edge and of 10 in the cloud; the cost if late."""
    ends = [
        (EDGE_ON_TIME, 10), (CLOUD_ON_TIME, 10), (DROPPED_TIME, 20), (DROPPED_COST, 20),
        (EXPIRED_EDGE, 20), (EXPIRED_CLOUD, 20), (MISSED_EDGE, 90), (MISSED_CLOUD, 90),
    ]  # fmt: skip
    case, schedule = _ended(*ends)
    assert task_utilities(*case, schedule).tolist() == [49, 40, 0, 0, 0, 0, -1, -10]
    figures = metrics(*case, schedule)
    assert [figures[name] for name in OUTCOMES] == [1] * 8
    assert (figures["tasks"], figures["completion"], figures["qos"]) == (8, 0.25, 78)


def test_models_are_counted_apart() -> None:
    """Task 0 of the model a is in time, task 1 of b is too late and costs 12."""
    case = tiny([(0, 0, 40, 50), (0, 1, 20, 90)])
    schedule = EdgeSchedule(
        125, [EDGE_ON_TIME, MISSED_CLOUD], [0, 1], [0, 35], [40, 125], np.zeros((0, 5), int)
    )
    counts = np.zeros((2, 8), int)
    counts[0, EDGE_ON_TIME] = counts[1, MISSED_CLOUD] = 1
    np.testing.assert_array_equal(outcomes_by_model(*case, schedule), counts)
    assert task_utilities(*case, schedule).tolist() == [49, -12]
    assert metrics(*case, schedule)["edge_utilisation"] == 40 / 125


def test_what_has_not_ended_does_not_count() -> None:
    """At 30 ms a task has run for 10 ms and brought nothing; at 0 there are no shares."""
    case = tiny([(0, 0, 40, 60)], models=(A,))
    schedule = EdgeSchedule(30, [-1], [0], [20], [60], np.zeros((0, 5), int))
    figures = metrics(*case, schedule)
    assert math.isnan(figures.pop("completion"))
    assert figures.pop("edge_utilisation") == 1 / 3
    assert set(figures.values()) == {0}
    start = EdgeSchedule(0, [-1], [-1], [-1], [-1], np.zeros((0, 5), int))
    assert math.isnan(metrics(*case, start)["edge_utilisation"])


@pytest.mark.parametrize(("on_time", "missed", "bonus"), [(9, 1, 7), (8, 1, 0), (1, 0, 7)])
def test_the_share_in_time_earns_the_bonus(on_time: int, missed: int, bonus: int) -> None:
    """0.9 of what ends must be in time: 9 of 10 are enough, 8 of 9 are not."""
    case, schedule = _ended(*[(EDGE_ON_TIME, 10)] * on_time, *[(EXPIRED_EDGE, 99)] * missed)
    assert window_bonuses(*case, schedule).tolist() == [[bonus]]
    assert metrics(*case, schedule)["qoe"] == bonus


def test_windows_hold_their_start_and_not_their_end() -> None:
    """With 100 ms: an end at 100 counts in the second window, which is empty; the last counts."""
    case, schedule = _ended((EXPIRED_EDGE, 99), (EDGE_ON_TIME, 100), (EDGE_ON_TIME, 320))
    assert window_bonuses(*case, schedule).ravel().tolist() == [0, 7, 0, 7]
    case, schedule = _ended((EXPIRED_EDGE, 99), (EDGE_ON_TIME, 100))
    assert window_bonuses(*case, schedule).ravel().tolist() == [0, 7]


def test_windows_are_closed_by_time() -> None:
    """Before the end of the episode a window counts from its end on."""
    for now, bonuses in ((199, [0]), (200, [0, 7])):
        case, schedule = _ended((EXPIRED_EDGE, 99), (EDGE_ON_TIME, 100), (-1, 240), now=now)
        assert window_bonuses(*case, schedule).ravel().tolist() == bonuses
        assert metrics(*case, schedule)["utility"] == 49 + sum(bonuses)


def test_the_curve_rises_and_falls_with_every_task() -> None:
    """Utilities come at the ends of tasks, bonuses at the ends of windows and of the episode."""
    case, schedule = _ended((EDGE_ON_TIME, 40), (CLOUD_ON_TIME, 40), (MISSED_CLOUD, 130),
                            (CLOUD_ON_TIME, 210))  # fmt: skip
    times, values = utility_curve(*case, schedule)
    assert times.tolist() == [0, 40, 100, 130, 200, 210]
    assert values.tolist() == [0, 89, 96, 86, 86, 86 + 40 + 7]


@settings(max_examples=60, deadline=None)
@given(edge_cases(), st.integers(0, 99), st.sampled_from((0.0, 0.1)))
def test_the_curve_ends_at_the_utility(case: Case, seed: int, stop: float) -> None:
    """Of random episodes and parts of them, the twin and the curve find the same utility."""
    twin = EdgeTwin(*case)
    schedule = twin.run(random_policy(seed, stop))
    figures = metrics(*case, schedule)
    times, values = utility_curve(*case, schedule)
    assert (times[0], times[-1]) == (0, schedule.now_ms)
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose((values[-1], figures["utility"]), twin.utility)
    np.testing.assert_allclose((figures["qos"], figures["qoe"]), (twin.qos, twin.qoe))
