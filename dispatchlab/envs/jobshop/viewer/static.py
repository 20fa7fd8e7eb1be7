"""A Gantt chart for print: PNG, SVG and PDF through Matplotlib."""

import math
from typing import TYPE_CHECKING

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.drawing.pictures import figure_bytes, new_figure, print_style
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.viewer.layout import Bar, Chart, Row, describe, lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 11.0  # inches
_ROW_INCHES, _MIN_HEIGHT, _MAX_HEIGHT = 0.36, 1.6, 9.0
_MAX_LABEL = 32  # characters
_TITLE_FONT = 12.0
_HEAD, _FOOT, _LEGEND_LINE = 0.48, 0.56, 0.24
_MAX_LEGEND, _LEGEND_COLUMNS = 24, 15  # colours repeat after 24
_MIN_FONT, _MIN_LABEL, _MAX_FONT = 4.0, 5.5, 9.0
_POINTS = 72.0
_GLYPH = 0.62  # width of a digit, in font sizes


def draw(
    encoding: CpEncoding,
    schedule: Schedule,
    file_format: str,
    *,
    title: str | None = None,
    realisation: Realisation | None = None,
) -> bytes:
    """Draw the chart; the same schedule gives the same bytes.

    Args:
        encoding: The instance.
        schedule: A schedule of it, complete or not.
        file_format: ``"png"``, ``"svg"`` or ``"pdf"``.
        title: Headline; the instance and the makespan by default.
        realisation: Where given, breakdowns are hatched.

    Returns:
        The content of the file.

    Raises:
        MissingExtraError: If Matplotlib is not installed.
    """
    chart = lay_out(encoding, schedule, realisation)
    groups = sorted({chart.group[bar.activity] for bar in chart.bars})
    legend = groups if encoding.num_jobs > 1 and len(groups) <= _MAX_LEGEND else []
    legend_lines = -(-len(legend) // _LEGEND_COLUMNS)
    inner = _inner_inches(chart)
    foot = _FOOT + _LEGEND_LINE * legend_lines + 0.08 * bool(legend)
    height = _HEAD + inner + foot
    with print_style():
        figure = new_figure(_WIDTH, height)
        labels = _label_inches(chart)
        axes = figure.add_axes(
            (labels / _WIDTH, foot / height, 1 - (labels + 0.2) / _WIDTH, inner / height)
        )
        room = (_WIDTH - labels) * _POINTS / (_TITLE_FONT * _GLYPH * 1.1)
        headline = title or describe(encoding, schedule, realisation)
        _draw_axes(axes, chart, clip(headline, int(room)))
        _draw_bars(axes, chart, _WIDTH - labels - 0.2, inner)
        _draw_outages(axes, chart)
        if legend:
            _draw_legend(figure, chart, legend, legend_lines, foot / height)
        return figure_bytes(figure, file_format)


def _label_inches(chart: Chart) -> float:
    longest = max((len(line) for row in chart.rows for line in _wrap(row)), default=0)
    return 0.3 + longest * _row_font(chart) * _GLYPH / _POINTS


def _inner_inches(chart: Chart) -> float:
    """Height of all rows together."""
    return min(_MAX_HEIGHT, max(_MIN_HEIGHT, _ROW_INCHES * chart.height))


def _row_font(chart: Chart) -> float:
    """Font of the row labels: one line of it fits into a row of height 1."""
    row_points = _inner_inches(chart) * _POINTS / chart.height
    return max(_MIN_FONT, min(_MAX_FONT, 0.8 * row_points))


def _wrap(row: Row) -> list[str]:
    """The row's label; high rows have room for the capacity in a second line."""
    name, _, capacity = row.label.rpartition(" (")
    lines = [name, f"({capacity}"] if row.height >= 1.5 and name else [row.label]
    return [clip(line, _MAX_LABEL) for line in lines]


def _draw_axes(axes: "Axes", chart: Chart, title: str) -> None:
    """Title, time axis, row labels and the lines between the rows."""
    axes.set_title(title, loc="left", fontsize=_TITLE_FONT, fontweight="bold", pad=9)
    axes.set_xlim(0, chart.horizon * 1.005)
    axes.set_ylim(chart.height, 0)
    axes.set_xlabel("time", fontsize=9.5)
    axes.tick_params(axis="x", labelsize=8.5, color="#666666")
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.locator_params(axis="x", integer=True)
    font = _row_font(chart)
    stride = math.ceil(font * 1.15 * chart.height / (_inner_inches(chart) * _POINTS))
    shown = chart.rows[::stride]
    axes.set_yticks(
        [row.top + row.height / 2 for row in shown], ["\n".join(_wrap(row)) for row in shown]
    )
    axes.tick_params(axis="y", labelsize=font, length=0)
    for row in chart.rows[1:]:
        axes.axhline(row.top, color="#e2e2e6", linewidth=0.6, zorder=0)
    axes.grid(axis="x", color="#ececf0", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#666666")


def _draw_bars(axes: "Axes", chart: Chart, width: float, height: float) -> None:
    """All rectangles in one collection, then the labels that fit."""
    from matplotlib.collections import PolyCollection

    corners = [
        [(b.start, b.top), (b.end, b.top), (b.end, b.top + b.height), (b.start, b.top + b.height)]
        for b in chart.bars
    ]
    fills = [colour(chart.group[bar.activity]) for bar in chart.bars]
    points_per_time = width * _POINTS / (chart.horizon * 1.005)
    points_per_row = height * _POINTS / chart.height
    narrow = sorted(b.end - b.start for b in chart.bars)[len(corners) // 10] if corners else 1
    line = min(0.6, 0.12 * narrow * points_per_time)
    axes.add_collection(
        PolyCollection(
            corners, facecolors=[css(f) for f in fills], edgecolors="white", linewidths=line
        ),
        autolim=False,
    )
    fitting = [_fitting_font(chart, bar, points_per_time, points_per_row) for bar in chart.bars]
    # Two sizes of label look calm: one that most bars have room for, and one for small bars.
    usual = min(
        _MAX_FONT - 1, max(_MIN_LABEL, sorted(fitting)[len(fitting) // 4] if fitting else 0)
    )
    for bar, fill, largest in zip(chart.bars, fills, fitting, strict=True):
        font = usual if largest >= usual else _MIN_LABEL
        if largest >= font:
            axes.text(
                (bar.start + bar.end) / 2, bar.top + bar.height / 2,
                chart.bar_names[bar.activity], fontsize=font, color=css(text_colour(fill)),
                ha="center", va="center_baseline",
            )  # fmt: skip


def _fitting_font(chart: Chart, bar: Bar, points_per_time: float, points_per_row: float) -> float:
    """Largest font in which the label stays inside the bar."""
    letters = max(1, len(chart.bar_names[bar.activity]))
    by_width = 0.85 * (bar.end - bar.start) * points_per_time / (_GLYPH * letters)
    return min(by_width, 0.8 * bar.height * points_per_row)


def _draw_outages(axes: "Axes", chart: Chart) -> None:
    from matplotlib.patches import Rectangle

    for outage in chart.outages:
        row = chart.rows[outage.row]
        axes.add_patch(
            Rectangle(
                (outage.start, row.top),
                outage.end - outage.start,
                row.height,
                facecolor=(0.2, 0.2, 0.2, 0.22),
                edgecolor=(0.2, 0.2, 0.2, 0.8),
                hatch="////",
                linewidth=0,
                zorder=3,
            )
        )


def _draw_legend(
    figure: "Figure", chart: Chart, groups: list[int], lines: int, foot: float
) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=css(colour(group)), label=chart.group_names[group]) for group in groups
    ]
    if chart.outages:
        handles.append(Patch(facecolor=(0.2, 0.2, 0.2, 0.22), hatch="////", label="breakdown"))
    figure.legend(
        handles=handles, loc="lower center", ncols=-(-len(handles) // lines), frameon=False,
        fontsize=8.5, handlelength=1.0, handleheight=1.0, columnspacing=1.3, handletextpad=0.4,
        borderaxespad=0.35,
    )  # fmt: skip
