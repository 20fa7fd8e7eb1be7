"""The HTML report of a comparison: its charts, its tables, and names that must stay text."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("plotly")
pytest.importorskip("jinja2")

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.anytime import case_figures, time_figure, trail
from dispatchlab.eval.compare import Comparison
from dispatchlab.eval.profiles import profile_figure, profile_of
from dispatchlab.eval.report import html_report, run_folders
from dispatchlab.eval.report_tables import MAX_RUNS, objective_rows, run_rows
from dispatchlab.eval.summary import summarise
from tests.eval.helpers import chart_headings
from tests.eval.hostile import IMAGE, NAMES, hostile
from tests.eval.run_folders import write_run

NAN = float("nan")
Make = Callable[[Mapping[str, Sequence[Sequence[float]]]], Comparison]


def page_of(comparison: Comparison, **options: Any) -> str:
    """The report without charts of schedules, for the comparisons made by hand have none."""
    return html_report(comparison, summarise(comparison), {}, **{"max_charts": 0, **options})


def logged(
    made: Comparison, logs: Mapping[str, Sequence[tuple[float, float, float]]]
) -> Comparison:
    """The same with a log of times, objectives and bounds for every run of some methods."""
    results = {
        (run.method, run.instance, run.seed): Result(
            None, run.objective, 90.0, "feasible", run.runtime_s,
            tuple({"time_s": t, "objective": o, "lower_bound": b} for t, o, b in logs[run.method]),
        )
        for run in made.runs
        if run.method in logs
    }  # fmt: skip
    return replace(made, results=results)


def lines(figure: Any) -> dict[str, Any]:  # noqa: ANN401 (a figure of plotly)
    """Traces by name; of several with the same name the first."""
    return {trace.name: trace for trace in reversed(figure.data)}


def test_profile() -> None:
    """Shares of all cases, those without a schedule included; equal gaps make one step."""
    levels, shares = profile_of(np.array([0.2, NAN, 0.0, 0.2]))
    assert levels.tolist() == [0.0, 0.2]
    assert shares.tolist() == [0.25, 0.75]
    levels, shares = profile_of(np.array([0.5, -0.1]))  # below a value that was thought the best
    assert (levels.tolist(), shares.tolist()) == ([-0.1, 0.5], [0.5, 1.0])
    levels, shares = profile_of(np.array([NAN]))
    assert (levels.tolist(), shares.tolist()) == ([0.0], [0.0])


def test_profile_figure(comparison: Make) -> None:
    """A curve per method up to one end; it begins with the gaps of the better half."""
    made = comparison({"good": [[0.01], [0.02]], "bad": [[2.0], [NAN]], "worse": [[4.0], [3.0]]})
    curves = lines(profile_figure(made))
    assert list(curves["good"].y) == [0.0, 0.5, 1.0, 1.0]
    assert list(curves["bad"].y) == [0.0, 0.5, 0.5]
    assert {curve.x[-1] for curve in curves.values()} == {420.0}
    assert profile_figure(made).layout.xaxis.range[1] == pytest.approx(210.0)
    assert len({(curve.line.color, curve.line.dash) for curve in curves.values()}) == 3
    assert profile_figure(comparison({"none": [[NAN]]})) is None


def test_rejected_runs_are_within_no_gap(comparison: Make) -> None:
    """A gap that the checker does not believe is none."""
    made = comparison({"liar": [[0.0]], "honest": [[0.1]]})
    runs = tuple(replace(run, verified=run.method != "liar") for run in made.runs)
    wrong = replace(made, runs=runs, violations={("liar", "i0", 0): "too <b>good"})
    assert list(lines(profile_figure(wrong))["liar"].y) == [0.0, 0.0]
    (row,) = objective_rows(wrong)
    assert [cell["style"] for cell in row["cells"]] == ["bad", "best"]
    assert "rejected" in row["cells"][0]["text"]
    page = page_of(wrong)
    assert "The independent checker rejected 1 of 2 schedules." in page
    assert "too &lt;b&gt;good" in page


def test_trail(comparison: Make) -> None:
    """Incumbents that improve and bounds that rise; where the log is of another plan, the end."""
    made = comparison({"cp-sat": [[0.25]], "spt": [[0.5]]})
    run, rule = made.runs
    log = [(0.1, math.inf, 0.0), (0.2, 130.0, 80.0), (0.3, 125.0, 80.0), (0.4, 125.0, 95.0)]
    found = trail(logged(made, {"cp-sat": log}), run)
    assert found.steps == [(0.2, 130.0), (0.3, 125.0)]
    assert found.bounds == [(0.2, 80.0), (0.4, 95.0)]
    assert found.is_logged
    assert trail(made, rule).steps == [(0.5, 150.0)]
    replayed = trail(logged(made, {"cp-sat": log[:2]}), run)
    assert (replayed.steps, replayed.is_logged) == ([(0.5, 125.0)], False)


def test_bounds_of_profits(comparison: Make) -> None:
    """Where objectives are negative, so are bounds that say something; no bound is none."""
    made = comparison({"plans": [[0.25]]})
    made = replace(made, runs=[replace(made.runs[0], objective=-50.0)])
    log = [(0.1, -40.0, -math.inf), (0.2, -50.0, -90.0), (0.3, -50.0, -60.0)]
    found = trail(logged(made, {"plans": log}), made.runs[0])
    assert found.bounds == [(0.2, -90.0), (0.3, -60.0)]


def test_quality_over_time(comparison: Make) -> None:
    """The mean begins when every case has a schedule; a rule is a line from its end on."""
    made = comparison({"cp-sat": [[0.25], [0.25]], "spt": [[0.5], [0.75]], "lost": [[NAN], [NAN]]})
    made = logged(made, {"cp-sat": [(0.125, 150.0, 50.0), (0.25, 125.0, 90.0)]})
    figure = time_figure(made, summarise(made))
    curves = lines(figure)
    assert list(curves) == ["spt", "cp-sat"]
    assert list(curves["cp-sat"].x)[:-1] == [0.125, 0.25, 0.25]
    assert list(curves["cp-sat"].y) == pytest.approx([50.0, 37.5, 25.0, 25.0])
    assert list(curves["spt"].y) == pytest.approx([62.5, 62.5])
    assert figure.layout.meta["cases"] == 2
    (name, case), (other, _) = case_figures(made, 5)
    assert (name, other) == ("i0, seed 0", "i1, seed 0")
    assert list(case.data[0].y) == [150.0, 125.0, 125.0]
    assert list(case.data[1].y) == [50.0, 90.0, 90.0]
    assert len(case_figures(made, 1)) == 1


def test_times_without_logs(comparison: Make) -> None:
    """Marks with the interval of the gap; nothing where nobody has a schedule."""
    made = comparison({"spt": [[0.5], [0.75]]})
    (mark,) = time_figure(made, summarise(made)).data
    assert (mark.mode, mark.x, mark.y) == ("markers", (0.5,), (62.5,))
    assert mark.error_y.array[0] == pytest.approx(12.5)
    assert case_figures(made, 5) == []
    lost = comparison({"spt": [[NAN]]})
    assert time_figure(lost, summarise(lost)) is None


def test_runs_table(comparison: Make) -> None:
    """A row per run with its times, gaps and verdict; none where there are too many."""
    made = comparison({"spt": [[0.5]], "lost": [[NAN]]})
    first, second = run_rows(made)
    assert first["cells"] == [
        "i0", "0", "spt", "150", "90", "100", "50.00", "66.67", "500 ms", "10", "50 ms", "feasible",
        "yes",
    ]  # fmt: skip
    assert second["cells"][-1] == "–"
    many = replace(made, runs=made.runs * MAX_RUNS)
    assert run_rows(many) == []


def test_page(comparison: Make) -> None:
    """Language, landmarks, labels, a policy that forbids the network, and one library."""
    page = page_of(comparison({"spt": [[0.5], [0.1]], "mwkr": [[0.2], [NAN]]}))
    assert '<html lang="en">' in page
    assert re.search(
        r"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'", page
    )
    for landmark in ("<header>", "<nav aria-label=", '<main id="content">', "<footer>"):
        assert page.count(landmark) == 1
    assert page.count("plotly.js v") == 1
    assert "All 3 schedules passed the independent checker; 1 of 4 runs found none." in page
    headings = re.findall(r"<thead>.*?</thead>", page)
    assert len(headings) == 3
    assert all("aria-sort" in text for text in headings)
    labels = re.findall(r'<div class="scroll[^>]*>', page)
    assert all('tabindex="0" role="region" aria-label' in label for label in labels)
    # No button offers to upload a chart.
    assert page.count('"showSendToCloud": false') == page.count('class="plotly-graph-div"') > 0


def test_no_library_without_charts(comparison: Make) -> None:
    """A page that draws nothing does not carry megabytes."""
    page = page_of(comparison({"spt": [[NAN]]}))
    assert "plotly.js v" not in page
    assert len(page) < 60_000


def test_learning_curves(comparison: Make, tmp_path: Path) -> None:
    """Those of the agents' runs; a damaged folder costs its curves, never the report."""
    folder = write_run(tmp_path / "first")
    made = comparison({"agent=first": [[0.5]]})
    page = page_of(made, run_folders=[folder])
    assert "Learning curves of the agents" in page
    assert chart_headings(page)[-1] == "generated"
    (folder / "progress.csv").write_text("a,b\n")
    page = page_of(made, run_folders=[folder])
    assert "None is shown:" in page
    assert "no header" in page


