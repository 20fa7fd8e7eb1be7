"""What the interactive charts of all families look like."""

import html
from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError

# Nothing leaves the page: Plotly would else offer to upload the chart.
CONFIG = {"displaylogo": False, "responsive": True, "showSendToCloud": False}
FONT = "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif"


def escape(text: str) -> str:
    """Text for a chart: Plotly reads markup, but knows no entities for quotes.

    Args:
        text: Any text.

    Returns:
        What shows it letter by letter.
    """
    return html.escape(text, quote=False)


def base_layout(title: str, pixels: float) -> dict[str, Any]:
    """Everything but axes: headline, fonts, legend.

    Args:
        title: Headline, as HTML.
        pixels: Height.

    Returns:
        Plotly's layout.
    """
    return {
        "title": {"text": title, "x": 0.01, "xanchor": "left", "font": {"size": 18}},
        "template": "plotly_white",
        "font": {"family": FONT},
        "barmode": "overlay",
        "hovermode": "closest",
        "height": round(pixels),
        "margin": {"l": 10, "r": 10, "t": 60, "b": 50},
        "legend": {"itemsizing": "constant"},
        "hoverlabel": {"align": "left"},
    }


def time_axis(title: str, first: list[float]) -> dict[str, Any]:
    """A time axis.

    Args:
        title: Its label.
        first: What it shows at first.

    Returns:
        Plotly's axis.
    """
    return {
        "title": {"text": title},
        "range": first,
        "showline": True,
        "linecolor": "#444",
        "ticks": "outside",
        "exponentformat": "none",
    }


def range_slider(low: float, high: float) -> dict[str, Any]:
    """A slider below a time axis.

    Args:
        low: Begin of what can be chosen.
        high: Its end.

    Returns:
        Plotly's slider.
    """
    return {"visible": True, "thickness": 0.07, "range": [low, high]}


def line_across(top: float, ink: str) -> dict[str, Any]:
    """A horizontal line behind the bars.

    Args:
        top: Where, on the vertical axis.
        ink: Its colour.

    Returns:
        A shape of Plotly.
    """
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": top, "y1": top,
        "layer": "below", "line": {"color": ink, "width": 1},
    }  # fmt: skip


def empty_figure(height: int) -> Any:  # noqa: ANN401 (a figure of plotly)
    """A figure that fits a phone, with its legend below.

    Args:
        height: Pixels.

    Returns:
        A figure of Plotly.

    Raises:
        MissingExtraError: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    layout = base_layout("", height) | {
        "margin": {"l": 10, "r": 10, "t": 34, "b": 10},
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0},
    }
    figure = go.Figure(layout=layout)
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True, exponentformat="e")
    return figure
