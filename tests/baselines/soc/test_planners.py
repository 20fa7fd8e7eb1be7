"""Planners in a stream: who plans what, around what runs and what is reserved."""

import pickle

import numpy as np
import pytest

from dispatchlab.baselines.soc.plan import Plan
from dispatchlab.baselines.soc.planners import PLANNERS, make_planner
from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.baselines.soc.streaming import update_plan, work_in_progress
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.instance import SocInstance, TaskGraph
from dispatchlab.envs.soc.library import single_job
from dispatchlab.envs.soc.schedule import SocSchedule
from tests.baselines.soc.planning import assert_feasible, one_job

Row = list[int]


def happened(
    now: int, injected: Row, pe: list[Row], start: list[Row], end: list[Row]
) -> SocSchedule:
    """What has happened up to a time: a row per job, -1 for what has not."""
    nothing = np.full(np.shape(pe), -1)
    jobs = np.zeros(len(injected))
    return SocSchedule(
        now, jobs, np.maximum(injected, 0), injected, jobs, pe, nothing, nothing, start, end
    )


def chain() -> SocInstance:
    """Two tasks in a row, 4 and 3 µs on either of two elements; a transfer takes 2."""
    return one_job([[4, 4], [3, 3]], [(0, 1, 2.0)])


@pytest.mark.parametrize("name", PLANNERS)
def test_every_planner_plans(name: str) -> None:
    """Each name gives a feasible plan of a published job, and survives pickling."""
    problem = PlanningProblem.idle(single_job("Top_1"))
    planner = pickle.loads(pickle.dumps(make_planner(name)))
    assert_feasible(problem, planner.plan(problem))
    assert planner.replans == (name == "cp-sat")


@pytest.mark.parametrize("name", PLANNERS)
def test_nothing_to_do(name: str) -> None:
    """Without any job in work the plan is empty."""
    assert len(update_plan(make_planner(name), chain(), happened(5, [], [], [], []))) == 0


def test_first_plan() -> None:
    """A job that was injected at 3 is planned from then on."""
    first = happened(3, [3], [[-1, -1]], [[-1, -1]], [[-1, -1]])
    plan = update_plan(make_planner("heft"), chain(), first)
    assert plan.start_us.tolist() == [3, 7]
    assert plan.pe.tolist() == [0, 0]


def test_running_tasks_are_expected_to_end_as_planned() -> None:
    """The true end of a running task (30) is not used: it is expected at 4, or right after now."""
    for now, expected in ((2, 4), (9, 10)):
        schedule = happened(now, [0], [[0, -1]], [[0, -1]], [[30, -1]])
        jobs, running = work_in_progress(chain(), schedule)
        assert running == [[(0, expected)], []]
        assert jobs[0].end_us.tolist() == [expected, -1]


def test_waiting_and_complete_jobs_are_not_planned() -> None:
    """Of three arrivals one is complete, one is in work and one has not been injected."""
    schedule = happened(
        8, [0, 7, -1], [[0, 0], [-1, -1], [-1, -1]], [[0, 4], [-1, -1], [-1, -1]],
        [[4, 7], [-1, -1], [-1, -1]],
    )  # fmt: skip
    plan = update_plan(make_planner("heft"), chain(), schedule)
    assert plan.arrival.tolist() == [1, 1]


def test_kept_plan_is_retimed_and_not_revised() -> None:
    """A late task shifts what is reserved behind it; the new job is planned around that."""
    kept = Plan([0, 0], [0, 1], [0, 1], [0, 6], [4, 9], [0, 1])
    schedule = happened(6, [0, 6], [[0, -1], [-1, -1]], [[0, -1], [-1, -1]], [[9, -1], [-1, -1]])
    plan = update_plan(make_planner("heft"), chain(), schedule, kept)
    rows = {(a, t): k for k, (a, t) in enumerate(zip(plan.arrival, plan.task, strict=True))}
    assert sorted(rows) == [(0, 1), (1, 0), (1, 1)]
    # the running task is expected at 7, so its data reaches element 1 at 9; the new job's first
    # task would fit there before, from 6 on, if it took 3 instead of 4
    old, first = rows[0, 1], rows[1, 0]
    assert (plan.pe[old], plan.start_us[old], plan.end_us[old]) == (1, 9, 12)
    assert (plan.pe[first], plan.start_us[first], plan.end_us[first]) == (0, 7, 11)
    assert sorted(plan.order.tolist()) == [0, 1, 2]
    assert plan.order[first] < plan.order[old]


def test_cp_sat_revises() -> None:
    """Reserved tasks of 9 give way to a new job of 1, which a list scheduler puts behind them."""
    chip = one_job([[9], [1]], []).chip
    graphs = (TaskGraph.build("long", ["k0", "k0"], []), TaskGraph.build("short", ["k1"], []))
    instance = SocInstance("two", chip, graphs)
    kept = Plan([0, 0], [0, 1], [0, 0], [0, 9], [9, 18], [0, 1])
    nothing = np.full((2, 2), -1)
    now = SocSchedule(0, [0, 1], [0, 0], [0, 0], [0, 0], *[nothing] * 5)
    static = update_plan(make_planner("peft"), instance, now, kept)
    revised = update_plan(make_planner("cp-sat"), instance, now, kept)
    assert static.end_us[static.arrival == 1].tolist() == [19]
    assert revised.end_us[revised.arrival == 1].tolist() == [1]
    assert revised.end_us.max() == 19


def test_cp_sat_without_time_keeps_the_plan() -> None:
    """With no time to search, the kept plan with the new job behind it is a plan already."""
    kept = Plan([0, 0], [0, 1], [1, 1], [0, 4], [4, 7], [0, 1])
    schedule = happened(0, [0, 0], [[-1, -1]] * 2, [[-1, -1]] * 2, [[-1, -1]] * 2)
    plan = update_plan(make_planner("cp-sat", time_limit_s=1e-6), chain(), schedule, kept)
    assert sum(plan.end_us[plan.task == 1]) == 14


def test_unknown_names_and_options() -> None:
    """Errors name what there is."""
    with pytest.raises(DispatchlabError, match="choose one of heft"):
        make_planner("best")
    with pytest.raises(DispatchlabError, match="does not take the options budget"):
        make_planner("heft", budget=3)
