"""The SimPy twin of edge and cloud: decisions traced by hand, and the checker as its judge."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dispatchlab.eval.twin
from dispatchlab.envs.core.errors import InfeasibleScheduleError, MissingExtraError
from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD,
    CLOUD_ON_TIME,
    DEFER,
    DROP,
    DROPPED_COST,
    DROPPED_TIME,
    EDGE,
    EDGE_FREE,
    EDGE_ON_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    IDLE,
    MISSED_CLOUD,
    MISSED_EDGE,
    TRIGGER,
    EdgeSchedule,
)
from dispatchlab.envs.edge.verify import verify
from dispatchlab.eval.twin import EdgeTwin
from tests.envs.edge.edge_strategies import A, B, Case, edge_cases, random_policy, tiny

# a: 100 ms to its deadline, 40 on the edge, 60 in the cloud, 50 - 1 or 50 - 10, bonus 7
# b: 80, 20 and 30, 9 - 2 or 9 - 12, bonus 3; windows of 100 ms
Row = tuple[int, int, int, int, int]
Span = tuple[int, int, int]


def _replay(case: Case, *rows: Row, qos: float, qoe: float) -> EdgeSchedule:
    """The schedule of all decisions of an episode, which must pass the checker."""
    twin = EdgeTwin(*case)
    schedule = twin.replay(rows)
    assert (twin.qos, twin.qoe, twin.utility) == (qos, qoe, qos + qoe)
    verify(*case, schedule, utility=qos + qoe, qos=qos, qoe=qoe)
    assert schedule.decisions.tolist() == [list(row) for row in rows]
    return schedule


def _spans(schedule: EdgeSchedule) -> list[Span]:
    """Start, end and outcome of every task."""
    columns = (schedule.start_ms, schedule.end_ms, schedule.outcome)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_the_edge_runs_one_task_after_the_other() -> None:
    """The second task of a waits from 0 to 40 and ends at 75, in time by 25."""
    case = tiny([(0, 0, 40, 60), (0, 0, 35, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, EDGE, -1),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, EDGE_FREE, 0, EDGE, -1),
        (40, EDGE_FREE, 1, EDGE, -1),
        qos=2 * 49, qoe=7,
    )  # fmt: skip
    assert _spans(schedule) == [(0, 40, EDGE_ON_TIME), (40, 75, EDGE_ON_TIME)]
    assert schedule.now_ms == 75


def test_the_scheduler_orders_the_queue() -> None:
    """The task that came last runs first; the first, at 60 ms with 40 left, is just in time."""
    case = tiny([(0, 0, 40, 60), (0, 0, 60, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, EDGE, -1),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, EDGE_FREE, 1, EDGE, -1),
        (60, EDGE_FREE, 0, EDGE, -1),
        qos=2 * 49, qoe=7 + 7,
    )  # fmt: skip
    assert _spans(schedule) == [(60, 100, EDGE_ON_TIME), (0, 60, EDGE_ON_TIME)]


def test_late_results_cost_and_waiting_tasks_expire() -> None:
    """Task 0 takes 90 of its 80 ms; task 1 waits meanwhile, until its deadline at 85."""
    case = tiny([(0, 0, 90, 30), (5, 0, 20, 30)], models=(B,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, EDGE, -1),
        (0, EDGE_FREE, 0, EDGE, -1),
        (5, ARRIVAL, 1, EDGE, -1),
        qos=-2, qoe=0,
    )  # fmt: skip
    assert _spans(schedule) == [(0, 90, MISSED_EDGE), (-1, 85, EXPIRED_EDGE)]


def test_calls_run_side_by_side() -> None:
    """Three calls end at 50, 61 and 100 ms, the last of them in time by nothing."""
    case = tiny([(0, 0, 40, 50), (0, 0, 40, 100), (1, 0, 40, 60), (1, 0, 40, 101)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, CLOUD, -1),
        (0, ARRIVAL, 1, CLOUD, -1),
        (1, ARRIVAL, 2, CLOUD, -1),
        (1, ARRIVAL, 3, CLOUD, -1),
        qos=3 * 40 - 10, qoe=7,
    )  # fmt: skip
    assert _spans(schedule) == [
        (0, 50, CLOUD_ON_TIME), (0, 100, CLOUD_ON_TIME), (1, 61, CLOUD_ON_TIME),
        (1, 102, MISSED_CLOUD),
    ]  # fmt: skip


def test_deferred_tasks_come_up_again() -> None:
    """Of three tasks deferred to 30, one is stolen by the edge, one sent, one queued."""
    case = tiny([(0, 0, 40, 60), (0, 0, 40, 60), (10, 0, 30, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, DEFER, 30),
        (0, ARRIVAL, 1, DEFER, 30),
        (0, EDGE_FREE, 1, EDGE, -1),
        (10, ARRIVAL, 2, DEFER, 30),
        (30, TRIGGER, 0, CLOUD, -1),
        (30, TRIGGER, 2, EDGE, -1),
        (40, EDGE_FREE, 2, EDGE, -1),
        qos=40 + 2 * 49, qoe=7,
    )  # fmt: skip
    assert _spans(schedule) == [
        (30, 90, CLOUD_ON_TIME), (0, 40, EDGE_ON_TIME), (40, 70, EDGE_ON_TIME),
    ]  # fmt: skip


def test_deferred_tasks_expire_before_their_trigger() -> None:
    """A trigger at the deadline or later never comes up, nor that of a task that runs already."""
    case = tiny([(0, 0, 40, 60), (0, 0, 40, 60), (0, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, DEFER, 100),
        (0, ARRIVAL, 1, DEFER, 101),
        (0, ARRIVAL, 2, DEFER, 40),
        (0, EDGE_FREE, 2, EDGE, -1),
        (40, EDGE_FREE, -1, IDLE, -1),
        qos=49, qoe=7,
    )  # fmt: skip
    assert _spans(schedule) == [
        (-1, 100, EXPIRED_CLOUD), (-1, 100, EXPIRED_CLOUD), (0, 40, EDGE_ON_TIME),
    ]  # fmt: skip


def test_events_at_one_time_have_their_order() -> None:
    """At 40: the edge ends, task 2 comes, then 0 is due, then the edge is free."""
    case = tiny([(0, 0, 40, 60), (0, 0, 40, 60), (40, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, DEFER, 40),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, EDGE_FREE, 1, EDGE, -1),
        (40, ARRIVAL, 2, EDGE, -1),
        (40, TRIGGER, 0, EDGE, -1),
        (40, EDGE_FREE, 2, CLOUD, -1),
        (40, EDGE_FREE, 0, EDGE, -1),
        qos=49 + 49 + 40, qoe=7 + 7,
    )  # fmt: skip
    assert _spans(schedule) == [
        (40, 80, EDGE_ON_TIME), (0, 40, EDGE_ON_TIME), (40, 100, CLOUD_ON_TIME),
    ]  # fmt: skip


def test_a_result_at_the_deadline_is_in_time_and_a_start_is_not() -> None:
    """At 100 the call of 0 and the run of 1 are in time, and 2 expires before it could move."""
    case = tiny([(0, 0, 40, 100), (0, 0, 100, 60), (0, 0, 40, 60), (100, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, CLOUD, -1),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, ARRIVAL, 2, EDGE, -1),
        (0, EDGE_FREE, 1, EDGE, -1),
        (100, ARRIVAL, 3, DROP, -1),
        qos=40 + 49, qoe=0,
    )  # fmt: skip
    assert _spans(schedule) == [
        (0, 100, CLOUD_ON_TIME), (0, 100, EDGE_ON_TIME), (-1, 100, EXPIRED_EDGE),
        (-1, 100, DROPPED_COST),
    ]  # fmt: skip


def test_waiting_tasks_move_at_an_arrival() -> None:
    """At the arrival of 2, tasks 0 and 1 make room: one is sent, the other given up."""
    case = tiny([(0, 0, 40, 60), (0, 0, 40, 60), (40, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, EDGE, -1),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, EDGE_FREE, -1, IDLE, -1),
        (40, ARRIVAL, 1, DROP, -1),
        (40, ARRIVAL, 0, CLOUD, -1),
        (40, ARRIVAL, 2, EDGE, -1),
        (40, EDGE_FREE, 2, EDGE, -1),
        qos=40 + 49, qoe=0 + 7,
    )  # fmt: skip
    assert _spans(schedule) == [
        (40, 100, CLOUD_ON_TIME), (-1, 40, DROPPED_TIME), (40, 80, EDGE_ON_TIME),
    ]  # fmt: skip


def test_what_is_given_up_late_has_expired() -> None:
    """A queued task with 40 of 40 ms left has expired; a deferred one was dropped for time."""
    case = tiny([(0, 0, 40, 60), (0, 0, 40, 60), (60, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, EDGE, -1),
        (0, ARRIVAL, 1, DEFER, 90),
        (0, EDGE_FREE, -1, IDLE, -1),
        (60, ARRIVAL, 2, DROP, -1),
        (60, EDGE_FREE, 0, DROP, -1),
        (60, EDGE_FREE, 1, DROP, -1),
        qos=0, qoe=0,
    )  # fmt: skip
    assert schedule.outcome.tolist() == [EXPIRED_EDGE, DROPPED_TIME, DROPPED_COST]


def test_the_edge_idles_until_the_next_event() -> None:
    """Idling at 0 ends with the cloud's result at 20, then with an arrival at 50."""
    case = tiny([(0, 0, 40, 20), (0, 0, 40, 60), (50, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, CLOUD, -1),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, EDGE_FREE, -1, IDLE, -1),
        (20, EDGE_FREE, -1, IDLE, -1),
        (50, ARRIVAL, 2, DROP, -1),
        (50, EDGE_FREE, 1, EDGE, -1),
        qos=40 + 49, qoe=0,
    )  # fmt: skip
    assert _spans(schedule)[1] == (50, 90, EDGE_ON_TIME)


