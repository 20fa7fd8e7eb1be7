"""The Gantt chart of a chip for print: PNG, SVG and PDF through Matplotlib."""

import math
from typing import TYPE_CHECKING

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.drawing.pictures import (
    TITLE_FONT,
    figure_bytes,
    new_figure,
    print_style,
    style_timeline,
)
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule
from dispatchlab.envs.soc.viewer.deliveries import Delivery, trace_data
from dispatchlab.envs.soc.viewer.layout import JOBS_LANE, Bar, Chart, describe, lay_out
from dispatchlab.envs.soc.viewer.raster import LOST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 11.0  # inches
_LANE_INCHES, _MIN_HEIGHT, _MAX_HEIGHT = 0.36, 1.4, 9.0
_HEAD, _FOOT, _RIGHT = 0.58, 0.56, 0.2
_LANE_FONT, _MIN_FONT, _MAX_FONT = 9.0, 5.0, 8.0
_MAX_LABEL = 24
_POINTS = 72.0
_GLYPH = 0.62  # width of a digit, in font sizes
_MARGIN = 0.09
_MAX_TRANSFERS = 600


def draw(
    instance: SocInstance, schedule: SocSchedule, file_format: str, *, title: str | None = None,
    since_us: int | None = None, until_us: int | None = None,
) -> bytes:  # fmt: skip
    """Draw the chart; the same schedule gives the same bytes.

    Args:
        instance: The instance.
        schedule: A schedule of it, complete or not.
        file_format: ``"png"``, ``"svg"`` or ``"pdf"``.
        title: Headline; the instance and what the schedule is worth by default.
        since_us: Begin of what is drawn, 0 by default.
        until_us: End of what is drawn, the schedule's time by default.

    Returns:
        The content of the file.

    Raises:
        MissingExtraError: If Matplotlib is not installed.
    """
    chart = lay_out(instance, schedule, since_us, until_us)
    jobs = [visit.job for visit in chart.visits if not visit.is_lost]
    moved = [
        d for d in trace_data(instance, schedule, jobs)[0]
        if d.leaves < chart.high and d.arrives > chart.low
    ]  # fmt: skip
    inner = min(_MAX_HEIGHT, max(_MIN_HEIGHT, _LANE_INCHES * chart.height))
    height = _HEAD + inner + _FOOT
    longest = max(len(JOBS_LANE), *(min(_MAX_LABEL, len(lane.label)) for lane in chart.lanes))
    font = min(_LANE_FONT, 0.8 * inner / chart.height * _POINTS)
    left = 0.3 + longest * font * _GLYPH / _POINTS
    with print_style():
        figure = new_figure(_WIDTH, height)
        axes = figure.add_axes(
            (left / _WIDTH, _FOOT / height, 1 - (left + _RIGHT) / _WIDTH, inner / height)
        )
        room = (_WIDTH - left) * _POINTS / (TITLE_FONT * _GLYPH * 1.05)
        _draw_axes(axes, chart, clip(title or describe(instance, schedule), int(room)), font)
        _draw_warmup(axes, chart, instance.injection.warmup_us)
        _draw_bars(axes, chart, _WIDTH - left - _RIGHT, inner)
        _draw_transfers(axes, chart, moved)
        _draw_jobs(axes, chart)
        return figure_bytes(figure, file_format)


def _draw_axes(axes: "Axes", chart: Chart, title: str, font: float) -> None:
    """Title, time axis, lanes, and darker lines between clusters."""
    axes.set_xlim(chart.low, chart.high + 0.005 * (chart.high - chart.low))
    axes.set_ylim(chart.height, 0)
    lanes = [(lane.top + 0.5, clip(lane.label, _MAX_LABEL)) for lane in chart.lanes]
    style_timeline(axes, title, "time (µs)", [(0.5, JOBS_LANE), *lanes], font)
    axes.locator_params(axis="x", integer=True)
    before = -1
    for lane in chart.lanes:
        ink = "#e2e2e6" if lane.cluster == before else "#a8a8b0"
        axes.axhline(lane.top, color=ink, linewidth=0.6, zorder=0)
        before = lane.cluster


