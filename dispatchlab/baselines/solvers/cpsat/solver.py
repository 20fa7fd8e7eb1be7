"""`CpSatSolver`: build the model, run CP-SAT, hand back the schedule and the anytime log."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.baselines.solvers.cpsat.constraints import add_constraints
from dispatchlab.baselines.solvers.cpsat.hint import add_hint
from dispatchlab.baselines.solvers.cpsat.objective import add_objective
from dispatchlab.baselines.solvers.cpsat.variables import CpSatVariables, add_variables
from dispatchlab.envs.core.cores import check_workers
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.horizon import safe_horizon
from dispatchlab.envs.jobshop.verify import verify

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.instance import CpEncoding

try:
    from ortools.sat.python import cp_model
except ImportError:
    raise MissingExtraError("ortools", "solvers") from None


_SEEDS = 2**31  # CP-SAT's own range


@dataclass(frozen=True, slots=True)
class CpSatModel:
    """A CP-SAT model beside its variables, so that constraints can be added before solving.

    Attributes:
        encoding: The instance.
        model: The model, open to further constraints.
        variables: Its variables, indexed as the encoding is.
        objective: The expression that is minimised.
    """

    encoding: "CpEncoding"
    model: cp_model.CpModel
    variables: CpSatVariables
    objective: cp_model.LinearExprT


class CpSatSolver:
    """Exact solver for everything a `CpEncoding` can say."""

    def __init__(
        self, num_workers: int = 0, log_to_console: bool = False, deterministic_limit: float = 0.0
    ) -> None:
        """Set up a solver.

        Args:
            num_workers: Parallel searches; 0 uses every core. With 1 the search repeats exactly,
                as long as the time limit does not cut it.
            log_to_console: Print CP-SAT's own search log.
            deterministic_limit: Limit of its effort in deterministic seconds, beside that of the
                time; 0 is none. With 1 worker a search that this ends repeats exactly.

        Raises:
            DispatchlabError: If the number of workers is negative or above 1024.
        """
        self.num_workers, self.log_to_console = check_workers(num_workers), log_to_console
        self.deterministic_limit = deterministic_limit

    def build(self, encoding: "CpEncoding", *, horizon: int | None = None) -> CpSatModel:
        """Build the model without solving it.

        Args:
            encoding: The instance.
            horizon: Upper bound of every end; by default one that keeps an optimal schedule.
                Give a larger one before adding constraints that force activities to wait.

        Returns:
            The model with its variables.
        """
        model = cp_model.CpModel()
        variables = add_variables(model, encoding, horizon)
        add_constraints(model, encoding, variables)
        objective = add_objective(model, encoding, variables)
        return CpSatModel(encoding, model, variables, objective)

    def solve(
        self,
        encoding: "CpEncoding",
        *,
        time_limit_s: float = 10.0,
        seed: int = 0,
        hint: Schedule | None = None,
    ) -> Result:
        """Solve an instance.

        Args:
            encoding: The instance.
            time_limit_s: Wall-clock limit in seconds, positive.
            seed: Seed of the search; CP-SAT takes it modulo 2**31.
            hint: A feasible schedule to start from; the result is never worse.

        Returns:
            The best schedule found, its objective, a proven lower bound and the anytime log.

        Raises:
            DispatchlabError: If the time limit is not positive.
            InfeasibleScheduleError: If the hint violates the instance.
        """
        horizon = safe_horizon(encoding)
        if hint is not None:
            verify(encoding, None, hint)
            horizon = max(horizon, hint.makespan)
        built = self.build(encoding, horizon=horizon)
        return self.solve_model(built, time_limit_s=time_limit_s, seed=seed, hint=hint)

    def solve_model(
        self,
        built: CpSatModel,
        *,
        time_limit_s: float = 10.0,
        seed: int = 0,
        hint: Schedule | None = None,
    ) -> Result:
        """Solve a model from `build`, with whatever constraints were added to it.

        Args:
            built: The model; a hint and the bound that comes with it are added to a copy.
            time_limit_s: Wall-clock limit in seconds, positive.
            seed: Seed of the search; CP-SAT takes it modulo 2**31.
            hint: A schedule that satisfies the added constraints too.

        Returns:
            The best schedule found, its objective, a proven lower bound and the anytime log.

        Raises:
            DispatchlabError: If the time limit is not positive or CP-SAT refuses the model.
            InfeasibleScheduleError: If the hint violates the instance.
        """
        if not time_limit_s > 0:
            raise DispatchlabError(
                f"time_limit_s is {time_limit_s}; give a positive number of seconds."
            )
        model = built.model
        if hint is not None:
            verify(built.encoding, None, hint)
            model = built.model.clone()
            add_hint(model, built.encoding, built.variables, hint)
            model.add(built.objective <= int(built.encoding.objective_value(hint.end)))
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = time_limit_s
        if self.deterministic_limit:
            solver.parameters.max_deterministic_time = self.deterministic_limit
            # CP-SAT would cut the search short, and leave the process deaf to further signals.
            solver.parameters.catch_sigint_signal = False
        solver.parameters.num_workers = self.num_workers
        solver.parameters.random_seed = seed % _SEEDS
        solver.parameters.log_search_progress = self.log_to_console
        log = _AnytimeLog()
        solver.best_bound_callback = log.on_bound
        status = solver.solve(model, log)
        return _result(built, solver, status, log, hint)


class _AnytimeLog(cp_model.CpSolverSolutionCallback):
    """Records every incumbent and every improvement of the bound."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = time.perf_counter()
        self.objective, self.bound = math.inf, 0.0
        self.entries: list[dict[str, float]] = []

    def on_solution_callback(self) -> None:
        """Record an incumbent."""
        self.objective = min(self.objective, self.objective_value)
        self.record(self.best_objective_bound)

    def on_bound(self, bound: float) -> None:
        """Record a bound."""
        if math.ceil(bound - 1e-6) > self.bound:
            self.record(bound)

    def record(self, bound: float) -> None:
        """Append the state of the search; objectives are integers, so bounds round up."""
        self.bound = max(self.bound, float(math.ceil(bound - 1e-6)))
        entry = {
            "time_s": time.perf_counter() - self.begin,
            "objective": self.objective,
            "lower_bound": self.bound,
        }
        self.entries.append(entry)


