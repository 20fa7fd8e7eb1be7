"""Profit over the day of several methods, beside the most that anybody could make."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.drawing.curves import Curve, CurveWords, curves_figure
from dispatchlab.envs.core.drawing.figures import time_axis
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.viewer.panels import moments_ms

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WORDS = CurveWords(
    what="profit so far, $",
    hover="$%{y:,.0f} at %{x|%H:%M}",
    bound="bound",
    bound_hover="no schedule makes more than ${:,.0f}",
)


def profit_figure(
    instance: UamInstance, curves: Mapping[str, Curve], bound_usd: float | None = None, *,
    title: str = "Profit over the day",
) -> "go.Figure":  # fmt: skip
    """Build the chart as a Plotly figure.

    Args:
        instance: Tells at which time of day it begins.
        curves: By method: times in s, and the profit up to each, as `profit_curve` gives them.
        bound_usd: What no schedule of the day can exceed.
        title: Headline.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: If Plotly is not installed.
    """

    def axis(end: Any) -> dict[str, Any]:  # noqa: ANN401 (a place on a date axis)
        shown = time_axis("time of day", [*moments_ms(instance, [0]), end])
        return {**shown, "type": "date", "tickformat": "%H:%M"}

    return curves_figure(
        curves, bound_usd, _WORDS, lambda times: moments_ms(instance, times), axis, title=title
    )
