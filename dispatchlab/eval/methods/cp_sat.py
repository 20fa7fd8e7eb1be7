"""CpSatMethod: CP-SAT under a time limit."""

from typing import Any

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import execute_plan


class CpSatMethod:
    """Plans the whole instance with CP-SAT; the plan is replayed where the realisation is random.

    Args:
        name: Shown in tables.
        time_limit_s: Wall-clock limit for each case, in seconds.
        workers: Parallel searches; 0 uses every core.
    """

    def __init__(self, name: str, *, time_limit_s: float = 10.0, workers: int = 0) -> None:
        """Load the solver, so that a missing package is noticed before anything runs."""
        from dispatchlab.baselines.solvers.cpsat import CpSatSolver

        self.name, self.time_limit_s = name, time_limit_s
        self._solver: Any = CpSatSolver(workers)
        self.settings: dict[str, Any] = {"time_limit_s": time_limit_s, "workers": workers}

    def prepare(self) -> None:
        """Nothing: the solver's time begins with building the model."""

    def solve(self, case: Case) -> Result:
        """Search with the case's seed."""
        plan = self._solver.solve(
            case.encoding, time_limit_s=self.time_limit_s, seed=case.seed
        )  # fmt: skip
        return execute_plan(case, plan)
