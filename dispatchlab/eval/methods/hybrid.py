"""HybridMethod: the best schedule of an agent or of rules, improved by CP-SAT."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.dispatchers import LOOKAHEAD, Lookahead, PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.verify import verify
from dispatchlab.envs.jobshop.view import View
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import compile_kernels, execute_plan, one_thread
from dispatchlab.eval.methods.budget import Budget, next_batch
from dispatchlab.eval.methods.player import Player
from dispatchlab.eval.methods.sampling import Sampling

SHARE = 0.3
LOOKAHEAD_SHARE = 0.5  # where an instance is large, nothing else makes so much of the time
LOOKAHEAD_SEMANTICS = ("non-delay", "active")
SAMPLES = 512
_WORTH_OF_GREEDY = 4  # rows that cost about as much as one: the network is asked as often
RULES = ("fdd-mwkr", "mor", "mwkr", "fifo", "slack", "edd", "atc", "spt")


class Start(NamedTuple):
    """Where CP-SAT starts.

    Attributes:
        schedule: The best schedule that was found before it.
        objective: Its objective.
        maker: Who made it.
        lower_bound: Of the instance, before any decision.
        samples: Number of samples that were begun.
    """

    schedule: Schedule
    objective: float
    maker: str
    lower_bound: float
    samples: int = 0

    @property
    def is_optimal(self) -> bool:
        """Whether the bound says that nothing is better."""
        return self.objective <= self.lower_bound


class HybridMethod:
    """Spends a share of the time on a good schedule, and the rest on improving it with CP-SAT.

    Everything counts, building the model included, so that the whole takes the time limit; only
    the first rule is played, and a model that was begun is built, whatever it takes. After the
    first rule comes lookahead with two semantics, for half of the time at most: where that is over,
    the rule ends what lookahead has begun. CP-SAT gets
    the schedule as a complete hint and its objective as an upper bound, which it must undercut from
    then on: where it proves that nothing does, the schedule is optimal. (A model that demands less
    from the beginning contradicts its hint, and was no better or far worse on Taillard's
    instances.)

    Args:
        name: Shown in tables.
        path: Run folder or policy file; without one, the best of `RULES` and of lookahead is
            improved.
        samples: Of the policy, at most; what needs no policy and its greedy schedule come first.
        temperature: Of the samples.
        time_limit_s: Wall-clock limit for each case, in seconds.
        workers: Parallel searches of CP-SAT; 0 uses every core.
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
        _by_lookahead(Case("ft06", 0, small), Budget(np.inf))
        if self.player is not None:
            with one_thread():
                Sampling(self.player, small).take_greedy()

    def solve(self, case: Case) -> Result:
        """Plan for the expectation; the plan is replayed where the realisation is random."""
        budget = Budget(self.time_limit_s, self._clock)
        if self.player is None:
            start = self._best_rule(case, budget)
        else:
            with one_thread():
                start = self._best_sample(self.player, case, budget)
        found = self._improve(case, start, budget)
        verify(case.encoding, None, found.schedule, objective=found.objective)
        told = {
            "start": start.maker, "start_objective": start.objective, "samples": start.samples,
            "seconds": budget.parts,
        }  # fmt: skip
        plan = replace(found, runtime_s=budget.spent(), info={**found.info, **told})
        return execute_plan(case, plan)

    def _best_rule(self, case: Case, budget: Budget) -> Start:
        """The best of what needs no policy, as far as the time allows."""
        best = _by_lookahead(case, budget)
        for rule in RULES[1:]:
            if best.is_optimal or budget.left(SHARE) <= 0:
                break
            best = min(best, _by_rule(rule, case, budget), key=_objective)
        return best

    def _best_sample(self, player: Player, case: Case, budget: Budget) -> Start:
        """The best of lookahead, the greedy schedule and the samples that time allows."""
        start = _by_lookahead(case, budget)
        drawn = Sampling(
            player, case.encoding, seed=case.seed, temperature=self.temperature,
            record=start.objective, expired=lambda: budget.left(SHARE) <= 0,
        )  # fmt: skip
        if start.is_optimal or budget.left(SHARE) <= 0:
            return start
        before = budget.spent()
        with budget.part("greedy"):
            drawn.take_greedy()
        start = _better(start, drawn, "agent, greedy")
        rows, most = _WORTH_OF_GREEDY, player.most_rows(case.encoding)
        while not start.is_optimal and drawn.taken < self.samples:
            took, left = budget.spent() - before, budget.left(SHARE)
            rows = next_batch(left, rows, took, min(most, self.samples - drawn.taken))
            if rows == 0:
                break
            before = budget.spent()
            with budget.part("samples"):
                drawn.take(rows)
            start = _better(start, drawn, "agent, sampled")
        return start._replace(samples=drawn.taken)

    def _improve(self, case: Case, start: Start, budget: Budget) -> Result:
        """The start itself where it is optimal or no time is left, else what CP-SAT makes of it."""
        at = {
            "time_s": budget.spent(), "objective": start.objective,
            "lower_bound": start.lower_bound,
        }  # fmt: skip
        kept = Result(
            schedule=start.schedule, objective=start.objective, lower_bound=start.lower_bound,
            status="optimal" if start.is_optimal else "feasible", runtime_s=budget.spent(),
            log=(at,),
        )  # fmt: skip
        if start.is_optimal or budget.left() <= 0:
            return kept
        with budget.part("model"):
            built = self._build(case.encoding, start.schedule)
        offset, left = budget.spent(), budget.left()
        if left <= 0:
            return kept
        with budget.part("cp-sat"):
            found: Result = self._solver.solve_model(
                built, time_limit_s=left, seed=case.seed, hint=start.schedule
            )
        bound = max(found.lower_bound, start.lower_bound)
        is_proven = found.objective is not None and found.objective <= bound
        return replace(
            found,
            lower_bound=bound,
            status="optimal" if is_proven else found.status,
            log=(at, *(_later(entry, offset, at) for entry in found.log)),
        )

    def _build(self, encoding: CpEncoding, schedule: Schedule) -> Any:  # noqa: ANN401 (optional)
        from dispatchlab.envs.jobshop.horizon import safe_horizon

        horizon = max(safe_horizon(encoding), schedule.makespan)
        return self._solver.build(encoding, horizon=horizon)


