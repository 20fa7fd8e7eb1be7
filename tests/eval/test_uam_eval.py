"""Evaluation of air taxis: figures, checks, tables, reports and speed."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from dispatchlab.baselines.uam.bound import Bound, profit_bound
from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.baselines.uam.rules import CODES, UamRule
from dispatchlab.envs.core.errors import DispatchlabError, InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.uam.env import UamEnv
from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, compare
from dispatchlab.eval.export import to_csv, to_json
from dispatchlab.eval.families.uam import UamEval
from dispatchlab.eval.methods.parse_uam import make_uam_method, make_uam_methods
from dispatchlab.eval.methods.uam import to_result
from dispatchlab.eval.report import html_report
from dispatchlab.eval.statistics import mean_of_lowest
from dispatchlab.eval.stream_cases import parse_points
from dispatchlab.eval.summary import summarise
from dispatchlab.eval.sweeps import sweep_figures
from dispatchlab.eval.table import instances_table, runs_table, summary_table
from dispatchlab.eval.uam_cases import uam_cases
from dispatchlab.eval.uam_throughput import KERNEL, OBSERVED, RANDOM, SCALAR, measure_all

SHORT = "random-3x4:horizon_s=7200"
RULES = ("greedy", "lookahead", "stay", "random")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Four rules at two loads, on two days each."""
    cases = uam_cases([SHORT], parse_points(["rho=0.6|1.2"]), seeds=2)
    return compare(make_uam_methods(RULES), cases)


def test_every_rule_plays_and_verifies() -> None:
    """All on the same days, none above the bound, with decisions that are counted."""
    cases = uam_cases([f"{SHORT},delay=2,downtime=50,charge_levels=0.7+1"], seeds=2)
    made = compare(make_uam_methods(["all-rules"]), cases)
    assert made.methods == list(CODES)
    assert not made.violations
    for run in made.runs:
        m = run.measures
        case = cases[run.seed]
        bound = profit_bound(case.encoding, case.realisation).value_usd
        assert run.verified
        assert m["profit_usd"] == pytest.approx(-run.objective)
        assert -run.objective <= bound == m["bound_usd"] == -run.lower_bound
        assert m["bound_share"] == pytest.approx(1.0 - run.gap)
        assert m["decisions"] == run.decisions > 0
        assert m["served"] <= m["requests"]


def test_planning_and_searches_play() -> None:
    """Methods that look further are methods like the others."""
    pytest.importorskip("pymoo")
    names = ["rolling:time=1", "rolling-plain:replan_s=1200", "rolling-expected",
             "genetic:population=6:generations=2", "genetic-seeded:population=6:generations=2",
             "greedy-rate", "rollouts:scenarios=4,span_s=1800,caution=0.5"]  # fmt: skip
    cases = uam_cases(["random-2x3:horizon_s=3600"], bound=False)
    made = compare(make_uam_methods(names), cases)
    assert made.methods == names
    assert all(run.verified for run in made.runs)
    seeded, greedy = made.runs[4], made.runs[5]
    assert seeded.objective <= greedy.objective


def test_results_are_those_of_the_rollout() -> None:
    """The harness adds nothing: figures are those of `run_dispatcher`."""
    case = uam_cases([SHORT], bound=False)[0]
    direct = run_dispatcher(UamRule("equal"), [(case.encoding, case.realisation)])[0]
    run = compare([make_uam_method("equal")], [case]).runs[0]
    assert (-run.objective, run.measures["served"]) == (direct.profit_usd, direct.served)
    assert run.measures["empty_share"] == pytest.approx(direct.empty_share, nan_ok=True)


def test_random_draws_by_the_seed_of_the_case() -> None:
    """The random rule repeats, alone or among others."""
    cases = uam_cases([SHORT], seeds=3, bound=False)
    together = compare([make_uam_method("random")], cases).runs
    alone = compare([make_uam_method("random")], cases[1:2]).runs[0]
    assert alone.objective == together[1].objective


