"""A Gantt chart as an array of pixels, for ``rgb_array`` rendering and videos."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.viewer.layout import Chart, lay_out
from dispatchlab.envs.jobshop.viewer.palette import Rgb, colour, text_colour

Image = npt.NDArray[np.uint8]

_INK: Rgb = (60, 60, 60)
_BAND: Rgb = (244, 244, 246)
_GRID: Rgb = (222, 222, 226)
_ZOOM = 2  # pixels per dot of a glyph
_GLYPH_WIDTH, _GLYPH_HEIGHT = 3, 5
_ADVANCE = (_GLYPH_WIDTH + 1) * _ZOOM
_TEXT_HEIGHT = _GLYPH_HEIGHT * _ZOOM
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 26, 24
_MAX_TICKS = 10

# Rows of three dots, top to bottom.
_GLYPHS = {
    "0": "### #.# #.# #.# ###", "1": ".#. ##. .#. .#. ###", "2": "### ..# ### #.. ###",
    "3": "### ..# .## ..# ###", "4": "#.# #.# ### ..# ..#", "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###", "7": "### ..# ..# .#. .#.", "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###", "A": ".#. #.# ### #.# #.#", "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..", "I": "### .#. .#. .#. ###", "K": "#.# #.# ##. #.# #.#",
    "M": "#.# ### ### #.# #.#", "N": "##. #.# #.# #.# #.#", "O": ".#. #.# #.# #.# .#.",
    "P": "##. #.# ##. #.. #..", "R": "##. #.# ##. #.# #.#", "S": ".## #.. .#. ..# ##.",
    "T": "### .#. .#. .#. .#.", "-": "... ... ### ... ...",
}  # fmt: skip


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
    _text(image, f"MAKESPAN {schedule.makespan}", _LEFT, 8, _INK)
    progress = f"{done} OF {encoding.num_activities}"
    _text(image, progress, width - _RIGHT - _ADVANCE * len(progress), 8, _INK)
    return image[: size[1], : size[0]]


def _draw_frame(image: Image, chart: Chart, per_time: float, per_row: float) -> None:
    """Bands and numbers of the rows, grid and numbers of the time axis."""
    height, width = image.shape[:2]
    floor = height - _BOTTOM
    stride = -(-(_TEXT_HEIGHT + 4) // max(1, int(per_row)))  # label only as many rows as fit
    for index, row in enumerate(chart.rows):
        top, bottom = (round(_TOP + y * per_row) for y in (row.top, row.top + row.height))
        if index % 2 == 0:
            image[top:bottom, _LEFT : width - _RIGHT] = _BAND
        if index % stride == 0:
            label = f"R{row.resource}" if row.resource >= 0 else "-"
            left = _LEFT - 6 - _ADVANCE * len(label)
            _text(image, label, left, (top + bottom - _TEXT_HEIGHT) // 2, _INK)
    longest = _ADVANCE * (len(str(chart.horizon)) + 2)
    for tick in _ticks(chart.horizon, min(_MAX_TICKS, (width - _LEFT - _RIGHT) // longest)):
        column = min(width - _RIGHT - 1, round(_LEFT + tick * per_time))
        image[_TOP:floor, column] = _GRID
        label = str(tick)
        left = min(column - _ADVANCE * len(label) // 2, width - _ADVANCE * len(label))
        _text(image, label, left, floor + 7, _INK)
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
        long = _ADVANCE * len(label) + 2
        if label.isdigit() and right - left > long and bottom - top > _TEXT_HEIGHT + 1:
            at = (left + right - long) // 2 + 1, (top + bottom - _TEXT_HEIGHT) // 2
            _text(image, label, *at, text_colour(fill))


def _ticks(horizon: int, most: int) -> range:
    """Round times from 0 on, few enough to be labelled."""
    step = 1
    while horizon // step > max(1, most):
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return range(0, horizon + 1, step)


def _text(image: Image, text: str, left: int, top: int, ink: Rgb) -> None:
    """Write capitals and digits; what does not fit into the image is left out."""
    for character in text:
        dots = _GLYPHS.get(character)
        if dots is not None and left >= 0 and top >= 0:
            glyph = np.array([[dot == "#" for dot in line] for line in dots.split()])
            glyph = glyph.repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1)
            area = image[top : top + glyph.shape[0], left : left + glyph.shape[1]]
            area[glyph[: area.shape[0], : area.shape[1]]] = ink
        left += _ADVANCE
