"""CP-SAT on planning problems: proven optima, exhaustive search, hints and limits."""

import numpy as np
import pytest
from hypothesis import given, settings

from dispatchlab.baselines.soc.cpsat import SocCpSatSolver
from dispatchlab.baselines.soc.elements import element_classes, interchangeable
from dispatchlab.baselines.soc.plan import Plan
from dispatchlab.baselines.soc.problem import JobProgress, PlanningProblem
from dispatchlab.baselines.soc.static import plan_heft
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.library import load_instance, single_job
from tests.baselines.soc.planning import (
    assert_feasible,
    least_completion,
    one_job,
    problems,
    total_completion,
    with_busy,
)

SOLVER = SocCpSatSolver(num_workers=1)
SYNTHETIC = [73, 81, 80, 87, 85, 80, 72, 65, 72, 74]


# Optima proven by an independent model of the published tables; each takes under a second.
@pytest.mark.parametrize(
    ("graph", "optimum"),
    [
        *((f"Top_{k}", value) for k, value in enumerate(SYNTHETIC, 1)),
        ("WiFi_Transmitter", 69), ("WiFi_Receiver", 288), ("lag_detection", 176), ("SC-T", 56),
        ("SC-R", 153), ("Temporal_Mitigation", 79),
    ],
)  # fmt: skip
def test_optima_of_single_jobs(graph: str, optimum: int) -> None:
    """Every published job but the largest is solved to its optimum, with proof."""
    instance = single_job(graph)
    result = SOLVER.solve(instance, time_limit_s=60)
    assert (result.status, result.objective, result.lower_bound) == ("optimal", optimum, optimum)
    assert_feasible(PlanningProblem.idle(instance), result.info["plan"])
    assert result.info["plan"].end_us.max() == optimum


@settings(max_examples=40, deadline=None)
@given(problems(max_tasks=4, max_pes=2))
def test_optimum_equals_exhaustive_search(problem: PlanningProblem) -> None:
    """On tiny problems, in progress and around reservations, the optimum is that of trying all."""
    if problem.num_tasks == 0:
        return
    result = SOLVER.solve_problem(problem, time_limit_s=30)
    assert_feasible(problem, result.info["plan"])
    assert result.status == "optimal"
    assert result.objective == total_completion(problem, result.info["plan"])
    assert result.objective == least_completion(problem)


@settings(max_examples=25, deadline=None)
@given(problems(max_tasks=8))
def test_never_worse_than_heft(problem: PlanningProblem) -> None:
    """The plan is feasible and not worse than HEFT, and the bound is below it."""
    if problem.num_tasks == 0:
        return
    result = SOLVER.solve_problem(problem, time_limit_s=5)
    plan = result.info["plan"]
    assert_feasible(problem, plan)
    assert result.lower_bound <= result.objective == total_completion(problem, plan)
    assert result.objective <= total_completion(problem, plan_heft(problem))


def test_jobs_share_the_chip() -> None:
    """Two jobs of 3 on one element: one is complete at 3, the other at 6."""
    batch = one_job([[3]], []).with_injection(num_jobs=2, max_jobs=2)
    assert SOLVER.solve(batch).objective == 3 + 6


def test_sum_of_completions_prefers_the_short_job() -> None:
    """With a job of 9 listed before one of 2, the shorter goes first: 2 + 11 instead of 9 + 11."""
    instance = one_job([[9], [2]], [])
    jobs = tuple(
        JobProgress(k, 0, 0, np.where(np.arange(2) == k, -1, 0), np.where(np.arange(2) == k, -1, 0))
        for k in range(2)
    )
    problem = PlanningProblem(instance, 0, jobs, ((),))
    assert total_completion(problem, plan_heft(problem)) == 20
    assert SOLVER.solve_problem(problem).objective == 13


def test_tasks_without_duration() -> None:
    """Seven tasks, two of which take no time on one element; CP-SAT 9.15 called it infeasible."""
    a, b, c = [2, -1, 7, 6], [2, 4, 5, 4], [5, 4, 0, 6]
    arcs = [
        (0, 1, 9), (1, 3, 2), (2, 3, 1), (1, 4, 5), (2, 4, 4), (0, 5, 3), (3, 5, 11), (4, 5, 2),
        (0, 6, 12), (5, 6, 0),
    ]  # fmt: skip
    links = [[1, 2, 3.5, 3.5], [2, 2, 3.5, 1], [3.5, 1, 2, 2], [1, 1, 1, 1]]
    result = SOLVER.solve(one_job([c, b, b, a, b, c, b], arcs, bandwidth=links))
    assert (result.status, result.objective) == ("optimal", 11)