def test_bounds_are_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them nothing is solved, and gaps are to the best that was found."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("dispatchlab.baselines.uam.bound.profit_bound", refuse)
    made = compare(make_uam_methods(["lookahead", "stay"]), uam_cases([SHORT], bound=False))
    assert all(math.isnan(run.measures["bound_share"]) for run in made.runs)
    assert not made.runs[0].reference_is_known
    assert min(run.gap for run in made.runs) == 0.0
    text = _printed(summary_table(made, summarise(made), 300), 300)
    assert "nan" not in text


def test_days_without_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the solver gives up, the day counts without a bound."""

    def give_up(*_: Any) -> None:
        raise RuntimeError("time limit")

    monkeypatch.setattr("dispatchlab.baselines.uam.bound.profit_bound", give_up)
    made = compare(make_uam_methods(["greedy"]), uam_cases([SHORT]))
    assert made.runs[0].verified
    assert math.isnan(made.runs[0].measures["bound_usd"])


def test_one_bound_per_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many methods play it."""
    solved = []

    def count(*args: Any) -> Bound:
        solved.append(args)
        return profit_bound(*args)

    monkeypatch.setattr("dispatchlab.baselines.uam.bound.profit_bound", count)
    checked: list[int] = []
    cases = uam_cases([SHORT], seeds=2)
    compare(make_uam_methods(RULES), cases, on_check=lambda case: checked.append(case.seed))
    assert len(solved) == 2
    assert checked == [0, 1]


class Flatterer:
    """Changes one reported figure."""

    def __init__(self, **changes: Any) -> None:
        """Keep the changes."""
        self.name, self._changes = "flatterer", changes

    def prepare(self) -> None:
        """Nothing."""

    def solve(self, case: Case) -> Result:
        """Greedy, embellished."""
        outcome = run_dispatcher(UamRule("greedy"), [(case.encoding, case.realisation)])[0]
        return to_result(case, replace(outcome, **self._changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"revenue": 1e5}, "too high"),
        ({"energy_cost": 0.0}, "too high"),
        ({"served": 1000}, "served is"),
        ({"requests": 1}, "requests is"),
        ({"flights": 1}, "flights is"),
    ],
)
def test_false_reports_are_found(changes: dict[str, Any], message: str) -> None:
    """Figures that do not follow from the schedule make a run unverified."""
    made = compare([Flatterer(**changes)], uam_cases([SHORT], bound=False))
    assert made.runs[0].verified is False
    assert message in next(iter(made.violations.values()))


def test_false_objectives_are_found() -> None:
    """What is minimised is minus the profit that was reported."""
    case = uam_cases([SHORT], bound=False)[0]
    result = make_uam_method("greedy").solve(case)
    UamEval().verify(case, result)
    with pytest.raises(InfeasibleScheduleError, match="objective is"):
        UamEval().verify(case, replace(result, objective=0.0))


def test_days_that_stop_early_are_found() -> None:
    """A feasible schedule that is not played to its end does not count as verified."""
    case = uam_cases([SHORT], bound=False)[0]
    whole = run_dispatcher(UamRule("greedy"), [(case.encoding, case.realisation)])[0]
    env = UamEnv(instance=case.encoding)
    env.reset(options={"problem": (case.encoding, case.realisation)})
    for _ in range(3):
        env.step(UamRule("greedy").act(env.view()))
    early = to_result(case, replace(whole, schedule=env.schedule()))
    with pytest.raises(InfeasibleScheduleError, match="complete day"):
        UamEval().verify(case, early)


def test_worst_days() -> None:
    """The lowest twentieth of each instance, one day at least; missing days do not count."""
    assert mean_of_lowest(np.arange(40.0)[None]) == 0.5
    assert mean_of_lowest(np.array([[3.0, 1.0, 2.0], [9.0, 7.0, math.nan]])) == 4.0
    assert math.isnan(mean_of_lowest(np.full((1, 2), math.nan)))


