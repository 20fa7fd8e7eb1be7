"""Summaries: each method of a comparison on one line, beside a baseline."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dispatchlab.eval.compare import Comparison
from dispatchlab.eval.statistics import (
    RESAMPLES,
    FloatArray,
    Interval,
    bootstrap_interval,
    interquartile_mean,
    mean,
    no_schedule_last,
    paired_p_value,
    probability_of_improvement,
    win_rates,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """One method over all cases; gaps are relative (0.1 is 10 %).

    Attributes:
        method: Name.
        runs: Number of cases.
        solved: Cases with a schedule.
        verified: Cases whose schedule the checker accepts.
        mean_gap: Mean gap to the reference.
        mean_gap_interval: Its 95 % interval.
        iqm_gap: Interquartile mean of the gaps.
        iqm_gap_interval: Its 95 % interval.
        best_share: Share of the cases where no method is better.
        baseline: The method that the next four compare with.
        wins: Share of the cases won against it.
        losses: Share of the cases lost against it.
        improvement: Probability of a better run on the same instance, ties counting half.
        difference: Mean of gap minus the baseline's gap, paired.
        difference_interval: Its 95 % interval.
        p_value: Two-sided Wilcoxon signed-rank test of the paired differences.
        mean_runtime_s: Seconds per case.
        mean_time_per_decision_s: Seconds per decision; NaN for solvers.
    """

    method: str
    runs: int
    solved: int
    verified: int
    mean_gap: float
    mean_gap_interval: Interval
    iqm_gap: float
    iqm_gap_interval: Interval
    best_share: float
    baseline: str
    wins: float
    losses: float
    improvement: float
    difference: float
    difference_interval: Interval
    p_value: float
    mean_runtime_s: float
    mean_time_per_decision_s: float

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        return asdict(self)


def summarise(
    comparison: Comparison, baseline: str | None = None, *, resamples: int = RESAMPLES
) -> list[Summary]:
    """Summaries of all methods, best mean gap first.

    Args:
        comparison: The runs.
        baseline: The method that the others are compared with; by default `default_baseline`.
        resamples: Bootstrap resamples.

    Returns:
        One summary per method.
    """
    tables = {name: _Table(comparison, name) for name in comparison.methods}
    baseline = baseline if baseline in tables else default_baseline(comparison)
    best = np.min([table.rank for table in tables.values()], axis=0)
    found = [
        _summary(table, tables[baseline], best, resamples) for table in tables.values()
    ]  # fmt: skip
    return sorted(found, key=lambda s: (np.isnan(s.mean_gap), s.mean_gap))


def default_baseline(comparison: Comparison) -> str:
    """FDD/MWKR where it takes part, else the first method."""
    names = comparison.methods
    return next((n for n in names if n.partition(":")[0] == "fdd-mwkr"), names[0])


class _Table:
    """The runs of one method as matrices of instances × seeds."""

    def __init__(self, comparison: Comparison, method: str) -> None:
        self.method = method
        self.runs = [run for run in comparison.runs if run.method == method]
        instances = list(dict.fromkeys(run.instance for run in self.runs))
        per_instance = [[r for r in self.runs if r.instance == name] for name in instances]
        width = max(len(group) for group in per_instance)
        self.gap = np.full((len(instances), width), np.nan)
        self.objective = np.full((len(instances), width), np.nan)
        for i, group in enumerate(per_instance):
            self.gap[i, : len(group)] = [run.gap for run in group]
            self.objective[i, : len(group)] = [run.objective for run in group]

    @property
    def rank(self) -> FloatArray:
        """Objectives, infinite where there is no schedule."""
        return no_schedule_last(self.objective)

    def mean_of(self, column: str) -> float:
        """Mean of a column of the rows."""
        return float(mean(np.array([getattr(run, column) for run in self.runs], float)))


def _summary(table: _Table, other: _Table, best: FloatArray, resamples: int) -> Summary:
    gap, difference = table.gap, table.gap - other.gap
    wins, losses = win_rates(table.objective, other.objective)
    has_schedule = np.isfinite(table.objective)
    return Summary(
        method=table.method,
        runs=len(table.runs),
        solved=int(has_schedule.sum()),
        verified=sum(run.verified is True for run in table.runs),
        mean_gap=float(mean(gap.ravel())),
        mean_gap_interval=bootstrap_interval(gap, mean, resamples=resamples),
        iqm_gap=float(interquartile_mean(gap.ravel())),
        iqm_gap_interval=bootstrap_interval(gap, interquartile_mean, resamples=resamples),
        best_share=float((has_schedule & (table.objective <= best)).mean()),
        baseline=other.method,
        wins=wins,
        losses=losses,
        improvement=probability_of_improvement(table.objective, other.objective),
        difference=float(mean(difference.ravel())),
        difference_interval=bootstrap_interval(difference, mean, resamples=resamples),
        p_value=paired_p_value(table.gap, other.gap),
        mean_runtime_s=table.mean_of("runtime_s"),
        mean_time_per_decision_s=table.mean_of("time_per_decision_s"),
    )
