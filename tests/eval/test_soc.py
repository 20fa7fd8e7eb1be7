"""Evaluation on chips: cases, methods, figures, tables and reports."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from dispatchlab.baselines.soc.rollout import run_dispatcher
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError, InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.soc.env import SocEnv
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, compare
from dispatchlab.eval.export import to_csv, to_json
from dispatchlab.eval.families.soc import SocEval
from dispatchlab.eval.methods.parse_soc import make_soc_method, make_soc_methods
from dispatchlab.eval.methods.soc import path_bound, to_result
from dispatchlab.eval.report import html_report
from dispatchlab.eval.soc_cases import soc_case, soc_cases
from dispatchlab.eval.soc_throughput import KERNEL, OBSERVED, SCALAR, measure_all
from dispatchlab.eval.stream_cases import parse_points
from dispatchlab.eval.summary import summarise
from dispatchlab.eval.sweeps import sweep_figures
from dispatchlab.eval.table import instances_table, summary_table
from tests.eval.helpers import chart_headings

SHORT = "top-1:horizon_us=600"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Two rules over two gaps and two seeds."""
    cases = soc_cases([SHORT], parse_points(["mean_gap_us=30|90"]), seeds=2)
    return compare(make_soc_methods(["etf", "random"]), cases)


def save_untrained(folder: Path, **env: Any) -> Path:
    """A policy with random weights, as ``dispatchlab train soc`` would save it."""
    from dispatchlab.agents import GraphActorCriticPolicy, save_policy
    from dispatchlab.envs.soc.env import SocVectorEnv

    kwargs = {"actions": "task-pe", "wait": False, "max_ready": 6} | env
    native = SocVectorEnv(1, instance="top-1", max_ready=6)
    layout = native.graph_spec.layout()
    policy = GraphActorCriticPolicy(
        native.single_observation_space, native.single_action_space, lambda _: 1e-3,
        layout=layout, encoder="arcs", hidden=8, num_layers=1, num_heads=2, feedforward=8,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_policy(folder / "policy", policy, {"family": "soc", "env": kwargs}, layout=layout)
    return folder


def test_cases_pair_settings_and_seeds() -> None:
    """Names tell instances and settings apart, and equal seeds draw alike whatever the gap."""
    cases = soc_cases(["top-1", "top-2"], parse_points(["mean_gap_us=25|50", "noise_std=0.2"]), 2)
    assert len(cases) == 8
    assert [case.instance for case in cases[:4:2]] == [
        "top-1:mean_gap_us=25,noise_std=0.2", "top-1:mean_gap_us=50,noise_std=0.2",
    ]  # fmt: skip
    fast, slow = cases[0].realisation, cases[2].realisation
    count = min(len(fast.gap_us), len(slow.gap_us))
    assert cases[0].encoding.noise.std == 0.2
    assert np.array_equal(fast.factor[:10], slow.factor[:10])
    assert 1.8 < slow.gap_us[3:count].sum() / fast.gap_us[3:count].sum() < 2.4
    again = soc_cases(["top-1"], [{"mean_gap_us": 25, "noise_std": 0.2}], 2)
    assert np.array_equal(again[1].realisation.gap_us, cases[1].realisation.gap_us)
    assert not np.array_equal(cases[0].realisation.gap_us, cases[1].realisation.gap_us)


def test_no_training_stream_is_a_test_stream() -> None:
    """Neither the rows of a training environment nor validation draw what the tests draw."""
    from dispatchlab.envs.soc.env import SocVectorEnv
    from dispatchlab.envs.soc.generator import make_generator
    from dispatchlab.train.problems import draw_problems

    tested = {case.realisation.gap_us.tobytes() for case in soc_cases(["top-1"], seeds=40)}
    env = SocVectorEnv(40, instance="top-1", generator=None)
    seen = set()
    for seed in range(40):
        env.reset(seed=seed)
        seen |= {realisation.gap_us.tobytes() for realisation in env.realisations}
    seen |= {drawn.gap_us.tobytes() for _, drawn in draw_problems(make_generator("top-1"), 40)}
    assert len(tested) == 40
    assert not tested & seen


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["mean_gap_us"], "has no values"),
        (["mean_gap_us="], "has no values"),
        (["a=1", "a=2"], "'a' stands twice"),
    ],
)
def test_bad_points(texts: list[str], message: str) -> None:
    """Settings without values, or given twice, are refused."""
    with pytest.raises(DispatchlabError, match=message):
        parse_points(texts)


