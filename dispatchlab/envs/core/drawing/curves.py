"""What several methods reach over time, beside the best that anybody could."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.figures import base_layout, escape
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.errors import MissingExtraError

if TYPE_CHECKING:
    import plotly.graph_objects as go

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Curve = tuple[IntArray, FloatArray]
_MAX_POINTS = 1500  # per curve; a screen has no more columns
_PIXELS = 480
_HUES = 8
_DASHES = ("solid", "dash", "dot")  # as many as have no divisor in common with the hues
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "pentagon")


class CurveWords(NamedTuple):
    """What is said in the chart.

    Attributes:
        what: Label of the vertical axis, with its unit.
        hover: What is shown of a point, as Plotly's template.
        bound: Name of the bound.
        bound_hover: What is said about it, ``{:.0f}`` standing for its value.
    """

    what: str
    hover: str
    bound: str
    bound_hover: str


def line_style(index: int) -> dict[str, Any]:
    """Colour and dash of a curve; 24 differ, and neighbours in both.

    Args:
        index: Number of the curve.

    Returns:
        Plotly's line.
    """
    return {"color": css(colour(index % _HUES)), "dash": _DASHES[index % len(_DASHES)], "width": 2}


def curves_figure(
    curves: Mapping[str, Curve], bound: float | None, words: CurveWords,
    to_axis: Callable[[IntArray], list[Any]], axis: Callable[[Any], dict[str, Any]], *, title: str,
) -> "go.Figure":  # fmt: skip
    """Build the chart as a Plotly figure.

    Args:
        curves: By method: times that ascend from 0, and the value from each of them on.
        bound: What no value exceeds, or None.
        words: What is said.
        to_axis: From times to places on the time axis.
        axis: The time axis, from the last place that is shown.
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
    figure = go.Figure([
        go.Scatter(**_trace(i, name, curve, words, to_axis))
        for i, (name, curve) in enumerate(curves.items())
    ])  # fmt: skip
    last = max((int(times[-1]) for times, _ in curves.values()), default=1)
    start, end = to_axis(np.array([0, last]))
    if bound is not None:
        figure.add_scatter(
            x=[start, end], y=[bound, bound], mode="lines", name=words.bound,
            line={"color": "#222", "width": 1.5, "dash": "dashdot"},
            hovertemplate=f"{words.bound_hover.format(bound)}<extra>{words.bound}</extra>",
        )  # fmt: skip
    value: dict[str, Any] = {"title": {"text": words.what}, "zeroline": True}
    figure.update_layout(**base_layout(escape(title), _PIXELS), xaxis=axis(end), yaxis=value)
    return figure


def _trace(
    index: int, name: str, curve: Curve, words: CurveWords, to_axis: Callable[[IntArray], list[Any]]
) -> dict[str, Any]:
    times, values = _thin(curve)
    return {
        "x": to_axis(times),
        "y": values.tolist(),
        "mode": "lines",
        "name": escape(name),
        "line": {**line_style(index), "shape": "hv"},
        "hovertemplate": words.hover,
    }  # fmt: skip


def _thin(curve: Curve) -> Curve:
    """Every k-th point, and the last."""
    times, values = curve
    step = -(-len(times) // _MAX_POINTS)
    kept = np.unique([*range(0, len(times), step), len(times) - 1])
    return times[kept], values[kept]
