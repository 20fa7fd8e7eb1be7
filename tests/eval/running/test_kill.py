"""An evaluation that is killed again and again ends as if nothing had happened."""

import csv
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = 20
COMMAND = (
    sys.executable, "-c", "from dispatchlab.cli import app; app()", "evaluate", "edge",
    "--preset", "2d-p:duration_ms=30000", "--methods", "all", "--seeds", "3",
)  # fmt: skip
TIMES = ("runtime_s", "time_per_decision_s")


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table but for times."""
    with path.open(newline="") as file:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]


def kept(folder: Path) -> dict[Path, int]:
    """When each result was written."""
    files = [*folder.glob("results/*/[!.]*.json"), *folder.glob("bounds/[!.]*.json")]
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "2"])
def test_killed_at_random(processes: str, tmp_path: Path) -> None:
    """Kill -9 at twenty moments, half of them while results come in: nothing is computed twice."""
    start = time.perf_counter()
    subprocess.run([*COMMAND, "--csv", tmp_path / "plain.csv"], check=True, capture_output=True)
    whole_s = time.perf_counter() - start
    moments, folder = random.Random(7), tmp_path / "kept"
    command = [*COMMAND, "--keep", folder, "--processes", processes, "--csv", tmp_path / "end.csv"]
    seen: dict[Path, int] = {}
    kills = 0
    while kills < KILLS:
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        known = len(kept(folder))
        if kills % 2:  # at any moment, else a little after the first new result
            time.sleep(moments.uniform(0, 0.5 * whole_s))
        while not kills % 2 and len(kept(folder)) <= known and running.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.3))
        running.send_signal(signal.SIGKILL)
        code = running.wait()
        running.communicate()
        kills += 1
        now = kept(folder)
        assert seen.items() <= now.items()  # nothing is lost, and nothing was written again
        seen = now
        assert code in (0, -signal.SIGKILL)
    assert subprocess.run(command, check=True, capture_output=True)
    assert seen.items() <= kept(folder).items()
    assert rows(tmp_path / "end.csv") == rows(tmp_path / "plain.csv")
