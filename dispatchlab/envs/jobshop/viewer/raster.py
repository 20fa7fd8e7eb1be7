"""A Gantt chart as an array of pixels, for ``rgb_array`` rendering and videos."""

import numpy as np

from dispatchlab.envs.core.drawing.palette import colour
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
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.viewer.layout import Chart, lay_out

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 26, 24


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
    frame = Frame(_LEFT, width - _RIGHT, _TOP, height - _BOTTOM, 0, chart.horizon)
    per_row = (frame.floor - frame.top) / chart.height
    _draw_rows(image, chart, frame, per_row)
    draw_time_axis(image, frame)
    _draw_bars(image, chart, frame, per_row)
    done = int(schedule.scheduled.sum())
    write(image, f"MAKESPAN {schedule.makespan}", _LEFT, 8, INK)
    progress = f"{done} OF {encoding.num_activities}"
    write(image, progress, width - _RIGHT - ADVANCE * len(progress), 8, INK)
    return image[: size[1], : size[0]]


def _draw_rows(image: Image, chart: Chart, frame: Frame, per_row: float) -> None:
    """Bands and numbers of the rows."""
    stride = -(-(TEXT_HEIGHT + 4) // max(1, int(per_row)))  # label only as many rows as fit
    for index, row in enumerate(chart.rows):
        top, bottom = (round(_TOP + y * per_row) for y in (row.top, row.top + row.height))
        if index % 2 == 0:
            image[top:bottom, frame.left : frame.right] = BAND
        if index % stride == 0:
            label = f"R{row.resource}" if row.resource >= 0 else "-"
            left = _LEFT - 6 - ADVANCE * len(label)
            write(image, label, left, (top + bottom - TEXT_HEIGHT) // 2, INK)


def _draw_bars(image: Image, chart: Chart, frame: Frame, per_row: float) -> None:
    for bar in chart.bars:
        top, bottom = (round(_TOP + y * per_row) for y in (bar.top, bar.top + bar.height))
        draw_bar(
            image, (frame.column(bar.start), frame.column(bar.end)), (top, bottom),
            colour(chart.group[bar.activity]), chart.bar_names[bar.activity],
        )  # fmt: skip