def _draw_warmup(axes: "Axes", chart: Chart, warmup: int) -> None:
    if warmup > chart.low:
        until = min(warmup, chart.high)
        axes.axvspan(chart.low, until, color="#78788c", alpha=0.13, linewidth=0, zorder=0)
        axes.annotate(
            f"warm-up, to {warmup} µs", (until, 0), xytext=(0, 2), textcoords="offset points",
            ha="right", va="bottom", fontsize=7.5, color="#666666", zorder=6,
        )  # fmt: skip


def _draw_bars(axes: "Axes", chart: Chart, width: float, height: float) -> None:
    """All rectangles in one collection, then the task numbers that fit."""
    from matplotlib.collections import PolyCollection

    per_time = width * _POINTS / (chart.high - chart.low)
    per_lane = height * _POINTS / chart.height
    fills = [colour(bar.job) for bar in chart.bars]
    narrow = sorted(b.end - b.start for b in chart.bars)[len(fills) // 10] if fills else 1
    axes.add_collection(
        PolyCollection(
            [_corners(chart, bar) for bar in chart.bars], facecolors=[css(f) for f in fills],
            edgecolors="white", linewidths=min(0.6, 0.12 * narrow * per_time), zorder=2,
        ),
        autolim=False,
    )  # fmt: skip
    for bar, fill in zip(chart.bars, fills, strict=True):
        low, high = max(bar.start, chart.low), min(bar.end, chart.high)
        by_width = 0.85 * (high - low) * per_time / (_GLYPH * len(str(bar.task)))
        font = min(_MAX_FONT, by_width, 0.7 * per_lane)
        if font >= _MIN_FONT:
            axes.text(
                (low + high) / 2, chart.lane_of[bar.pe].top + 0.5, str(bar.task), fontsize=font,
                color=css(text_colour(fill)), ha="center", va="center_baseline", zorder=3,
            )  # fmt: skip


def _corners(chart: Chart, bar: Bar) -> list[tuple[float, float]]:
    top = chart.lane_of[bar.pe].top + _MARGIN
    bottom = top + 1 - 2 * _MARGIN
    return [(bar.start, top), (bar.end, top), (bar.end, bottom), (bar.start, bottom)]


def _draw_transfers(axes: "Axes", chart: Chart, moved: list[Delivery]) -> None:
    """Thin lines of the data on its way, behind the bars; too many would tell nothing."""
    from matplotlib.collections import LineCollection

    if 0 < len(moved) <= _MAX_TRANSFERS:
        middle = [lane.top + 0.5 for lane in chart.lane_of]
        lines = [[(d.leaves, middle[d.source]), (d.arrives, middle[d.target])] for d in moved]
        axes.add_collection(
            LineCollection(lines, colors="#3c3c3c", alpha=0.55, linewidths=0.5, zorder=1),
            autolim=False,
        )


def _draw_jobs(axes: "Axes", chart: Chart) -> None:
    """Arrivals, losses and waits for a place, with the numbers of the jobs where they fit."""
    came = [v for v in chart.visits if chart.low <= v.arrival <= chart.high]
    taken, lost = [v for v in came if not v.is_lost], [v for v in came if v.is_lost]
    size = min(30.0, 9000.0 / max(1, len(came)))
    axes.scatter(
        [v.arrival for v in taken], [0.72] * len(taken), marker="v", s=size, linewidths=0.3,
        c=[css(colour(v.job)) for v in taken], edgecolors="#333333", zorder=5, clip_on=False,
    )  # fmt: skip
    if lost:
        axes.scatter(
            [v.arrival for v in lost], [0.72] * len(lost), marker="x", s=0.8 * size,
            c=css(LOST), linewidths=1.0, zorder=5,
        )  # fmt: skip
    for visit in chart.visits:
        if not visit.is_lost and visit.injected != visit.arrival:
            until = chart.high if visit.injected == NOT_YET else visit.injected
            axes.hlines(0.72, visit.arrival, until, color="#777777", linewidth=1.2, zorder=4)
    _write_numbers(axes, chart, [(v.arrival, v.job) for v in taken])


def _write_numbers(axes: "Axes", chart: Chart, jobs: list[tuple[int, int]]) -> None:
    """Job numbers above their arrivals, as far as they do not touch."""
    room = 0.012 * (chart.high - chart.low)
    free = -math.inf
    for time, job in jobs:
        half = 0.5 * room * max(1.0, 0.6 * len(str(job)))
        if time - half >= free:
            axes.text(time, 0.46, str(job), fontsize=6.5, ha="center", va="bottom", color="#333333")
            free = time + half
