"""Performance profiles: the share of the cases that a method solves within a gap.

After Dolan and Moré (2002), Benchmarking optimization software with performance profiles,
Mathematical Programming 91.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.drawing.curves import line_style
from dispatchlab.envs.core.drawing.figures import empty_figure, escape
from dispatchlab.eval.compare import Comparison
from dispatchlab.eval.statistics import FloatArray

_HOVER = "%{y:.1%} of the cases within a gap of %{x:.2f} %<extra>%{fullData.name}</extra>"
_LEAST_PERCENT = 1.0


def profile_of(gaps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gaps, ascending from 0 or below, and the share of the cases within each.

    Args:
        gaps: One per case; NaN where there is no schedule, which is within no gap.

    Returns:
        Equally long arrays; each share holds until the next gap.
    """
    known = gaps[np.isfinite(gaps)]
    levels = np.unique(np.append(known, min(0.0, known.min(initial=0.0))))
    shares = np.searchsorted(np.sort(known), levels, side="right") / max(len(gaps), 1)
    return levels, shares


def profile_figure(comparison: Comparison) -> Any:  # noqa: ANN401 (a figure of plotly)
    """The profiles of all methods.

    Args:
        comparison: The runs.

    Returns:
        A figure of Plotly, or None where no run has a gap. It shows the gaps up to which the better
        half of the methods differ; zooming out shows the rest.
    """
    gaps = {name: _gaps(comparison, name) for name in comparison.methods}
    worst = [float(np.nanmax(g)) for g in gaps.values() if np.isfinite(g).any()]
    if not worst:
        return None
    end = 100.0 * max(worst)
    figure = empty_figure(420)
    for index, (name, values) in enumerate(gaps.items()):
        levels, shares = profile_of(values)
        figure.add_scatter(
            x=[*(100.0 * levels).tolist(), max(end, _LEAST_PERCENT) * 1.05],
            y=[*shares.tolist(), float(shares[-1])], name=escape(name), hovertemplate=_HOVER,
            mode="lines", line={**line_style(index), "shape": "hv"},
        )  # fmt: skip
    low = min(0.0, *(100.0 * float(np.nanmin(g)) for g in gaps.values() if np.isfinite(g).any()))
    figure.update_xaxes(title_text="gap, %", range=[low, _first_end(worst)])
    figure.update_yaxes(title_text="share of the cases", tickformat=".0%", range=[0, 1.03])
    return figure


def _gaps(comparison: Comparison, method: str) -> FloatArray:
    """Gaps of the runs that the checker accepts; NaN for the others."""
    runs = [run for run in comparison.runs if run.method == method]
    return np.array([run.gap if run.verified else np.nan for run in runs], np.float64)


def _first_end(worst: Sequence[float]) -> float:
    """How far the better half of the methods reaches, in per cent."""
    better = sorted(worst)[: (len(worst) + 1) // 2]
    return max(_LEAST_PERCENT, 105.0 * better[-1])
