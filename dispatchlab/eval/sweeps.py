"""Plots of measures over the settings that a comparison varies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.drawing.curves import MARKERS, line_style
from dispatchlab.envs.core.drawing.figures import FONT, escape
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.eval.compare import Comparison, Run
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.statistics import bootstrap_interval, mean

BASE = "base"
UNITS = {
    "mean_gap_us": "mean time between arrivals, µs",
    "noise_std": "relative standard deviation of execution times",
    "max_jobs": "jobs in work at once",
    "num_drones": "drones",
    "peak_ms": "latency added at most, ms",
    "cloud_sigma": "standard deviation of the logarithm of cloud times",
}


def sweep_figures(comparison: Comparison) -> list[Any]:
    """What the family measures, of all methods, over each setting that has several numbers.

    Args:
        comparison: The runs; a figure has those that agree in everything but one setting.

    Returns:
        Figures of plotly; none where nothing varies.
    """
    figures = []
    names = dict.fromkeys(name for run in comparison.runs for name in run.settings if name != BASE)
    for name in names:
        groups: dict[str, list[Run]] = {}
        for run in comparison.runs:
            if name in run.settings:
                others = {key: value for key, value in run.settings.items() if key != name}
                base = others.pop(BASE, run.instance)
                title = ", ".join([str(base), *(f"{key}={value}" for key, value in others.items())])
                groups.setdefault(title, []).append(run)
        for title, runs in groups.items():
            values = {run.settings[name] for run in runs}
            if len(values) > 1 and all(isinstance(value, int | float) for value in values):
                panels = eval_family(comparison.family).sweep.titles
                figures.append(_figure(title, name, runs, comparison.methods, panels))
    return figures


def _figure(
    title: str, name: str, runs: Sequence[Run], methods: Sequence[str], panels: Mapping[str, str]
) -> Any:  # noqa: ANN401
    """One line with a band per method, in a panel per measure."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=len(panels), subplot_titles=list(panels.values()))
    for index, method in enumerate(methods):
        mine = [run for run in runs if run.method == method]
        shade = colour(index)
        for panel, measure in enumerate(panels, start=1):
            x, middle, low, high = _points(mine, name, measure)
            band = go.Scatter(
                x=[*x, *reversed(x)], y=[*high, *reversed(low)], fill="toself", mode="lines",
                fillcolor=css(shade), opacity=0.18, line_width=0, hoverinfo="skip",
                legendgroup=method, showlegend=False, name=escape(method),
            )  # fmt: skip
            line = go.Scatter(
                x=x, y=middle, mode="lines+markers", name=escape(method), legendgroup=method,
                line=line_style(index), marker_symbol=MARKERS[index % len(MARKERS)],
                showlegend=panel == 1,
            )  # fmt: skip
            figure.add_trace(band, row=1, col=panel)
            figure.add_trace(line, row=1, col=panel)
    figure.update_xaxes(title_text=UNITS.get(name, name.replace("_", " ")))
    figure.update_layout(
        title=escape(f"{title}, over {name}"), height=460, template="plotly_white", font_family=FONT
    )
    return figure


def _points(
    runs: Sequence[Run], name: str, measure: str
) -> tuple[list[float], list[float], list[float], list[float]]:
    """Settings, means and the ends of their intervals."""
    groups: dict[float, list[float]] = {}
    for run in runs:
        groups.setdefault(run.settings[name], []).append(run.measures[measure])
    x = sorted(groups)
    middle = [float(mean(np.array(groups[value]))) for value in x]
    ends = [bootstrap_interval([groups[value]]) for value in x]
    known = [not np.isnan(interval.low) for interval in ends]
    low = [e.low if ok else m for e, m, ok in zip(ends, middle, known, strict=True)]
    high = [e.high if ok else m for e, m, ok in zip(ends, middle, known, strict=True)]
    return x, middle, low, high
