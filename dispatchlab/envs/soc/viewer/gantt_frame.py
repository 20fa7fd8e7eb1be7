"""What surrounds the traces of an interactive Gantt chart: axes, slider, lanes, warm-up."""

from typing import Any

from dispatchlab.envs.core.drawing.figures import (
    base_layout,
    escape,
    line_across,
    range_slider,
    time_axis,
)
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.viewer.layout import JOBS_LANE, Chart

_MAX_AT_FIRST = 250  # bars shown before anybody zooms
_LANE_PIXELS, _FRAME_PIXELS, _MIN_PIXELS, _MAX_PIXELS = 34, 190, 360, 1600


def first_range(chart: Chart, warmup: int) -> list[float]:
    """All of the window or, from the warm-up on, as much as can be told apart.

    Args:
        chart: The laid-out chart.
        warmup: End of the warm-up.

    Returns:
        The times at the left and right before anybody zooms.
    """
    low, high = chart.low, chart.high
    if len(chart.bars) > _MAX_AT_FIRST:
        low = warmup if chart.low < warmup < chart.bars[-_MAX_AT_FIRST].start else low
        starts = [bar.start for bar in chart.bars if bar.start >= low]
        high = max(low + 1, starts[min(_MAX_AT_FIRST, len(starts)) - 1])
    margin = 0.015 * (high - low)
    return [low - margin, high + margin]


def frame_of(instance: SocInstance, chart: Chart, title: str) -> dict[str, Any]:
    """Everything of the figure but its traces.

    Args:
        instance: The instance.
        chart: The laid-out chart.
        title: Headline, as HTML.

    Returns:
        Plotly's layout.
    """
    pixels = min(_MAX_PIXELS, max(_MIN_PIXELS, _FRAME_PIXELS + _LANE_PIXELS * chart.height))
    return {
        **base_layout(title, pixels),
        "legend": {"itemsizing": "constant", "groupclick": "toggleitem", "tracegroupgap": 4},
        "xaxis": {
            **time_axis("time (µs)", first_range(chart, instance.injection.warmup_us)),
            "rangeslider": range_slider(chart.low, chart.high),
        },
        "yaxis": {
            "range": [chart.height, 0],
            "tickvals": [0.5, *(lane.top + 0.5 for lane in chart.lanes)],
            "ticktext": [f"<i>{JOBS_LANE}</i>", *(escape(lane.label) for lane in chart.lanes)],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "shapes": _shapes(instance, chart),
        "annotations": _annotations(instance, chart),
    }  # fmt: skip


def _shapes(instance: SocInstance, chart: Chart) -> list[dict[str, Any]]:
    """Lines between lanes, darker ones between clusters, and the shade of the warm-up."""
    shapes: list[dict[str, Any]] = []
    before = -1
    for lane in chart.lanes:
        ink = "#e4e4e8" if lane.cluster == before else "#a8a8b0"
        before = lane.cluster
        shapes.append(line_across(lane.top, ink))
    warmup = instance.injection.warmup_us
    if warmup > chart.low:
        shapes.append({"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": chart.low,
                       "x1": min(warmup, chart.high), "layer": "below", "line": {"width": 0},
                       "fillcolor": "rgba(120,120,140,0.13)"})  # fmt: skip
    return shapes


def _annotations(instance: SocInstance, chart: Chart) -> list[dict[str, Any]]:
    warmup = instance.injection.warmup_us
    if warmup <= chart.low:
        return []
    return [{"text": f"warm-up, to {warmup} µs: not counted", "x": chart.low, "y": 1,
             "yref": "paper", "xanchor": "left", "yanchor": "bottom", "showarrow": False,
             "font": {"size": 11, "color": "#666"}}]  # fmt: skip
