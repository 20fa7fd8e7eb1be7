"""Starts: good schedules from lookahead, rules and samples of a policy, within a share of time."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.dispatchers import LOOKAHEAD, Lookahead, PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.view import View
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.budget import Budget, next_batch
from dispatchlab.eval.methods.player import Player
from dispatchlab.eval.methods.sampling import Sampling

LOOKAHEAD_SEMANTICS = ("non-delay", "active")
_WORTH_OF_GREEDY = 4  # rows that cost about as much as one: the network is asked as often
RULES = ("fdd-mwkr", "mor", "mwkr", "fifo", "slack", "edd", "atc", "spt")


class Shares(NamedTuple):
    """Shares of the time.

    Attributes:
        lookahead: Until which lookahead may decide.
        start: Until which anything is begun.
    """

    lookahead: float
    start: float


class Start(NamedTuple):
    """Where a search starts.

    Attributes:
        schedule: The best schedule that was found.
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


def best_rule(case: Case, budget: Budget, shares: Shares) -> Start:
    """The best of what needs no policy, as far as the time allows.

    Args:
        case: What to schedule.
        budget: The time.
        shares: How much of it.
    """
    best = by_lookahead(case, budget, shares)
    for rule in RULES[1:]:
        if best.is_optimal or budget.left(shares.start) <= 0:
            break
        best = min(best, _by_rule(rule, case, budget), key=_objective)
    return best


def best_sample(
    player: Player, case: Case, budget: Budget, shares: Shares, *, samples: int, temperature: float
) -> Start:
    """The best of lookahead, the greedy schedule and the samples that time allows.

    Args:
        player: The policy.
        case: What to schedule.
        budget: The time.
        shares: How much of it.
        samples: So many at most.
        temperature: Of the samples.
    """
    start = by_lookahead(case, budget, shares)
    drawn = Sampling(
        player, case.encoding, seed=case.seed, temperature=temperature,
        record=start.objective, expired=lambda: budget.left(shares.start) <= 0,
    )  # fmt: skip
    if start.is_optimal or budget.left(shares.start) <= 0:
        return start
    before = budget.spent()
    with budget.part("greedy"):
        drawn.take_greedy()
    start = _better(start, drawn, "agent, greedy")
    rows, most = _WORTH_OF_GREEDY, player.most_rows(case.encoding)
    while not start.is_optimal and drawn.taken < samples:
        took, left = budget.spent() - before, budget.left(shares.start)
        rows = next_batch(left, rows, took, min(most, samples - drawn.taken))
        if rows == 0:
            break
        before = budget.spent()
        with budget.part("samples"):
            drawn.take(rows)
        start = _better(start, drawn, "agent, sampled")
    return start._replace(samples=drawn.taken)


def by_lookahead(case: Case, budget: Budget, shares: Shares) -> Start:
    """The better of the first rule and of lookahead, while its share lasts.

    Args:
        case: What to schedule.
        budget: The time.
        shares: How much of it.
    """
    best = _by_rule(RULES[0], case, budget)
    for semantics in LOOKAHEAD_SEMANTICS:
        if best.is_optimal or budget.left(shares.start) <= 0:
            break
        with budget.part(LOOKAHEAD):
            made = run_dispatcher(
                _WhileTimeLasts(budget, shares.lookahead),
                [(case.encoding, None)],
                semantics=semantics,
            )[0]
        # run_dispatcher always plays to the end
        start = Start(made.schedule, float(made.objective or 0.0), LOOKAHEAD, made.lower_bound)
        best = min(best, start, key=_objective)
    return best


def _by_rule(rule: str, case: Case, budget: Budget) -> Start:
    """What a rule makes of the expectation."""
    with budget.part("rules"):
        made = run_dispatcher(PriorityRule(rule, seed=case.seed), [(case.encoding, None)])[0]
    # run_dispatcher always plays to the end
    return Start(made.schedule, float(made.objective or 0.0), rule, made.lower_bound)


class _WhileTimeLasts:
    """Lookahead while its share of the time lasts, and then the first rule."""

    def __init__(self, budget: Budget, share: float) -> None:
        self._budget, self._share = budget, share
        self._lookahead, self._rule = Lookahead(), PriorityRule(RULES[0])

    def act(self, view: View) -> int:
        return int(self.act_batch(view)[0])

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        action = self._lookahead.act_in_time(view, self._is_late)
        return self._rule.act_batch(view) if action is None else np.array([action])

    def _is_late(self) -> bool:
        return self._budget.left(self._share) <= 0


def _objective(start: Start) -> float:
    return start.objective


def _better(start: Start, drawn: Sampling, maker: str) -> Start:
    """The best so far, with who made it."""
    if drawn.best is None or drawn.objective >= start.objective:
        return start
    return start._replace(schedule=drawn.best, objective=drawn.objective, maker=maker)
