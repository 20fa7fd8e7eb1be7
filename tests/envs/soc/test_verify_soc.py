"""The independent checker of SoC schedules against hand-made and random violations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.metrics import in_system_us
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.verify import verify
from dispatchlab.eval.twin import SocTwin
from tests.envs.soc.soc_strategies import random_policy, soc_cases, tiny

Case = tuple[SocInstance, SocRealisation]
Changes = dict[str, dict[Any, Any]]


def _violations(case: Case, schedule: SocSchedule, **options: Any) -> tuple[str, ...]:
    """The sentences that the checker raises with."""
    with pytest.raises(InfeasibleScheduleError) as caught:
        verify(*case, schedule, **options)
    return caught.value.violations


def _changed(schedule: SocSchedule, changes: Changes) -> SocSchedule:
    """A copy with other entries."""
    columns = {}
    for name, entries in changes.items():
        columns[name] = getattr(schedule, name).copy()
        for where, value in entries.items():
            columns[name][where] = value
    return replace(schedule, **columns)


def _lossy() -> tuple[Case, SocSchedule]:
    """Chains of two tasks, one job at a time, arrivals at 0, 4, 9 and 25, up to the horizon at 30.

    Job 0 runs on PE 0 and, after 2 µs of transfer, on PE 1; job 1 is lost; job 2 runs on PE 0;
    job 3 runs up to the horizon.
    """
    case = tiny(
        [[3, 5], [4, 2], [-1, 1]], [(0, 1, 4.0)], [0, 4, 5, 16, 99], bandwidth=2.0,
        mode="lossy", max_jobs=1, horizon_us=30,
    )  # fmt: skip
    schedule = SocSchedule(
        now_us=30,
        graph=[0, 0, 0, 0],
        arrival_us=[0, 4, 9, 25],
        injected_us=[0, -1, 9, 25],
        lost=[False, True, False, False],
        pe=[[0, 1, 1], [-1, -1, -1], [0, 0, 1], [1, -1, 1]],
        mapped_us=[[0, 3, 0], [-1, -1, -1], [9, 12, 9], [25, -1, 25]],
        order=[[0, 2, 1], [-1, -1, -1], [3, 5, 4], [6, -1, 7]],
        start_us=[[0, 5, 0], [-1, -1, -1], [9, 12, 9], [25, -1, -1]],
        end_us=[[3, 7, 1], [-1, -1, -1], [12, 16, 10], [30, -1, -1]],
    )
    return case, schedule


def _batch(**injection: Any) -> tuple[Case, SocSchedule]:
    """Three jobs of one task of 4 µs on one PE; two places."""
    fields = {"mode": "batch", "max_jobs": 2} | injection
    case = tiny([[4]], [], [0, 0, 0], **fields)
    rows = {"mapped_us": [[0], [0], [4]], "order": [[0], [1], [2]]}
    return case, SocSchedule(
        12, [0, 0, 0], [0, 0, 0], [0, 0, 4], [False] * 3, [[0], [0], [0]], **rows,
        start_us=[[0], [4], [8]], end_us=[[4], [8], [12]],
    )  # fmt: skip


def _blocked() -> tuple[Case, SocSchedule]:
    """One job of 5 µs at a time: due at 0, 3 and 7, injected at 0, 5 and 10."""
    case = tiny([[5]], [], [0, 3, 2, 9], mode="blocked", max_jobs=1, horizon_us=16)
    times = [[0], [5], [10]]
    return case, SocSchedule(
        16, [0, 0, 0], [0, 5, 10], [0, 5, 10], [False] * 3, [[0]] * 3, times, [[0], [1], [2]],
        times, [[5], [10], [15]],
    )  # fmt: skip


def test_the_right_schedules_pass() -> None:
    """Schedules that follow the model are accepted, with their objectives."""
    for (case, schedule), objective in ((_lossy(), 19), (_batch(), 24), (_blocked(), 15)):
        verify(*case, schedule, objective, check_eager=True)


LOSSY: list[tuple[str, Changes, str]] = [
    ("type", {"graph": {2: 1}}, "Arrival 2 is of job type 1, but it must be of type 0."),
    (
        "arrival",
        {"arrival_us": {2: 8}, "injected_us": {2: 8}},
        "Arrival 2 comes at 8 µs, 1 too early: it must be 9 µs.",
    ),
    (
        "lost",
        {"lost": {1: False}, "injected_us": {1: 4}},
        "Arrival 1 at 4 µs is admitted, but 1 jobs are in work, of at most 1.",
    ),
    (
        "lost without need",
        {"lost": {3: True}},
        "Arrival 3 at 25 µs is lost, but 0 jobs are in work, of at most 1.",
    ),
    ("lost and injected", {"injected_us": {1: 5}}, "Arrival 1 is lost, but injected at 5 µs."),
    (
        "injection",
        {"injected_us": {2: 11}},
        "Arrival 2 is injected at 11 µs, 2 too late: it must be 9 µs.",
    ),
    (
        "no injection",
        {"injected_us": {3: -1}},
        "Arrival 3 is injected at -1 µs, that is not yet, but it must be 25 µs.",
    ),
    (
        "before the injection",
        {"mapped_us": {(2, 0): 8}},
        "Task 0 of arrival 2 is mapped at 8 µs, 1 before it is ready at 9 µs.",
    ),
    (
        "before it is ready",
        {"mapped_us": {(2, 1): 11}},
        "Task 1 of arrival 2 is mapped at 11 µs, 1 before it is ready at 12 µs.",
    ),
    (
        "task of a lost job",
        {"pe": {(1, 0): 0}},
        "Task 0 of arrival 1 has pe 0, but the job is not injected.",
    ),
    (
        "start without mapping",
        {"start_us": {(3, 1): 27}},
        "Task 1 of arrival 3 has start_us 27, but the task is not mapped.",
    ),
    (
        "mapping without time",
        {"mapped_us": {(3, 2): -1}},
        "Task 2 of arrival 3 has mapped_us -1, though the task is mapped.",
    ),
    (
        "start without end",
        {"start_us": {(3, 2): 29}},
        "Task 2 of arrival 3 has start 29 and end -1; give both or none.",
    ),
    ("no time", {"end_us": {(3, 2): -5}}, "Task 2 of arrival 3 has end_us -5, that is no time."),
    (
        "no such PE",
        {"pe": {(0, 0): 2}},
        "Task 0 of arrival 0 is mapped to PE 2, but there are PEs 0 to 1.",
    ),
    (
        "unsupported",
        {"pe": {(0, 2): 0}},
        "Task 2 of arrival 0 is mapped to PE 0 (pe0), which does not support it.",
    ),
    (
        "duration",
        {"end_us": {(2, 1): 17}},
        "Task 1 of arrival 2 ends at 17 µs, 1 too late: it starts at 12 and takes 4 on PE 0.",
    ),
    (
        "no predecessor",
        {"start_us": {(0, 0): -1}, "end_us": {(0, 0): -1}},
        "Task 1 of arrival 0 is mapped at 3 µs, but some predecessor has not started.",
    ),
    (
        "before the data",
        {"start_us": {(0, 1): 4}, "end_us": {(0, 1): 6}},
        "Task 1 of arrival 0 starts at 4 µs, 1 before its data reaches PE 1 at 5 µs.",
    ),
    (
        "late mapping",
        {"mapped_us": {(0, 1): 4}},
        "Task 1 of arrival 0 starts at 5 µs, 1 before its data reaches PE 1 at 6 µs.",
    ),
    (
        "before the mapping",
        {"mapped_us": {(2, 0): 10}},
        "Task 0 of arrival 2 starts at 9 µs, 1 before it is mapped at 10 µs.",
    ),
    (
        "mapped at the horizon",
        {"mapped_us": {(3, 2): 30}},
        "Task 2 of arrival 3 is mapped at 30 µs, beyond 29 µs, the last time that was played.",
    ),
    (
        "started at the horizon",
        {"start_us": {(3, 2): 30}, "end_us": {(3, 2): 31}},
        "Task 2 of arrival 3 starts at 30 µs, beyond 29 µs, the last time that was played.",
    ),
    (
        "overlap",
        {"start_us": {(3, 2): 29}, "end_us": {(3, 2): 30}},
        "Task 2 of arrival 3 starts at 29 µs on PE 1, 1 before task 0 of arrival 3 ends there at "
        "30 µs.",
    ),
    (
        "order with gaps",
        {"order": {(3, 2): 8}},
        "Task 2 of arrival 3 has order 8, but it is decision 7; number them from 0 on without "
        "gaps or repeats.",
    ),
    (
        "order repeated",
        {"order": {(0, 2): 0}},
        "Task 2 of arrival 0 has order 0, but it is decision 1; number them from 0 on without "
        "gaps or repeats.",
    ),
    (
        "order against time",
        {"order": {(2, 0): 5, (2, 1): 3}},
        "Task 2 of arrival 2 is mapped at 9 µs with order 4, 3 before task 1 of arrival 2 with "
        "order 3.",
    ),
    (
        "order against precedence",
        {"order": {(2, 0): 5, (2, 1): 3}},
        "Task 1 of arrival 2 has order 3, before its predecessor 0 with order 5.",
    ),
    (
        "idle",
        {"start_us": {(2, 1): 13}, "end_us": {(2, 1): 17}},
        "PE 0 (pe0) idles from 12 to 13 µs, though task 1 of arrival 2 is in its queue with its "
        "data since 12 µs.",
    ),
    (
        "idle at the end",
        {"start_us": {(3, 0): -1}, "end_us": {(3, 0): -1}},
        "PE 1 (pe1) idles from 25 to 30 µs, though task 0 of arrival 3 is in its queue with its "
        "data since 25 µs.",
    ),
    (
        "first fit",
        {"order": {(3, 0): 7, (3, 2): 6}},
        "Task 0 of arrival 3 starts at 25 µs on PE 1, but task 2 of arrival 3 was mapped there "
        "before and has its data since 25 µs.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "why"), [c[1:] for c in LOSSY], ids=[c[0] for c in LOSSY])
def test_violations_are_named(changes: Changes, why: str) -> None:
    """Each change of a right schedule is reported, with the amount."""
    case, schedule = _lossy()
    assert why in _violations(case, _changed(schedule, changes), check_eager=True)


def test_eagerness_is_only_checked_on_demand() -> None:
    """A schedule that idles is feasible all the same."""
    case, schedule = _lossy()
    later = _changed(schedule, {"start_us": {(2, 1): 13}, "end_us": {(2, 1): 17}})
    verify(*case, later)
    assert len(_violations(case, later, check_eager=True)) == 1


def test_wrong_shapes_and_times() -> None:
    """Arrays of the wrong size, another realisation and impossible times are refused at once."""
    case, schedule = _lossy()
    instance, real = case
    short = replace(schedule, pe=schedule.pe[:, :2])
    assert _violations(case, short) == ("pe has the shape (4, 2), but it must be (4, 3).",)
    assert _violations(case, replace(schedule, now_us=31)) == (
        "The schedule is of time 31 µs, but it must be between 0 and the horizon of 30 µs.",
    )
    assert _violations(_batch()[0], replace(_batch()[1], now_us=-1)) == (
        "The schedule is of time -1 µs, but it must be 0 or later.",
    )
    few = SocRealisation(real.gap_us[:3], real.graph[:3], real.factor[:3])
    assert _violations((instance, few), schedule) == (
        "The schedule has 4 arrivals, but the realisation has 3.",
    )
    bare = SocRealisation(real.gap_us, real.graph, real.factor[:, :2])
    assert "give the realisation of this instance" in _violations((instance, bare), schedule)[0]


def test_missing_arrivals() -> None:
    """All arrivals up to the schedule's time must be there, and none after it."""
    for case, schedule in (_lossy(), _blocked()):
        columns = {
            name: getattr(schedule, name)[:-1]
            for name in SocSchedule.__slots__
            if name != "now_us"
        }  # fmt: skip
        job, time = len(schedule.graph) - 1, schedule.arrival_us[-1]
        for now in (schedule.now_us, int(time)):
            assert _violations(case, replace(schedule, now_us=now, **columns)) == (
                f"Arrival {job} at {time} µs is missing from the schedule of time {now} µs.",
            )
    case, schedule = _lossy()
    assert "Arrival 3 comes at 25 µs, beyond 24 µs, the last time that was played." in _violations(
        case, replace(schedule, now_us=24)
    )