def test_run_folders(tmp_path: Path) -> None:
    """The run of an agent and of a hybrid is one; policy files and rules have none."""

    class Some:
        def __init__(self, path: object) -> None:
            self.path = path

    folder = write_run(tmp_path / "first")
    methods: list[Any] = [
        Some(folder), Some(str(folder)), Some("job-shop-classic"), Some(None), object()
    ]  # fmt: skip
    assert run_folders(methods) == [folder]


def test_hostile_names_are_text() -> None:
    """Whatever a file calls things, no markup reaches the page, its scripts or its charts."""
    pytest.importorskip("ortools")
    made = hostile("job-shop")
    page = html_report(made, summarise(made), {IMAGE: IMAGE}, title=IMAGE, max_charts=2)
    assert "<img" not in page
    assert "<script>alert" not in page
    assert len(re.findall("<script", page)) == len(re.findall("</script", page))
    for name in NAMES:
        assert escape(name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert any(unescape(heading).startswith(IMAGE) for heading in chart_headings(page))
    # In a chart that reads names as HTML they are escaped, and the page's JSON has no bracket.
    figure = profile_figure(made)
    assert escape(IMAGE, quote=False) in {trace.name for trace in figure.data}
    assert r"\u0026lt;img src=x" in page or "&lt;img src=x" in page
