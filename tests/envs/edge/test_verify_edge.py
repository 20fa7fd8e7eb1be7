"""The independent checker of edge/cloud schedules against hand-made and random violations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InfeasibleScheduleError
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
    IN_CLOUD,
    MISSED_CLOUD,
    MISSED_EDGE,
    ON_EDGE,
    TRIGGER,
    EdgeSchedule,
)
from dispatchlab.envs.edge.verify import verify
from dispatchlab.eval.twin import EdgeTwin
from tests.envs.edge.edge_strategies import A, Case, edge_cases, random_policy, tiny

Changes = dict[str, dict[Any, Any]]
Row = tuple[int, int, int, int, int]
# a: 100 ms to its deadline, 40 on the edge, 60 in the cloud; b: 80, 20 and 30
ROWS: list[Row] = [
    (0, ARRIVAL, 0, EDGE, -1),
    (0, ARRIVAL, 1, DEFER, 35),
    (0, EDGE_FREE, 0, EDGE, -1),
    (10, ARRIVAL, 2, EDGE, -1),
    (30, ARRIVAL, 2, DROP, -1),
    (30, ARRIVAL, 3, EDGE, -1),
    (35, TRIGGER, 1, CLOUD, -1),
    (40, EDGE_FREE, -1, IDLE, -1),
]


def _violations(case: Case, schedule: EdgeSchedule, **options: Any) -> tuple[str, ...]:
    """The sentences that the checker raises with."""
    with pytest.raises(InfeasibleScheduleError) as caught:
        verify(*case, schedule, **options)
    return caught.value.violations


def _changed(schedule: EdgeSchedule, changes: Changes) -> EdgeSchedule:
    """A copy with other entries."""
    columns = {}
    for name, entries in changes.items():
        columns[name] = getattr(schedule, name).copy()
        for where, value in entries.items():
            columns[name][where] = value
    return replace(schedule, **columns)


def _with_rows(schedule: EdgeSchedule, *rows: Row) -> EdgeSchedule:
    """A copy with other decisions."""
    return replace(schedule, decisions=np.array(rows).reshape(-1, 5))


def _four() -> tuple[Case, EdgeSchedule]:
    """An episode of 130 ms with deadlines at 100, 80, 90 and 130.

    Task 0 runs from 0 to 40; 1 is deferred to 35 and comes too late from the cloud at 125; 2 is
    queued, and given up for 3, which waits until it expires at 130, as the edge is left idle.
    """
    case = tiny([(0, 0, 40, 50), (0, 1, 20, 90), (10, 1, 25, 30), (30, 0, 38, 60)])
    schedule = EdgeSchedule(
        now_ms=130,
        outcome=[EDGE_ON_TIME, MISSED_CLOUD, DROPPED_COST, EXPIRED_EDGE],
        place=[ON_EDGE, IN_CLOUD, -1, -1],
        start_ms=[0, 35, -1, -1],
        end_ms=[40, 125, 30, 130],
        decisions=ROWS,
    )
    return case, schedule


def _half(now: int) -> tuple[Case, EdgeSchedule]:
    """The same episode at a decision: 30 ms, before any there, or 40 ms, before the edge idles."""
    case, schedule = _four()
    if now == 40:
        changes = {"outcome": {1: -1, 3: -1}, "end_ms": {3: -1}}
        rows = ROWS[:7]
    else:
        changes = {
            "outcome": {0: -1, 1: -1, 2: -1, 3: -1}, "place": {1: -1}, "start_ms": {1: -1},
            "end_ms": {1: -1, 2: -1, 3: -1},
        }  # fmt: skip
        rows = ROWS[:4]
    return case, _with_rows(replace(_changed(schedule, changes), now_ms=now), *rows)


def test_the_right_schedules_pass() -> None:
    """Schedules that follow the model are accepted, with their utilities."""
    case, schedule = _four()
    # a in time: 50 - 1; b too late from the cloud: -12; window 0 pays for a, 1 of 1 in time
    verify(*case, schedule, utility=37 + 7, qos=37, qoe=7)
    verify(*case, schedule, complete=False)
    for now, qos in ((30, 0), (40, 49)):
        case, schedule = _half(now)
        verify(*case, schedule, qos=qos, qoe=0, complete=False)


def test_wrong_utilities() -> None:
    """Each reported sum is compared by itself."""
    assert _violations(*_four(), utility=45, qos=30, qoe=7) == (
        "The utility up to 130 ms is 44, but 45 was reported (1 too high).",
        "The qos up to 130 ms is 37, but 30 was reported (7 too low).",
    )
    assert _violations(*_four(), qoe=10) == (
        "The qoe up to 130 ms is 7, but 10 was reported (3 too high).",
    )


TIMES: list[tuple[str, Changes, str]] = [
    (
        "before the arrival",
        {"start_ms": {1: -5}, "end_ms": {1: 85}},
        "Task 1 (b) is sent at -5 ms, 5 before its arrival at 0 ms.",
    ),
    (
        "beyond the end",
        {"start_ms": {1: 131}},
        "Task 1 (b) is sent at 131 ms, beyond 130 ms, which was played up to.",
    ),
    (
        "edge time",
        {"end_ms": {0: 41}},
        "Task 0 (a) ends at 41 ms, 1 too late: it starts at 0 and takes 40 on the edge.",
    ),
    (
        "cloud time",
        {"end_ms": {1: 122}},
        "Task 1 (b) ends at 122 ms, 3 too early: it is sent at 35 and takes 90 in the cloud.",
    ),
    (
        "late is not on time",
        {"outcome": {1: CLOUD_ON_TIME}},
        "Task 1 (b) has outcome cloud_on_time, but it must be missed_cloud: it ends in the cloud "
        "at 125 ms, 45 after its deadline.",
    ),
    (
        "on time is not late",
        {"outcome": {0: MISSED_EDGE}},
        "Task 0 (a) has outcome missed_edge, but it must be edge_on_time: it ends on the edge at "
        "40 ms, 60 before its deadline.",
    ),
    (
        "another place",
        {"outcome": {0: CLOUD_ON_TIME}},
        "Task 0 (a) has outcome cloud_on_time, but it must be edge_on_time: it ends on the edge "
        "at 40 ms, 60 before its deadline.",
    ),
    ("on time nowhere", {"outcome": {2: EDGE_ON_TIME}},
     "Task 2 (b) has outcome edge_on_time, but it has no place."),
    ("start nowhere", {"start_ms": {2: 20}}, "Task 2 (b) has start 20 ms, but it has no place."),
    (
        "expired late",
        {"end_ms": {3: 131}},
        "Task 3 (a) expires at 131 ms, but it waits at most from 30 to 130 ms.",
    ),
    (
        "dropped before it came",
        {"end_ms": {2: 9}},
        "Task 2 (b) is dropped at 9 ms, but it waits at most from 10 to 90 ms.",
    ),
    (
        "still waiting",
        {"outcome": {3: -1}, "end_ms": {3: -1}},
        "Task 3 (a) still waits at 130 ms, 0 after its deadline at 130 ms.",
    ),
    (
        "not complete",
        {"outcome": {3: -1}, "end_ms": {3: -1}},
        "Task 3 (a) waits at 130 ms, but in a complete episode every task has ended.",
    ),
    (
        "end of nothing",
        {"outcome": {3: -1}},
        "Task 3 (a) has end 130 ms, but neither a place nor an outcome.",
    ),
    (
        "overlap",
        {"place": {1: ON_EDGE}},
        "Task 1 (b) starts at 35 ms on the edge, 5 before task 0 (a) ends there at 40 ms.",
    ),
    (
        "start unlike the decision",
        {"start_ms": {1: 36}, "end_ms": {1: 126}},
        "Task 1 (b) is sent to the cloud at 36 ms, but by the decisions it is sent to the cloud "
        "at 35 ms.",
    ),
    (
        "place unlike the decision",
        {"place": {0: IN_CLOUD}, "end_ms": {0: 50}, "outcome": {0: CLOUD_ON_TIME}},
        "Task 0 (a) is sent to the cloud at 0 ms, but by the decisions it starts on the edge at "
        "0 ms.",
    ),
    (
        "dropped unlike the decision",
        {"outcome": {2: DROPPED_TIME}},
        "Task 2 (b) ends as dropped_time at 30 ms, but by the decisions it ends as dropped_cost "
        "at 30 ms.",
    ),
    (
        "dropped at another time",
        {"end_ms": {2: 31}},
        "Task 2 (b) ends as dropped_cost at 31 ms, but by the decisions it ends as dropped_cost "
        "at 30 ms.",
    ),
    (
        "expired elsewhere",
        {"outcome": {3: EXPIRED_CLOUD}},
        "Task 3 (a) ends as expired_cloud at 130 ms, but by the decisions it ends as "
        "expired_edge at 130 ms.",
    ),
    (
        "never sent",
        {"place": {1: -1}, "start_ms": {1: -1}, "outcome": {1: EXPIRED_CLOUD}, "end_ms": {1: 80}},
        "Task 1 (b) is neither started nor sent, but by the decisions it is sent to the cloud at "
        "35 ms.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "why"), [c[1:] for c in TIMES], ids=[c[0] for c in TIMES])
def test_wrong_times_and_outcomes(changes: Changes, why: str) -> None:
    """Each change of a right schedule is reported, with the amount."""
    case, schedule = _four()
    assert why in _violations(case, _changed(schedule, changes))


def test_the_end_is_the_last_one() -> None:
    """An episode that is over ends with its last task."""
    case, schedule = _four()
    assert _violations(case, replace(schedule, now_ms=140)) == (
        "The schedule is of time 140 ms, but the episode is over with the end of the last task at "
        "130 ms.",
    )


DECISIONS: list[tuple[str, list[Row], str]] = [
    (
        "no decision on an arrival",
        [*ROWS[:3], *ROWS[5:]],
        "Task 2 (b) arrives at 10 ms, but nothing is decided on it then.",
    ),
    (
        "no decision at a trigger",
        [*ROWS[:6], ROWS[7]],
        "Task 1 (b) is due at 35 ms, but nothing is decided on it then.",
    ),
    (
        "no decision for a free edge",
        ROWS[:7],
        "The edge is free at 40 ms and task 3 (a) could run, but nothing is decided.",
    ),
    (
        "started without a decision",
        [*ROWS[:2], *ROWS[3:]],
        "Task 0 (a) starts on the edge at 0 ms, but by the decisions it is neither started nor "
        "sent.",
    ),
    (
        "time order",
        [*ROWS[:6], ROWS[7], ROWS[6]],
        "Decision 7 at 35 ms comes after one at 40 ms.",
    ),
    (
        "order at one time",
        [ROWS[0], ROWS[2], ROWS[1], *ROWS[3:]],
        "Decision 1 at 0 ms is of kind edge_free, but arrival of task 1 (b) comes first.",
    ),
    (
        "order of arrivals",
        [ROWS[1], ROWS[0], *ROWS[2:]],
        "Decision 0 at 0 ms is on task 1 (b), which does not wait then.",
    ),
    (
        "beyond the end",
        [*ROWS, (131, EDGE_FREE, -1, IDLE, -1)],
        "Decision 8 at 131 ms is beyond 130 ms, which was played up to.",
    ),
    (
        "not at the trigger",
        [*ROWS[:6], (36, TRIGGER, 1, CLOUD, -1), ROWS[7]],
        "Decision 6 at 36 ms is taken when there is nothing to decide.",
    ),
    (
        "the edge is busy",
        [*ROWS[:4], (10, EDGE_FREE, 2, EDGE, -1), *ROWS[4:]],
        "Decision 4 at 10 ms is taken while the edge is busy until 40 ms.",
    ),
    (
        "asked again after idling",
        [*ROWS, (40, EDGE_FREE, 3, DROP, -1)],
        "Decision 8 at 40 ms is taken when there is nothing to decide.",
    ),
    (
        "nothing happens then",
        [*ROWS[:7], (41, EDGE_FREE, -1, IDLE, -1)],
        "Decision 7 at 41 ms is taken when there is nothing to decide.",
    ),
    (
        "twice",
        [*ROWS[:5], *ROWS[4:]],
        "Decision 5 at 30 ms is on task 2 (b), which does not wait then.",
    ),
    (
        "not yet arrived",
        [*ROWS[:3], (10, ARRIVAL, 3, DROP, -1), *ROWS[3:]],
        "Decision 3 at 10 ms is on task 3 (a), which does not wait then.",
    ),
    (
        "trigger in the past",
        [ROWS[0], (0, ARRIVAL, 1, DEFER, 0), *ROWS[2:]],
        "Decision 1 at 0 ms defers task 1 (b) to 0 ms, which is not later.",
    ),
    (
        "trigger without deferral",
        [(0, ARRIVAL, 0, EDGE, 50), *ROWS[1:]],
        "Decision 0 at 0 ms has trigger 50, but it is no deferral: it must be -1.",
    ),
    (
        "deferred again",
        [*ROWS[:6], (35, TRIGGER, 1, DEFER, 60), ROWS[7]],
        "Decision 6 at 35 ms defers task 1 (b), which is only possible at its arrival.",
    ),
    (
        "another one deferred",
        [*ROWS[:4], (30, ARRIVAL, 2, DEFER, 60), *ROWS[5:]],
        "Decision 4 at 30 ms defers task 2 (b), which is only possible at its arrival.",
    ),
    (
        "another one queued",
        [*ROWS[:5], (30, ARRIVAL, 1, EDGE, -1), *ROWS[5:]],
        "Decision 5 at 30 ms queues task 1 (b), but only the task that it is about can be queued.",
    ),
    (
        "idling at an arrival",
        [*ROWS[:3], (10, ARRIVAL, -1, IDLE, -1), *ROWS[3:]],
        "Decision 3 at 10 ms idles, which is only possible when the edge is free.",
    ),
    (
        "deferred by a free edge",
        [*ROWS[:7], (40, EDGE_FREE, 3, DEFER, 60)],
        "Decision 7 at 40 ms defers task 3 (a), which is only possible at its arrival.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "why"), [c[1:] for c in DECISIONS], ids=[c[0] for c in DECISIONS])
def test_wrong_decisions(rows: list[Row], why: str) -> None:
    """Decisions that do not come up, cannot be taken, or are missing are reported."""
    case, schedule = _four()
    assert why in _violations(case, _with_rows(schedule, *rows))


def test_wrong_shapes_and_codes() -> None:
    """Arrays of the wrong size, unknown codes and another realisation are refused at once."""
    case, schedule = _four()
    for change, why in (
        (replace(schedule, place=[0, 1]), "place has the shape (2,), but it must be (4,)."),
        (replace(schedule, decisions=[[0, 0]]),
         "decisions has the shape (1, 2), but it must be (1, 5)."),
        (replace(schedule, now_ms=-1), "The schedule is of time -1 ms, but it must be 0 or later."),
        (_changed(schedule, {"place": {2: 2}}),
         "Task 2 has place 2, but it must be -1 to 1 (edge, cloud)."),
        (_changed(schedule, {"decisions": {(3, 1): 3}}),
         "Decision 3 has kind 3, but it must be 0 to 2 (arrival, trigger, edge_free)."),
        (_changed(schedule, {"decisions": {(3, 3): -1}}),
         "Decision 3 has verb -1, but it must be 0 to 4 (edge, cloud, defer, drop, idle)."),
        (_changed(schedule, {"decisions": {(3, 2): 4}}),
         "Decision 3 is on task 4, but it must be 0 to 3."),
        (_changed(schedule, {"decisions": {(7, 2): 3}}),
         "Decision 7 is on task 3, but it must be -1, as it idles."),
    ):  # fmt: skip
        assert _violations(case, change) == (why,)
    outcome = _changed(schedule, {"outcome": {1: 8}})
    assert _violations(case, outcome)[0].startswith("Task 1 has outcome 8, but it must be -1 to 7")
    other = tiny([(0, 0, 40, 50), (0, 1, 20, 90)])[1]
    assert "draw it for this instance" in _violations((case[0], other), schedule)[0]


def test_what_has_not_happened_is_not_recorded() -> None:
    """At a decision in the middle, what ends later has no outcome, and what ended has one."""
    case, schedule = _half(40)
    for change, why in (
        ({"outcome": {1: MISSED_CLOUD}},
         "Task 1 (b) has outcome missed_cloud, but it must be none: it ends in the cloud at 125 "
         "ms, beyond 40 ms, which was played up to."),
        ({"outcome": {0: -1}},
         "Task 0 (a) has outcome none, but it must be edge_on_time: it ends on the edge at 40 "
         "ms, 60 before its deadline."),
        ({"outcome": {3: EXPIRED_EDGE}, "end_ms": {3: 130}},
         "Task 3 (a) has end 130 ms, beyond 40 ms, which was played up to."),
    ):  # fmt: skip
        assert why in _violations(case, _changed(schedule, change), complete=False)
    assert set(_violations(case, schedule)) == {
        "Task 1 (b) is in the cloud at 40 ms, but in a complete episode every task has ended.",
        "Task 3 (a) waits at 40 ms, but in a complete episode every task has ended.",
    }
    case, schedule = _half(30)
    assert {why.partition(",")[0] for why in _violations(case, schedule)} == {
        "Task 0 (a) runs at 30 ms", "Task 1 (b) waits at 30 ms", "Task 2 (b) waits at 30 ms",
        "Task 3 (a) waits at 30 ms",
    }  # fmt: skip
    early = replace(schedule, now_ms=29)
    gone = "Task 3 (a) has not arrived at 29 ms, but in a complete episode every task has ended."
    assert gone in _violations(case, early)
    undecided = _changed(early, {"place": {0: -1}, "start_ms": {0: -1}, "end_ms": {0: -1}})
    assert _violations(case, _with_rows(undecided), complete=False) == tuple(
        f"Task {task} ({model}) arrives at {time} ms, but nothing is decided on it then."
        for task, model, time in ((0, "a", 0), (1, "b", 0), (2, "b", 10))
    )


def _single(place: int, start: int) -> tuple[Case, EdgeSchedule]:
    """One task a, of 40 ms on the edge and 60 in the cloud, that starts or is sent as deferred."""
    case = tiny([(0, 0, 40, 60)], models=(A,))
    rows = [(0, ARRIVAL, 0, DEFER, start), (0, EDGE_FREE, -1, IDLE, -1)]
    if place == ON_EDGE:
        rows += [(start, TRIGGER, 0, EDGE, -1), (start, EDGE_FREE, 0, EDGE, -1)]
    else:
        rows += [(start, TRIGGER, 0, CLOUD, -1)]
    end = start + (60 if place == IN_CLOUD else 40)
    on_time = CLOUD_ON_TIME if place == IN_CLOUD else EDGE_ON_TIME
    late = MISSED_CLOUD if place == IN_CLOUD else MISSED_EDGE
    outcome = late if end > 100 else on_time
    return case, EdgeSchedule(end, [outcome], [place], [start], [end], rows)


def test_nothing_starts_that_must_be_late() -> None:
    """After 60 of 100 ms the edge can still be in time, after 40 the cloud; a ms later not."""
    case, schedule = _single(ON_EDGE, 60)
    verify(*case, schedule)
    assert _violations(*_single(ON_EDGE, 61)) == (
        "Decision 3 at 61 ms is taken when there is nothing to decide.",
        "Decision 3 at 61 ms starts task 0 (a) with 39 ms left, but on the edge it takes at least "
        "40.",
    )
    case, schedule = _single(IN_CLOUD, 40)
    verify(*case, schedule)
    assert _violations(*_single(IN_CLOUD, 41)) == (
        "Decision 2 at 41 ms sends task 0 (a) with 59 ms left, but in the cloud it takes at least "
        "60.",
    )


@pytest.mark.parametrize(
    ("sent", "tables", "lasts"),
    [
        (700, {}, 50),
        # 30 ms at 700, on the way from 9 at 0 to 39 at 1000; 39 from there on
        (700, {"latency": (9, 39)}, 50 + 30),
        (1000, {"latency": (9, 39)}, 50 + 39),
        (1100, {"latency": (9, 39)}, 50 + 39),
        # cut to whole ms, downwards on the way down too: 39 - 10.5
        (350, {"latency": (39, 9)}, 50 + 28),
        # 1000 bytes are 8000 bits: 10 ms at 800 bits per ms, 9 at 900
        (700, {"bandwidth": (800,)}, 50 + 10),
        (700, {"bandwidth": (900,)}, 50 + 9),
        # 8000 bits: 6 ms at 800 to the full second, and 3200 at 100, or 320 at 10 after a pause
        (994, {"bandwidth": (800, 100)}, 50 + 6 + 32),
        (999, {"bandwidth": (7900, 0, 10)}, 50 + 1 + 1000 + 10),
        # the table starts over: 6 ms of the last second, then 3200 at 1600
        (1994, {"bandwidth": (1600, 800)}, 50 + 6 + 2),
        # an upload that does not end ends the call
        (700, {"bandwidth": (0,)}, 1500),
        (700, {"bandwidth": (1,), "latency": (600,)}, 1500),
    ],
)
def test_the_network_delays_calls(sent: int, tables: dict[str, Any], lasts: int) -> None:
    """Calls take execution, latency and upload at their time, and at most the time-out."""
    model = replace(A, deadline_ms=4000, cloud_ms=50)
    case = tiny(
        [(0, 0, 40, 50)], models=(model,), upload_bytes=1000, cloud_timeout_ms=1500, **tables
    )  # fmt: skip
    rows = [
        (0, ARRIVAL, 0, DEFER, sent), (0, EDGE_FREE, -1, IDLE, -1), (sent, TRIGGER, 0, CLOUD, -1),
    ]  # fmt: skip
    schedule = EdgeSchedule(sent + lasts, [CLOUD_ON_TIME], [1], [sent], [sent + lasts], rows)
    verify(*case, schedule)
    late = replace(schedule, now_ms=sent + lasts + 1, end_ms=[sent + lasts + 1])
    assert _violations(case, late) == (
        f"Task 0 (a) ends at {sent + lasts + 1} ms, 1 too late: it is sent at {sent} and takes "
        f"{lasts} in the cloud.",
    )


@pytest.mark.parametrize(
    ("verb", "time", "outcome"),
    [
        # expected to be in time anywhere, only on the edge, nowhere
        (EDGE, 39, DROPPED_COST),
        (EDGE, 40, DROPPED_TIME),
        (EDGE, 59, DROPPED_TIME),
        (EDGE, 60, EXPIRED_EDGE),
        (DEFER, 39, DROPPED_COST),
        (DEFER, 40, DROPPED_TIME),
        (DEFER, 60, DROPPED_TIME),
    ],
)
def test_how_dropped_tasks_end(verb: int, time: int, outcome: int) -> None:
    """With 40 ms on the edge and 60 in the cloud, of 100 ms, what is left of them decides."""
    case = tiny([(0, 0, 40, 60), (time, 0, 40, 60)], models=(A,))
    rows = [
        (0, ARRIVAL, 0, verb, 95 if verb == DEFER else -1), (0, EDGE_FREE, -1, IDLE, -1),
        (time, ARRIVAL, 0, DROP, -1), (time, ARRIVAL, 1, DROP, -1),
    ]  # fmt: skip
    schedule = EdgeSchedule(time, [outcome, DROPPED_COST], [-1] * 2, [-1] * 2, [time] * 2, rows)
    verify(*case, schedule)
    for other in {DROPPED_COST, DROPPED_TIME, EXPIRED_EDGE, EXPIRED_CLOUD} - {outcome}:
        assert (
            "by the decisions" in _violations(case, _changed(schedule, {"outcome": {0: other}}))[0]
        )


def test_events_end_idling() -> None:
    """A cloud call that ends brings a new decision for the edge that was left idle."""
    case = tiny([(0, 0, 40, 20), (0, 0, 40, 60)], models=(A,))
    rows = [
        (0, ARRIVAL, 0, CLOUD, -1),
        (0, ARRIVAL, 1, DEFER, 200),
        (0, EDGE_FREE, -1, IDLE, -1),
        (20, EDGE_FREE, 1, EDGE, -1),
    ]
    schedule = EdgeSchedule(
        60, [CLOUD_ON_TIME, EDGE_ON_TIME], [IN_CLOUD, ON_EDGE], [0, 20], [20, 60], rows
    )
    verify(*case, schedule, utility=40 + 49 + 7)
    idle = EdgeSchedule(
        100, [CLOUD_ON_TIME, EXPIRED_CLOUD], [IN_CLOUD, -1], [0, -1], [20, 100], rows[:3]
    )
    assert _violations(case, idle) == (
        "The edge is free at 20 ms and task 1 (a) could run, but nothing is decided.",
    )
    verify(*case, _with_rows(idle, *rows[:3], (20, EDGE_FREE, -1, IDLE, -1)))


@settings(max_examples=150, deadline=None)
@given(edge_cases(), st.integers(0, 999), st.data())
def test_any_change_is_noticed(case: Case, seed: int, data: st.DataObject) -> None:
    """No entry of a random schedule can be another; triggers aside, which may not matter."""
    schedule = EdgeTwin(*case).run(random_policy(seed))
    verify(*case, schedule)
    name = data.draw(st.sampled_from(("outcome", "place", "start_ms", "end_ms", "decisions")))
    values = getattr(schedule, name).copy()
    where = data.draw(st.integers(0, values.size - 1))
    assume(name != "decisions" or where % 5 != 4)
    values.flat[where] += data.draw(st.sampled_from((-3, -2, -1, 1, 2, 3)))
    _violations(case, replace(schedule, **{name: values}))
