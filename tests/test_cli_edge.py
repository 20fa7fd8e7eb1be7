"""Tests of the command line at an edge: what it prints and writes, one sentence for errors."""

import csv
import json
import re
from pathlib import Path

import pytest

from dispatchlab.baselines.edge.rules import CODES, EdgeRule
from dispatchlab.envs.edge.env import EdgeCloudEnv
from dispatchlab.envs.edge.instance_files import read_instance, write_instance
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.schedule_files import EdgeEpisode, read_schedule, write_schedule
from tests.test_cli import fails, run

SHORT = "2d-a:duration_ms=3000"


def test_help() -> None:
    """The command explains itself, with units and every way to name an option."""
    output = run("evaluate", "edge", "--help")
    assert "Usage" in output
    assert "(ms)" in output
    for option in ("--preset", "--instances", "--network", "--episodes", "--seeds", "--methods"):
        assert option in output


@pytest.mark.parametrize("family", ["soc", "edge", "uam"])
def test_help_names_agents(family: str) -> None:
    """Every agent that comes with dispatchlab stands in the help of its family's comparison."""
    from dispatchlab.agents.pretrained import PRETRAINED

    output = run("evaluate", family, "--help").replace("│", " ")
    assert "agent=RUN" in output
    for path in PRETRAINED.glob("*.json"):
        if json.loads(path.read_text())["family"] == family:
            assert f"agent={path.stem}" in output


def test_envs() -> None:
    """Environments and workloads are listed with what they are."""
    output = run("envs", "--family", "edge")
    assert "dispatchlab/EdgeCloud-Trapezium-v0" in output
    assert "dispatchlab/SoC-v0" not in output
    assert "4 drone(s) with 6 models" in run("envs", "--instances", "--family", "edge")
    assert run("envs", "--instances", "4d").split() == ["4d-p,", "4d-a"]
    assert "drones at an edge" in run("envs", "--instances")


def test_evaluate_as_documented(tmp_path: Path) -> None:
    """Preset, network, methods and episodes in one line; every rule and a report."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    report = tmp_path / "edge.html"
    output = run(
        "evaluate", "edge", "--preset", "2D-A:duration_ms=3000", "--network", "trapezium",
        "--methods", "all", "--episodes", 2, "--report", report,
    )  # fmt: skip
    assert output.count("2/2") == len(CODES)
    assert "compare with dem-q" in output
    page = report.read_text()
    assert "LP bound" in page
    assert "2D-A:duration_ms=3000,network=trapezium" in page


def test_evaluate_files(tmp_path: Path) -> None:
    """Settings are combined, all counters are columns, and each episode is checked alone."""
    table, rows, folder = tmp_path / "runs.csv", tmp_path / "all.json", tmp_path / "episodes"
    output = run(
        "evaluate", "edge", "--instances", f"{SHORT},2d-p:duration_ms=2000", "--network",
        "stationary|4g", "--set", "cloud_sigma=0.1|0.2", "--seeds", 2, "--methods",
        "edf,dem:preset=code", "--against", "edf", "--csv", table, "--json", rows, "--schedules",
        folder,
    )  # fmt: skip
    assert "compare with edf" in output
    with table.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 2 * 2 * 2 * 2
    assert {line["verified"] for line in lines} == {"True"}
    assert {"dropped_cost", "missed_cloud", "qoe", "lp_bound", "bound_ratio"} <= set(lines[0])
    assert {line["cloud_sigma"] for line in lines} == {"0.1", "0.2"}
    document = json.loads(rows.read_text())
    assert document["settings"]["settings"] == "network=stationary|4g; cloud_sigma=0.1|0.2"
    assert "mean_expired_edge" in document["summary"][0]
    files = sorted(folder.iterdir())
    assert len(files) == len(lines)
    assert "feasible: utility" in run("verify", files[0])


def test_solve_and_verify(tmp_path: Path) -> None:
    """An episode, its facts and its file, which is checked alone or with its instance."""
    path = tmp_path / "episode.json"
    output = run("solve", SHORT, "--schedule", path)
    facts = dict(line.split(maxsplit=1) for line in output.splitlines()[1:] if line[:2] == "  ")
    assert facts["method"] == "dem-q"
    utility = facts["utility"].split()[0]
    assert f"feasible: utility {utility} " in run("verify", path)
    assert "% of 36 tasks on time" in run("verify", SHORT, path)
    assert "leave the instance out" in fails("verify", "2d-p", path)
    rows = json.loads(
        run("solve", f"{SHORT},2d-p:duration_ms=1000", "--method", "edf", "--json", "-")
    )
    assert [row["verified"] for row in rows] == [True, True]
    assert "utility" in run("solve", f"{SHORT},2d-p:duration_ms=1000", "--method", "edf")
    seeds = {
        run("solve", SHORT, "--method", "edf", "--seed", s).split("utility")[1] for s in (0, 1)
    }
    assert len(seeds) == 2


def test_solve_out(tmp_path: Path) -> None:
    """A folder gets the episode and its pictures."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    run("solve", "2d-p:duration_ms=1000", "--out", tmp_path / "out")
    names = {path.suffix for path in (tmp_path / "out").iterdir()}
    assert names == {".json", ".html", ".png"}


