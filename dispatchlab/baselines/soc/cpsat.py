"""CP-SAT for planning problems: proven optima of single jobs, and re-planning of streams.

What is minimised is the sum of the completion times of the jobs: for one job, its makespan. This
module imports ortools; import it where it is used.
"""

import math
import time

from dispatchlab.baselines.soc.cpsat_model import SocCpSatModel, build_model
from dispatchlab.baselines.soc.plan import Plan, align, make_plan, retime
from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.baselines.soc.static import plan_heft
from dispatchlab.envs.core.cores import check_workers
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.soc.instance import SocInstance

try:
    from ortools.sat.python import cp_model
except ImportError:
    raise MissingExtraError("ortools", "solvers") from None

_SEEDS = 2**31  # CP-SAT's own range


class SocCpSatSolver:
    """Exact planner of task graphs on unrelated processing elements."""

    def __init__(self, num_workers: int = 0) -> None:
        """Set up a solver.

        Args:
            num_workers: Parallel searches; 0 uses every core. With 1 the search repeats exactly,
                as long as the time limit does not cut it.

        Raises:
            DispatchlabError: If the number of workers is negative or above 1024.
        """
        self.num_workers = check_workers(num_workers)

    def solve(
        self, instance: SocInstance, *, time_limit_s: float = 10.0, seed: int = 0,
        hint: Plan | None = None,
    ) -> Result:  # fmt: skip
        """Solve a batch of jobs of one type on the idle chip.

        Args:
            instance: A batch with one job type and no more jobs than may be in work.
            time_limit_s: Wall-clock limit in seconds, positive.
            seed: Seed of the search; CP-SAT takes it modulo 2**31.
            hint: A plan to start from, of these tasks and maybe others: its elements and order
                count. The result is never worse, nor worse than HEFT.

        Returns:
            The sum of completion times (one job: the makespan), a proven lower bound and, as
            ``info["plan"]``, the `Plan`.

        Raises:
            DispatchlabError: If the instance is not such a batch, the time limit is not positive
                or the hint lacks a task.
        """
        injection = instance.injection
        if injection.mode != "batch" or len(instance.graphs) != 1:
            raise DispatchlabError(
                f"The instance {instance.name!r} has injection.mode {injection.mode!r} and "
                f"{len(instance.graphs)} graphs; give a batch of one graph, as from single_job."
            )
        if injection.num_jobs > injection.max_jobs:
            raise DispatchlabError(
                f"The instance {instance.name!r} has injection.num_jobs {injection.num_jobs} above "
                f"max_jobs {injection.max_jobs}; raise max_jobs so that all are there at once."
            )
        problem = PlanningProblem.idle(instance, (0,) * injection.num_jobs)
        return self.solve_problem(problem, time_limit_s=time_limit_s, seed=seed, hint=hint)

    def solve_problem(
        self, problem: PlanningProblem, *, time_limit_s: float = 10.0, seed: int = 0,
        hint: Plan | None = None,
    ) -> Result:  # fmt: skip
        """Plan the open tasks of jobs in work.

        Args:
            problem: The tasks to place.
            time_limit_s: Wall-clock limit in seconds, positive.
            seed: Seed of the search; CP-SAT takes it modulo 2**31.
            hint: A plan to start from, of these tasks and maybe others: its elements and order
                count. The result is never worse, nor worse than HEFT or ``problem.known``.

        Returns:
            The sum of the times at which the jobs are complete, a proven lower bound and, as
            ``info["plan"]``, the `Plan`.

        Raises:
            DispatchlabError: If the time limit is not positive or the hint lacks a task.
        """
        if not time_limit_s > 0:
            raise DispatchlabError(
                f"time_limit_s is {time_limit_s}; give a positive number of seconds."
            )
        began = time.perf_counter()
        plans = [plan_heft(problem)]
        for plan in (problem.known, hint):
            if plan is not None:
                plans.append(retime(problem, *align(problem, plan)))
        best = min(plans, key=lambda plan: _objective(problem, plan))
        built = build_model(problem, best)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = time_limit_s
        solver.parameters.num_workers = self.num_workers
        solver.parameters.random_seed = seed % _SEEDS
        status = solver.solve(built.model)
        if status == cp_model.MODEL_INVALID:
            raise DispatchlabError(
                f"CP-SAT refuses the model of {problem.instance.name!r}: "
                f"{built.model.validate().strip() or solver.solution_info()}; scale times down."
            )
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            best = _read(built, solver)
        objective = float(_objective(problem, best))
        return Result(
            schedule=None,
            objective=objective,
            lower_bound=_bound(solver, status),
            status="optimal" if status == cp_model.OPTIMAL else "feasible",
            runtime_s=time.perf_counter() - began,
            info={"plan": best, "conflicts": solver.num_conflicts, "branches": solver.num_branches},
        )


def _objective(problem: PlanningProblem, plan: Plan) -> int:
    return int(problem.completions_us(plan.end_us).sum())


def _bound(solver: cp_model.CpSolver, status: object) -> float:
    """Proven bound; what CP-SAT calls infeasible has a plan, so that proof is worth nothing."""
    if status == cp_model.INFEASIBLE:
        return 0.0
    return max(0.0, math.ceil(solver.best_objective_bound - 1e-6))


def _read(built: SocCpSatModel, solver: cp_model.CpSolver) -> Plan:
    """The plan of a solution, its tasks started as early as the order on the elements allows."""
    pe = [next(p for p, on in row.items() if solver.value(on)) for row in built.presence]
    start = [solver.value(variable) for variable in built.start]
    return retime(built.problem, pe, make_plan(built.problem, pe, start).order)
