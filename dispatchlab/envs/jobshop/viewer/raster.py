"""A Gantt chart as an array of pixels, for ``rgb_array`` rendering and videos."""

import numpy as np

from dispatchlab.envs.core.drawing.palette import Rgb, colour, text_colour
from dispatchlab.envs.core.drawing.pixels import ADVANCE, TEXT_HEIGHT, Image, ticks, write
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.viewer.layout import Chart, lay_out

_INK: Rgb = (60, 60, 60)
_BAND: Rgb = (244, 244, 246)
_GRID: Rgb = (222, 222, 226)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 26, 24
_MAX_TICKS = 10


def render_rgb(
    encoding: CpEncoding, schedule: Schedule, *, size: tuple[int, int] = (900, 500)
) -> Image:
    """Draw the schedule with nothing but array slices: fast and the same on every machine.

    Args:
        encoding: The instance.
        schedule: A schedule of it, complete or not.
        size: Width and height in pixels; at least 120 by 80 is drawn.

    Returns:
        ``(height, width, 3)`` image, whatever the schedule.
    """
    width, height = max(120, size[0]), max(80, size[1])
    chart = lay_out(encoding, schedule)
    image = np.full((height, width, 3), 255, np.uint8)
    per_time = (width - _LEFT - _RIGHT) / chart.horizon
    per_row = (height - _TOP - _BOTTOM) / chart.height
    _draw_frame(image, chart, per_time, per_row)
    _draw_bars(image, chart, per_time, per_row)
    done = int(schedule.scheduled.sum())
    write(image, f"MAKESPAN {schedule.makespan}", _LEFT, 8, _INK)
    progress = f"{done} OF {encoding.num_activities}"
    write(image, progress, width - _RIGHT - ADVANCE * len(progress), 8, _INK)
    return image[: size[1], : size[0]]


def _draw_frame(image: Image, chart: Chart, per_time: float, per_row: float) -> None:
    """Bands and numbers of the rows, grid and numbers of the time axis."""
    height, width = image.shape[:2]
    floor = height - _BOTTOM
    stride = -(-(TEXT_HEIGHT + 4) // max(1, int(per_row)))  # label only as many rows as fit
    for index, row in enumerate(chart.rows):
        top, bottom = (round(_TOP + y * per_row) for y in (row.top, row.top + row.height))
        if index % 2 == 0:
            image[top:bottom, _LEFT : width - _RIGHT] = _BAND
        if index % stride == 0:
            label = f"R{row.resource}" if row.resource >= 0 else "-"
            left = _LEFT - 6 - ADVANCE * len(label)
            write(image, label, left, (top + bottom - TEXT_HEIGHT) // 2, _INK)
    longest = ADVANCE * (len(str(chart.horizon)) + 2)
    for tick in ticks(0, chart.horizon, min(_MAX_TICKS, (width - _LEFT - _RIGHT) // longest)):
        column = min(width - _RIGHT - 1, round(_LEFT + tick * per_time))
        image[_TOP:floor, column] = _GRID
        label = str(tick)
        left = min(column - ADVANCE * len(label) // 2, width - ADVANCE * len(label))
        write(image, label, left, floor + 7, _INK)
    image[floor, _LEFT : width - _RIGHT] = _INK


def _draw_bars(image: Image, chart: Chart, per_time: float, per_row: float) -> None:
    """Filled rectangles, with a label where it fits and a gap where there is room for one."""
    for bar in chart.bars:
        left, right = (round(_LEFT + t * per_time) for t in (bar.start, bar.end))
        top, bottom = (round(_TOP + y * per_row) for y in (bar.top, bar.top + bar.height))
        right, bottom = max(right, left + 1), max(bottom, top + 1)
        fill = colour(chart.group[bar.activity])
        gap = int(right - left > 3)
        image[top:bottom, left : right - gap] = fill
        label = chart.bar_names[bar.activity]
        long = ADVANCE * len(label) + 2
        if label.isdigit() and right - left > long and bottom - top > TEXT_HEIGHT + 1:
            at = (left + right - long) // 2 + 1, (top + bottom - TEXT_HEIGHT) // 2
            write(image, label, *at, text_colour(fill))