def test_bad_cases() -> None:
    """No instance, the same one twice and an unknown setting are refused."""
    for instances, points, message in (
        ([], [{}], "0 cases"),
        (["top-1", "top-1"], [{}], "listed twice"),
        (["top-1"], [{"gap": 3}], "no setting 'gap'"),
        (["top-1"], [{"mean_gap_us": 0}], "mean_gap_us is 0"),
    ):
        with pytest.raises(DispatchlabError, match=message):
            soc_cases(instances, points)


def test_every_method_plays_and_verifies() -> None:
    """Rules, lookahead, planners: same arrivals, verified episodes, decisions that are timed."""
    pytest.importorskip("ortools")
    names = [
        "met",
        "etf",
        "lookahead-etf",
        "lookahead-etf+peft-rt",
        "heft",
        "peft",
        "cpop",
        "cp-sat:time=0.05",
    ]
    cases = soc_cases(["top-mix:horizon_us=300"], seeds=2)
    made = compare(make_soc_methods(names), cases)
    assert not made.violations
    assert all(run.verified for run in made.runs)
    assert all(run.decisions > 0 and run.time_per_decision_s > 0 for run in made.runs)
    assert len({run.measures["arrived"] for run in made.runs if run.seed == 0}) == 1
    row = made.runs[0].row()
    assert row["latency_us"] == row["objective"]
    assert {"completed", "lost", "in_system", "blocked_us", "base"} <= set(row)


def test_warm_up_and_blocked_sources_verify() -> None:
    """Figures count from the warm-up on; what was blocked is a measure too."""
    cases = soc_cases(["wifi-tx20:horizon_us=3000,warmup_us=1000,mean_gap_us=20,max_jobs=3"])
    made = compare(make_soc_methods(["etf", "heft"]), cases)
    assert not made.violations
    assert all(run.measures["blocked_us"] > 0 for run in made.runs)
    assert all(0 < run.measures["utilisation"] < 1 for run in made.runs)


def test_results_are_those_of_the_rollout() -> None:
    """The harness adds nothing: latency and jobs are those of `run_dispatcher`."""
    case = soc_cases([SHORT])[0]
    direct = run_dispatcher(SocRule("etf"), [(case.encoding, case.realisation)])[0]
    run = compare([make_soc_method("etf")], [case]).runs[0]
    assert (run.objective, run.measures["completed"]) == (direct.latency_us, direct.completed)


@pytest.mark.parametrize(
    ("method", "makespan"), [("cp-sat", 73), ("heft", 80), ("met", 80), ("etf", 80)]
)
def test_published_makespans(method: str, makespan: int) -> None:
    """The canonical graph: optimum 73, HEFT 80 (Topcuoglu et al. 2002), bounds below."""
    if method == "cp-sat":
        pytest.importorskip("ortools")
    case = soc_case("job:Top_1", load_instance("job:Top_1"), 0)
    run = compare([make_soc_method(method)], [case]).runs[0]
    assert (run.objective_name, run.objective) == ("makespan", makespan)
    assert run.lower_bound == (73 if method == "cp-sat" else path_bound(case.encoding))
    assert run.lower_bound <= makespan
    assert run.status == ("optimal" if method == "cp-sat" else "feasible")


def test_random_draws_by_the_seed_of_the_case() -> None:
    """The random rule repeats, alone or among others."""
    cases = soc_cases([SHORT], seeds=3)
    together = compare([make_soc_method("random")], cases).runs
    alone = compare([make_soc_method("random")], cases[1:2]).runs[0]
    assert alone.objective == together[1].objective


class Flatterer:
    """Reports one job more than it completed."""

    name = "flatterer"

    def prepare(self) -> None:
        """Nothing."""

    def solve(self, case: Case) -> Result:
        """ETF, embellished."""
        outcome = run_dispatcher(SocRule("etf"), [(case.encoding, case.realisation)])[0]
        return to_result(case, replace(outcome, completed=outcome.completed + 1))


