"""Evaluation at an edge: cases, methods, figures, tables and reports."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from dispatchlab.baselines.edge.fluid import fluid_bound
from dispatchlab.baselines.edge.rollout import run_dispatcher
from dispatchlab.baselines.edge.rules import CODES, EdgeRule
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError, InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.edge.env import EdgeCloudEnv, EdgeCloudVectorEnv
from dispatchlab.envs.edge.schedule import OUTCOMES
from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, compare, relative_gap
from dispatchlab.eval.edge_cases import edge_case, edge_cases
from dispatchlab.eval.edge_throughput import DECIDE, KERNEL, OBSERVED, measure_all
from dispatchlab.eval.export import to_csv, to_json
from dispatchlab.eval.families.edge import EdgeEval
from dispatchlab.eval.methods.edge import to_result
from dispatchlab.eval.methods.parse_edge import make_edge_method, make_edge_methods
from dispatchlab.eval.report import html_report
from dispatchlab.eval.stream_cases import parse_points
from dispatchlab.eval.summary import summarise
from dispatchlab.eval.sweeps import sweep_figures
from dispatchlab.eval.table import instances_table, runs_table, summary_table
from tests.eval.helpers import chart_headings

SHORT = "2d-a:duration_ms=4000,qoe_window_ms=1000"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Four rules under two networks and two seeds."""
    cases = edge_cases([SHORT], parse_points(["network=stationary|trapezium"]), seeds=2)
    return compare(make_edge_methods(["hbf", "dem-q", "dem", "random"]), cases)


