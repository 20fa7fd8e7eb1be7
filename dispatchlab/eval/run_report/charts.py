"""Charts of a page: curves of several runs, in colours and shapes that everybody can tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dispatchlab.envs.core.drawing.curves import MARKERS
from dispatchlab.envs.core.drawing.figures import empty_figure, escape
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.eval.run_report.progress import Series

DECISIONS = "decisions"
SCALE = "Cividis"  # the same for colour-blind readers
_PIXELS = 320
_DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot", "8px 2px", "2px 6px")
_GREY = "#555555"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure with what stands above it.

    Attributes:
        heading: A few words.
        note: A sentence, or nothing.
        figure: A figure of Plotly.
    """

    heading: str
    note: str
    figure: Any


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a chart.

    Attributes:
        name: What it is.
        series: Decisions and values.
        group: Number of its run; None for a flat line in grey.
    """

    name: str
    series: Series
    group: int | None = None


def curves_chart(heading: str, note: str, curves: Sequence[Curve], *, legend: bool = True) -> Chart:
    """Curves over decisions.

    Args:
        heading: A few words.
        note: A sentence, or nothing.
        curves: The lines.
        legend: Whether they are named.

    Returns:
        The chart.
    """
    figure = empty_figure(_PIXELS)
    flat = 0
    for curve in curves:
        x, y = curve.series
        line: dict[str, Any]
        marker: dict[str, Any] = {}
        if curve.group is None:
            line = {"color": _GREY, "width": 1.5, "dash": _DASHES[flat % len(_DASHES)]}
            flat += 1
        else:
            line = {"color": css(colour(curve.group)), "width": 2}
            marker = {"symbol": MARKERS[curve.group % len(MARKERS)], "size": 7}
        figure.add_scatter(
            x=x, y=y, name=escape(curve.name), line=line, marker=marker,
            showlegend=legend,
            mode="lines" if curve.group is None or len(x) > 60 else "lines+markers",
        )  # fmt: skip
    figure.update_xaxes(title_text=DECISIONS, rangemode="tozero")
    return Chart(heading, note, figure)