def test_false_reports_are_found() -> None:
    """Figures that do not follow from the schedule make a run unverified."""
    made = compare([Flatterer()], soc_cases([SHORT]))
    assert made.runs[0].verified is False
    assert "completed is" in next(iter(made.violations.values()))


def test_episodes_that_stop_early_are_found() -> None:
    """A feasible schedule that is not played to its end does not count as verified."""
    case = soc_cases([SHORT])[0]
    whole = run_dispatcher(SocRule("etf"), [(case.encoding, case.realisation)])[0]
    env = SocEnv(instance=case.encoding)
    env.reset(options={"problem": (case.encoding, case.realisation)})
    for _ in range(10):
        env.step(SocRule("etf").act(env.view()))
    terms = env.episodes.dynamics.reward_terms(0)
    early = replace(
        whole, schedule=env.schedule(), job_time_us=terms["job_time_us"], latency_us=math.nan,
        completed=0, arrived=int(terms["arrived"]), lost=0, in_system=int(terms["in_system"]),
    )  # fmt: skip
    with pytest.raises(InfeasibleScheduleError, match="must be played to its horizon"):
        SocEval().verify(case, to_result(case, early))


def test_plans_keep_what_they_promise() -> None:
    """The plan of CP-SAT, played, must come to the objective that the solver reported."""
    case = soc_cases(["job:Top_1"])[0]
    result = make_soc_method("cp-sat").solve(case)
    SocEval().verify(case, result)
    boast = replace(result, info={**result.info, "planned_job_time_us": 72.0})
    with pytest.raises(InfeasibleScheduleError, match="promises 72 job"):
        SocEval().verify(case, boast)


def test_bounds_of_batches_with_a_horizon() -> None:
    """Where a horizon leaves jobs out, the bound of all jobs does not hold for the mean."""
    batch = load_instance("job:Top_1").with_injection(num_jobs=3, max_jobs=3, horizon_us=100)
    result = make_soc_method("cp-sat:time=60").solve(soc_case("batch", batch, 0))
    SocEval().verify(soc_case("batch", batch, 0), result)
    assert result.objective is not None
    assert result.lower_bound <= result.objective


def test_nothing_completed() -> None:
    """Without a completed job there is no latency, but the episode is verified and counted."""
    made = compare(make_soc_methods(["etf", "met"]), soc_cases(["top-1:horizon_us=10"]))
    assert all(math.isnan(run.objective) and run.verified for run in made.runs)
    assert [s.measures["completed"].mean for s in summarise(made)] == [0.0, 0.0]
    assert made.best(made.cases[0]) is None
    assert SocEval().cell(math.nan, made.runs[0].measures) == "– (0)"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("spt", "Unknown method 'spt'"),
        ("lookahead-spt", "Unknown method 'lookahead-spt'"),
        ("heft:k=3", "has no options"),
        ("cp-sat:k=3", "no option 'k'"),
        ("cp-sat:time=no", "time=no"),
        ("agent", "agent=RUN"),
        ("agent:nowhere", "no file 'nowhere"),
    ],
)
def test_bad_methods(spec: str, message: str) -> None:
    """One sentence says what is wrong with a method."""
    pytest.importorskip("torch")
    with pytest.raises(DispatchlabError, match=message):
        make_soc_method(spec)
    for specs, what in ((["etf", "etf"], "listed twice"), ([], "No method")):
        with pytest.raises(DispatchlabError, match=what):
            make_soc_methods(specs)


def test_agent(tmp_path: Path) -> None:
    """An agent keeps the actions it was saved for, and does the same alone or in a batch."""
    pytest.importorskip("torch")
    method: Any = make_soc_method(f"agent={save_untrained(tmp_path / 'run')}")
    assert method.name == "agent=run"
    assert method.env_kwargs == {
        "actions": "task-pe", "wait": False, "max_ready": 6, "observation": "graph",
    }  # fmt: skip
    cases = soc_cases(["top-1:horizon_us=200"], seeds=3)
    together = method.solve_all(cases)
    assert [r.objective for r in together] == [method.solve(case).objective for case in cases]
    assert all(run.verified for run in compare([method], cases).runs)