def test_late_data_on_an_unused_element_does_not_count() -> None:
    """Two tasks of 1 stay where their data is, though it would reach the other element at 100."""
    instance = one_job([[1, 1]] * 3, [(0, 1, 99.0), (0, 2, 99.0)])
    job = JobProgress(0, 0, 0, np.array([0, -1, -1]), np.array([1, -1, -1]))
    result = SOLVER.solve_problem(PlanningProblem(instance, 1, (job,), ((), ())))
    assert (result.status, result.objective) == ("optimal", 3)


def test_reservations_stay() -> None:
    """Work of 4 fits between reservations only where the gap is long enough."""
    problem = with_busy(PlanningProblem.idle(one_job([[4, 4]], [])), ((3, 9),), ((2, 5),))
    result = SOLVER.solve_problem(problem)
    assert (result.objective, result.info["plan"].pe.tolist()) == (9, [1])


def test_time_too_short_for_a_solution() -> None:
    """When CP-SAT has no time at all, the plan is that of HEFT and nothing is proven."""
    instance = single_job("pulse_doppler")
    problem = PlanningProblem.idle(instance)
    result = SOLVER.solve_problem(problem, time_limit_s=1e-6)
    assert result.status == "feasible"
    assert result.objective == plan_heft(problem).end_us.max()
    assert result.lower_bound < result.objective


def test_hint_is_kept_when_time_is_short() -> None:
    """An optimal plan given as a hint comes back even if there is no time to search."""
    instance = single_job("Top_9")
    best = SOLVER.solve(instance, time_limit_s=30).info["plan"]
    assert SOLVER.solve(instance, time_limit_s=1e-6, hint=best).objective == 72


def test_known_plan_is_kept_when_time_is_short() -> None:
    """The same holds for a plan that comes with the problem."""
    problem = PlanningProblem.idle(single_job("Top_9"))
    best = SOLVER.solve_problem(problem, time_limit_s=30).info["plan"]
    again = PlanningProblem(problem.instance, 0, problem.jobs, problem.busy, best)
    assert SOLVER.solve_problem(again, time_limit_s=1e-6).objective == 72


def test_same_seed_same_plan() -> None:
    """One worker repeats its search."""
    instance = single_job("Top_4")
    plans = [SOLVER.solve(instance, seed=3).info["plan"] for _ in range(2)]
    assert plans[0].pe.tolist() == plans[1].pe.tolist()
    assert plans[0].start_us.tolist() == plans[1].start_us.tolist()


def test_elements_that_are_alike() -> None:
    """On the 16 elements, links tell the FFTs and the VITs from the rest, times the clusters."""
    instance = single_job("WiFi_Transmitter")
    links = [[*range(10)], [10, 11, 12, 13], [14, 15]]
    clusters = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [10, 11, 12, 13], [14, 15]]
    assert element_classes(instance.chip) == links
    assert interchangeable(PlanningProblem.idle(instance)) == clusters


def test_busy_elements_are_not_interchangeable() -> None:
    """Two equal elements differ as soon as one is busy."""
    problem = PlanningProblem.idle(one_job([[4, 4]], []))
    assert interchangeable(problem) == [[0, 1]]
    assert interchangeable(with_busy(problem, ((0, 2),), ())) == []


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_time_limit_must_be_positive(limit: float) -> None:
    """Other limits are refused."""
    with pytest.raises(DispatchlabError, match="time_limit_s"):
        SOLVER.solve(single_job("Top_1"), time_limit_s=limit)


def test_only_batches_that_are_there_at_once() -> None:
    """A stream, and a batch that is admitted in parts, are refused."""
    with pytest.raises(DispatchlabError, match=r"injection\.mode 'lossy'"):
        SOLVER.solve(load_instance("top-1"))
    with pytest.raises(DispatchlabError, match="above max_jobs"):
        SOLVER.solve(single_job("Top_1").with_injection(num_jobs=2))


def test_hint_of_another_problem() -> None:
    """A hint must have all tasks."""
    with pytest.raises(DispatchlabError, match="lacks task 1 of arrival 0"):
        SOLVER.solve(single_job("Top_1"), hint=Plan([0], [0], [0], [0], [9], [0]))


def test_number_of_workers() -> None:
    """Negative and absurd numbers of workers are refused."""
    for workers in (-1, 2000):
        with pytest.raises(DispatchlabError, match=str(workers)):
            SocCpSatSolver(workers)
