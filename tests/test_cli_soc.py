"""Tests of the command line on chips: what it prints and writes, and one sentence for errors."""

import csv
import json
from pathlib import Path

import pytest

from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.commands.inputs import split_names
from dispatchlab.envs.soc.env import SocEnv
from dispatchlab.envs.soc.schedule_files import SocEpisode, write_schedule
from tests.test_cli import fails, run

TINY_RUN = (
    "generator=preset:top-1,horizon_us=200,mean_gap_us=60-90", "num_envs=4", "n_steps=8",
    "batch_size=32", "hidden=8", "num_layers=1", "num_heads=2", "feedforward=8",
    "total_timesteps=64", "imitation_rounds=1", "imitation_steps=4", "imitation_updates=2",
    "imitation_batch_size=16", "max_ready=6", "eval_every=0", "eval_instances=2",
    "eval_benchmarks=top-1:horizon_us=200", "tensorboard=false", "threads=1",
)  # fmt: skip


@pytest.mark.parametrize("command", [["train", "soc"], ["evaluate", "soc"]], ids=" ".join)
def test_help(command: list[str]) -> None:
    """Every command explains itself, with units."""
    output = run(*command, "--help")
    assert "Usage" in output
    assert "µs" in output


def test_names_between_commas() -> None:
    """Settings stay with their instance."""
    assert split_names(["top-1:mean_gap_us=50,max_jobs=4,top-mix", "job:Top_1"]) == [
        "top-1:mean_gap_us=50,max_jobs=4", "top-mix", "job:Top_1",
    ]  # fmt: skip


def test_envs() -> None:
    """Presets are listed with what they are, and jobs by the beginning of their names."""
    assert "dispatchlab/JobShop-v0" not in run("envs", "--family", "soc")
    assert "16 processing elements" in run("envs", "--instances", "--family", "soc")
    assert run("envs", "--instances", "wifi").split() == ["wifi-tx80,", "wifi-tx20"]
    assert "job:WiFi_Receiver" in run("envs", "--instances", "job:")
    assert "chip presets" in run("envs", "--instances")


def test_solve_and_verify(tmp_path: Path) -> None:
    """The optimum of the canonical graph and its proof; the file is checked alone."""
    pytest.importorskip("ortools")
    path = tmp_path / "top.json"
    output = run("solve", "job:Top_1", "--workers", 1, "--schedule", path)
    facts = dict(line.split(maxsplit=1) for line in output.splitlines()[1:] if line[:2] == "  ")
    assert (facts["makespan"], facts["gap"], facts["status"]) == ("73", "0.00 %", "optimal")
    assert facts["lower"] == "bound 73"
    assert "feasible: mean latency 73.00 µs, 1 job completed" in run("verify", path)
    assert "feasible" in run("verify", "job:Top_1", path)
    assert "leave the instance out" in fails("verify", "job:Top_2", path)


def test_verify_tells_what_was_left(tmp_path: Path) -> None:
    """A schedule that stops early is feasible so far; the verdict says how far it goes."""
    env = SocEnv(instance="top-1")
    env.reset(seed=0)
    for _ in range(10):
        env.step(SocRule("etf").act(env.view()))
    path, schedule = tmp_path / "part.json", env.schedule()
    write_schedule(path, SocEpisode(env.problem, env.realisation, schedule))
    output = " ".join(run("verify", path).split())
    assert f"played up to {schedule.now_us} µs only, with 3 jobs in the system" in output


def test_solve_many(tmp_path: Path) -> None:
    """Several jobs give a table, and JSON with verified rows; HEFT needs 80 (Topcuoglu 2002)."""
    rows = json.loads(run("solve", "job:Top_1,job:Top_2", "--method", "heft", "--json", "-"))
    assert [row["objective"] for row in rows] == [80.0, 90.0]
    assert all(row["verified"] and row["lower_bound"] <= row["objective"] for row in rows)
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    run("solve", "job:Top_1", "--method", "etf", "--out", tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"job_Top_1.json", "job_Top_1.html", "job_Top_1.png"}


def test_verify_lists_violations(tmp_path: Path) -> None:
    """Each violation has a line, and the exit code tells; a false objective is one too."""
    path = tmp_path / "top.json"
    run("solve", "job:Top_1", "--method", "met", "--schedule", path)
    document = json.loads(path.read_text())
    document["schedule"]["start_us"][0][9] -= 1
    document["objective"] += 1
    path.write_text(json.dumps(document))
    output = run("verify", path, code=1)
    assert output.startswith("  ")
    assert "too high" in output
    assert "Error: The schedule" in output


def test_evaluate(tmp_path: Path) -> None:
    """Settings are combined, every episode is verified, and its file is checked alone."""
    table, rows, folder = tmp_path / "runs.csv", tmp_path / "all.json", tmp_path / "episodes"
    output = run(
        "evaluate", "soc", "--instances", "top-1:horizon_us=400,max_jobs=4,top-2:horizon_us=400",
        "--set", "mean_gap_us=30|60", "--set", "noise_std=0|0.3", "--seeds", 2, "--methods",
        "met,etf,heft", "--against", "met", "--csv", table, "--json", rows, "--schedules", folder,
    )  # fmt: skip
    assert "completed" in output
    assert "compare with met" in output
    with table.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2 * 4 * 2 * 3
    assert {line["verified"] for line in lines} == {"True"}
    assert {line["noise_std"] for line in lines} == {"0", "0.3"}
    assert json.loads(rows.read_text())["settings"]["seeds"] == "0 to 1"
    files = sorted(folder.iterdir())
    assert len(files) == len(lines)
    assert "feasible" in run("verify", files[0])