def test_a_job_may_not_be_lost_without_losses() -> None:
    """Only the lossy mode loses jobs."""
    for case, schedule in (_batch(), _blocked()):
        lost = _changed(schedule, {"lost": {1: True}})
        mode = case[0].injection.mode
        assert f"Arrival 1 is lost, but injection mode {mode!r} loses none." in _violations(
            case, lost
        )


def test_the_backlog_needs_a_place() -> None:
    """The third job gets its place when the first completes: not before, not later, not never."""
    case, schedule = _batch()
    for time, why in (
        (3, "Arrival 2 is injected at 3 µs, 1 too early: it must be 4 µs."),
        (5, "Arrival 2 is injected at 5 µs, 1 too late: it must be 4 µs."),
        (-1, "Arrival 2 is not injected, but it has a place from 4 µs on."),
    ):
        assert why in _violations(case, _changed(schedule, {"injected_us": {2: time}}))
    running = _changed(
        replace(schedule, now_us=3),
        {"start_us": {1: -1, 2: -1}, "end_us": {1: -1, 2: -1}},
    )
    assert any(
        "Arrival 2 is injected at 4 µs, but up to 3 µs" in why for why in _violations(case, running)
    )


def test_a_blocked_source_waits_for_a_place() -> None:
    """The second job is made when the first completes; the gap of the third counts from there."""
    case, schedule = _blocked()
    early = {"injected_us": {1: 3}, "arrival_us": {1: 3}}
    assert "Arrival 1 is injected at 3 µs, 2 too early: it must be 5 µs." in _violations(
        case, _changed(schedule, early)
    )
    assert (
        "Arrival 1 comes at 3 µs and is injected at 5 µs; a blocked source makes a job at its "
        "injection."
    ) in _violations(case, _changed(schedule, {"arrival_us": {1: 3}}))


