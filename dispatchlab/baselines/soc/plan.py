"""Plan: which element runs each task, when and in which order; kept, re-timed and merged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.instance import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """U planned tasks, in any order of the columns.

    Attributes:
        arrival: ``(U,)`` arrival (job) of each task.
        task: ``(U,)`` its index in the job's graph.
        pe: ``(U,)`` the element that is to run it.
        start_us: ``(U,)`` expected start.
        end_us: ``(U,)`` expected end.
        order: ``(U,)`` rank by which an element runs its tasks, unique in the plan; predecessors
            come first, so elements that keep to it never wait for each other in a circle.
    """

    arrival: IntArray
    task: IntArray
    pe: IntArray
    start_us: IntArray
    end_us: IntArray
    order: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in self.__dataclass_fields__:
            array = np.array(getattr(self, name), dtype=np.int64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        """U."""
        return len(self.task)


def make_plan(
    problem: PlanningProblem, pe: Sequence[int] | IntArray, start_us: Sequence[int] | IntArray
) -> Plan:
    """A plan for a problem from the element and start of each task.

    Args:
        problem: The problem.
        pe: ``(U,)`` element of each task.
        start_us: ``(U,)`` start of each task.

    Returns:
        The plan, ordered by time.
    """
    chosen, start = np.array(pe, dtype=np.int64), np.array(start_us, dtype=np.int64)
    end = start + problem.expected_us[np.arange(problem.num_tasks), chosen]
    # what takes no time comes before what starts at the same time, and behind its predecessors
    ranked = np.lexsort((_depth(problem), end, start))
    order = np.empty(problem.num_tasks, dtype=np.int64)
    order[ranked] = np.arange(problem.num_tasks)
    return Plan(problem.arrival, problem.task, chosen, start, end, order)


def retime(
    problem: PlanningProblem, pe: Sequence[int] | IntArray, order: Sequence[int] | IntArray
) -> Plan:
    """Start every task as early as its element and the order on it allow.

    Args:
        problem: The problem.
        pe: ``(U,)`` element of each task.
        order: ``(U,)`` rank of each task; predecessors come first.

    Returns:
        The plan; no task starts later than in any other plan with these elements and this order.
    """
    free = [problem.now_us] * problem.instance.chip.num_pes
    start = [0] * problem.num_tasks
    end = [0] * problem.num_tasks
    before = problem.predecessors()
    for u in np.argsort(order, kind="stable").tolist():
        here = int(pe[u])
        ready = max(free[here], int(problem.ready_us[u, here]))
        for source, arc in before[u]:
            ready = max(ready, end[source] + int(problem.arc_delay_us[arc, pe[source], here]))
        duration = int(problem.expected_us[u, here])
        start[u] = earliest_start(problem.busy[here], ready, duration)
        free[here] = end[u] = start[u] + duration
    return make_plan(problem, pe, start)


def align(problem: PlanningProblem, plan: Plan) -> tuple[IntArray, IntArray]:
    """Look up the tasks of a problem in a plan.

    Args:
        problem: The problem.
        plan: A plan that has all its tasks, and maybe others.

    Returns:
        ``(U,)`` element and rank of each task of the problem.

    Raises:
        DispatchlabError: If a task is not in the plan.
    """
    rows = {
        key: row
        for row, key in enumerate(zip(plan.arrival.tolist(), plan.task.tolist(), strict=True))
    }
    wanted = list(zip(problem.arrival.tolist(), problem.task.tolist(), strict=True))
    missing = next((key for key in wanted if key not in rows), None)
    if missing is not None:
        raise DispatchlabError(
            f"The plan lacks task {missing[1]} of arrival {missing[0]}; give one that has all "
            f"{problem.num_tasks} tasks of the problem."
        )
    chosen = np.array([rows[key] for key in wanted], dtype=np.int64)
    return plan.pe[chosen], plan.order[chosen]


def merge(first: Plan, second: Plan) -> Plan:
    """One plan out of two with different jobs, ordered by time.

    Args:
        first: Goes first where both have a task at the same time.
        second: The other plan.

    Returns:
        Both together; the order within each stays.
    """
    columns = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("arrival", "task", "pe", "start_us", "end_us", "order")
    }
    which = np.repeat([0, 1], [len(first), len(second)])
    ranked = np.lexsort((columns["order"], which, columns["end_us"], columns["start_us"]))
    columns["order"] = np.argsort(ranked)
    return Plan(**columns)


def earliest_start(busy: Sequence[tuple[int, int]], ready: int, duration: int) -> int:
    """Start in the first gap that is long enough.

    Args:
        busy: Taken intervals, disjoint and ascending; one of no length parts two gaps.
        ready: Earliest start.
        duration: Length of the interval to place.

    Returns:
        The start.
    """
    start = ready
    for begin, end in busy:
        if start + duration <= begin:
            break
        start = max(start, end)
    return start


def _depth(problem: PlanningProblem) -> IntArray:
    """``(U,)`` a rank of the tasks in which predecessors come first."""
    depth = np.zeros(problem.num_tasks, dtype=np.int64)
    changed = True
    while changed:
        deeper = depth.copy()
        np.maximum.at(deeper, problem.arc_to, depth[problem.arc_from] + 1)
        changed, depth = bool((deeper != depth).any()), deeper
    return depth
