"""The SimPy twin of the chip: cases solved by hand, and the checker as its judge."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dispatchlab.eval.twin
from dispatchlab.envs.core.errors import InfeasibleScheduleError, MissingExtraError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.metrics import in_system_us
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.verify import verify
from dispatchlab.eval.twin import SocTwin
from dispatchlab.eval.twin.soc_world import World
from tests.envs.soc.soc_strategies import random_plan, random_policy, soc_cases, tiny


def _first(world: World) -> tuple[int, int, int]:
    """Map the first ready task to PE 0."""
    return (*world.ready[0], 0)


def _spans(schedule: SocSchedule, job: int = 0) -> list[tuple[int, int]]:
    """Start and end of the tasks of a job."""
    rows = zip(schedule.start_us[job].tolist(), schedule.end_us[job].tolist(), strict=True)
    return list(rows)


def _replay(
    case: tuple[SocInstance, SocRealisation], *decisions: tuple[int, int, int, int]
) -> SocSchedule:
    """The schedule of some decisions, which must pass the checker."""
    schedule = SocTwin(*case).replay(decisions)
    verify(*case, schedule, check_eager=True)
    assert schedule.decisions() == list(decisions)
    return schedule


def test_data_takes_time_between_elements_only() -> None:
    """A volume of 5 over a bandwidth of 2 takes 2 µs, fractions cut; on one PE it takes none."""
    case = tiny([[3, 9], [4, 4]], [(0, 1, 5.0)], bandwidth=2.0)
    assert _spans(_replay(case, (0, 0, 0, 0), (3, 0, 1, 1))) == [(0, 3), (5, 9)]
    assert _spans(_replay(case, (0, 0, 0, 0), (3, 0, 1, 0))) == [(0, 3), (3, 7)]


def test_the_slowest_input_decides() -> None:
    """Two inputs travel side by side; the task starts when both are there."""
    case = tiny([[3, 9], [9, 2], [1, 1]], [(0, 2, 1.0), (1, 2, 4.0)])
    schedule = _replay(case, (0, 0, 0, 0), (0, 0, 1, 1), (3, 0, 2, 0))
    assert _spans(schedule)[2] == (6, 7)


def test_what_takes_no_time_ends_at_once() -> None:
    """A task of 0 µs starts, ends and frees its successor within one µs."""
    case = tiny([[2], [0], [3]], [(0, 1, 7.0), (1, 2, 7.0)])
    schedule = _replay(case, (0, 0, 0, 0), (2, 0, 1, 0), (2, 0, 2, 0))
    assert _spans(schedule) == [(0, 2), (2, 2), (2, 5)]
    assert schedule.now_us == 5


def test_a_task_without_data_is_overtaken() -> None:
    """Task 2, mapped first, waits for its data until 12; task 3 runs meanwhile."""
    case = tiny([[2, 9], [9, 3], [9, 1], [9, 4]], [(0, 2, 10.0), (1, 3, 9.0)])
    schedule = _replay(case, (0, 0, 0, 0), (0, 0, 1, 1), (2, 0, 2, 1), (3, 0, 3, 1))
    assert _spans(schedule) == [(0, 2), (0, 3), (12, 13), (3, 7)]


def test_first_decided_first_started() -> None:
    """Among tasks that have their data, the order of decision counts."""
    case = tiny([[3], [1], [2]], [])
    schedule = _replay(case, (0, 0, 2, 0), (0, 0, 0, 0), (0, 0, 1, 0))
    assert _spans(schedule) == [(2, 5), (5, 6), (0, 2)]


def test_data_goes_through_the_memory() -> None:
    """3 µs to the memory delay readiness, then 2 µs from it the start, even on the same PE."""
    case = tiny([[2, 2], [4, 4]], [(0, 1, 6.0)], memory=[[2.0, 3.0], [1.0, 6.0]])
    assert _spans(_replay(case, (0, 0, 0, 0), (5, 0, 1, 0)))[1] == (7, 11)
    assert _spans(_replay(case, (0, 0, 0, 0), (5, 0, 1, 1)))[1] == (6, 10)
    assert _spans(_replay(case, (0, 0, 0, 1), (8, 0, 1, 1)))[1] == (9, 13)


def test_late_mapping_gets_its_data_late() -> None:
    """Task 2 is ready at 2; mapped at 5, its 4 µs of transfer begin then."""
    case = tiny([[2, 9], [3, 9], [1, 1]], [(0, 2, 4.0)])
    schedule = _replay(case, (0, 0, 0, 0), (0, 0, 1, 0), (5, 0, 2, 1))
    assert _spans(schedule) == [(0, 2), (2, 5), (9, 10)]
    schedule = _replay(case, (0, 0, 0, 0), (0, 0, 1, 0), (5, 0, 2, 0))
    assert _spans(schedule)[2] == (5, 6)


def test_a_full_system_loses_arrivals() -> None:
    """With one job at a time of 5 µs, the arrival at 3 is lost, that at 5 finds a place."""
    case = tiny([[5]], [], [0, 3, 2], mode="lossy", max_jobs=1, horizon_us=11)
    schedule = _replay(case, (0, 0, 0, 0), (5, 2, 0, 0))
    assert schedule.lost.tolist() == [False, True, False]
    assert schedule.injected_us.tolist() == [0, -1, 5]
    assert schedule.arrival_us.tolist() == [0, 3, 5]


def test_arrivals_come_before_what_takes_no_time() -> None:
    """A job whose last task takes no time leaves at 5, just after the arrival at 5 was lost."""
    case = tiny([[5], [0]], [(0, 1, 0.0)], [0, 5, 0, 1], mode="lossy", max_jobs=1, horizon_us=8)
    schedule = _replay(case, (0, 0, 0, 0), (5, 0, 1, 0), (6, 3, 0, 0))
    assert schedule.lost.tolist() == [False, True, True, False]


def test_a_blocked_source_waits_and_then_counts_its_gap() -> None:
    """Jobs of 5 µs, one at a time: due at 3, injected at 5; 2 µs later due again, at 7."""
    case = tiny([[5]], [], [0, 3, 2, 6], mode="blocked", max_jobs=1, horizon_us=15)
    schedule = _replay(case, (0, 0, 0, 0), (5, 1, 0, 0), (10, 2, 0, 0))
    assert schedule.arrival_us.tolist() == schedule.injected_us.tolist() == [0, 5, 10]


@pytest.mark.parametrize("mode", ["unbounded", "trace"])
def test_the_backlog_is_first_in_first_out(mode: str) -> None:
    """Arrivals at 0, 3 and 4 get their places at 0, 5 and 10."""
    extra = {"trace": ((0, 0), (3, 0), (4, 0))} if mode == "trace" else {}
    case = tiny([[5]], [], [0, 3, 1], mode=mode, max_jobs=1, horizon_us=13, **extra)
    schedule = _replay(case, (0, 0, 0, 0), (5, 1, 0, 0), (10, 2, 0, 0))
    assert schedule.arrival_us.tolist() == [0, 3, 4]
    assert schedule.injected_us.tolist() == [0, 5, 10]
    assert in_system_us(case[0], schedule) == 5 + 7 + 9


def test_nothing_happens_at_the_horizon() -> None:
    """The task that would start at the horizon, and the arrival there, are not in the schedule."""
    case = tiny([[5]], [], [0, 10], mode="lossy", max_jobs=3, horizon_us=5)
    schedule = _replay(case, (0, 0, 0, 0))
    assert schedule.now_us == 5
    case = tiny([[5]], [], [0, 1, 4], mode="lossy", max_jobs=3, horizon_us=5)
    schedule = _replay(case, (0, 0, 0, 0), (1, 1, 0, 0))
    assert schedule.start_us.tolist() == [[0], [-1]]


def test_a_batch_ends_when_it_is_complete() -> None:
    """Three jobs of 4 µs with two places: the clock stops at 12."""
    schedule = SocTwin(*tiny([[4]], [], [0, 0, 0], max_jobs=2)).run(_first)
    assert schedule.now_us == 12
    assert schedule.injected_us.tolist() == [0, 0, 4]


def test_an_episode_ends_when_no_job_is_left_or_will_come() -> None:
    """A horizon beyond the last completion is not waited for."""
    case = tiny([[4]], [], [0, 6], mode="trace", trace=((0, 0), (6, 0)), horizon_us=99)
    assert SocTwin(*case).run(_first).now_us == 10


def test_a_policy_may_wait_for_the_next_event() -> None:
    """A policy that waits while anything runs is asked again when it has ended."""
    asked = []

    def patient(world: World) -> tuple[int, int, int] | None:
        asked.append(world.now_us)
        element = world.elements[0]
        return None if element.running or element.queue else (*world.ready[0], 0)

    schedule = SocTwin(*tiny([[4], [2]], [])).run(patient)
    assert asked == [0, 0, 4]
    assert schedule.mapped_us.tolist() == [[0, 4]]
    assert schedule.now_us == 6


def test_a_plan_is_followed_strictly() -> None:
    """PE 0 waits for task 2 although task 1 could run; data is sent for when ready."""
    case = tiny([[9, 3], [2, 9], [4, 9]], [(0, 2, 2.0)])
    schedule = SocTwin(*case).follow({(0, 0): (1, 0), (0, 2): (0, 1), (0, 1): (0, 2)})
    verify(*case, schedule, planned=True)
    assert _spans(schedule) == [(0, 3), (9, 11), (5, 9)]
    assert schedule.order.tolist() == [[0, 2, 1]]
    assert schedule.mapped_us.tolist() == schedule.start_us.tolist()


def test_a_planner_is_asked_at_injections() -> None:
    """The planner sees both injections, and moves what has not started."""
    case = tiny([[5, 5]], [], [0, 0, 1], mode="unbounded", max_jobs=3, horizon_us=20)
    asked = []

    def planner(world: World) -> dict[tuple[int, int], tuple[int, int]]:
        asked.append(world.now_us)
        pe = 0 if world.now_us == 0 else 1
        return {(job.arrival, 0): (pe, -job.arrival) for job in world.jobs}

    schedule = SocTwin(*case).follow(planner)
    assert asked == [0, 1]
    assert schedule.pe.tolist() == [[1], [0], [1]]
    assert schedule.start_us.tolist() == [[6], [0], [1]]


def test_impossible_decisions_are_refused() -> None:
    """A task that is not ready, an unsupported PE, a wrong time, an endless wait."""
    case = tiny([[3, -1], [2, 2]], [(0, 1, 0.0)])
    for policy, why in (
        (lambda _: (0, 1, 0), "not ready"),
        (lambda _: (0, 0, 1), "does not support"),
        (lambda _: None, "nothing else can happen"),
    ):
        with pytest.raises(InfeasibleScheduleError, match=why):
            SocTwin(*case).run(policy)
    streaming = (case[0].with_injection(mode="lossy", num_jobs=0, horizon_us=9), case[1])
    for decisions in ([(1, 0, 0, 0)], [(0, 0, 0, 0), (4, 0, 1, 0)], [(0, 0, 0, 0), (0, 0, 1, 0)]):
        with pytest.raises(InfeasibleScheduleError, match="as decided"):
            SocTwin(*streaming).replay(decisions)


def test_impossible_plans_are_refused() -> None:
    """A task without a place, an unsupported PE, and ranks against the precedences."""
    case = tiny([[3, -1], [2, 2]], [(0, 1, 0.0)])
    for plan, why in (
        ({(0, 0): (0, 0)}, "no place in the plan"),
        ({(0, 0): (1, 0), (0, 1): (0, 0)}, "does not support"),
        ({(0, 0): (0, 1), (0, 1): (0, 0)}, "respects the precedences"),
    ):
        with pytest.raises(InfeasibleScheduleError, match=why):
            SocTwin(*case).follow(plan)


def test_without_simpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import works; playing names what to install."""
    for name in ("soc_modes", "soc_world", "soc_parts"):
        monkeypatch.delitem(sys.modules, f"dispatchlab.eval.twin.{name}", raising=False)
        monkeypatch.delattr(dispatchlab.eval.twin, name, raising=False)
    monkeypatch.setitem(sys.modules, "simpy", None)
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[twin\]"):
        SocTwin(*tiny([[1]], [])).run(_first)


@settings(max_examples=150, deadline=None)
@given(soc_cases(), st.integers(0, 99), st.sampled_from((0.0, 0.4)))
def test_random_policies_pass_the_checker(
    case: tuple[SocInstance, SocRealisation], seed: int, wait: float
) -> None:
    """Whatever is decided, the schedule is feasible, eager, and the same when replayed."""
    twin = SocTwin(*case)
    schedule = twin.run(random_policy(seed, wait))
    verify(*case, schedule, in_system_us(case[0], schedule), check_eager=True)
    assert twin.replay(schedule.decisions()) == schedule


@settings(max_examples=80, deadline=None)
@given(soc_cases(), st.integers(0, 99))
def test_random_plans_pass_the_checker(
    case: tuple[SocInstance, SocRealisation], seed: int
) -> None:  # fmt: skip
    """Plans that change at every injection give feasible schedules."""
    schedule = SocTwin(*case).follow(random_plan(seed))
    verify(*case, schedule, planned=True)
