"""A chip at work as an array of pixels, for ``rgb_array`` rendering and videos."""

import numpy as np

from dispatchlab.envs.core.drawing.palette import Rgb, colour
from dispatchlab.envs.core.drawing.pixels import (
    ADVANCE,
    BAND,
    INK,
    TEXT_HEIGHT,
    Frame,
    Image,
    draw_bar,
    draw_time_axis,
    write,
)
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.metrics import metrics
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.viewer.layout import JOBS_LANE, Chart, latest_window, lay_out

LOST: Rgb = (190, 30, 45)
_RIGHT, _TOP, _BOTTOM = 14, 26, 24
_MAX_LABEL = 9
_MARGIN = 0.09


def render_rgb(
    instance: SocInstance, schedule: SocSchedule, *, size: tuple[int, int] = (900, 500),
    since_us: int | None = None, until_us: int | None = None,
) -> Image:  # fmt: skip
    """Draw the schedule with nothing but array slices: fast and the same on every machine.

    Args:
        instance: The instance.
        schedule: A schedule of it, complete or not.
        size: Width and height in pixels; at least 160 by 80 is drawn.
        since_us: Begin of what is drawn.
        until_us: End of what is drawn; without either the latest few jobs' worth of time.

    Returns:
        ``(height, width, 3)`` image, whatever the schedule.
    """
    width, height = max(160, size[0]), max(80, size[1])
    if since_us is None and until_us is None:
        since_us, until_us = latest_window(instance, schedule)
    chart = lay_out(instance, schedule, since_us, until_us)
    image = np.full((height, width, 3), 255, np.uint8)
    longest = max(len(JOBS_LANE), *(len(lane.label) for lane in chart.lanes))
    left = 12 + ADVANCE * min(_MAX_LABEL, longest)
    frame = Frame(left, width - _RIGHT, _TOP, height - _BOTTOM, chart.low, chart.high)
    per_row = (frame.floor - frame.top) / chart.height
    _draw_lanes(image, chart, frame, per_row)
    draw_time_axis(image, frame)
    _draw_arrivals(image, chart, frame, per_row)
    for bar in chart.bars:
        top, bottom = _rows(chart.lane_of[bar.pe].top, per_row)
        columns = (frame.column(max(bar.start, chart.low)), frame.column(min(bar.end, chart.high)))
        draw_bar(image, columns, (top, bottom), colour(bar.job), str(bar.job))
    _draw_figures(image, instance, schedule, frame)
    return image[: size[1], : size[0]]


def _rows(top: float, per_row: float) -> tuple[int, int]:
    """Pixels of a bar in a lane."""
    first, last = top + _MARGIN, top + 1 - _MARGIN
    return round(_TOP + first * per_row), round(_TOP + last * per_row)


def _draw_lanes(image: Image, chart: Chart, frame: Frame, per_row: float) -> None:
    """A band and a name for each element."""
    stride = -(-(TEXT_HEIGHT + 4) // max(1, int(per_row)))  # label only as many lanes as fit
    named = [(JOBS_LANE, 0.0), *((lane.label, lane.top) for lane in chart.lanes)]
    for index, (name, at) in enumerate(named):
        top, bottom = (round(_TOP + y * per_row) for y in (at, at + 1))
        if index % 2:
            image[top:bottom, frame.left : frame.right] = BAND
        if index % stride == 0:
            label = name.upper()[-_MAX_LABEL:]
            left = frame.left - 6 - ADVANCE * len(label)
            write(image, label, left, (top + bottom - TEXT_HEIGHT) // 2, INK)


def _draw_arrivals(image: Image, chart: Chart, frame: Frame, per_row: float) -> None:
    """A mark where a job arrives, and a low red one where a job is lost."""
    top, bottom = _rows(0.0, per_row)
    for visit in chart.visits:
        if chart.low <= visit.arrival <= chart.high:
            left = min(frame.right - 2, frame.column(visit.arrival))
            high = (top + bottom) // 2 if visit.is_lost else top
            image[high:bottom, left : left + 2] = LOST if visit.is_lost else colour(visit.job)


def _draw_figures(
    image: Image, instance: SocInstance, schedule: SocSchedule, frame: Frame
) -> None:  # fmt: skip
    figures = metrics(instance, schedule)
    text = f"DONE {figures['completed']:.0f}"
    if figures["completed"]:
        text = f"LATENCY {figures['latency_us']:.1f}  {text}"
    write(image, text, frame.left, 8, INK)
    text = f"IN SYSTEM {figures['in_system']:.0f}  LOST {figures['lost']:.0f}"
    write(image, text, frame.right - ADVANCE * len(text), 8, INK)
