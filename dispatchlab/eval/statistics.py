"""Statistics of paired runs: means, interquartile means, bootstrap intervals, win rates.

Values form a matrix of instances × seeds. Intervals come from a two-level bootstrap: instances
are drawn with replacement, then seeds within each. With one seed this is the usual bootstrap over
instances. The interquartile mean and the probability of improvement follow Agarwal et al. (2021),
Deep reinforcement learning at the edge of the statistical precipice, NeurIPS.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

FloatArray = npt.NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]
CONFIDENCE = 0.95
TAIL = 0.05
RESAMPLES = 2000


class Interval(NamedTuple):
    """A confidence interval; NaN where there is a single instance and seed."""

    low: float
    high: float


def mean(values: FloatArray) -> FloatArray:
    """Mean over the last axis without the missing values.

    Args:
        values: ``(..., n)``; NaN is missing.

    Returns:
        ``(...)``; NaN where all values are missing.
    """
    present = np.isfinite(values)
    count = present.sum(axis=-1)
    total = np.where(present, values, 0.0).sum(axis=-1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def interquartile_mean(values: FloatArray) -> FloatArray:
    """Mean of the middle half over the last axis, without the missing values.

    Args:
        values: ``(..., n)``; NaN is missing.

    Returns:
        ``(...)``; NaN where all values are missing.
    """
    if np.isfinite(values).all():
        return np.asarray(stats.trim_mean(values, 0.25, axis=-1))
    rows = values.reshape(-1, values.shape[-1])
    kept = (row[np.isfinite(row)] for row in rows)
    means = [float(stats.trim_mean(row, 0.25)) if len(row) else np.nan for row in kept]
    return np.asarray(means).reshape(values.shape[:-1])


def mean_of_lowest(values: FloatArray, share: float = TAIL) -> float:
    """Mean over the instances of the mean of their lowest values.

    Args:
        values: ``(instances, seeds)`` matrix; NaN is missing.
        share: Share of an instance's values that count, rounded up.

    Returns:
        The mean; NaN where nothing is known.
    """
    rows = [np.sort(row[np.isfinite(row)]) for row in np.atleast_2d(values)]
    kept = [row[: max(1, math.ceil(share * len(row) - 1e-9))] for row in rows if len(row)]
    return float(np.mean([row.mean() for row in kept])) if kept else math.nan


def bootstrap_interval(
    values: npt.ArrayLike, statistic: Statistic = mean, *, confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES, seed: int = 0,
) -> Interval:  # fmt: skip
    """Percentile interval of a statistic, by a two-level bootstrap.

    Args:
        values: ``(instances, seeds)`` matrix; NaN is missing.
        statistic: Reduces the last axis.
        confidence: Share of the resamples inside the interval.
        resamples: Number of resamples.
        seed: Seed of the resampling; equal seeds resample equal shapes alike.

    Returns:
        The interval; NaN where there is nothing to resample.
    """
    table = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if np.isfinite(table).sum() < 2:
        return Interval(np.nan, np.nan)
    instances, seeds = table.shape
    rng = np.random.default_rng(seed)
    rows = rng.integers(instances, size=(resamples, instances, 1))
    columns = rng.integers(seeds, size=(resamples, instances, seeds))
    drawn = statistic(table[rows, columns].reshape(resamples, -1))
    tail = (1.0 - confidence) / 2.0
    low, high = np.nanquantile(drawn, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def win_rates(ours: npt.ArrayLike, theirs: npt.ArrayLike) -> tuple[float, float]:
    """Shares of the pairs won and lost; the rest are ties.

    Args:
        ours: Values of one method, minimised; NaN is no schedule and loses to any.
        theirs: Values of the other on the same cases.

    Returns:
        ``(wins, losses)``.
    """
    a, b = no_schedule_last(ours), no_schedule_last(theirs)
    return float((a < b).mean()), float((a > b).mean())


def probability_of_improvement(ours: npt.ArrayLike, theirs: npt.ArrayLike) -> float:
    """Probability that a run of ours beats a run of theirs on the same instance.

    Args:
        ours: ``(instances, seeds)`` values, minimised.
        theirs: ``(instances, seeds)`` values of the other method.

    Returns:
        Mean over the instances of the share of seed pairs won, ties counting half.
    """
    a, b = np.atleast_2d(no_schedule_last(ours)), np.atleast_2d(no_schedule_last(theirs))
    won = a[:, :, None] < b[:, None, :]
    tied = a[:, :, None] == b[:, None, :]
    return float((won + 0.5 * tied).mean())


def paired_p_value(ours: npt.ArrayLike, theirs: npt.ArrayLike) -> float:
    """Two-sided p-value of the Wilcoxon signed-rank test on the paired differences.

    Args:
        ours: Values of one method.
        theirs: Values of the other on the same cases.

    Returns:
        The p-value; 1 where all pairs tie, NaN where there is no pair.
    """
    difference = (np.asarray(ours, float) - np.asarray(theirs, float)).ravel()
    difference = difference[np.isfinite(difference)]
    if len(difference) == 0:
        return float("nan")
    return float(stats.wilcoxon(difference).pvalue) if difference.any() else 1.0


def no_schedule_last(values: npt.ArrayLike) -> FloatArray:
    """Infinity instead of NaN, so that no schedule is worse than any.

    Args:
        values: Objectives.

    Returns:
        The same with infinities.
    """
    table = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(table), np.inf, table)
