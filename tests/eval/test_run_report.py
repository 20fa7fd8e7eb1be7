"""The page about training runs: what it reads, what it draws, and what it refuses."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("stable_baselines3")
pytest.importorskip("plotly")
pytest.importorskip("jinja2")

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.task_space import Parameter, TaskSpace
from dispatchlab.eval.run_report.curriculum import grouped, thinned
from dispatchlab.eval.run_report.learning import final_rows, learning_charts
from dispatchlab.eval.run_report.page import run_report
from dispatchlab.eval.run_report.plane import plane_data
from dispatchlab.eval.run_report.plays import play_charts
from dispatchlab.eval.run_report.record import RunRecord, read_runs
from dispatchlab.eval.run_report.replay import edit_rows, level_rows, replay_chart
from dispatchlab.eval.run_report.settings import first_rows, version_rows
from dispatchlab.eval.run_report.tasks import edges_of, own_values, task_charts
from dispatchlab.eval.run_report.updates import update_charts
from dispatchlab.train import preset
from dispatchlab.train.config_files import write_config
from tests.eval.run_folders import HEADER, LINES, write_run

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes run folders by hand: no training."""
    return lambda name="run", **content: write_run(tmp_path / name, **content)


def read(folder: Path) -> RunRecord:
    """The only run."""
    return read_runs([folder])[0]


def traces(chart: Any) -> dict[str, Any]:  # noqa: ANN401 - a chart
    """Its traces by name."""
    return {trace.name: trace for trace in chart.figure.data}


def test_learning_curves(make: Make) -> None:
    """Agents of both runs in one chart; the rule that scores the same in both is one flat line."""
    other = ("0,1,50.0,40.0,", "2048,3,20.0,40.0,")
    runs = read_runs([make("one"), make("two", teacher="", rows=other)])
    (chart,) = learning_charts(runs)
    assert chart.note == "Mean gap to the lower bound in %; lower is better."
    lines = traces(chart)
    assert list(lines) == ["one", "two", "spt"]
    assert (lines["one"].x, lines["one"].y) == ((0, 1024), (50.0, 30.0))
    assert (lines["spt"].x, lines["spt"].y) == ((0, 2048), (40.0, 40.0))
    assert lines["one"].line.color != lines["two"].line.color
    assert lines["one"].marker.symbol != lines["two"].marker.symbol
    assert final_rows(runs) == [["generated: greedy", "30", "30"], ["generated: spt", "40", "40"]]


def test_rules_that_differ_have_a_line_each(make: Make) -> None:
    """Runs with other validation instances do not share the lines of rules."""
    runs = read_runs([make("one"), make("two", rows=("0,1,50.0,41.5,",))])
    lines = traces(learning_charts(runs)[0])
    assert lines["spt (one)"].y == (40.0, 40.0)
    assert lines["spt (two)"].y == (41.5, 41.5)


def test_what_was_completed_has_a_chart(make: Make) -> None:
    """Families that count what was completed have a second chart, with its unit."""
    folder = make(teacher="")
    text = (folder / "progress.csv").read_text()
    header = HEADER.replace("/spt", "/spt_completed").replace("loss", "loss,eval/generated/spt")
    header = header.replace("generated/greedy", "generated/greedy_completed")
    (folder / "progress.csv").write_text(
        text.replace(HEADER, header + ",eval/generated/greedy").replace(",\n", ",,7,8\n", 1)
        .replace("0.25\n", "0.25,,\n").replace("0.125\n", "0.125,7,9\n")
    )  # fmt: skip
    sets = {"generated": {"unit": "mean utility (% on time)"}}
    (folder / "eval.json").write_text(json.dumps({"sets": sets}))
    scores, completed = learning_charts([read(folder)])
    assert scores.note.startswith("Mean utility;")
    assert traces(scores)["run"].y == (8, 9)
    assert completed.note == "% on time."
    assert traces(completed)["run"].y == (50.0, 30.0)
    assert traces(completed)["spt"].y == (40.0, 40.0)


def test_updates(make: Make) -> None:
    """What was recorded has a chart; gaps are left out, and so are numbers never recorded."""
    (chart,) = update_charts([read(make())])
    assert chart.heading == "Value loss"
    assert (chart.figure.data[0].x, chart.figure.data[0].y) == ((512, 1024), (0.25, 0.125))


def test_plays(make: Make) -> None:
    """Means over the episodes of each rollout; regret only where somebody asked."""
    score, regret, learned, edits = play_charts([read(make())])
    assert score.figure.data[0].y == pytest.approx((0.4, 0.6))
    assert (regret.figure.data[0].x, regret.figure.data[0].y) == ((512,), (0.4,))
    assert learned.figure.data[0].y == (1.0, 0.5)
    assert edits.figure.data[0].y == (0.0, 1.0)


