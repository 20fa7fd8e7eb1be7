"""List schedulers for task graphs: HEFT, CPOP and PEFT, on an idle chip or around reservations.

All three place one free task after another, job by job, on an element of their choice, in the
first gap that is long enough; what is placed stays. Ties go to the lowest task and element.
"""

from bisect import insort
from collections.abc import Callable
from heapq import heapify, heappop, heappush

import numpy as np

from dispatchlab.baselines.soc.plan import Plan, earliest_start, make_plan
from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.envs.soc.instance import FloatArray, IntArray, SocInstance
from dispatchlab.envs.soc.ranks import (
    critical_path,
    downward_rank,
    optimistic_cost,
    upward_rank,
)

Choice = Callable[[int, FloatArray], int]  # task and (P,) finish times, inf if unsupported -> PE
_DIGITS = 6  # ranks that differ by rounding errors only are ties


def plan_heft(problem: PlanningProblem, insertion: bool = True) -> Plan:
    """Highest upward rank first, each on the element where it ends first (Topcuoglu 2002).

    Args:
        problem: The tasks to place.
        insertion: Use gaps between earlier reservations; otherwise a task goes behind everything
            that is on its element.

    Returns:
        The plan.
    """
    return _place(problem, _per_task(problem, upward_rank), _earliest_finish, insertion=insertion)


def plan_cpop(problem: PlanningProblem) -> Plan:
    """Critical path on one processor (Topcuoglu 2002).

    The tasks of a job's critical path share the element that runs them in the least time; where
    none supports them all, the one that supports most of them, and the others go where they end
    first, as do all tasks off the path.

    Args:
        problem: The tasks to place.

    Returns:
        The plan.
    """
    home = np.full(problem.num_tasks, -1)
    for position, job in enumerate(problem.jobs):
        mine = np.flatnonzero(problem.position == position)
        path = mine[np.isin(problem.task[mine], critical_path(problem.instance, job.graph))]
        supported = problem.expected_us[path] >= 0
        time = np.where(supported, problem.expected_us[path], 0).sum(axis=0)
        best = int(np.lexsort((time, -supported.sum(axis=0)))[0])
        home[path[supported[:, best]]] = best

    def choose(task: int, finish: FloatArray) -> int:
        return int(home[task]) if home[task] >= 0 else int(finish.argmin())

    return _place(problem, _per_task(problem, _both_ranks), choose)


def plan_peft(problem: PlanningProblem) -> Plan:
    """Predict the earliest finish by the optimistic cost table (Arabnejad and Barbosa 2014).

    Args:
        problem: The tasks to place.

    Returns:
        The plan.
    """
    table = np.zeros(problem.expected_us.shape)
    for position, job in enumerate(problem.jobs):
        mine = problem.position == position
        table[mine] = optimistic_cost(problem.instance, job.graph)[problem.task[mine]]
    supported = problem.expected_us >= 0
    rank = np.where(supported, table, 0.0).sum(axis=1) / supported.sum(axis=1)

    def choose(task: int, finish: FloatArray) -> int:
        return int((finish + table[task]).argmin())

    return _place(problem, rank, choose)


def _earliest_finish(_task: int, finish: FloatArray) -> int:
    return int(finish.argmin())


def _both_ranks(instance: SocInstance, graph: int) -> FloatArray:
    return upward_rank(instance, graph) + downward_rank(instance, graph)


def _per_task(
    problem: PlanningProblem, rank: Callable[[SocInstance, int], FloatArray]
) -> FloatArray:
    """``(U,)`` rank of each task to plan, once computed per job type."""
    ranks = {graph: rank(problem.instance, graph) for graph in {j.graph for j in problem.jobs}}
    jobs = [problem.jobs[position].graph for position in problem.position.tolist()]
    pairs = zip(jobs, problem.task.tolist(), strict=True)
    return np.array([ranks[graph][task] for graph, task in pairs], dtype=np.float64)


def _place(
    problem: PlanningProblem, priority: FloatArray, choose: Choice, *, insertion: bool = True
) -> Plan:
    """Place the free task of the first job with the highest priority until all are placed."""
    before = problem.predecessors()
    after: list[list[int]] = [[] for _ in range(problem.num_tasks)]
    for source, target in zip(problem.arc_from.tolist(), problem.arc_to.tolist(), strict=True):
        after[source].append(target)
    missing = [len(sources) for sources in before]
    keys = list(zip(problem.position.tolist(), (-priority).round(_DIGITS).tolist(), strict=True))
    free = [(*keys[u], u) for u in range(problem.num_tasks) if missing[u] == 0]
    heapify(free)
    taken = [list(intervals) for intervals in problem.busy]
    pe = np.zeros(problem.num_tasks, dtype=np.int64)
    start, end = pe.copy(), pe.copy()
    while free:
        u = heappop(free)[-1]
        ready = problem.ready_us[u].copy()
        for source, arc in before[u]:
            np.maximum(ready, end[source] + problem.arc_delay_us[arc, pe[source]], out=ready)
        starts, finish = _options(problem.expected_us[u], ready, taken, insertion)
        here = pe[u] = choose(u, finish)
        start[u] = starts[here]
        end[u] = start[u] + problem.expected_us[u, here]
        insort(taken[here], (int(start[u]), int(end[u])))
        for target in after[u]:
            missing[target] -= 1
            if missing[target] == 0:
                heappush(free, (*keys[target], target))
    return make_plan(problem, pe, start)


def _options(
    expected: IntArray, ready: IntArray, taken: list[list[tuple[int, int]]], insertion: bool
) -> tuple[IntArray, FloatArray]:
    """``(P,)`` earliest start of a task on each element, and its finish: inf if unsupported."""
    starts, finish = ready.copy(), np.full(len(ready), np.inf)
    for pe in np.flatnonzero(expected >= 0).tolist():
        if insertion:
            starts[pe] = earliest_start(taken[pe], int(ready[pe]), int(expected[pe]))
        elif taken[pe]:
            starts[pe] = max(starts[pe], taken[pe][-1][1])
        finish[pe] = starts[pe] + expected[pe]
    return starts, finish
