"""Planners by name: who fixes element, order and expected times of tasks in advance."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from dispatchlab.baselines.soc.plan import Plan
from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.baselines.soc.static import plan_cpop, plan_heft, plan_peft
from dispatchlab.envs.core.errors import DispatchlabError


class Planner(Protocol):
    """Whoever plans the tasks of jobs in work; structural, so nothing needs to inherit."""

    @property
    def replans(self) -> bool:
        """Whether it wants all tasks that have not started, or those of new jobs only."""
        ...

    def plan(self, problem: PlanningProblem, /) -> Plan:
        """Place every task of a problem.

        Args:
            problem: The tasks, and what is busy or reserved.

        Returns:
            A feasible plan of exactly these tasks.
        """
        ...


@dataclass(frozen=True, slots=True)
class ListPlanner:
    """A list scheduler for new jobs; what was planned before stays.

    Attributes:
        schedule: The list scheduler.
        replans: False.
    """

    schedule: Callable[[PlanningProblem], Plan]
    replans: bool = False

    def plan(self, problem: PlanningProblem) -> Plan:
        """Place every task of a problem.

        Args:
            problem: The tasks, and what is busy or reserved.

        Returns:
            The plan.
        """
        return self.schedule(problem)


@dataclass(frozen=True, slots=True)
class CpSatPlanner:
    """CP-SAT on everything that has not started, for the least sum of completion times.

    Attributes:
        time_limit_s: Wall-clock limit of each call; when it ends, the best plan so far counts, at
            worst that of HEFT.
        seed: Seed of the search.
        num_workers: Parallel searches; 0 uses every core.
        replans: True.
    """

    time_limit_s: float = 1.0
    seed: int = 0
    num_workers: int = 1
    replans: bool = True

    def plan(self, problem: PlanningProblem) -> Plan:
        """Place every task of a problem.

        Args:
            problem: The tasks, and what is busy.

        Returns:
            The plan.

        Raises:
            MissingExtraError: If ortools is not installed.
        """
        from dispatchlab.baselines.soc.cpsat import SocCpSatSolver

        if problem.num_tasks == 0:
            return plan_heft(problem)
        solver = SocCpSatSolver(self.num_workers)
        result = solver.solve_problem(problem, time_limit_s=self.time_limit_s, seed=self.seed)
        plan: Plan = result.info["plan"]
        return plan


PLANNERS: dict[str, Callable[..., Planner]] = {
    "heft": partial(ListPlanner, plan_heft),
    "heft-no-insertion": partial(ListPlanner, partial(plan_heft, insertion=False)),
    "cpop": partial(ListPlanner, plan_cpop),
    "peft": partial(ListPlanner, plan_peft),
    "cp-sat": CpSatPlanner,
}


def make_planner(name: str, **options: Any) -> Planner:
    """A planner by name.

    Args:
        name: A key of `PLANNERS`.
        **options: Fields of the planner, for example ``time_limit_s`` of ``"cp-sat"``.

    Returns:
        The planner.

    Raises:
        DispatchlabError: If there is no such planner or option.
    """
    if name not in PLANNERS:
        raise DispatchlabError(
            f"There is no planner named {name!r}; choose one of {', '.join(PLANNERS)}."
        )
    try:
        return PLANNERS[name](**options)
    except TypeError:
        raise DispatchlabError(
            f"The planner {name!r} does not take the options {', '.join(options)}; "
            "only 'cp-sat' has any: time_limit_s, seed and num_workers."
        ) from None
