"""Tests of hybrids: never worse than their start, within their time, and proven where they can."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.realise import Disturbances
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import verify
from dispatchlab.eval.cases import Case, instance_cases
from dispatchlab.eval.methods import make_method
from dispatchlab.eval.methods.budget import Budget, next_batch
from dispatchlab.eval.methods.hybrid import BEFORE_CP_SAT, _kept
from dispatchlab.eval.methods.parse import MethodDefaults
from dispatchlab.eval.methods.starts import best_rule
from tests.eval.helpers import TINY

pytest.importorskip("ortools")
pytest.importorskip("torch")

FT06 = load_instance("ft06")
OTHER = replace(FT06, objective="total_flow_time", name="other")  # not for tabu search
# One machine, due dates 2, 1 and 9: job 1 first makes job 0 late by 1; job 0 first is worse by 1.
LATE = job_shop(
    [[0], [0], [0]], [[2], [1], [3]], due=[2, 1, 9], objective="total_weighted_tardiness",
    name="late",
)  # fmt: skip


class Clock:
    """Tells the time that it was set to, and a little more each time."""

    def __init__(self, tick: float = 0.0) -> None:
        """Begin at 100 s."""
        self.now, self.tick = 100.0, tick

    def __call__(self) -> float:
        """The time."""
        self.now += self.tick
        return self.now


class SlowSolver:
    """Notes the time it is given, and keeps the start; building takes 3 s."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock."""
        self.clock, self.limits = clock, list[float]()

    def build(self, encoding: CpEncoding, *, horizon: int) -> CpEncoding:
        """The instance itself."""
        self.clock.now += 3.0
        return encoding

    def solve_model(self, built: CpEncoding, *, time_limit_s: float, **given: Any) -> Result:
        """Use up the time for nothing."""
        self.limits.append(time_limit_s)
        self.clock.now += time_limit_s
        schedule = given["hint"]
        objective = built.objective_value(schedule.end)
        return Result(schedule, objective, 0.0, "feasible", time_limit_s)


class SlowTabu(SlowSolver):
    """The same for tabu search."""

    def solve(self, encoding: CpEncoding, **given: Any) -> Result:
        """Use up the time for nothing."""
        given.pop("lower_bound")
        return self.solve_model(encoding, **given)


@pytest.fixture
def hybrid(policy: Path) -> Callable[..., Any]:
    """Make a hybrid with an untrained policy, or from rules."""

    def make(text: str = "", *, agent: bool = True, seconds: float = 20.0) -> Any:  # noqa: ANN401
        defaults = MethodDefaults(time_limit_s=seconds, workers=1)
        return make_method((f"hybrid={policy}" if agent else "hybrid") + text, defaults)

    return make


def test_budget() -> None:
    """Seconds since the beginning, what is left of shares, and parts that add up."""
    clock = Clock()
    budget = Budget(10.0, clock)
    for _ in range(2):
        with budget.part("walk"):
            clock.now += 1.5
    clock.now += 1.0
    assert (budget.spent(), budget.left(), budget.left(0.2)) == (4.0, 6.0, -2.0)
    assert budget.parts == {"walk": 3.0}


@pytest.mark.parametrize(
    ("left", "rows", "took", "most", "expected"),
    [
        (2.0, 1, 0.1, 128, 8),  # 20 would fit, but 1 says little about them
        (2.0, 8, 2.0, 128, 8),
        (2.0, 8, 4.0, 128, 4),
        (2.0, 8, 40.0, 128, 0),
        (2.0, 64, 0.1, 128, 128),
        (2.0, 8, 0.0, 5, 5),
        (0.0, 8, 0.0, 128, 0),
        (-1.0, 8, 1.0, 128, 0),
    ],
)
def test_next_batch(left: float, rows: int, took: float, most: int, expected: int) -> None:
    """As many as fit into the time at the pace of the last batch, growing step by step."""
    assert next_batch(left, rows, took, most) == expected


@pytest.mark.parametrize("agent", [True, False])
@pytest.mark.parametrize("tick", [0.01, 0.3])
def test_everything_counts(hybrid: Callable[..., Any], agent: bool, tick: float) -> None:
    """Each gets what is left of its share; lookahead gets half where there is no tabu search."""
    for encoding, shares in ((FT06, (0.1, 0.8)), (OTHER, (0.5, 0.5))):
        method = hybrid(agent=agent, seconds=40.0)
        clock = Clock(tick)
        method._clock, method._solver, method._tabu = clock, SlowSolver(clock), SlowTabu(clock)
        begin = clock.now
        result = method.solve(Case(encoding.name, 0, encoding))
        seconds = result.info["seconds"]
        late = sum(seconds.get(part, 0.0) for part in ("tabu", "model", "cp-sat"))
        before = sum(seconds.values()) - late
        assert 0 < before < 40 * shares[0] + 8 * tick
        assert seconds["lookahead"] > 0
        assert before + sum(method._tabu.limits) <= 40.0 * shares[1] + 8 * tick
        assert (method._tabu.limits == []) == (encoding is OTHER)
        (limit,) = method._solver.limits
        assert limit + 3.0 + before + sum(method._tabu.limits) <= 40.0
        assert clock.now - begin < 40.0 + 10 * tick
        assert result.objective == result.info["start_objective"]
        verify(encoding, None, result.schedule, objective=result.objective)


