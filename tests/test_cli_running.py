"""Tests of evaluations on the command line that are kept, shared out, interrupted or refused."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.test_cli import fails, run

SHOPS = ("evaluate", "job-shop", "--instances", "ft06", "--methods", "spt,random:k=2")


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_keep(tmp_path: Path) -> None:
    """The same command with the same folder gives the same files, times included."""
    keep = ("--keep", tmp_path / "kept")
    run(*SHOPS, *keep, "--csv", tmp_path / "1.csv", "--json", tmp_path / "1.json")
    run(*SHOPS, *keep, "--csv", tmp_path / "2.csv", "--json", tmp_path / "2.json")
    for kind in ("csv", "json"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
    file = next((tmp_path / "kept").glob("results/*/*.json"))
    assert "feasible: makespan" in run("verify", "ft06", file)
    assert "random:k=2 were not asked for" in fails(*SHOPS[:-1], "spt,random:k=3", *keep)


def test_parquet(tmp_path: Path) -> None:
    """The table in Parquet is that of the CSV file."""
    pq = pytest.importorskip("pyarrow.parquet")
    run(*SHOPS, "--csv", tmp_path / "t.csv", "--parquet", tmp_path / "t.parquet")
    table = pq.read_table(tmp_path / "t.parquet")
    told = [{key: str(value) for key, value in row.items()} for row in table.to_pylist()]
    assert told == rows(tmp_path / "t.csv")
    assert json.loads(table.schema.metadata[b"dispatchlab"])["methods"] == "spt,random:k=2"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--parquet", "t.csv"), "'.csv'; use .parquet"),
        (("--parquet", "nowhere/t.parquet"), "nowhere"),
        (("--engine", "cluster"), "'cluster'"), (("--processes", "2000"), "2000"),
        (("--address", "auto"), "'auto'"), (("--keep", "/dev/null/x"), "/dev/null"),
    ],
)  # fmt: skip
def test_refusals(options: tuple[str, str], told: str) -> None:
    """What cannot be done is refused before anything is computed."""
    assert told in fails(*SHOPS, *options)


def test_schedules_of_odd_names(tmp_path: Path) -> None:
    """Instances whose names look alike in file names overwrite nobody's schedule."""
    for name in ("a+b", "a b"):
        (tmp_path / name).mkdir()
        run("convert", "top-1:horizon_us=60", "--out", tmp_path / name / "chip.json")
    chips = ",".join(str(tmp_path / name / "chip.json") for name in ("a+b", "a b"))
    run("evaluate", "soc", "--instances", chips, "--methods", "met", "--seeds", 1,
        "--schedules", tmp_path / "out")  # fmt: skip
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.usefixtures("terminal_signals")
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="interrupts differ")
@pytest.mark.parametrize("processes", ["1", "2"])
def test_interrupt(processes: str, tmp_path: Path) -> None:
    """Ctrl-C ends all processes without a traceback, and says where to go on."""
    command = [
        sys.executable, "-c", "from dispatchlab.cli import app; app()", "evaluate", "edge",
        "--preset", "4d-a", "--methods", "all", "--keep", tmp_path, "--processes", processes,
    ]  # fmt: skip
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not list(tmp_path.glob("results/*/[!.]*.json")):
        assert running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    out, err = running.communicate(timeout=60)
    assert running.returncode not in (0, None)
    assert "What was finished is kept in" in err
    assert "Traceback" not in out + err
    deadline = time.monotonic() + 30
    while _is_alive(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _is_alive(running.pid)


def _is_alive(group: int) -> bool:
    """Whether a process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