def save_untrained(folder: Path, **env: Any) -> Path:
    """A policy with random weights, as ``dispatchlab train edge`` would save it."""
    from dispatchlab.agents import GraphActorCriticPolicy, save_policy

    kwargs = {"migrate": True, "observation": "graph"} | env
    native = EdgeCloudVectorEnv(1, instance="2d-a:duration_ms=2000")
    layout = native.graph_spec.layout()
    policy = GraphActorCriticPolicy(
        native.single_observation_space, native.single_action_space, lambda _: 1e-3,
        layout=layout, encoder="arcs", hidden=8, num_layers=1, num_heads=2, feedforward=8,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_policy(folder / "policy", policy, {"family": "edge", "env": kwargs}, layout=layout)
    return folder


def test_cases_pair_networks_and_seeds() -> None:
    """Equal seeds draw the same arrivals and times, whatever the network; others differ."""
    cases = edge_cases([SHORT, "2d-p"], parse_points(["network=stationary|trapezium"]), seeds=2)
    assert [case.instance for case in cases[::2]] == [
        f"{SHORT},network=stationary", f"{SHORT},network=trapezium",
        "2d-p:network=stationary", "2d-p:network=trapezium",
    ]  # fmt: skip
    calm, rough = cases[0].realisation, cases[2].realisation
    assert np.array_equal(calm.arrival_ms, rough.arrival_ms)
    assert np.array_equal(calm.cloud_exec_ms, rough.cloud_exec_ms)
    assert rough.latency_ms.max() > calm.latency_ms.max() == 0
    assert not np.array_equal(calm.edge_time_ms, cases[1].realisation.edge_time_ms)
    assert cases[0].family == "edge"


def test_no_training_stream_is_a_test_stream() -> None:
    """Neither the rows of a training environment nor validation draw what the tests draw."""
    from dispatchlab.envs.edge.generator import make_generator
    from dispatchlab.train.problems import draw_problems

    spec = "2d-p:duration_ms=1000"
    tested = {case.realisation.edge_time_ms.tobytes() for case in edge_cases([spec], seeds=40)}
    env, seen = EdgeCloudVectorEnv(40, instance=spec), set()
    for seed in range(40):
        env.reset(seed=seed)
        seen |= {realisation.edge_time_ms.tobytes() for realisation in env.realisations}
    seen |= {drawn.edge_time_ms.tobytes() for _, drawn in draw_problems(make_generator(spec), 40)}
    assert len(tested) == 40
    assert not tested & seen


def test_bad_cases() -> None:
    """No instance, the same one twice, unknown and impossible settings are refused."""
    for instances, points, message in (
        ([], [{}], "0 cases"),
        (["2d-p", "2d-p"], [{}], "listed twice"),
        (["2d-p"], [{"drones": 3}], "no setting 'drones'"),
        (["2d-p"], [{"num_drones": 0}], "num_drones is 0"),
        (["2d-x"], [{}], "'2d-x'"),
    ):
        with pytest.raises(DispatchlabError, match=message):
            edge_cases(instances, points)
    with pytest.raises(DispatchlabError, match=r"network=stationary\|trapezium"):
        parse_points(["network"], "network=stationary|trapezium")


def test_every_rule_plays_and_verifies() -> None:
    """All on the same arrivals, none above the bound, with decisions that are timed."""
    case = edge_cases(["2d-a:duration_ms=6000,network=4g,qoe_window_ms=2000"])[0]
    made = compare(make_edge_methods(["all"]), [case])
    assert [run.method for run in made.runs] == list(CODES)
    assert not made.violations
    assert all(run.verified and run.decisions > 0 for run in made.runs)
    bound = fluid_bound(case.encoding, case.realisation).utility
    for run in made.runs:
        m = run.measures
        assert m["utility"] == m["qos"] + m["qoe"] == -run.objective <= bound
        assert m["lp_bound"] == bound == -run.lower_bound
        assert sum(m[name] for name in OUTCOMES) == m["tasks"] == case.encoding.num_tasks
        on_time = m["edge_on_time"] + m["cloud_on_time"]
        assert m["completion"] == pytest.approx(on_time / m["tasks"])
        assert run.gap == pytest.approx(1.0 - m["bound_ratio"])


def test_gaps_to_negative_references() -> None:
    """The shortfall of minus a utility, in shares of the bound; worse than nothing is above 1."""
    assert relative_gap(-80.0, -100.0) == pytest.approx(0.2)
    assert relative_gap(-100.0, -100.0) == 0.0
    assert relative_gap(20.0, -100.0) == pytest.approx(1.2)
    assert math.isnan(relative_gap(-1.0, 0.0))


def test_results_are_those_of_the_rollout() -> None:
    """The harness adds nothing: figures are those of `run_dispatcher`."""
    case = edge_cases([SHORT])[0]
    direct = run_dispatcher(EdgeRule("dems"), [(case.encoding, case.realisation)])[0]
    run = compare([make_edge_method("dems")], [case]).runs[0]
    assert (-run.objective, run.measures["qoe"]) == (direct.utility, direct.qoe)
    assert tuple(run.measures[name] for name in OUTCOMES) == direct.outcomes


def test_options_of_rules() -> None:
    """The released code's quirks change what happens; both stand side by side."""
    case = edge_cases(["3d-a:duration_ms=8000"])[0]
    names = ["dems", "dems:preset=code", "dems:preset=code:lead_ms=25", "dem:first_spared=true"]
    made = compare(make_edge_methods(names), [case])
    assert made.methods == names
    assert all(run.verified for run in made.runs)
    ended = [made.results[name, case.instance, 0].schedule.end_ms for name in names]
    assert not np.array_equal(ended[0], ended[1])
    assert not np.array_equal(ended[1], ended[2])


def test_random_draws_by_the_seed_of_the_case() -> None:
    """The random rule repeats, alone or among others."""
    cases = edge_cases([SHORT], seeds=3)
    together = compare([make_edge_method("random")], cases).runs
    alone = compare([make_edge_method("random")], cases[1:2]).runs[0]
    assert alone.objective == together[1].objective


class Flatterer:
    """Changes one reported figure."""

    def __init__(self, **changes: Any) -> None:
        """Keep the changes."""
        self.name, self._changes = "flatterer", changes

    def prepare(self) -> None:
        """Nothing."""

    def solve(self, case: Case) -> Result:
        """DEM, embellished."""
        outcome = run_dispatcher(EdgeRule("dem"), [(case.encoding, case.realisation)])[0]
        return to_result(case, replace(outcome, **self._changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"qos": 1e5}, "qos up to"),
        ({"qoe": 1e5}, "qoe up to"),
        ({"outcomes": (48, 0, 0, 0, 0, 0, 0, 0)}, "edge_on_time is"),
    ],
)
def test_false_reports_are_found(changes: dict[str, Any], message: str) -> None:
    """Figures that do not follow from the schedule make a run unverified."""
    made = compare([Flatterer(**changes)], edge_cases([SHORT]))
    assert made.runs[0].verified is False
    assert message in next(iter(made.violations.values()))


