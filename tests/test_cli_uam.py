"""Tests of the command line for air taxis: what it prints and writes, one sentence for errors."""

import csv
import json
from pathlib import Path

import pytest

from dispatchlab.baselines.uam.rules import CODES, UamRule
from dispatchlab.envs.core.registry import ENVIRONMENTS
from dispatchlab.envs.uam.demand import PROFILES
from dispatchlab.envs.uam.env import UamEnv
from dispatchlab.envs.uam.instance_files import read_instance, write_instance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.schedule_files import UamEpisode, write_schedule
from tests.test_cli import fails, run

SHORT = "random-3x4:horizon_s=7200"


def test_help() -> None:
    """The command explains itself, with every rule and every way to name an option."""
    output = run("evaluate", "uam", "--help")
    for option in ("--preset", "--instances", "--rho", "--delay", "--closure", "--downtime",
                   "--episodes", "--seeds", "--methods", "--no-bound"):  # fmt: skip
        assert option in output
    flat = " ".join(output.replace("│", " ").split())
    assert all(rule in flat for rule in CODES)


def test_envs() -> None:
    """Environments and presets are listed with what they are."""
    output = run("envs", "--family", "uam")
    ids = [record.id for record in ENVIRONMENTS if record.family == "uam"]
    assert len(ids) == 8
    assert all(name in output for name in ids)
    assert "dispatchlab/SoC-v0" not in output
    presets = run("envs", "--instances", "--family", "uam")
    assert "40 aircraft of 4 seats between 8 vertiports" in presets
    assert run("envs", "--instances", "random-1").split() == ["random-12x60,", "random-16x80"]
    assert "air-taxi fleets" in run("envs", "--instances")


def test_evaluate_as_documented(tmp_path: Path) -> None:
    """Instances, loads, methods and episodes in one line; every rule, planning, and a report."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    report = tmp_path / "uam.html"
    output = run(
        "evaluate", "uam", "--instances", "random-3x3:horizon_s=3600", "--rho", "0.6,1.2",
        "--methods", "all", "--episodes", 1, "--report", report,
    )  # fmt: skip
    assert output.count("2/2") == len(CODES) + 1
    assert "compare with" not in output  # the columns need a wider terminal
    page = report.read_text()
    assert "worst 5 %" in page
    assert "random-3x3:horizon_s=3600,rho=0.6" in page
    assert "rolling" in page


def test_evaluate_files(tmp_path: Path) -> None:
    """Disturbances and settings are combined, and each day is checked alone."""
    table, rows, folder = tmp_path / "runs.csv", tmp_path / "all.json", tmp_path / "days"
    run(
        "evaluate", "uam", "--instances", f"{SHORT},lax-dtla:horizon_s=7200", "--delay", "0|3",
        "--closure", "3", "--downtime", "30", "--set", "charge_curve=constant|taper", "--seeds", 2,
        "--methods", "greedy,stay", "--against", "stay", "--csv", table, "--json", rows,
        "--schedules", folder, "--no-bound",
    )  # fmt: skip
    assert json.loads(rows.read_text())["summary"][0]["baseline"] == "stay"
    with table.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 2 * 2 * 2 * 2
    assert {line["verified"] for line in lines} == {"True"}
    assert {line["bound_usd"] for line in lines} == {""}
    assert {line["delay"] for line in lines} == {"0", "3"}
    document = json.loads(rows.read_text())
    settings = document["settings"]["settings"]
    assert settings == "delay=0|3; closure=3; downtime=30; charge_curve=constant|taper"
    assert document["settings"]["bounds"] == "no"
    assert "low5_profit_usd" in document["summary"][0]
    files = sorted(folder.iterdir())
    assert len(files) == len(lines)
    assert "feasible: profit $" in run("verify", files[0])


def test_solve_and_verify(tmp_path: Path) -> None:
    """A day, its facts and its file, which is checked alone or with its instance."""
    path = tmp_path / "day.json"
    output = run("solve", SHORT, "--schedule", path)
    facts = dict(line.split(maxsplit=1) for line in output.splitlines()[1:] if line[:2] == "  ")
    assert facts["method"] == "lookahead"
    profit = facts["profit"].split()[0]
    assert f"feasible: profit {profit}, " in run("verify", path)
    assert "passengers served" in run("verify", SHORT, path)
    assert "leave the instance out" in fails("verify", f"{SHORT},seed=1", path)
    rows = json.loads(run("solve", f"{SHORT},{SHORT},seed=1", "--method", "stay", "--json", "-"))
    assert [row["verified"] for row in rows] == [True, True]
    assert {row["profit_usd"] for row in rows} == {0.0}
    days = {run("solve", SHORT, "--method", "stay", "--seed", s).split("served")[1] for s in (0, 1)}
    assert len(days) == 2


def test_solve_out(tmp_path: Path) -> None:
    """A folder gets the day and its pictures."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    run("solve", SHORT, "--method", "greedy", "--out", tmp_path / "out")
    names = {path.suffix for path in (tmp_path / "out").iterdir()}
    assert names == {".json", ".html", ".png"}


