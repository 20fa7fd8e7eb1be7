"""Refined linear decay, from norms and from the file of a run."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.schedules import Refined, parse_schedule
from dispatchlab.train.schedules.refinement import GRADIENT_NORM, refine, smooth


@pytest.mark.parametrize(
    ("norms", "expected"),
    [
        ([3, 3, 3, 3, 3], [1, 0.75, 0.5, 0.25, 0]),
        ([1, 1, 2, 2], [1, 0.33333333, 0.04166667, 0]),
        ([4, 2, 1, 1, 1], [0.1015625, 0.375, 1, 0.5, 0]),
        ([1, 0.5, 0.25], [0.3125, 1, 0]),
    ],
)
def test_refinement_for_sgd(norms: list[float], expected: list[float]) -> None:
    """w[t] times the later weights with w = 1 / norm^2 (arXiv:2310.07831, algorithm 1)."""
    assert refine(np.array(norms), power=2) == pytest.approx(expected, abs=1e-8)


def test_refinement_for_adam() -> None:
    """With w = 1 / norm: 1 * (1 + .5 + .5), 1 * 1, .5 * .5 over the largest."""
    assert refine(np.array([1.0, 1, 2, 2]), power=1) == pytest.approx([1, 0.5, 0.125, 0])


@given(st.lists(st.floats(0, 1e30), min_size=2, max_size=40).filter(any), st.sampled_from([1, 2]))
def test_refinement_is_a_schedule(norms: list[float], power: int) -> None:
    """Between 0 and 1, with a largest value of 1 and nothing at the end, also where norms are 0."""
    factors = refine(np.array(norms), power=power)
    assert factors.max() == 1
    assert factors.min() >= 0
    assert factors[-1] == 0


@pytest.mark.parametrize("norms", [[], [1.0], [0.0, 0.0]])
def test_too_few_norms(norms: list[float]) -> None:
    """Nothing follows from fewer than two norms, or from gradients that are all dead."""
    with pytest.raises(DispatchlabError, match="give two at least"):
        refine(np.array(norms), power=1)


def test_smoothing() -> None:
    """A window of 2 floor(0.1 * 40 / 2) + 1 = 5 removes a spike of two and keeps a step."""
    norms = np.r_[np.ones(20), np.full(20, 3.0)]
    spiked = norms.copy()
    spiked[[7, 8]] = 100.0
    assert smooth(spiked, 0.1).tolist() == norms.tolist()
    assert smooth(spiked, 0.0).tolist() == spiked.tolist()


def _write(folder: Path, norms: list[str]) -> str:
    folder.mkdir()
    rows = [f"timesteps,{GRADIENT_NORM},other", "0,,1"]
    rows += [f"{100 * (index + 1)},{norm},2" for index, norm in enumerate(norms)]
    (folder / "progress.csv").write_text("\n".join(rows) + "\n")
    return str(folder)


def test_rates_follow_the_run(tmp_path: Path) -> None:
    """The n-th update gets the n-th factor, and a run of another length is stretched."""
    run = _write(tmp_path / "run", ["4", "2", "1", "nan", "1", "1"])
    schedule = parse_schedule(f"refined:run={run},window=0")
    expected = refine(np.array([4.0, 2, 1, 1, 1]), power=1)
    updates = (100, 200, 300, 500, 600)
    assert [schedule.rate(2, n, 600) for n in updates] == pytest.approx((2 * expected).tolist())
    assert [schedule.rate(2, 10 * n, 6000) for n in updates] == pytest.approx(
        (2 * expected).tolist()
    )
    assert schedule.rate(2, 900, 600) == 0


def test_run_is_read_when_it_is_needed(tmp_path: Path) -> None:
    """Settings can be read where the run is no more; training says what is missing."""
    schedule = Refined(run=str(tmp_path / "gone"))
    with pytest.raises(DispatchlabError, match=r"Cannot read .*gone.*name the folder"):
        schedule.rate(1, 0, 1)
    old = Refined(run=_write(tmp_path / "old", ["", "", "1"]))
    with pytest.raises(DispatchlabError, match="has recorded 1 gradient norms"):
        old.rate(1, 0, 1)
