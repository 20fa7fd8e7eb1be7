"""Pieces that the evaluation tests share: hand-made comparisons and an untrained policy."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, Run
from tests.eval.helpers import TINY, make_run, save_untrained


@pytest.fixture
def comparison() -> Callable[[Mapping[str, Sequence[Sequence[float]]]], Comparison]:
    """Make a comparison from gaps: method -> instances × seeds."""

    def make(gaps: Mapping[str, Sequence[Sequence[float]]]) -> Comparison:
        runs: list[Run] = []
        cases: dict[tuple[str, int], Case] = {}
        for method, table in gaps.items():
            for i, row in enumerate(table):
                for seed, gap in enumerate(row):
                    runs.append(make_run(method, f"i{i}", seed, gap))
                    cases[f"i{i}", seed] = Case(f"i{i}", seed, TINY)
        return Comparison(tuple(runs), tuple(cases.values()))

    return make


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Folder of an untrained policy for the tokens of job shops."""
    pytest.importorskip("torch")
    return save_untrained(tmp_path / "run")