def test_latency_and_bandwidth_delay_calls() -> None:
    """Sent at 990: 29 ms of latency, and 990 + 10 ms of upload at 8, then 40 bits per ms."""
    model = replace(A, deadline_ms=9000)
    case = tiny(
        [(990, 0, 40, 60), (2000, 0, 40, 60)], models=(model,), latency=(0, 30, 10),
        bandwidth=(8, 40), upload_bytes=60,
    )  # fmt: skip
    schedule = _replay(
        case,
        (990, ARRIVAL, 0, CLOUD, -1),
        (2000, ARRIVAL, 1, CLOUD, -1),
        qos=2 * 40, qoe=2 * 7,
    )  # fmt: skip
    # 480 bits: 80 in 10 ms to the full second, 400 in 10 ms; then 480 in 60 ms at 8 again
    assert _spans(schedule) == [
        (990, 990 + 60 + 29 + 20, CLOUD_ON_TIME), (2000, 2000 + 60 + 10 + 60, CLOUD_ON_TIME),
    ]  # fmt: skip


def test_calls_time_out() -> None:
    """Without bandwidth a call ends at the time-out of 80 ms, in time or not."""
    case = tiny(
        [(0, 0, 40, 60), (0, 1, 20, 30)], bandwidth=(0,), cloud_timeout_ms=80
    )  # fmt: skip
    schedule = _replay(
        case, (0, ARRIVAL, 0, CLOUD, -1), (0, ARRIVAL, 1, CLOUD, -1), qos=40 - 3, qoe=7 + 3
    )
    assert _spans(schedule) == [(0, 80, CLOUD_ON_TIME)] * 2