def test_false_objectives_are_found() -> None:
    """What is minimised is minus the utility that was reported."""
    case = edge_cases([SHORT])[0]
    result = make_edge_method("dem").solve(case)
    EdgeEval().verify(case, result)
    with pytest.raises(InfeasibleScheduleError, match="objective is"):
        EdgeEval().verify(case, replace(result, objective=0.0))


def test_episodes_that_stop_early_are_found() -> None:
    """A feasible schedule that is not played to its end does not count as verified."""
    case = edge_cases([SHORT])[0]
    whole = run_dispatcher(EdgeRule("dem"), [(case.encoding, case.realisation)])[0]
    env = EdgeCloudEnv(instance=case.encoding)
    env.reset(options={"problem": (case.encoding, case.realisation)})
    for _ in range(10):
        env.step(EdgeRule("dem").act(env.view()))
    terms = env.episodes.dynamics.reward_terms(0)
    early = replace(
        whole, schedule=env.schedule(), qos=terms["qos"], qoe=terms["qoe"],
        outcomes=tuple(int(terms[name]) for name in OUTCOMES),
    )  # fmt: skip
    with pytest.raises(InfeasibleScheduleError):
        EdgeEval().verify(case, to_result(case, early))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("spt", "Unknown method 'spt'"),
        ("dem:k=3", "no option 'k'"),
        ("dem:lead_ms=no", "not a whole number"),
        ("dem:lead_ms=-5", "lead_ms=-5 .* is not a whole number from 0 to"),
        ("dem:first_spared=2", "not true or false"),
        ("dem:preset=5", "Unknown preset '5'"),
        ("dem:preset=new", "Unknown preset 'new'"),
        ("agent", "agent=RUN"),
        ("agent:nowhere", "no file 'nowhere"),
    ],
)
def test_bad_methods(spec: str, message: str) -> None:
    """One sentence says what is wrong with a method."""
    pytest.importorskip("torch")
    with pytest.raises(DispatchlabError, match=message):
        make_edge_method(spec)
    for specs, what in ((["dem", "dem"], "listed twice"), ([], "No method")):
        with pytest.raises(DispatchlabError, match=what):
            make_edge_methods(specs)


def test_agent(tmp_path: Path) -> None:
    """An agent keeps the actions it was saved for, and does the same alone or in a batch."""
    pytest.importorskip("torch")
    method: Any = make_edge_method(f"agent={save_untrained(tmp_path / 'run', migrate=False)}")
    assert method.name == "agent=run"
    assert method.env_kwargs == {"migrate": False, "observation": "graph"}
    cases = edge_cases(["2d-p:duration_ms=2000"], seeds=3)
    together = method.solve_all(cases)
    assert [r.objective for r in together] == [method.solve(case).objective for case in cases]
    assert all(run.verified for run in compare([method], cases).runs)


@pytest.mark.parametrize("env", [{"migrate": 1}, {"observation": "all"}, {"observation": ["x"]}])
def test_agents_that_do_not_say_how_they_play(env: dict[str, Any], tmp_path: Path) -> None:
    """Metadata of strangers are checked."""
    pytest.importorskip("torch")
    folder = save_untrained(tmp_path / "run", **env)
    with pytest.raises(CheckpointError, match="does not say with which migrate"):
        make_edge_method(f"agent={folder}")


def test_agents_of_another_family(tmp_path: Path) -> None:
    """A policy for job shops is refused by name."""
    pytest.importorskip("torch")
    from tests.eval.helpers import save_untrained as save_shop

    with pytest.raises(CheckpointError, match="'job-shop', not 'edge'"):
        make_edge_method(f"agent={save_shop(tmp_path / 'shop')}")


