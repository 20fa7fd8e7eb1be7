"""HybridMethod: the best schedule of an agent or of rules, improved by tabu search and CP-SAT."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dispatchlab.baselines.solvers.tabu import TabuSolver, why_not
from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.verify import verify
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import compile_kernels, execute_plan, one_thread
from dispatchlab.eval.methods.budget import Budget
from dispatchlab.eval.methods.player import Player
from dispatchlab.eval.methods.sampling import Sampling
from dispatchlab.eval.methods.starts import Shares, Start, best_rule, best_sample, by_lookahead

SAMPLES = 512
TABU_SHARE = 0.8  # of the time, with what was before it
BEFORE_TABU = Shares(0.1, 0.1)  # it reaches in a blink what they reach in seconds
BEFORE_CP_SAT = Shares(0.5, 0.3)  # where an instance is large, nothing else makes so much of it


class HybridMethod:
    """Spends a share of the time on a good schedule, and the rest on improving it.

    Everything counts, building the model included, so that the whole takes the time limit; only
    the first rule is played, and a model that was begun is built, whatever it takes. After the
    first rule comes lookahead with two semantics: where its time is over, the rule ends what it has
    begun. Where only orders on machines are open, tabu search goes on from the best schedule, until
    it has found nothing better for long, or `TABU_SHARE` of the time is over. CP-SAT gets the
    schedule as a complete hint and its objective as an upper bound, which it must undercut from
    then on: where it proves that nothing does, the schedule is optimal. (A model that demands less
    from the beginning contradicts its hint, and was no better or far worse on Taillard's
    instances.)

    Args:
        name: Shown in tables.
        path: Run folder or policy file; without one, the best of rules and of lookahead is
            improved.
        samples: Of the policy, at most; what needs no policy and its greedy schedule come first.
        temperature: Of the samples.
        time_limit_s: Wall-clock limit for each case, in seconds.
        workers: Parallel searches; 0 uses every core.
        clock: Tells the time in seconds.
    """

    def __init__(
        self, name: str, path: str | Path | None = None, *, samples: int = SAMPLES,
        temperature: float = 1.0, time_limit_s: float = 10.0, workers: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        """Load policy and solver, so that what is missing is noticed before anything runs."""
        from dispatchlab.baselines.solvers.cpsat import CpSatSolver

        self.name, self.path, self.samples, self.temperature = name, path, samples, temperature
        self.time_limit_s, self._clock = time_limit_s, clock
        self.player = None if path is None else Player(name, path)
        self._tabu = TabuSolver(workers)
        self._solver: Any = CpSatSolver(workers)
        self._workers = workers

    @property
    def settings(self) -> dict[str, Any]:
        """The player, if there is one, and the limits."""
        limits = {"time_limit_s": self.time_limit_s, "workers": self._workers}
        if self.player is None:
            return limits
        samples = {"samples": self.samples, "temperature": self.temperature}
        return {**self.player.settings, **samples, **limits}

    def prepare(self) -> None:
        """Compile the kernels and play a small instance."""
        compile_kernels()
        small = load_instance("ft06")
        by_lookahead(Case("ft06", 0, small), Budget(np.inf), BEFORE_TABU)
        TabuSolver(1, rounds=1).solve(small)
        if self.player is not None:
            with one_thread():
                Sampling(self.player, small).take_greedy()

    def solve(self, case: Case) -> Result:
        """Plan for the expectation; the plan is replayed where the realisation is random."""
        budget = Budget(self.time_limit_s, self._clock)
        is_for_tabu = why_not(case.encoding) is None
        start = self._start(case, budget, BEFORE_TABU if is_for_tabu else BEFORE_CP_SAT)
        found = _kept(start, budget)
        if is_for_tabu:
            found = self._by_tabu(case, found, budget)
        found = self._by_cp_sat(case, found, budget)
        verify(case.encoding, None, found.schedule, objective=found.objective)
        told = {
            "start": start.maker, "start_objective": start.objective, "samples": start.samples,
            "seconds": budget.parts,
        }  # fmt: skip
        plan = replace(found, runtime_s=budget.spent(), info={**found.info, **told})
        return execute_plan(case, plan)

    def _start(self, case: Case, budget: Budget, shares: Shares) -> Start:
        """The schedule that is improved."""
        if self.player is None:
            return best_rule(case, budget, shares)
        with one_thread():
            return best_sample(
                self.player, case, budget, shares,
                samples=self.samples, temperature=self.temperature,
            )  # fmt: skip

    def _by_tabu(self, case: Case, found: Result, budget: Budget) -> Result:
        """What tabu search makes of it."""
        offset, left = budget.spent(), budget.left(TABU_SHARE)
        if found.status == "optimal" or left <= 0:
            return found
        with budget.part("tabu"):
            better = self._tabu.solve(
                case.encoding, time_limit_s=left, seed=case.seed, hint=found.schedule,
                lower_bound=found.lower_bound,
            )  # fmt: skip
        return _followed(found, better, offset)

    def _by_cp_sat(self, case: Case, found: Result, budget: Budget) -> Result:
        """What CP-SAT makes of it."""
        if found.status == "optimal" or budget.left() <= 0:
            return found
        with budget.part("model"):
            built = self._build(case.encoding, found.schedule)
        offset, left = budget.spent(), budget.left()
        if left <= 0:
            return found
        with budget.part("cp-sat"):
            better: Result = self._solver.solve_model(
                built, time_limit_s=left, seed=case.seed, hint=found.schedule
            )
        return _followed(found, better, offset)

    def _build(self, encoding: CpEncoding, schedule: Schedule) -> Any:  # noqa: ANN401 (optional)
        from dispatchlab.envs.jobshop.horizon import safe_horizon

        horizon = max(safe_horizon(encoding), schedule.makespan)
        return self._solver.build(encoding, horizon=horizon)


def _kept(start: Start, budget: Budget) -> Result:
    """The start as a result."""
    at = {
        "time_s": budget.spent(), "objective": start.objective, "lower_bound": start.lower_bound,
    }  # fmt: skip
    return Result(
        schedule=start.schedule, objective=start.objective, lower_bound=start.lower_bound,
        status="optimal" if start.is_optimal else "feasible", runtime_s=budget.spent(), log=(at,),
    )  # fmt: skip


def _followed(found: Result, better: Result, offset_s: float) -> Result:
    """What a search made of a result, in the log of the whole; what was known stays known."""
    best, bound = float(found.objective or 0.0), max(found.lower_bound, better.lower_bound)
    log = [
        {
            "time_s": entry["time_s"] + offset_s,
            "objective": min(entry["objective"], best),
            "lower_bound": max(entry["lower_bound"], found.lower_bound),
        }
        for entry in better.log
    ]
    is_proven = better.objective is not None and better.objective <= bound
    return replace(
        better,
        lower_bound=bound,
        status="optimal" if is_proven else better.status,
        log=(*found.log, *log),
    )