def test_bonuses_by_window() -> None:
    """Ends at 100 count after 100: of a, 1 of 1 in window 0 and 1 of 2 in window 1."""
    case = tiny([(0, 0, 40, 99), (0, 0, 100, 60), (0, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, CLOUD, -1),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, ARRIVAL, 2, EDGE, -1),
        (0, EDGE_FREE, 1, EDGE, -1),
        qos=40 + 49, qoe=7,
    )  # fmt: skip
    assert schedule.end_ms.tolist() == [99, 100, 100]


@pytest.mark.parametrize("arrivals", [(0, 0, 0, 0), (5, 8, 20, 20)])
def test_tasks_that_arrive_together_are_served_in_order(arrivals: tuple[int, ...]) -> None:
    """Two drones whose segments land at once: the order of the tasks counts."""
    case = tiny([(time, 0, 40, 60) for time in arrivals], models=(A,))
    instance = replace(case[0], num_drones=2, duration_ms=20_000)
    real = replace(case[1], drone=np.array([1, 0, 0, 1]))
    rows = [(time, ARRIVAL, task, DROP, -1) for task, time in enumerate(arrivals)]
    assert _replay((instance, real), *rows, qos=0, qoe=0).now_ms == arrivals[-1]


def test_the_trigger_of_a_task_that_left_is_no_event() -> None:
    """Task 0 is sent at 10 and not asked for at 30, nor is the edge, which idles until 60."""
    case = tiny([(0, 0, 40, 50), (0, 0, 40, 60), (10, 0, 40, 60)], models=(A,))
    schedule = _replay(
        case,
        (0, ARRIVAL, 0, DEFER, 30),
        (0, ARRIVAL, 1, EDGE, -1),
        (0, EDGE_FREE, -1, IDLE, -1),
        (10, ARRIVAL, 0, CLOUD, -1),
        (10, ARRIVAL, 2, DROP, -1),
        (10, EDGE_FREE, -1, IDLE, -1),
        (60, EDGE_FREE, 1, EDGE, -1),
        qos=40 + 49, qoe=7,
    )  # fmt: skip
    assert _spans(schedule)[1] == (60, 100, EDGE_ON_TIME)