def test_verify_lists_violations(tmp_path: Path) -> None:
    """Each violation has a line, and the exit code tells; a false profit is one too."""
    path = tmp_path / "day.json"
    run("solve", SHORT, "--schedule", path)
    document = json.loads(path.read_text())
    document["profit_usd"] += 1
    path.write_text(json.dumps(document))
    output = run("verify", path, code=1)
    assert output.startswith("  ")
    assert "too high" in output
    document["schedule"]["legs"][0][4] += 1
    path.write_text(json.dumps(document))
    assert "Error: The schedule" in run("verify", path, code=1)


def test_verify_tells_what_was_left(tmp_path: Path) -> None:
    """A schedule that stops early is feasible so far; the verdict says how far it goes."""
    env = UamEnv(instance=SHORT)
    env.reset(seed=0)
    for _ in range(6):
        env.step(UamRule("greedy").act(env.view()))
    path, schedule = tmp_path / "part.json", env.schedule()
    write_schedule(path, UamEpisode(env.problem, env.realisation, schedule))
    output = " ".join(run("verify", path).split())
    assert f"played up to {schedule.now_s} s of 7200 s only" in output


def test_convert(tmp_path: Path) -> None:
    """Our own JSON holds everything, and is a name for every other command."""
    path, again = tmp_path / "own.json", tmp_path / "again.json"
    assert "4 aircraft" in run("convert", SHORT.replace("random", "RANDOM"), "--out", path)
    assert read_instance(path) == load_instance(SHORT)
    run("convert", path, "--out", again, "--format", "json")
    assert again.read_text() == path.read_text()
    assert "4 aircraft" in run("solve", path, "--method", "greedy")
    lines = run(
        "evaluate", "uam", "--instances", path, "--rho", "0.5", "--methods", "greedy", "--seeds", 1,
        "--csv", "-", "--no-bound",
    )  # fmt: skip
    assert "own.json" in lines


def _demand(path: Path, rows: str) -> Path:
    path.write_text("bin,origin,destination,passengers\n" + rows)
    return path


