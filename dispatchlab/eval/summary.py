"""Summaries: each method of a comparison on one line, beside a baseline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from dispatchlab.eval.compare import Comparison, Run
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.statistics import (
    RESAMPLES,
    FloatArray,
    Interval,
    bootstrap_interval,
    interquartile_mean,
    mean,
    mean_of_lowest,
    no_schedule_last,
    paired_p_value,
    probability_of_improvement,
    win_rates,
)


class Estimate(NamedTuple):
    """Mean of a measure with its 95 % interval, its interquartile mean, and that of its lowest 5 %.

    The last is known only of measures whose family asks for it, and NaN of others.
    """

    mean: float
    interval: Interval
    iqm: float
    low: float = float("nan")


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
        measures: What the family measures beside the objective.
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
    measures: Mapping[str, Estimate] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        columns = asdict(self)
        for name, estimate in columns.pop("measures").items():
            columns |= {
                f"mean_{name}": estimate.mean,
                f"mean_{name}_interval": estimate.interval,
                f"iqm_{name}": estimate.iqm,
            }
            if not np.isnan(estimate.low):
                columns[f"low5_{name}"] = estimate.low
        return columns


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
    tails = eval_family(comparison.family).tails
    found = [
        _summary(table, tables[baseline], best, resamples, tails) for table in tables.values()
    ]  # fmt: skip
    return sorted(found, key=lambda s: (np.isnan(s.mean_gap), s.mean_gap))


USUAL_BASELINE = {"job-shop": "fdd-mwkr", "soc": "etf", "edge": "dem-q", "uam": "lookahead"}


def default_baseline(comparison: Comparison) -> str:
    """FDD/MWKR, ETF, DEM-Q or (air taxis) lookahead where it takes part, else the first method."""
    names = comparison.methods
    usual = USUAL_BASELINE[comparison.family]
    return next((name for name in names if name.partition(":")[0] == usual), names[0])


class _Table:
    """The runs of one method as matrices of instances × seeds."""

    def __init__(self, comparison: Comparison, method: str) -> None:
        self.method = method
        self.runs = [run for run in comparison.runs if run.method == method]
        groups: dict[str, list[Run]] = {}
        for run in self.runs:
            groups.setdefault(run.instance, []).append(run)
        self._groups = list(groups.values())
        self.gap = self._matrix(lambda run: run.gap)
        self.objective = self._matrix(lambda run: run.objective)

    @property
    def rank(self) -> FloatArray:
        """Objectives, infinite where there is no schedule."""
        return no_schedule_last(self.objective)

    def estimate(self, measure: str, *, tail: bool) -> Estimate:
        """What is known of a measure."""
        values = self._matrix(lambda run: run.measures[measure])
        return Estimate(
            float(mean(values.ravel())),
            bootstrap_interval(values, mean),
            float(interquartile_mean(values.ravel())),
            mean_of_lowest(values) if tail else float("nan"),
        )

    def _matrix(self, column: Callable[[Run], float]) -> FloatArray:
        """``(instances, seeds)`` values; NaN where an instance has fewer seeds."""
        table = np.full((len(self._groups), max(map(len, self._groups))), np.nan)
        for row, group in zip(table, self._groups, strict=True):
            row[: len(group)] = [column(run) for run in group]
        return table

    def mean_of(self, column: str) -> float:
        """Mean of a column of the rows."""
        return float(mean(np.array([getattr(run, column) for run in self.runs], float)))


def _summary(
    table: _Table, other: _Table, best: FloatArray, resamples: int, tails: Sequence[str]
) -> Summary:
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
        measures={
            name: table.estimate(name, tail=name in tails) for name in table.runs[0].measures
        },
    )
