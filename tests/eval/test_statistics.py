"""Tests of the statistics against values computed by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dispatchlab.eval.statistics import (
    bootstrap_interval,
    interquartile_mean,
    mean,
    paired_p_value,
    probability_of_improvement,
    win_rates,
)
from dispatchlab.eval.summary import default_baseline, summarise

NAN = float("nan")
Make = Callable[[dict[str, list[list[float]]]], Any]


def test_mean_skips_missing_values() -> None:
    """NaN does not count, and nothing but NaN has no mean."""
    assert mean(np.array([1.0, NAN, 3.0])) == 2.0
    assert np.isnan(mean(np.array([NAN, NAN])))


def test_interquartile_mean() -> None:
    """Only the middle half counts: an outlier does not; missing values are dropped first."""
    assert interquartile_mean(np.array([0.0, 1.0, 3.0, 1000.0])) == 2.0
    assert interquartile_mean(np.array([0.0, 1.0, 3.0, 1000.0, NAN])) == 2.0


def test_interval_is_seeded_and_covers_the_mean() -> None:
    """The same seed gives the same interval; constant values have no width."""
    values = np.random.default_rng(0).normal(5.0, 1.0, (40, 1))
    low, high = bootstrap_interval(values)
    assert (low, high) == bootstrap_interval(values)
    assert low < values.mean() < high
    # The normal approximation: 1.96 standard errors to either side.
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(40), rel=0.1)
    assert bootstrap_interval(np.ones((5, 2))) == (1.0, 1.0)
    assert np.isnan(bootstrap_interval([[1.0]]).low)


def test_interval_resamples_instances_before_seeds() -> None:
    """Many seeds of two unlike instances leave the uncertainty over instances."""
    table = np.repeat([[0.0], [1.0]], 50, axis=1)
    assert bootstrap_interval(table) == (0.0, 1.0)


def test_win_rates() -> None:
    """Ties are neither; whoever has no schedule loses."""
    assert win_rates([1, 2, 3, NAN], [2, 2, 1, 5]) == (0.25, 0.5)
    assert win_rates([1, NAN], [NAN, NAN]) == (0.5, 0.0)


def test_probability_of_improvement() -> None:
    """All pairs of seeds count, within each instance, ties half."""
    assert probability_of_improvement([[1, 3]], [[2, 2]]) == 0.5
    assert probability_of_improvement([[1], [2]], [[2], [2]]) == 0.75


def test_p_value() -> None:
    """Ten wins out of ten: two times 2^-10; ties alone prove nothing."""
    ours = np.arange(10.0)
    assert paired_p_value(ours, ours + 1 + ours / 100) == pytest.approx(2 / 1024)
    assert paired_p_value(ours, ours) == 1.0
    assert np.isnan(paired_p_value([NAN], [1.0]))


def test_summaries_are_paired_and_sorted(comparison: Make) -> None:
    """The best mean gap comes first, and differences are taken run by run."""
    made = comparison({"spt": [[0.3], [0.1]], "fdd-mwkr": [[0.2], [0.2]], "cp-sat": [[0.0], [NAN]]})
    summaries = {s.method: s for s in summarise(made, resamples=200)}
    assert list(summaries) == ["cp-sat", "spt", "fdd-mwkr"]
    spt, solver = summaries["spt"], summaries["cp-sat"]
    assert spt.baseline == "fdd-mwkr"
    assert (spt.wins, spt.losses, spt.improvement) == (0.5, 0.5, 0.5)
    assert spt.difference == pytest.approx(0.0)
    assert spt.difference_interval == pytest.approx((-0.1, 0.1))
    assert spt.best_share == 0.5
    assert (solver.runs, solver.solved, solver.verified) == (2, 1, 1)
    assert (solver.wins, solver.losses) == (0.5, 0.5)


def test_baseline(comparison: Make) -> None:
    """FDD/MWKR where it takes part, with or without options; else the first method."""
    assert default_baseline(comparison({"spt": [[0.0]], "lpt": [[0.0]]})) == "spt"
    assert default_baseline(comparison({"spt": [[0.0]], "fdd-mwkr:k=2": [[0.0]]})) == "fdd-mwkr:k=2"
    assert summarise(comparison({"spt": [[0.0]], "lpt": [[0.1]]}), "lpt")[0].baseline == "lpt"