def test_verify_lists_violations(tmp_path: Path) -> None:
    """Each violation has a line, and the exit code tells; a false utility is one too."""
    path = tmp_path / "episode.json"
    run("solve", SHORT, "--schedule", path)
    document = json.loads(path.read_text())
    document["utility"] += 1
    path.write_text(json.dumps(document))
    output = run("verify", path, code=1)
    assert output.startswith("  ")
    assert "too high" in output
    document["schedule"]["start_ms"][0] += 1
    path.write_text(json.dumps(document))
    assert "Error: The schedule" in run("verify", path, code=1)


def test_verify_tells_what_was_left(tmp_path: Path) -> None:
    """A schedule that stops early is feasible so far; the verdict says how far it goes."""
    env = EdgeCloudEnv(instance=SHORT)
    env.reset(seed=0)
    for _ in range(12):
        env.step(EdgeRule("dem").act(env.view()))
    path, schedule = tmp_path / "part.json", env.schedule()
    write_schedule(path, EdgeEpisode(env.problem, env.realisation, schedule))
    output = " ".join(run("verify", path).split())
    assert f"played up to {schedule.now_ms} ms only, with" in output
    env.reset(seed=0)
    write_schedule(path, EdgeEpisode(env.problem, env.realisation, env.schedule()))
    assert "no task has ended" in run("verify", path)