def _result(
    built: CpSatModel,
    solver: cp_model.CpSolver,
    status: object,
    log: _AnytimeLog,
    hint: Schedule | None,
) -> Result:
    """Translate CP-SAT's answer; a hint stands in where the time was too short for any."""
    if status == cp_model.MODEL_INVALID:
        raise _refusal(built, solver)
    schedule, name, bound = hint, "feasible", log.bound
    if status == cp_model.INFEASIBLE:
        schedule, name, bound = None, "infeasible", math.inf
    elif status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        schedule, bound = _schedule(built, solver), solver.best_objective_bound
        name = "optimal" if status == cp_model.OPTIMAL else "feasible"
    elif hint is None:
        name = "unknown"
    if schedule is not None:
        log.objective = built.encoding.objective_value(schedule.end)
        log.record(bound)
        bound = log.bound
    return Result(
        schedule=schedule,
        objective=None if schedule is None else log.objective,
        lower_bound=bound,
        status=name,
        runtime_s=time.perf_counter() - log.begin,
        log=tuple(log.entries),
        info={"conflicts": solver.num_conflicts, "branches": solver.num_branches},
    )


def _refusal(built: CpSatModel, solver: cp_model.CpSolver) -> DispatchlabError:
    """Why CP-SAT did not begin: the model has no fault where the parameters are to blame."""
    if fault := built.model.validate().strip():
        return DispatchlabError(
            f"CP-SAT refuses the model: {fault}; scale the times or weights down."
        )
    reason = solver.solution_info().strip() or "no reason given"
    return DispatchlabError(
        f"CP-SAT refuses its settings: {reason}; change the time limit, workers or seed."
    )


def _schedule(built: CpSatModel, solver: cp_model.CpSolver) -> Schedule:
    """Read the schedule off a solution; mode indices are global."""
    encoding, variables = built.encoding, built.variables
    start = np.array([solver.value(v) for v in variables.start], np.int64)
    chosen = np.flatnonzero([solver.value(p) for p in variables.presence])
    return Schedule(start=start, end=start + encoding.mode_duration[chosen], mode=chosen)
