"""Methods for chips: planners, and where rules, lookahead and learned agents play."""

import functools
import math
from dataclasses import replace
from typing import Any

from dispatchlab.baselines.soc.plan import Plan
from dispatchlab.baselines.soc.planners import Planner, make_planner
from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.baselines.soc.rollout import run_dispatcher, run_planner
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.soc.env import STREAM_ACTIONS, SocVectorEnv
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.envs.soc.observation import OBSERVATIONS
from dispatchlab.envs.soc.outcome import Outcome
from dispatchlab.envs.soc.ranks import fastest_path
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families.soc import is_certain
from dispatchlab.eval.methods.stream import Stage, is_flag, one_of, result_of
from dispatchlab.eval.soc_cases import soc_cases

_WARM_UP = "top-1:horizon_us=60"


class SocPlannerMethod:
    """A planner that is asked whenever jobs arrive.

    Args:
        name: Shown in tables.
        planner: Name of the planner.
        time_limit_s: Seconds of each call of CP-SAT, which also gets the case's seed.
        workers: Parallel searches of CP-SAT; 0 uses every core.
    """

    def __init__(
        self, name: str, planner: str, *, time_limit_s: float = 1.0, workers: int = 1
    ) -> None:
        """Try the planner, so that a missing package is noticed before anything runs."""
        self.name, self._planner = name, planner
        self._time_limit_s, self._workers = time_limit_s, workers
        self.settings: dict[str, Any] = {}  # of all but CP-SAT the name tells everything
        if planner == "cp-sat":
            from dispatchlab.baselines.soc.cpsat import SocCpSatSolver

            SocCpSatSolver(workers)
            self.settings = {"time_limit_s": time_limit_s, "workers": workers}

    def prepare(self) -> None:
        """Compile the kernels."""
        case = warm_up_case()
        run_planner(make_planner("heft"), [(case.encoding, case.realisation)])

    def solve(self, case: Case) -> Result:
        """Plan and play; CP-SAT plans a batch once, and tells the bound that it has proven."""
        problem = (case.encoding, case.realisation)
        if self._planner != "cp-sat":
            return to_result(case, run_planner(make_planner(self._planner), [problem])[0], True)
        if _is_solved_at_once(case.encoding):
            return self._solve_batch(case)
        planner = make_planner(
            "cp-sat", seed=case.seed, num_workers=self._workers, time_limit_s=self._time_limit_s
        )
        return to_result(case, run_planner(planner, [problem])[0], True)

    def _solve_batch(self, case: Case) -> Result:
        from dispatchlab.baselines.soc.cpsat import SocCpSatSolver

        solver = SocCpSatSolver(self._workers)
        limit = self._time_limit_s
        found = solver.solve(case.encoding, seed=case.seed, time_limit_s=limit)
        kept: Planner = _Kept(found.info["plan"])
        played = to_result(case, run_planner(kept, [(case.encoding, case.realisation)])[0], True)
        jobs = case.encoding.injection.num_jobs
        return replace(
            played,
            lower_bound=max(played.lower_bound, found.lower_bound / jobs),
            status=found.status,
            runtime_s=found.runtime_s,
            info={**played.info, "planned_job_time_us": found.objective},
        )


def to_result(case: Case, outcome: Outcome, planned: bool = False) -> Result:
    """What `compare` and the checker need of an outcome.

    Args:
        case: What was played.
        outcome: How it went.
        planned: Whether it followed a plan.

    Returns:
        The latency as the objective, and the bound of the fastest path where nothing is left to
        chance; planners count one decision per task.
    """
    objective = outcome.latency_us if outcome.completed else None
    bound = path_bound(case.encoding) if is_certain(case.encoding) else math.nan
    decisions = outcome.tasks if planned else outcome.decisions
    return result_of(outcome, objective, bound, decisions=decisions, planned=planned)


def path_bound(instance: SocInstance) -> float:
    """Length of the fastest path through the first graph, which no job can beat, in µs."""
    return float(fastest_path(instance, 0).max())


@functools.cache
def warm_up_case() -> Case:
    """A tiny case, on which everything is compiled."""
    return soc_cases([load_instance(_WARM_UP)])[0]


class _Kept:
    """Plays a plan that is there already."""

    replans = False

    def __init__(self, plan: Plan) -> None:
        """Keep the plan."""
        self._plan = plan

    def plan(self, problem: PlanningProblem, /) -> Plan:
        """The plan; the problem is the one it was made for."""
        return self._plan


def _is_solved_at_once(instance: SocInstance) -> bool:
    """Whether one plan covers the episode, and its bound the mean latency that is reported."""
    stream = instance.injection
    all_count = stream.horizon_us is None and stream.warmup_us == 0
    return is_certain(instance) and all_count and stream.num_jobs <= stream.max_jobs


def _is_count(value: object) -> bool:
    """Whether a value is a positive number, or None for no limit."""
    return value is None or (type(value) is int and value > 0)


CHIP = Stage(
    "soc", warm_up_case, run_dispatcher, to_result,
    {"actions": one_of(STREAM_ACTIONS), "wait": is_flag, "max_ready": _is_count}, OBSERVATIONS,
    SocVectorEnv,
)  # fmt: skip