def test_losses_with_tasks_that_take_no_time() -> None:
    """What takes no time at 5 comes after the arrival at 5, which finds the system full."""
    case = tiny([[5], [0]], [(0, 1, 0.0)], [0, 5], mode="lossy", max_jobs=1, horizon_us=6)
    schedule = SocSchedule(
        6, [0, 0], [0, 5], [0, -1], [False, True], [[0, 0], [-1, -1]], [[0, 5], [-1, -1]],
        [[0, 1], [-1, -1]], [[0, 5], [-1, -1]], [[5, 5], [-1, -1]],
    )  # fmt: skip
    verify(*case, schedule, check_eager=True)
    admitted = _changed(schedule, {"lost": {1: False}, "injected_us": {1: 5}})
    assert _violations(case, admitted) == (
        "Arrival 1 at 5 µs is admitted, but 1 jobs are in work, of at most 1.",
    )


def test_data_through_the_memory() -> None:
    """To the memory 3 µs delay readiness, from it 2 µs the start, even on the same PE."""
    case = tiny([[2, 2], [4, 4]], [(0, 1, 6.0)], memory=[[2.0, 3.0], [1.0, 6.0]])
    schedule = SocSchedule(
        11, [0], [0], [0], [False], [[0, 0]], [[0, 5]], [[0, 1]], [[0, 7]], [[2, 11]]
    )
    verify(*case, schedule, 11, check_eager=True)
    assert _violations(case, _changed(schedule, {"mapped_us": {(0, 1): 4}})) == (
        "Task 1 of arrival 0 is mapped at 4 µs, 1 before it is ready at 5 µs.",
    )
    early = _changed(schedule, {"start_us": {(0, 1): 6}, "end_us": {(0, 1): 10}})
    assert _violations(case, early) == (
        "Task 1 of arrival 0 starts at 6 µs, 1 before its data reaches PE 0 at 7 µs.",
    )


