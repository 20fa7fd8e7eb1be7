"""Utility over time of several methods, beside the best that anybody could reach."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dispatchlab.envs.core.drawing.curves import Curve, CurveWords, IntArray, curves_figure
from dispatchlab.envs.core.drawing.figures import time_axis

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MS = 1000.0
_WORDS = CurveWords(
    what="utility so far, QoS and QoE",
    hover="%{y:.0f} at %{x} s",
    bound="LP bound",
    bound_hover="no schedule reaches more than {:.0f}",
)


def utility_figure(
    curves: Mapping[str, Curve], bound: float | None = None, *, title: str = "Utility over time"
) -> "go.Figure":
    """Build the chart as a Plotly figure.

    Args:
        curves: By method: times in ms, and the utility up to each, as `utility_curve` gives them.
        bound: Upper bound on the utility of the whole episode.
        title: Headline.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: If Plotly is not installed.
    """
    return curves_figure(
        curves, bound, _WORDS, _seconds, lambda end: time_axis("time (s)", [0.0, end]), title=title
    )


def _seconds(times_ms: IntArray) -> list[float]:
    seconds: list[float] = (times_ms / _MS).tolist()
    return seconds
