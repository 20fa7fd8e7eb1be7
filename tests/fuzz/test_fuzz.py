"""Some seconds of search in every reader, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.guard import try_input
from tests.fuzz.seeds import seeds_of
from tests.fuzz.text_targets import TARGETS

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_search(target: str, tmp_path: Path) -> None:
    """Changed inputs of every reader end in a value or a readable error, in time and memory."""
    command = [sys.executable, "-m", "tests.fuzz.run", target, "--minutes", "0.1", "--plain"]
    ran = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    reports = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.txt")]
    assert ran.returncode == 0, "\n\n".join([ran.stdout[-500:], ran.stderr[-500:], *reports])


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_first_inputs_are_valid(target: str) -> None:
    """What the search starts from is accepted, so that its changes reach behind the first check."""
    for seed in seeds_of(target):
        said = TARGETS[target](seed)
        assert said is None or target.startswith("text-"), said
        assert try_input(TARGETS[target], seed) is None