def _printed(table: Table, width: int) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 120, 280])
def test_profit_bound_and_worst_days_stand_together(comparison: Comparison, width: int) -> None:
    """However narrow the terminal; lookahead is the default baseline."""
    text = _printed(summary_table(comparison, summarise(comparison), width), width)
    flat = " ".join(text.replace("│", " ").split())
    for heading in ("$ per", "worst", "time", "verified"):
        assert heading in flat
    assert ("compare with lookahead" in flat) == (width == 280)
    assert ("empty: share" in flat) == (width > 80)
    assert ("decisions" in flat.split("lookahead")[0]) == (width == 280)
    runs = [run for run in comparison.runs if run.method == "greedy"][:2]
    profit = np.mean([run.measures["profit_usd"] for run in runs])
    share = np.mean([run.measures["bound_share"] for run in runs])
    assert f"{profit:.0f} ({100 * share:.0f} %)" in _printed(instances_table(comparison), 200)


def test_facts_and_runs(comparison: Comparison) -> None:
    """Values and bounds are profits, not what is minimised."""
    run = next(run for run in comparison.runs if run.method == "lookahead")
    facts = dict(UamEval().facts(run))
    assert facts["profit"].startswith(f"${run.measures['profit_usd']:.2f} (revenue $")
    assert facts["served"].endswith("passengers")
    assert f"{run.measures['profit_usd']:.2f}" in _printed(runs_table(comparison), 200)


def test_csv_and_json(comparison: Comparison) -> None:
    """Settings and measures are columns; the summary has means, intervals and worst days."""
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison.runs))))
    assert len(rows) == 16
    assert {row["rho"] for row in rows} == {"0.6", "1.2"}
    wanted = {"profit_usd", "bound_usd", "served_share", "empty_share", "load_factor", "decisions"}
    assert wanted <= set(rows[0])
    document = json.loads(to_json(comparison, summarise(comparison), {}))
    best = next(s for s in document["summary"] if s["method"] == "lookahead")
    low, high = best["mean_profit_usd_interval"]
    assert low <= best["mean_profit_usd"] <= high
    worst = [
        min(r.measures["profit_usd"] for r in comparison.runs
            if (r.method, r.instance) == ("lookahead", instance))
        for instance in dict.fromkeys(run.instance for run in comparison.runs)
    ]  # fmt: skip
    assert best["low5_profit_usd"] == pytest.approx(np.mean(worst))
    assert "low5_served" not in best


def test_report(comparison: Comparison) -> None:
    """One self-contained page: the table, a mean per load, and profit over the load."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    (figure,) = sweep_figures(comparison)
    titles = {note.text for note in figure.layout.annotations}
    assert titles == {"profit, $ per day", "share of the passengers served"}
    page = html_report(comparison, summarise(comparison), {"seeds": "0 to 1"})
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    for text in ("worst 5 %", "of bound %", "empty %", f"{SHORT},rho=0.6"):
        assert text in page


def test_throughput() -> None:
    """Every way has rates, and the kernel outruns stepping with observations."""
    measured = {(m.way, m.batch, m.rule): m for m in measure_all([SHORT], (2,), seconds=0.05)}
    assert set(measured) == {
        (SCALAR, 1, RANDOM), (OBSERVED, 2, RANDOM), (KERNEL, 2, RANDOM), (KERNEL, 2, "greedy-rate"),
    }  # fmt: skip
    assert all(m.decisions_per_s > 0 for m in measured.values())
    kernel, observed = measured[KERNEL, 2, RANDOM], measured[OBSERVED, 2, RANDOM]
    assert kernel.decisions_per_s > observed.decisions_per_s
    assert kernel.row()["passengers"] > 0
    with pytest.raises(DispatchlabError, match="'bay-11'"):
        measure_all(["bay-11"])