def test_task_heat_maps(make: Make) -> None:
    """Shares of a parameter's own values over time, with whole numbers in rows of their own."""
    run = read(make())
    assert run.levels is not None
    jobs, skew = task_charts(run.levels.space, run.rollouts)
    assert (jobs.heading, skew.heading) == ("num jobs", "duration skew")
    shares = np.array(jobs.figure.data[0].z)
    assert jobs.figure.data[0].x == (0, 512, 1024)
    assert jobs.figure.data[0].y == tuple(np.arange(3.5, 15))
    assert shares.sum(0) == pytest.approx([1.0, 1.0])
    assert shares[0].tolist() == [0.5, 1.0]  # 4 jobs: one of two, then both
    assert shares[-1].tolist() == [0.5, 0.0]  # 14 jobs
    assert np.array(skew.figure.data[0].z)[8].tolist() == [0.0, 0.5]  # from 2 of 4


@given(
    low=st.integers(-50, 50), width=st.integers(1, 200), whole=st.booleans(),
    x=st.floats(0.0, 1.0),
)  # fmt: skip
def test_values_are_those_of_the_task_space(low: int, width: int, whole: bool, x: float) -> None:
    """Own units are those of `TaskSpace`, and every value is in a row of the heat map."""
    parameter = Parameter("p", low, low + width, low, integer=whole)
    value = float(own_values(parameter, np.array([x]))[0])
    assert value == pytest.approx(TaskSpace([parameter]).denormalise([x])["p"])
    edges = edges_of(parameter)
    assert edges[0] <= value <= edges[-1]
    assert (np.diff(edges) > 0).all()


@given(size=st.integers(0, 300), most=st.integers(2, 60))
def test_thinning(size: int, most: int) -> None:
    """Groups lose nothing; thinned lists keep the order and the last item."""
    items = list(range(size))
    groups = grouped(items, most)
    assert [item for group in groups for item in group] == items
    assert len(groups) <= most
    assert all(groups)
    some = thinned(items, most)
    assert len(some) == min(size, most)
    assert some == sorted(set(some))
    assert some[-1:] == items[-1:]


def test_plane(make: Make) -> None:
    """Gaussians and boxes in own units; a parameter with a single value is no axis."""
    run = read(make())
    assert run.levels is not None
    data = plane_data(run.levels, run.rollouts)
    assert data is not None
    assert [(p["title"], p["low"], p["high"]) for p in data["parameters"]] == [
        ("num jobs", 4, 14), ("duration skew", 0, 4)
    ]  # fmt: skip
    first, second = data["frames"]
    (gaussian,) = first["gaussians"]
    assert gaussian["mean"] == pytest.approx([9.0, 1.0])
    assert np.array(gaussian["cov"]) == pytest.approx(np.array([[1.0, 0.08], [0.08, 0.64]]))
    assert second["boxes"] == [{"low": [4.0, 2.0], "high": [9.0, 4.0], "weight": 0.2}]
    assert [level["mass"] for level in first["levels"]] == [0.25, 0.75]
    assert second["plays"][1] == {"point": [4.0, 2.0], "score": 0.8}


def test_replay(make: Make) -> None:
    """Levels by the mass that they ever had, and in words what was edited in them."""
    run = read(make())
    assert run.levels is not None
    chart = replay_chart(run.levels, run.rollouts)
    assert chart is not None
    bars = traces(chart)
    assert list(bars) == ["b" * 6, "a" * 6, "c" * 6, "others"]
    assert bars["b" * 6].y == (0.75, 0.5)
    assert bars["c" * 6].y == (0.0, 0.25)
    words = run.levels.describe(0)
    assert f"{words} (2 times)" in bars["b" * 6].hovertext
    first, second = level_rows(run.levels, run.rollouts)
    assert (first[0], first[1], first[4]) == ("b" * 6, "50.0%", f"{words} (2 times)")
    assert second[3] == "num_jobs 5, duration_skew 2"
    assert edit_rows(run.levels, run.rollouts) == [[words, "0", "0", "1", "1", "0.400"]]


def test_settings(make: Make) -> None:
    """Runs that differ in a setting show it even if it is none of the first ones."""
    folders = [make("one"), make("two")]
    write_config(preset("quick", "job-shop").override(["gamma=0.5"]), folders[1] / "config.yaml")
    (folders[1] / "curriculum.jsonl").unlink()
    runs = read_runs(folders)
    rows = {row.key: row for row in first_rows(runs)}
    assert rows["gamma"].cells == ["1.0", "0.5"]
    assert rows["gamma"].differs
    assert rows["teacher"].cells == ["uniform", "–"]
    assert not rows["family"].differs
    assert "hidden" not in rows
    assert version_rows(runs)[0].cells == ["3.11.0", "3.11.0"]