def test_lookahead_is_ended_by_a_rule() -> None:
    """Where the clock is faster than it, there is a whole schedule, and no second lookahead."""
    clock = Clock(tick=1.0)
    budget = Budget(20.0, clock)
    start = best_rule(Case("ft10", 0, load_instance("ft10")), budget, BEFORE_CP_SAT)
    verify(load_instance("ft10"), None, start.schedule, objective=start.objective)
    assert budget.parts["lookahead"] > 20  # seconds, of which lookahead may have ten


def test_no_time_is_left(hybrid: Callable[..., Any]) -> None:
    """Where building the model uses up the time, the start is the result."""
    method = hybrid(agent=False, seconds=2.0)
    clock = Clock()
    method._clock, method._solver, method._tabu = clock, SlowSolver(clock), SlowTabu(clock)
    result = method.solve(Case("ft06", 0, FT06))
    assert method._solver.limits == []
    assert (result.status, result.objective) == ("feasible", result.info["start_objective"])
    assert result.lower_bound == 52.0


@pytest.mark.parametrize("agent", [True, False])
@pytest.mark.parametrize("encoding", [FT06, load_instance("la01"), load_instance("mk01"), LATE])
def test_never_worse_than_the_start(
    hybrid: Callable[..., Any], agent: bool, encoding: CpEncoding
) -> None:
    """Shops, flexible shops and due dates; all of these are solved to their optimum."""
    method = hybrid(":sample=8" if agent else "", agent=agent)
    method.prepare()
    result = method.solve(Case(encoding.name, 0, encoding))
    optimum = {"ft06": 55, "la01": 666, "mk01": 40, "late": 1}[encoding.name]
    assert (result.objective, result.lower_bound, result.status) == (optimum, optimum, "optimal")
    assert result.objective <= result.info["start_objective"]
    assert result.info["samples"] <= 8
    verify(encoding, None, result.schedule, objective=result.objective)
    times = [entry["time_s"] for entry in result.log]
    objectives = [entry["objective"] for entry in result.log]
    assert times == sorted(times)
    assert objectives == sorted(objectives, reverse=True)


def test_nothing_is_below_the_start(hybrid: Callable[..., Any]) -> None:
    """A start that CP-SAT cannot undercut is reported as optimal; its bound alone is too low."""
    method = hybrid(agent=False)
    optimal = method._solver.solve(FT06, time_limit_s=60.0)
    start = best_rule(Case("ft06", 0, FT06), Budget(20.0), BEFORE_CP_SAT)
    start = start._replace(schedule=optimal.schedule, objective=optimal.objective)
    assert not start.is_optimal
    given = method._by_cp_sat(
        Case("ft06", 0, FT06), _kept(start, Budget(20.0)), Budget(20.0)
    )  # fmt: skip
    assert (given.objective, given.lower_bound, given.status) == (55.0, 55.0, "optimal")


def test_a_start_on_the_bound_is_optimal(hybrid: Callable[..., Any]) -> None:
    """CP-SAT is not asked about the tiny shop: a rule reaches the bound of 7."""
    method = hybrid()
    method._solver = None
    result = method.solve(Case("tiny", 0, TINY))
    assert (result.objective, result.status, result.info["samples"]) == (7.0, "optimal", 0)


def test_plans_are_replayed(hybrid: Callable[..., Any]) -> None:
    """Under noise the plan is made for the expectation, and its bound says nothing."""
    case = instance_cases([FT06], [0], Disturbances(duration_noise=0.5))[0]
    result = hybrid(":sample=4:time=5:temperature=0.5").solve(case)
    verify(case.encoding, case.realisation, result.schedule, objective=result.objective)
    assert np.isnan(result.lower_bound)
    assert result.info["start_objective"] >= 55


def test_strings(hybrid: Callable[..., Any], policy: Path) -> None:
    """Options arrive, and the name is short."""
    method = hybrid(":sample=16:temperature=0.7:time=3")
    assert method.name == "hybrid=run:sample=16:temperature=0.7:time=3"
    assert (method.samples, method.temperature, method.time_limit_s) == (16, 0.7, 3.0)
    assert (hybrid(agent=False).name, hybrid(agent=False).player) == ("hybrid", None)


def test_lookahead_looks_at_the_clock_within_a_decision() -> None:
    """Forty jobs in one queue are one decision; a clock that runs out after 16 actions ends it."""
    from dispatchlab.baselines.dispatchers import Lookahead
    from dispatchlab.envs.jobshop.env import CPSchedulingEnv

    shop = job_shop([[0, 1]] * 40, [[n + 1, 2] for n in range(40)])
    env = CPSchedulingEnv(instance=shop)
    env.reset(seed=0)
    asked: list[int] = []
    for patience, expected in ((1, None), (99, Lookahead().act(env.view()))):
        asked.clear()

        def is_late(limit: int = patience) -> bool:
            asked.append(0)
            return len(asked) > limit

        assert Lookahead().act_in_time(env.view(), is_late) == expected
    assert len(asked) == 3