def test_schedule_files_keep_everything(tmp_path: Path) -> None:
    """What is written is read again, traces included."""
    path = tmp_path / "episode.json"
    run("solve", f"{SHORT},network=4g", "--method", "dems", "--schedule", path)
    episode = read_schedule(path)
    again = tmp_path / "again.json"
    write_schedule(again, episode)
    assert again.read_text() == path.read_text()
    assert episode.method == "dems"
    assert episode.utility == (episode.qos or 0) + (episode.qoe or 0)
    assert len(episode.realisation.bandwidth_kbps) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(version=2), "'version' is 2"),
        (lambda d: d.pop("realisation"), "'realisation' is missing"),
        (lambda d: d["schedule"]["outcome"].pop(), "'schedule.outcome' has 35 entries"),
        (lambda d: d["schedule"]["decisions"][0].pop(), "'schedule.decisions[0]' has 4 entries"),
        (lambda d: d["schedule"].update(now_ms="x"), "'schedule.now_ms'"),
        (lambda d: d["realisation"]["model"].append(0), "columns of shapes"),
        (lambda d: d["instance"].update(num_drones=0), "num_drones is 0"),
    ],
)
def test_damaged_schedule_files(change, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    """The field that is wrong is named."""
    path = tmp_path / "episode.json"
    run("solve", SHORT, "--method", "edf", "--schedule", path)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    assert message in fails("verify", path)


def test_render(tmp_path: Path) -> None:
    """Text in the terminal; pages and pictures by extension; from a method or a file."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    path, page = tmp_path / "episode.json", tmp_path / "t.html"
    run("solve", SHORT, "--method", "dem", "--schedule", path)
    text = run("render", path, "--since", 1000, "--until", 2000, "--width", 90)
    assert "edge |" in text
    assert "1000 " in text
    assert max(map(len, text.splitlines())) <= 90
    assert "edge |" in run("render", SHORT)
    run("render", SHORT, "--method", "dem", "--out", page)
    assert "by dem" in page.read_text()
    run("render", SHORT, path, "--out", tmp_path / "t.png")
    assert (tmp_path / "t.png").stat().st_size > 10_000


def test_convert(tmp_path: Path) -> None:
    """Our own JSON holds everything, and is a name for every other command."""
    path, again = tmp_path / "own.json", tmp_path / "again.json"
    assert "network: trapezium" in run("convert", "2D-P:network=trapezium", "--out", path)
    assert read_instance(path) == load_instance("2d-p:network=trapezium")
    run("convert", path, "--out", again, "--format", "json")
    assert again.read_text() == path.read_text()
    assert "2400 tasks" in run("solve", path, "--method", "edf")


def test_traces(tmp_path: Path) -> None:
    """A recorded network is named by its file."""
    trace = tmp_path / "lte.csv"
    rows = "".join(f"{second},{9000 + second}\n" for second in range(30))
    trace.write_text("time_s,bandwidth_kbps\n" + rows)
    output = run(
        "evaluate", "edge", "--preset", SHORT, "--network", trace, "--episodes", 1, "--methods",
        "dem-q,cld", "--csv", "-",
    )  # fmt: skip
    assert output.count("lte.csv") >= 2


def test_benchmark(tmp_path: Path) -> None:
    """Events and decisions per second in three ways."""
    path = tmp_path / "speed.json"
    output = run(
        "benchmark", "throughput", "--family", "edge", "--instances", SHORT, "--batches", 2,
        "--seconds", 0.01, "--json", path,
    )  # fmt: skip
    assert "one decision of dems" in output
    assert len(json.loads(path.read_text())["measurements"]) == 3


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("0,1000\n1,-5\n2,500\n", "-5"),
        ("0,1000\n1,nan\n2,500\n", "nan"),
        ("0,1000\n1,1000\n2,900\n9,500\n", "gap"),
        ("0,1000\n2,1000\n1,900\n", "row 4"),
        ("", "row"),
    ],
)
def test_bad_traces(rows: str, expected: str, tmp_path: Path) -> None:
    """The file and what is wrong with it are named."""
    path = tmp_path / "lte.csv"
    path.write_text("time_s,bandwidth_kbps\n" + rows)
    message = fails("evaluate", "edge", "--network", path)
    assert "lte.csv" in message
    assert expected in message


def test_bad_instances(tmp_path: Path) -> None:
    """Deadlines that nothing can meet, and no drones, in a file."""
    path = write_instance(load_instance("2d-a"), tmp_path / "own.json")
    document = json.loads(path.read_text())
    for change, expected in (
        ({"num_drones": 0}, "num_drones is 0"),
        ({"models": [document["models"][0] | {"deadline_ms": 20}]}, "deadline_ms of 20"),
        ({"models": [document["models"][0] | {"edge_ms": "x"}]}, "edge_ms"),
        ({"period_ms": 0}, "period_ms is 0"),
    ):
        path.write_text(json.dumps(document | change))
        message = fails("evaluate", "edge", "--instances", path)
        assert "own.json" in message
        assert expected in message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["evaluate", "edge", "--preset", "4D-X"], "'4D-X'"),
        (["evaluate", "edge", "--preset", "heavy"], "'heavy'"),
        (["evaluate", "edge", "--preset", "0D-A"], "num_drones is 0"),
        (["evaluate", "edge", "--set", "num_drones=0"], "num_drones is 0"),
        (["evaluate", "edge", "--preset", ""], "which names nothing"),
        (["evaluate", "edge", "--preset", "2d-p,2d-p"], "listed twice; remove one"),
        (["evaluate", "edge", "--preset", "2d-p,2D-P"], "'2D-P' is listed twice (as '2d-p' too)"),
        (["evaluate", "edge", "--set", "num_drones=2|2"], "listed twice"),
        (["evaluate", "edge", "--network", "5g"], "network is '5g'"),
        (["evaluate", "edge", "--network", "none.csv"], "none.csv"),
        (["evaluate", "edge", "--network", ""], "network=stationary|trapezium"),
        (["evaluate", "edge", "--set", "network=4g", "--network", "4g"], "stands twice"),
        (["evaluate", "edge", "--set", "drones=3"], "'drones'"),
        (["evaluate", "edge", "--episodes", "100001"], "100000"),
        (["evaluate", "edge", "--methods", "dem,demm"], "'demm'"),
        (["evaluate", "edge", "--methods", "dem,dem"], "listed twice"),
        (["evaluate", "edge", "--methods", "agent=nowhere"], "nowhere"),
        (["evaluate", "edge", "--methods", "dem", "--against", "edf"], "'edf'"),
        (["evaluate", "edge", "--report", "nowhere/r.html"], "nowhere"),
        (["solve", "4d-x"], "did you mean"),
        (["solve", "4d-a,ft06"], "'ft06' is none"),
        (["solve", "4d-a,top-1"], "'top-1' is none"),
        (["solve", "4d-a,4d-a"], "listed twice"),
        (["solve", "4d-a,4D-A"], "'4D-A' is listed twice"),
        (["solve", "4d-a", "--method", "all"], "dems-q, marginal or agent=RUN."),
        (["evaluate", "edge", "--methods", "al"], "all-rules, pretrained or agent=RUN."),
        (["solve", "4d-a", "--method", "spt"], "Unknown method 'spt'"),
        (["solve", "4d-a", "--method", "dem", "--samples", "3"], "--samples 3"),
        (["solve", "4d-a", "--schedule", "s.csv"], ".csv"),
        (["verify", "4d-a"], "No schedule file"),
        (["verify", "4d-a", "nowhere.json"], "nowhere.json"),
        (["render", "4d-a", "--graph", "g"], "--graph g"),
        (["render", "4d-a:duration_ms=1000", "--since", "5", "--until", "5"], "is empty"),
        (["render", "4d-a:duration_ms=1000", "--since", "9999"], "--since is 9999 ms, but the"),
        (["render", "4d-a", "--method", "dem", "--policy", "x"], "--policy"),
        (["convert", "4d-a", "--out", "x.stg"], "write .json"),
        (["convert", "4d-a", "--out", "x.json", "--format", "dot"], "write .json"),
        (["benchmark", "throughput", "--family", "edge", "--instances", "9x"], "'9x'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments(arguments: list[str], expected: str) -> None:
    """Whatever is wrong is named, in one sentence, before any work is done."""
    pytest.importorskip("torch")
    assert expected in fails(*arguments)


def test_evaluate_prints_how_tasks_ended() -> None:
    """The eight ways have a table of their own where the terminal is narrow: 24 tasks in all."""
    output = run("evaluate", "edge", "--instances", "2d-p:duration_ms=3000", "--methods", "edf",
                 "--episodes", 2)  # fmt: skip
    *_, row = [line for line in output.splitlines() if line.startswith("│ edf")]
    numbers = re.findall(r"[0-9]+\.[0-9]", row.rpartition("]")[2])
    assert len(numbers) == 8
    assert sum(map(float, numbers)) == 24
