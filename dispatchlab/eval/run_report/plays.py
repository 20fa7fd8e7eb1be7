"""What became of the levels that teachers chose: scores, regret, what was learned from."""

from collections.abc import Callable, Sequence

import numpy as np

from dispatchlab.eval.run_report.charts import Chart, Curve, curves_chart
from dispatchlab.eval.run_report.curriculum import Rollout, grouped
from dispatchlab.eval.run_report.progress import Series
from dispatchlab.eval.run_report.record import RunRecord
from dispatchlab.train.teachers.base import FloatArray

_MOST_POINTS = 120
_MEASURES: tuple[tuple[str, str, Callable[[Rollout], FloatArray]], ...] = (
    (
        "Score",
        "Mean of the episodes played; 1 is as good as it gets. Teachers choose different levels, "
        "so this compares no runs.",
        lambda rollout: rollout.scores,
    ),
    (
        "Regret",
        "How far behind the reference method, relative to it; below 0: ahead of it.",
        lambda rollout: rollout.regrets,
    ),
    (
        "Learned from",
        "Share of the episodes that the agent learned from; it was only judged in the others.",
        lambda rollout: rollout.learns.astype(np.float64),
    ),
    (
        "Edits",
        "Mean number of edits of the levels played.",
        lambda rollout: np.array([len(edits) for edits in rollout.edits], np.float64),
    ),
)


def play_charts(runs: Sequence[RunRecord]) -> list[Chart]:
    """Means over time of the runs that have a teacher.

    Args:
        runs: All runs.

    Returns:
        A chart for each measure that was taken; edits only where there were any.
    """
    charts = []
    for heading, note, measure in _MEASURES:
        curves = [
            Curve(run.name, means(run.rollouts, measure), index) for index, run in enumerate(runs)
        ]
        curves = [curve for curve in curves if curve.series[0]]
        if curves and (heading != "Edits" or any(any(curve.series[1]) for curve in curves)):
            charts.append(curves_chart(heading, note, curves, legend=len(runs) > 1))
    return charts


def means(rollouts: Sequence[Rollout], measure: Callable[[Rollout], FloatArray]) -> Series:
    """Decisions and means over the episodes, where they are known."""
    x, y = [], []
    for group in grouped(rollouts, _MOST_POINTS):
        values = np.concatenate([measure(rollout) for rollout in group])
        known = values[np.isfinite(values)]
        if known.size:
            x.append(float(group[-1].timesteps))
            y.append(float(known.mean()))
    return x, y
