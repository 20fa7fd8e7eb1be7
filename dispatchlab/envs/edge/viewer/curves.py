"""Utility over time of several methods, beside the best that anybody could reach."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.figures import base_layout, time_axis
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.errors import MissingExtraError

if TYPE_CHECKING:
    import plotly.graph_objects as go

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Curve = tuple[IntArray, FloatArray]
_MS = 1000.0
_MAX_POINTS = 1500  # per curve; a screen has no more columns
_PIXELS = 480
_DASHES = ("solid", "dash", "dot")


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
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    figure = go.Figure(
        [go.Scatter(**_trace(i, name, curve)) for i, (name, curve) in enumerate(curves.items())]
    )
    end = max((float(times[-1]) / _MS for times, _ in curves.values()), default=1.0)
    if bound is not None:
        figure.add_scatter(
            x=[0.0, end], y=[bound, bound], mode="lines", name="LP bound",
            line={"color": "#222", "width": 1.5, "dash": "dashdot"},
            hovertemplate=f"no schedule reaches more than {bound:.0f}<extra>LP bound</extra>",
        )  # fmt: skip
    layout = base_layout(escape(title), _PIXELS)
    axis: dict[str, Any] = {"title": {"text": "utility so far, QoS and QoE"}, "zeroline": True}
    figure.update_layout(**layout, xaxis=time_axis("time (s)", [0.0, end]), yaxis=axis)
    return figure


def _trace(index: int, name: str, curve: Curve) -> dict[str, Any]:
    times, values = _thin(curve)
    shade = css(colour(index % 8))
    return {
        "x": (times / _MS).tolist(),
        "y": values.tolist(),
        "mode": "lines",
        "name": escape(name),
        "line": {"shape": "hv", "color": shade, "dash": _DASHES[index // 8 % len(_DASHES)],
                 "width": 1.8},
        "hovertemplate": "%{y:.0f} at %{x} s",
    }  # fmt: skip


def _thin(curve: Curve) -> Curve:
    """Every k-th point, and the last."""
    times, values = curve
    step = -(-len(times) // _MAX_POINTS)
    kept = np.unique([*range(0, len(times), step), len(times) - 1])
    return times[kept], values[kept]