def test_demand_tables(tmp_path: Path) -> None:
    """A CSV file with the demand becomes part of the instance."""
    names = load_instance("lax-dtla").ports
    rows = "".join(
        f"{b},{names[i]},{names[1 - i]},{b + i}\n" for b in range(2) for i in range(2)
    )  # fmt: skip
    table, path = _demand(tmp_path / "demand.csv", rows), tmp_path / "own.json"
    run("convert", f"lax-dtla:horizon_s=3600,demand={table}", "--out", path)
    assert read_instance(path).demand[:, 0, 1].tolist() == [0.0, 1.0]
    assert read_instance(path).demand[:, 1, 0].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rows: rows[:-1], "is missing; add a row"),
        (lambda rows: [*rows, rows[0]], "stands twice"),
        (lambda rows: [rows[0].replace(",0\n", ",-3\n"), *rows[1:]], "-3"),
        (lambda rows: [rows[0].replace(",0\n", ",nan\n"), *rows[1:]], "nan"),
        (lambda rows: [rows[0].replace("0,", "7,", 1), *rows[1:]], "0 to 1"),
        (lambda rows: [rows[0].replace("LAX", "SFO", 1), *rows[1:]], "no vertiport"),
    ],
    ids=("missing", "twice", "negative", "nan", "bin", "port"),
)
def test_bad_demand(change, expected: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    """The file, the row and what is wrong with it are named."""
    names = load_instance("lax-dtla").ports
    rows = [f"{b},{names[i]},{names[1 - i]},0\n" for b in range(2) for i in range(2)]
    table = _demand(tmp_path / "demand.csv", "".join(change(rows)))
    message = fails("solve", f"lax-dtla:horizon_s=3600,demand={table}", "--method", "greedy")
    assert "demand.csv" in message
    assert expected in message


def test_bad_instances(tmp_path: Path) -> None:
    """What cannot be in a file is named, with the file."""
    path = write_instance(load_instance(SHORT), tmp_path / "own.json")
    document = json.loads(path.read_text())
    aircraft = document["aircraft"]
    for change, expected in (
        ({"park_slots": [0, 0, 0], "charge_slots": [1, 1, 1]}, "charge_slots; spread start_port"),
        ({"x_mi": [60.0, 1.0, 2.0], "area_mi": 50}, "off the map"),
        ({"aircraft": aircraft | {"battery_wh": 10}, "start_wh": [10] * 4}, "larger battery"),
        ({"price_usd_per_kwh": [-1.0] * 4}, "price_usd_per_kwh[0] is -1"),
        ({"demand": document["demand"][:-1]}, "demand has shape"),
        ({"closure_prob": [[0.5] * 3] * 3}, "closure_prob[0, 0] is 0.5"),
        ({"wait_s": 7}, "bin_s is 1800"),
        ({"arrivals": "late"}, "arrivals is 'late'"),
    ):
        path.write_text(json.dumps(document | change))
        message = fails("evaluate", "uam", "--instances", path)
        assert "own.json" in message
        assert expected in message
        out = tmp_path / "out.json"
        assert expected in fails("convert", path, "--out", out)
        assert not out.exists()


def test_settings_of_files(tmp_path: Path) -> None:
    """A file may be followed by settings, as a preset may."""
    path = write_instance(load_instance(SHORT), tmp_path / "own.json")
    assert "random-3x4" in run("solve", f"{path}:rho=0.6", "--method", "stay")
    assert "seats is 0" in fails("solve", f"{path}:seats=0", "--method", "stay")


def test_benchmark(tmp_path: Path) -> None:
    """Decisions per second in four ways."""
    path = tmp_path / "speed.json"
    output = run(
        "benchmark", "throughput", "--family", "uam", "--instances", SHORT, "--batches", 2,
        "--seconds", 0.01, "--json", path,
    )  # fmt: skip
    assert "greedy-rate, in the kernel" in output
    assert len(json.loads(path.read_text())["measurements"]) == 4


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles(profile: str) -> None:
    """Every profile of the demand is a setting, here over two days."""
    given = f"random-2x2:horizon_s=3600,profile={profile}"
    output = run("evaluate", "uam", "--instances", given, "--methods", "greedy", "--seeds", 2)
    assert "2/2" in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["evaluate", "uam", "--preset", "bay-11"], "did you mean bay-10"),
        (["evaluate", "uam", "--preset", "random-1x4"], "num_ports is 1"),
        (["evaluate", "uam", "--preset", "random-3x0"], "aircraft is 0"),
        (["evaluate", "uam", "--preset", "random-8x999999"], "aircraft is 999999"),
        (["evaluate", "uam", "--preset", ""], "which names nothing"),
        (["evaluate", "uam", "--preset", "nyc-9,nyc-9"], "listed twice"),
        (["evaluate", "uam", "--preset", "ft06"], "'ft06'"),
        (["evaluate", "uam", "--rho", "-1"], "rho is '-1'"),
        (["evaluate", "uam", "--rho", "much"], "rho is 'much'"),
        (["evaluate", "uam", "--rho", ""], "rho=0.6|1.2"),
        (["evaluate", "uam", "--rho", "1", "--set", "rho=1"], "stands twice"),
        (["evaluate", "uam", "--delay", "9999"], "delay is 9999"),
        (["evaluate", "uam", "--closure", "x"], "closure is 'x'"),
        (["evaluate", "uam", "--set", "drones=3"], "'drones'"),
        (["evaluate", "uam", "--set", "seats=0"], "seats is 0"),
        (["evaluate", "uam", "--set", "aircraft_type=boeing"], "'boeing'"),
        (["evaluate", "uam", "--episodes", "100001"], "100000"),
        (["evaluate", "uam", "--methods", "greedy,greedi"], "'greedi'"),
        (["evaluate", "uam", "--methods", "stay,stay"], "listed twice"),
        (["evaluate", "uam", "--methods", "agent=nowhere"], "nowhere"),
        (["evaluate", "uam", "--methods", "stay", "--against", "greedy"], "'greedy'"),
        (["evaluate", "uam", "--report", "nowhere/r.html"], "nowhere"),
        (["solve", "random-8x40x2"], "did you mean random-8x40"),
        (["solve", "random-8x40,ft06"], "'ft06' is none"),
        (["solve", "bay-10,4d-a"], "'4d-a' is none"),
        (["solve", "bay-10,bay-10"], "listed twice"),
        (["solve", "bay-10", "--method", "etf"], "Unknown method 'etf'"),
        (["solve", "bay-10", "--method", "greedy", "--samples", "3"], "--samples 3"),
        (["solve", "bay-10", "--schedule", "s.csv"], ".csv"),
        (["verify", "bay-10"], "No schedule file"),
        (["verify", "bay-10", "nowhere.json"], "nowhere.json"),
        (["convert", "bay-10", "--out", "x.stg"], "write .json"),
        (["convert", "bay-10", "--out", "x.json", "--format", "dot"], "write .json"),
        (["convert", "bay-10:demand=none.csv", "--out", "x.json"], "none.csv"),
        (["benchmark", "throughput", "--family", "uam", "--instances", "bay-9"], "'bay-9'"),
        (["benchmark", "throughput", "--family", "taxi"], "job-shop, soc, edge, uam"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments(arguments: list[str], expected: str) -> None:
    """Whatever is wrong is named, in one sentence, before any work is done."""
    pytest.importorskip("torch")
    assert expected in fails(*arguments)