def test_evaluate_report(tmp_path: Path) -> None:
    """A page with the sweep."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    run(
        "evaluate", "soc", "--instances", "top-1:horizon_us=300", "--set", "mean_gap_us=30|60",
        "--seeds", 2, "--methods", "met,etf", "--report", tmp_path / "r.html",
    )  # fmt: skip
    assert "over mean_gap_us" in (tmp_path / "r.html").read_text()


def test_train_evaluate_resume(tmp_path: Path) -> None:
    """A run is trained, evaluated, solves a job, and is not overwritten nor mistaken."""
    pytest.importorskip("stable_baselines3")
    folder = tmp_path / "run"
    settings = [part for setting in TINY_RUN for part in ("--set", setting)]
    output = run("train", "soc", "--out", folder, *settings)
    assert "64 decisions" in output
    assert "imitation 1/1" in output
    assert f"agent={folder}" in output
    output = run(
        "evaluate", "soc", "--instances", "top-1:horizon_us=200", "--seeds", 2, "--methods",
        f"etf,agent={folder}", "--csv", "-",
    )  # fmt: skip
    assert output.count("agent=run") == 2
    assert "agent=run" in run("solve", "job:Top_1", "--method", "agent", "--policy", folder)
    assert "holds another run" in fails("train", "soc", "--out", folder, *settings)
    assert "64 decisions" in run("train", "soc", "--out", folder, "--resume")
    assert "dispatchlab train soc" in fails("train", "job-shop", "--out", folder, "--resume")
    message = fails("solve", "ft06", "--method", "agent", "--policy", folder)
    assert "family 'soc', not 'job-shop'" in message


def test_train_settings() -> None:
    """The settings of chips alone are listed, with what they mean."""
    pytest.importorskip("yaml")
    output = run("train", "soc", "--settings", "--preset", "full")
    assert "imitation_rounds" in output
    assert "semantics" not in output
    assert "max_ready" not in run("train", "job-shop", "--settings")


def test_benchmark(tmp_path: Path) -> None:
    """Tasks per second in three ways."""
    path = tmp_path / "speed.json"
    output = run(
        "benchmark", "throughput", "--family", "soc", "--instances", "top-1:horizon_us=300",
        "--batches", 2, "--seconds", 0.01, "--json", path,
    )  # fmt: skip
    assert "with observations" in output
    assert len(json.loads(path.read_text())["measurements"]) == 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["solve", "top-1"], "job:Top_1"),
        (["solve", "job:Top_99"], "'Top_99'"),
        (["solve", "job:Top_1,ft06"], "'ft06' is none"),
        (["solve", "job:Top_1", "--method", "spt"], "Unknown method 'spt'"),
        (["solve", "job:Top_1", "--method", "heft", "--samples", "3"], "--samples 3"),
        (["solve", "job:Top_1", "--method", "heft", "--schedule", "s.csv"], ".csv"),
        (["solve", "job:Top_1,job:Top_1", "--method", "heft"], "listed twice"),
        (["render", "top-11"], "did you mean top-1"),
        (["verify", "job:Top_1"], "No schedule file"),
        (["verify", "job:Top_1", "nowhere.json"], "nowhere.json"),
        (["evaluate", "soc", "--instances", "top-99"], "'top-99'"),
        (["evaluate", "soc", "--instances", ""], "--instances is '', which names nothing"),
        (["evaluate", "soc", "--methods", " ,"], "--methods is ' ,', which names nothing"),
        (["benchmark", "throughput", "--family", "soc", "--instances", ""], "which names nothing"),
        (["evaluate", "soc", "--instances", "top-1,top-1"], "listed twice"),
        (["evaluate", "soc", "--instances", "top-1,Top-1"], "'Top-1' is listed twice"),
        (
            ["render", "top-1:horizon_us=60", "--method", "etf", "--since", "60"],
            "--since is 60 µs, but the schedule ends at 60 µs",
        ),
        (["solve", "job:Top_1", "--method", "all-rules"], "peft, cp-sat or agent=RUN."),
        (["evaluate", "soc", "--set", "mean_gap_us"], "mean_gap_us=25|50|100"),
        (["evaluate", "soc", "--set", "gap=3"], "'gap'"),
        (["evaluate", "soc", "--set", "mean_gap_us=x"], "mean_gap_us is 'x'"),
        (["evaluate", "soc", "--seeds", "100001"], "100000"),
        (["evaluate", "soc", "--methods", "etf,eftt"], "'eftt'"),
        (["evaluate", "soc", "--methods", "agent=nowhere"], "nowhere"),
        (["evaluate", "soc", "--methods", "etf", "--against", "met"], "'met'"),
        (["evaluate", "soc", "--time-limit", "nan"], "time limit is nan"),
        (["evaluate", "soc", "--report", "nowhere/r.html"], "nowhere"),
        (["benchmark", "throughput", "--family", "moon"], "'moon'"),
        (["benchmark", "throughput", "--family", "soc", "--instances", "top-99"], "'top-99'"),
        (["train", "soc", "--preset", "slow"], "'slow'"),
        (["train", "soc", "--set", "semantics=active"], "semantics is 'active'"),
        (["train", "soc", "--set", "generator=top-99"], "top-99"),
        (["train", "soc", "--resume", "--out", "nowhere"], "no checkpoint"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments(arguments: list[str], expected: str) -> None:
    """Whatever is wrong is named, in one sentence, before any work is done."""
    pytest.importorskip("ortools")
    pytest.importorskip("stable_baselines3")
    assert expected in fails(*arguments)