def test_a_part_of_the_decisions_gives_a_part_of_the_episode() -> None:
    """The play stops where a decision is not recorded; what runs has its end already."""
    case = tiny([(0, 0, 40, 60), (10, 0, 35, 60)], models=(A,))
    rows = [
        (0, ARRIVAL, 0, EDGE, -1),
        (0, EDGE_FREE, 0, EDGE, -1),
        (10, ARRIVAL, 1, CLOUD, -1),
    ]
    for count, now, spans in (
        (0, 0, [(-1, -1, -1), (-1, -1, -1)]),
        (1, 0, [(-1, -1, -1), (-1, -1, -1)]),
        (2, 10, [(0, 40, -1), (-1, -1, -1)]),
        (3, 70, [(0, 40, EDGE_ON_TIME), (10, 70, CLOUD_ON_TIME)]),
    ):
        schedule = EdgeTwin(*case).replay(rows[:count])
        verify(*case, schedule, complete=False)
        assert (schedule.now_ms, _spans(schedule)) == (now, spans)


START = [(0, ARRIVAL, 0, EDGE, -1), (0, ARRIVAL, 1, EDGE, -1)]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(0, ARRIVAL, 1, EDGE, -1)], "no such task waits"),
        ([(0, ARRIVAL, -1, IDLE, -1)], "only a free edge can idle"),
        ([(0, ARRIVAL, 0, DEFER, 0)], "the trigger must be later"),
        ([(0, ARRIVAL, 0, EDGE, 5)], "only a deferral has a trigger"),
        ([START[0], (0, ARRIVAL, 0, EDGE, -1)], "only the task in question can be queued"),
        ([START[0], (0, ARRIVAL, 0, DEFER, 9)], "only the task that arrives can be deferred"),
        ([*START, (0, EDGE_FREE, 0, DEFER, 9)], "only the task that arrives can be deferred"),
        ([*START, (0, EDGE_FREE, -1, IDLE, -1), (61, ARRIVAL, 0, CLOUD, -1)],
         "Decision 3 at 61 ms, 'cloud' for task 0 .a. .number 0., is not possible: it cannot be "
         "in time from the cloud"),
        ([*START, (0, EDGE_FREE, -1, IDLE, -1), (61, ARRIVAL, 2, EDGE, -1),
          (61, EDGE_FREE, 0, EDGE, -1)], "it cannot be in time on the edge"),
        ([(1, ARRIVAL, 0, EDGE, -1)], "of kind 0 at 1 ms, but .* of kind 0 at 0 ms"),
        ([*START, (0, TRIGGER, 0, EDGE, -1)], "of kind 1 at 0 ms, but .* of kind 2 at 0 ms"),
        ([*[(0, ARRIVAL, task, DROP, -1) for task in (0, 1)], (61, ARRIVAL, 2, DROP, -1),
          (61, EDGE_FREE, -1, IDLE, -1)], "Decision 3 at 61 ms and 0 more never come up"),
    ],
)  # fmt: skip
def test_impossible_decisions_are_refused(rows: list[Row], why: str) -> None:
    """What does not wait, comes too late, or does not come up then is refused, with the reason."""
    case = tiny([(0, 0, 40, 60), (0, 0, 40, 60), (61, 0, 40, 60)], models=(A,))
    with pytest.raises(InfeasibleScheduleError, match=why):
        EdgeTwin(*case).replay(rows)


def test_without_simpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import works; playing names what to install."""
    for name in ("edge_decisions", "edge_world", "edge_parts"):
        monkeypatch.delitem(sys.modules, f"dispatchlab.eval.twin.{name}", raising=False)
        monkeypatch.delattr(dispatchlab.eval.twin, name, raising=False)
    monkeypatch.setitem(sys.modules, "simpy", None)
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[twin\]"):
        EdgeTwin(*tiny([(0, 0, 40, 60)], models=(A,))).replay([])


@settings(max_examples=150, deadline=None)
@given(edge_cases(), st.integers(0, 999), st.sampled_from((0.0, 0.05)))
def test_random_policies_pass_the_checker(case: Case, seed: int, stop: float) -> None:
    """Whatever is decided, the schedule follows the rules, and is the same when replayed."""
    twin = EdgeTwin(*case)
    schedule = twin.run(random_policy(seed, stop))
    figures = (twin.qos, twin.qoe)
    verify(*case, schedule, utility=twin.utility, qos=twin.qos, qoe=twin.qoe, complete=not stop)
    again = twin.replay(schedule.decisions.tolist())
    assert (twin.qos, twin.qoe) == figures
    for name in EdgeSchedule.__slots__:
        np.testing.assert_array_equal(getattr(again, name), getattr(schedule, name), name)
