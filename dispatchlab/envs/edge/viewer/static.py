"""The timeline of an edge and a cloud for print: PNG, SVG and PDF through Matplotlib."""

from typing import TYPE_CHECKING

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.drawing.pictures import (
    TITLE_FONT,
    figure_bytes,
    new_figure,
    print_style,
    style_timeline,
)
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    DROPPED_COST,
    DROPPED_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    ON_EDGE,
    OUTCOMES,
    EdgeSchedule,
)
from dispatchlab.envs.edge.viewer.interactive import LATE
from dispatchlab.envs.edge.viewer.layout import DUE_STRIP, Bar, Chart, describe, lay_out
from dispatchlab.envs.edge.viewer.network_band import network_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 11.0  # inches
_LANE_INCHES, _MIN_HEIGHT, _MAX_HEIGHT = 0.42, 2.0, 9.0
_HEAD, _BETWEEN, _BAND_INCHES, _FOOT = 0.45, 0.12, 0.55, 0.8
_LEFT, _RIGHT, _LANE_FONT = 1.35, 0.2, 8.5
_POINTS, _GLYPH = 72.0, 0.62
_FILLING = 0.84
_MS = 1000.0
_SYMBOLS = {DROPPED_TIME: "v", DROPPED_COST: "1", EXPIRED_EDGE: "x", EXPIRED_CLOUD: "+"}


def draw(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule,
    file_format: str, *, title: str | None = None, since_ms: int | None = None,
    until_ms: int | None = None,
) -> bytes:  # fmt: skip
    """Draw the chart; the same schedule gives the same bytes.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs, and what the network does.
        schedule: A schedule of it, complete or not.
        file_format: ``"png"``, ``"svg"`` or ``"pdf"``.
        title: Headline; the instance and what the schedule is worth by default.
        since_ms: Begin of what is drawn, 0 by default.
        until_ms: End of what is drawn, the schedule's time by default.

    Returns:
        The content of the file.

    Raises:
        MissingExtraError: If Matplotlib is not installed.
    """
    chart = lay_out(instance, realisation, schedule, since_ms, until_ms)
    inner = min(_MAX_HEIGHT, max(_MIN_HEIGHT, _LANE_INCHES * chart.height))
    height = _HEAD + inner + _BETWEEN + _BAND_INCHES + _FOOT
    wide = 1 - (_LEFT + _RIGHT) / _WIDTH
    bottom = (_FOOT + _BAND_INCHES + _BETWEEN) / height
    headline = title or describe(instance, realisation, schedule)
    room = int((_WIDTH - _LEFT) * _POINTS / (TITLE_FONT * _GLYPH * 1.05))
    with print_style():
        figure = new_figure(_WIDTH, height)
        axes = figure.add_axes((_LEFT / _WIDTH, bottom, wide, inner / height))
        below = figure.add_axes(
            (_LEFT / _WIDTH, _FOOT / height, wide, _BAND_INCHES / height), sharex=axes
        )
        _draw_lanes(axes, chart, clip(headline, room))
        _draw_bars(axes, chart)
        _draw_deadlines(axes, chart)
        _draw_marks(axes, chart)
        _draw_band(below, realisation, chart)
        _draw_legend(below, instance, chart)
        return figure_bytes(figure, file_format)


def _draw_lanes(axes: "Axes", chart: Chart, title: str) -> None:
    axes.set_xlim(chart.low / _MS, chart.high / _MS)
    axes.set_ylim(chart.height, 0)
    lanes = [(lane.top + lane.height / 2, lane.label) for lane in chart.lanes]
    style_timeline(axes, title, "", lanes, _LANE_FONT)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    for lane in chart.lanes:
        axes.axhline(lane.top, color="#d4d4da", linewidth=0.6, zorder=0)


def _draw_bars(axes: "Axes", chart: Chart) -> None:
    """Rectangles; late ones hatched, with a red edge."""
    from matplotlib.collections import PolyCollection

    for late in (False, True):
        bars = [bar for bar in chart.bars if bar.is_late == late]
        if bars:
            axes.add_collection(
                PolyCollection(
                    [_corners(bar) for bar in bars],
                    facecolors=[css(colour(bar.model)) for bar in bars],
                    edgecolors=LATE if late else "white", linewidths=0.9 if late else 0.3,
                    hatch="////" if late else None, zorder=3 if late else 2,
                ),
                autolim=False,
            )  # fmt: skip


def _corners(bar: Bar) -> list[tuple[float, float]]:
    left, right = bar.start / _MS, bar.end / _MS
    margin = (1 - _FILLING) / 2 * bar.height
    top, bottom = bar.top + margin, bar.top + bar.height - margin
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _draw_deadlines(axes: "Axes", chart: Chart) -> None:
    """A tick at every deadline: below the edge, or on the line of the call."""
    from matplotlib.collections import LineCollection

    lines, inks = [], []
    for bar in chart.bars:
        top, height = bar.top, bar.height
        if bar.place == ON_EDGE:
            top, height = top + height, DUE_STRIP
        lines.append([(bar.due / _MS, top + 0.12 * height), (bar.due / _MS, top + 0.88 * height)])
        inks.append(LATE if bar.is_late else css(colour(bar.model)))
    axes.add_collection(LineCollection(lines, colors=inks, linewidths=1.0, zorder=4), autolim=False)


def _draw_marks(axes: "Axes", chart: Chart) -> None:
    for outcome, symbol in _SYMBOLS.items():
        marks = [mark for mark in chart.marks if mark.outcome == outcome]
        if marks:
            axes.scatter(
                [mark.time / _MS for mark in marks], [mark.middle for mark in marks],
                marker=symbol, s=22.0, linewidths=0.9,
                c=[css(colour(mark.model)) for mark in marks], zorder=4,
            )  # fmt: skip


def _draw_band(axes: "Axes", realisation: EdgeRealisation, chart: Chart) -> None:
    band = network_band(realisation, chart.low, chart.high)
    times, is_step = band.time_ms / _MS, band.is_step
    axes.fill_between(
        times, 0, band.value, step="post" if is_step else None, color="#6e6e82", alpha=0.25,
        linewidth=0,
    )  # fmt: skip
    axes.plot(times, band.value, drawstyle="steps-post" if is_step else "default",
              color="#555555", linewidth=0.9)  # fmt: skip
    style_timeline(axes, "", "time (s)", [], _LANE_FONT)
    highest = max(1.0, float(band.value.max()))
    axes.set_ylim(0, 1.1 * highest)
    axes.set_yticks([0, highest], ["0", f"{highest:.0f}"])
    axes.set_ylabel(band.label.replace(", ", "\n"), fontsize=8, rotation=0, ha="right", va="center")


def _draw_legend(axes: "Axes", instance: EdgeInstance, chart: Chart) -> None:
    """Models, and the marks that occur, in a line below the time axis."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Patch | Line2D] = [
        Patch(color=css(colour(model)), label=facts.name)
        for model, facts in enumerate(instance.models)
    ]
    handles.append(Patch(facecolor="white", edgecolor=LATE, hatch="////", label="late"))
    found = {mark.outcome for mark in chart.marks}
    handles += [
        Line2D([], [], color="#555555", marker=symbol, linestyle="none", markersize=5,
               label=OUTCOMES[outcome].replace("_", " "))
        for outcome, symbol in _SYMBOLS.items() if outcome in found
    ]  # fmt: skip
    axes.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.62), ncols=len(handles),
        frameon=False, fontsize=8, handlelength=1.2, columnspacing=1.4,
    )  # fmt: skip
