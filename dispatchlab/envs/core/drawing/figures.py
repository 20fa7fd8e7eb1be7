"""What the interactive charts of all families look like."""

from typing import Any

FONT = "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif"


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