def test_page_is_self_contained(make: Make) -> None:
    """One file with all views that loads nothing; every chart is there once."""
    page = run_report([make("one"), make("two", teacher="")])
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert page.count("plotly.js v") == 1
    found = re.findall(r'id="chart-(\d+)"', page)
    assert found == [str(index) for index in range(9)]
    for heading in ("Learning curves", "Updates", "Tasks chosen", "Replay mass", "Edits played"):
        assert heading in page
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert len(json.loads(data)["frames"]) == 2
    assert page.count("<script") == page.count("</script>")


def test_hostile_names_are_text(make: Make) -> None:
    """Markup in the name of a folder, a validation set or a version is shown, never run."""
    evil = "<img src=x onerror=alert(1)>"
    folder = make(evil)
    (folder / "progress.csv").write_text(HEADER.replace("generated", evil) + "\n0,1,5,4,\n")
    (folder / "versions.json").write_text(json.dumps({"python": evil}))
    page = run_report([folder, make("other")])
    assert "<img" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 4
    (chart, _) = learning_charts(read_runs([folder, folder.parent / "other"]))
    # Plotly reads names as HTML, in which this is text.
    assert chart.figure.data[0].name == "&lt;img src=x onerror=alert(1)&gt;"


def test_names_differ(make: Make, tmp_path: Path) -> None:
    """Folders of the same name are told apart by their paths."""
    (tmp_path / "deep").mkdir()
    folders = [make("run"), make("deep/run"), make("other")]
    names = [run.name for run in read_runs(folders)]
    assert names == [str(folders[0]), str(folders[1]), "other"]


def test_run_that_goes_on(make: Make) -> None:
    """Half a last line, and files that are not there yet, are no error."""
    folder = make()
    with (folder / "progress.csv").open("a") as file:
        file.write("2048,4,1")
    with (folder / "curriculum.jsonl").open("a") as file:
        file.write('{"timesteps": 15')
    (folder / "eval.json").unlink()
    run = read(folder)
    assert run.progress.series("eval/generated/greedy") == ([0, 1024], [50.0, 30.0])
    assert [rollout.timesteps for rollout in run.rollouts] == [512, 1024]
    assert "not ended" in run_report([folder])
    for name in ("progress.csv", "curriculum.jsonl", "versions.json"):
        (folder / name).unlink()
    page = run_report([folder])
    assert "No episode has ended yet" in page
    assert "chart-0" not in page


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.yaml", "speed: 9\n", "speed"),
        ("progress.csv", "a,b\n1,2\n", "no header with a column 'timesteps'"),
        ("progress.csv", f"{HEADER}\n1,2,3\n", "Line 2 of .* does not hold 5 numbers"),
        ("progress.csv", f"{HEADER}\n1,2,3,4,five\n", "Line 2 of .* does not hold 5 numbers"),
        ("progress.csv", "", "no header"),
        ("curriculum.jsonl", "{}\n", "Line 1 of .* is no record"),
        ("curriculum.jsonl", f"{json.dumps(LINES[0])}\nnull\n", "Line 2 of .* is no record"),
        ("curriculum.jsonl", '{"timesteps": 1, "episodes": [[[0.5], [], 1, null, true]]}\n', "2 t"),
        (
            "curriculum.jsonl",
            '{"timesteps": 1, "episodes": [], "regions": [{"mean": [0, NaN], "weight": 1}]}\n',
            "Line 1",
        ),
        ("eval.json", "[]", "is not what `dispatchlab train` writes"),
        ("eval.json", '{"final": {"generated": 3}}', "is not what `dispatchlab train` writes"),
        ("versions.json", "{", "is not what `dispatchlab train` writes"),
    ],
)
def test_damaged_files(make: Make, name: str, content: str, message: str) -> None:
    """Each damaged file is named in one sentence."""
    folder = make()
    (folder / name).write_text(content)
    with pytest.raises(DispatchlabError, match=message) as caught:
        run_report([folder])
    assert "\n" not in str(caught.value)
    if name != "config.yaml":
        assert name in str(caught.value)


def test_no_run(make: Make, tmp_path: Path) -> None:
    """No folder, a folder without a run, and a run that is named twice."""
    with pytest.raises(DispatchlabError, match="0 runs"):
        read_runs([])
    with pytest.raises(DispatchlabError, match="no such folder"):
        read_runs([tmp_path / "nowhere"])
    with pytest.raises(DispatchlabError, match="it has no config"):
        read_runs([tmp_path])
    folder = make()
    with pytest.raises(DispatchlabError, match="given 2 times"):
        read_runs([folder, folder])