def _later(
    entry: Mapping[str, float], offset_s: float, at: Mapping[str, float]
) -> dict[str, float]:
    """An entry of CP-SAT's log in the log of the whole; what the start knew stays known."""
    return {
        "time_s": entry["time_s"] + offset_s,
        "objective": min(entry["objective"], at["objective"]),
        "lower_bound": max(entry["lower_bound"], at["lower_bound"]),
    }


def _by_rule(rule: str, case: Case, budget: Budget) -> Start:
    """What a rule makes of the expectation."""
    with budget.part("rules"):
        made = run_dispatcher(PriorityRule(rule, seed=case.seed), [(case.encoding, None)])[0]
    # run_dispatcher always plays to the end
    return Start(made.schedule, float(made.objective or 0.0), rule, made.lower_bound)


def _by_lookahead(case: Case, budget: Budget) -> Start:
    """The better of the first rule and of lookahead."""
    best = _by_rule(RULES[0], case, budget)
    for semantics in LOOKAHEAD_SEMANTICS:
        if best.is_optimal or budget.left(SHARE) <= 0:
            break
        with budget.part(LOOKAHEAD):
            made = run_dispatcher(
                _WhileTimeLasts(budget), [(case.encoding, None)], semantics=semantics
            )[0]
        # run_dispatcher always plays to the end
        start = Start(made.schedule, float(made.objective or 0.0), LOOKAHEAD, made.lower_bound)
        best = min(best, start, key=_objective)
    return best


class _WhileTimeLasts:
    """Lookahead while its share of the time lasts, and then the first rule."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._lookahead, self._rule = Lookahead(), PriorityRule(RULES[0])

    def act(self, view: View) -> int:
        return int(self.act_batch(view)[0])

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        action = self._lookahead.act_in_time(view, self._is_late)
        return self._rule.act_batch(view) if action is None else np.array([action])

    def _is_late(self) -> bool:
        return self._budget.left(LOOKAHEAD_SHARE) <= 0


def _objective(start: Start) -> float:
    return start.objective


def _better(start: Start, drawn: Sampling, maker: str) -> Start:
    """The best so far, with who made it."""
    if drawn.best is None or drawn.objective >= start.objective:
        return start
    return start._replace(schedule=drawn.best, objective=drawn.objective, maker=maker)