def test_plans_send_data_when_ready() -> None:
    """In a plan a task is mapped when it starts, and that does not delay its data."""
    case = tiny([[2, 2], [4, 4]], [(0, 1, 6.0)])
    schedule = SocSchedule(
        12, [0], [0], [0], [False], [[0, 1]], [[0, 8]], [[0, 1]], [[0, 8]], [[2, 12]]
    )
    verify(*case, schedule, planned=True)
    assert _violations(case, schedule) == (
        "Task 1 of arrival 0 starts at 8 µs, 6 before its data reaches PE 1 at 14 µs.",
    )


def test_noise_sets_the_durations() -> None:
    """The duration is the rounded product of the expected one and the factor."""
    instance, real = tiny([[4]], [])
    slow = SocRealisation(real.gap_us, real.graph, np.array([[1.6]]))
    schedule = SocSchedule(6, [0], [0], [0], [False], [[0]], [[0]], [[0]], [[0]], [[6]])
    verify(instance, slow, schedule)
    assert _violations((instance, real), schedule) == (
        "Task 0 of arrival 0 ends at 6 µs, 2 too late: it starts at 0 and takes 4 on PE 0.",
    )


def test_wrong_objectives() -> None:
    """A reported integral is compared with that of the schedule."""
    case, schedule = _batch()
    assert _violations(case, schedule, objective=23) == (
        "The jobs spend 24 job·µs in the system up to 12 µs, but 23 was reported (1 too low).",
    )


@settings(max_examples=250, deadline=None)
@given(soc_cases(), st.integers(0, 99), st.data())
def test_random_changes_are_noticed(case: Case, seed: int, data: st.DataObject) -> None:
    """Whatever single entry of a schedule of the model is changed, the checker objects."""
    schedule = SocTwin(*case).run(random_policy(seed, 0.2))
    name = data.draw(
        st.sampled_from(["start_us", "end_us", "span", "arrival_us", "injected_us", "lost"])
    )
    if name == "lost":
        assume(len(schedule.lost))
        job = data.draw(st.integers(0, len(schedule.lost) - 1))
        wrong = _changed(schedule, {"lost": {job: not schedule.lost[job]}})
    else:
        names = ("start_us", "end_us") if name == "span" else (name,)
        places = np.argwhere(getattr(schedule, names[0]) >= 0)
        assume(len(places))
        where = tuple(data.draw(st.sampled_from(places.tolist())))
        shift = data.draw(st.integers(-3, 3).filter(bool))
        wrong = _changed(schedule, {n: {where: getattr(schedule, n)[where] + shift} for n in names})
    assert _violations(case, wrong, objective=in_system_us(case[0], schedule), check_eager=True)
