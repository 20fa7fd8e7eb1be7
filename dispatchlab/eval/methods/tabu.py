"""TabuMethod: tabu search under a time limit, from the schedule of a rule."""

import time
from dataclasses import replace
from typing import Any

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.baselines.solvers.tabu import TabuSolver, check_shop
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import compile_kernels, execute_plan
from dispatchlab.eval.methods.starts import RULES

TABU = "tabu"


class TabuMethod:
    """Improves what a rule makes of the expectation; replayed where the realisation is random.

    Args:
        name: Shown in tables.
        time_limit_s: Wall-clock limit for each case, in seconds, the rule's included.
        workers: Parallel searches; 0 uses every core.
    """

    def __init__(self, name: str, *, time_limit_s: float = 10.0, workers: int = 0) -> None:
        """Note the limits."""
        self.name, self.time_limit_s = name, time_limit_s
        self._workers = workers
        self.settings: dict[str, Any] = {"time_limit_s": time_limit_s, "workers": workers}

    def prepare(self) -> None:
        """Compile the kernels."""
        compile_kernels()
        TabuSolver(1, rounds=1).solve(load_instance("ft06"))

    def check(self, case: Case) -> None:
        """Refuse what is more than orders on machines."""
        check_shop(case.encoding)

    def solve(self, case: Case) -> Result:
        """Search with the case's seed until the time is over or the bound is reached."""
        begin = time.perf_counter()
        start = run_dispatcher(PriorityRule(RULES[0], seed=case.seed), [(case.encoding, None)])[0]
        took = time.perf_counter() - begin
        plan = TabuSolver(self._workers, rounds=0).solve(
            case.encoding, time_limit_s=self.time_limit_s - took, seed=case.seed,
            hint=start.schedule, lower_bound=start.lower_bound,
        )  # fmt: skip
        log = [entry | {"time_s": entry["time_s"] + took} for entry in plan.log]
        runtime_s = time.perf_counter() - begin
        return execute_plan(case, replace(plan, log=tuple(log), runtime_s=runtime_s))