def _printed(table: Table, width: int) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 120, 320])
def test_utility_and_completion_stand_together(comparison: Comparison, width: int) -> None:
    """However narrow the terminal; DEM-Q is the default baseline; wide ones show all counters."""
    text = _printed(summary_table(comparison, summarise(comparison), width), width)
    flat = " ".join(text.replace("│", " ").split())
    assert "utility" in flat
    assert "time" in flat
    assert "compare with dem-q" in flat
    assert ("dropped cost" in flat) == (width == 320)
    cells = _printed(instances_table(comparison), 200)
    runs = [run for run in comparison.runs if run.method == "dem"][:2]
    utility = np.mean([run.measures["utility"] for run in runs])
    completion = np.mean([run.measures["completion"] for run in runs])
    assert f"{utility:.0f} ({100 * completion:.0f} %)" in cells


def test_runs_table(comparison: Comparison) -> None:
    """Values and bounds are utilities, not what is minimised."""
    text = _printed(runs_table(comparison), 200)
    assert "utility" in text
    assert f"{comparison.runs[0].measures['utility']:.0f}" in text
    assert "-" not in re.sub(r"2d-a", "", text)
    facts = dict(EdgeEval().facts(comparison.runs[0]))
    assert facts["utility"].startswith(f"{comparison.runs[0].measures['utility']:.0f} (QoS")


def test_csv_and_json(comparison: Comparison) -> None:
    """Settings, all counters and measures are columns; the summary has means and intervals."""
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison.runs))))
    assert len(rows) == 16
    assert {row["network"] for row in rows} == {"stationary", "trapezium"}
    assert set(OUTCOMES) <= set(rows[0])
    assert float(rows[0]["utility"]) == -comparison.runs[0].objective
    assert rows[0]["objective_name"] == "minus_utility"
    document = json.loads(to_json(comparison, summarise(comparison), {}))
    dem = next(s for s in document["summary"] if s["method"] == "dem")
    low, high = dem["mean_utility_interval"]
    assert low <= dem["mean_utility"] <= high
    assert {f"mean_{name}" for name in OUTCOMES} <= set(dem)
    assert [s["mean_gap"] for s in document["summary"]] == sorted(
        s["mean_gap"] for s in document["summary"]
    )


def test_report(comparison: Comparison) -> None:
    """One self-contained page: table, utility over time with the bound, the best timelines."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    charts = EdgeEval().charts(comparison, 6)
    curves, *timelines = charts.figures
    assert [trace.name for trace in curves.data][-1] == "LP bound"
    assert {trace.name for trace in curves.data} >= {"dem", "dem-q", "hbf", "random"}
    assert len(timelines) == 3
    best = comparison.best(comparison.cases[0])
    assert best is not None
    assert best.method in timelines[0].layout.title.text
    page = html_report(comparison, summarise(comparison), {"seeds": "0 to 1"}, max_charts=1)
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert len(chart_headings(page)) == 4
    assert page.count("plotly.js v") == 1
    assert "share of the tasks that were on time" in page


def test_sweep() -> None:
    """Utility and completion over a number that varies."""
    pytest.importorskip("plotly")
    points = parse_points(["num_drones=1|2"])
    made = compare(make_edge_methods(["dem"]), edge_cases(["2d-p:duration_ms=1000"], points, 2))
    (figure,) = sweep_figures(made)
    assert {note.text for note in figure.layout.annotations} == {
        "utility", "share of the tasks on time",
    }  # fmt: skip


def test_one_case() -> None:
    """A single episode has no interval, but is verified and has a gap."""
    instance = edge_cases([SHORT])[0].encoding
    made = compare([make_edge_method("dem")], [edge_case("one", instance, 3)])
    (summary,) = summarise(made)
    assert math.isnan(summary.mean_gap_interval.low)
    assert 0 <= summary.mean_gap < 1
    assert summary.verified == 1


def test_throughput() -> None:
    """Every way has rates, and the kernel outruns stepping with observations."""
    measured = {(m.way, m.batch): m for m in measure_all([SHORT], (2,), seconds=0.05)}
    assert set(measured) == {(DECIDE, 1), (KERNEL, 2), (OBSERVED, 2)}
    assert all(m.decisions_per_s > 0 for m in measured.values())
    assert measured[DECIDE, 1].row()["tasks_per_s"] is None
    assert measured[KERNEL, 2].events_per_s > measured[OBSERVED, 2].events_per_s > 0
    with pytest.raises(DispatchlabError, match="'9x-a'"):
        measure_all(["9x-a"])