@pytest.mark.parametrize(
    "env",
    [
        {"actions": "plan"},
        {"actions": [1]},
        {"wait": "no"},
        {"max_ready": 0},
        {"max_ready": True},
        {"observation": "all"},
    ],
)
def test_agents_that_do_not_say_how_they_play(env: dict[str, Any], tmp_path: Path) -> None:
    """Metadata of strangers are checked."""
    pytest.importorskip("torch")
    folder = save_untrained(tmp_path / "run", **env)
    with pytest.raises(CheckpointError, match="does not say with which actions"):
        make_soc_method(f"agent={folder}")


def test_agents_of_another_family(tmp_path: Path) -> None:
    """A policy for job shops is refused by name."""
    pytest.importorskip("torch")
    from tests.eval.helpers import save_untrained as save_shop

    with pytest.raises(CheckpointError, match="'job-shop', not 'soc'"):
        make_soc_method(f"agent={save_shop(tmp_path / 'shop')}")


@pytest.mark.parametrize("width", [80, 120, 200])
def test_latency_and_jobs_stand_together(comparison: Comparison, width: int) -> None:
    """However narrow the terminal; ETF is the default baseline."""
    stream = io.StringIO()
    screen = Console(file=stream, width=width)
    screen.print(summary_table(comparison, summarise(comparison), width))
    screen.print(instances_table(comparison))
    text = stream.getvalue()
    assert "latency" in text
    assert "compl" in text
    assert "compare with etf" in text
    first = [run for run in comparison.runs if run.method == "etf"][:2]
    latency = np.mean([run.objective for run in first])
    jobs = np.mean([run.measures["completed"] for run in first])
    assert f"{latency:.1f} ({jobs:.0f})" in text


def test_csv_and_json(comparison: Comparison) -> None:
    """Settings and measures are columns; the summary has means, intervals and IQM."""
    rows = list(csv.DictReader(io.StringIO(to_csv(comparison.runs))))
    assert len(rows) == 8
    assert {row["mean_gap_us"] for row in rows} == {"30", "90"}
    assert float(rows[0]["latency_us"]) == comparison.runs[0].objective
    document = json.loads(to_json(comparison, summarise(comparison), {}))
    etf = next(s for s in document["summary"] if s["method"] == "etf")
    low, high = etf["mean_latency_us_interval"]
    assert low <= etf["mean_latency_us"] <= high
    assert {"iqm_latency_us", "mean_completed", "mean_lost"} <= set(etf)


def test_report(comparison: Comparison) -> None:
    """One self-contained page with latency and jobs over the gap, and a Gantt chart."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    figure = sweep_figures(comparison)[0]
    assert len(sweep_figures(comparison)) == 1
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [(line.name, tuple(line.x)) for line in lines] == [
        (name, (30, 90)) for name in ("etf", "etf", "random", "random")
    ]
    page = html_report(comparison, summarise(comparison), {"seeds": "0 to 1"}, max_charts=1)
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    titles = chart_headings(page)
    assert titles[2] == unescape(figure.layout.title.text)
    assert len(titles) == 4
    assert page.count("plotly.js v") == 1
    assert "jobs completed" in page


def test_sweeps_do_not_mix_settings() -> None:
    """Where two settings vary, each figure has one of them fixed."""
    pytest.importorskip("plotly")
    points = parse_points(["mean_gap_us=30|90", "noise_std=0|0.2|0.4"])
    made = compare(make_soc_methods(["met"]), soc_cases(["top-1:horizon_us=300"], points, 2))
    titles = [figure.layout.title.text for figure in sweep_figures(made)]
    assert len(titles) == len(set(titles)) == 5
    assert "top-1:horizon_us=300, noise_std=0.4, over mean_gap_us" in titles


def test_throughput() -> None:
    """Every way has rates, and more tasks per second in the kernel than through Python."""
    measured = {(m.way, m.batch): m for m in measure_all([SHORT], (2,), seconds=0.05)}
    assert set(measured) == {(SCALAR, 1), (KERNEL, 2), (OBSERVED, 2)}
    assert all(m.tasks > 0 and m.us_per_s > 0 for m in measured.values())
    assert measured[KERNEL, 2].tasks_per_s > measured[SCALAR, 1].tasks_per_s
    with pytest.raises(DispatchlabError, match="no SoC instance named 'top-99'"):
        measure_all(["top-99"])
