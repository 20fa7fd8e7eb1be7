"""Pixels: capitals, digits and ticks for charts that are drawn with array slices."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.palette import Rgb, text_colour

Image = npt.NDArray[np.uint8]

_ZOOM = 2  # pixels per dot of a glyph
_GLYPH_WIDTH, _GLYPH_HEIGHT = 3, 5
ADVANCE = (_GLYPH_WIDTH + 1) * _ZOOM
TEXT_HEIGHT = _GLYPH_HEIGHT * _ZOOM
INK: Rgb = (60, 60, 60)
BAND: Rgb = (244, 244, 246)
_GRID: Rgb = (222, 222, 226)
_MAX_TICKS = 10

# Rows of three dots, top to bottom.
_GLYPHS = {
    "0": "### #.# #.# #.# ###", "1": ".#. ##. .#. .#. ###", "2": "### ..# ### #.. ###",
    "3": "### ..# .## ..# ###", "4": "#.# #.# ### ..# ..#", "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###", "7": "### ..# ..# .#. .#.", "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###", "A": ".#. #.# ### #.# #.#", "B": "##. #.# ##. #.# ##.",
    "C": ".## #.. #.. #.. .##", "D": "##. #.# #.# #.# ##.", "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..", "G": ".## #.. #.# #.# .##", "H": "#.# #.# ### #.# #.#",
    "I": "### .#. .#. .#. ###", "J": "..# ..# ..# #.# .#.", "K": "#.# #.# ##. #.# #.#",
    "L": "#.. #.. #.. #.. ###", "M": "#.# ### ### #.# #.#", "N": "##. #.# #.# #.# #.#",
    "O": ".#. #.# #.# #.# .#.", "P": "##. #.# ##. #.. #..", "Q": ".#. #.# #.# ##. .##",
    "R": "##. #.# ##. #.# #.#", "S": ".## #.. .#. ..# ##.", "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# ###", "V": "#.# #.# #.# #.# .#.", "W": "#.# #.# ### ### #.#",
    "X": "#.# #.# .#. #.# #.#", "Y": "#.# #.# .#. .#. .#.", "Z": "### ..# .#. #.. ###",
    "-": "... ... ### ... ...", "_": "... ... ... ... ###", ".": "... ... ... ... .#.",
    ":": "... .#. ... .#. ...", "$": ".## ##. ### .## ##.", "/": "..# ..# .#. #.. #..",
    "%": "#.# ..# .#. #.. #.#",
}  # fmt: skip


class Frame(NamedTuple):
    """Where a chart lies in its image, in pixels, and the times at its sides."""

    left: int
    right: int
    top: int
    floor: int
    low: int
    high: int

    def column(self, time: float) -> int:
        """The column of a time."""
        per_time = (self.right - self.left) / (self.high - self.low)
        return round(self.left + (time - self.low) * per_time)


def draw_time_axis(image: Image, frame: Frame) -> None:
    """Lines and numbers of round times, and the axis itself."""
    longest = ADVANCE * (len(str(frame.high)) + 2)
    for tick in ticks(
        frame.low, frame.high, min(_MAX_TICKS, (frame.right - frame.left) // longest)
    ):
        column = min(frame.right - 1, frame.column(tick))
        image[frame.top : frame.floor, column] = _GRID
        label = str(tick)
        left = min(column - ADVANCE * len(label) // 2, image.shape[1] - ADVANCE * len(label))
        write(image, label, left, frame.floor + 7, INK)
    image[frame.floor, frame.left : frame.right] = INK


def draw_bar(
    image: Image, columns: tuple[int, int], rows: tuple[int, int], fill: Rgb, label: str
) -> None:  # fmt: skip
    """A filled rectangle, with a number where it fits and a gap where there is room for one."""
    (left, right), (top, bottom) = columns, rows
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    gap = int(right - left > 3)
    image[top:bottom, left : right - gap] = fill
    long = ADVANCE * len(label) + 2
    if label.isdigit() and right - left > long and bottom - top > TEXT_HEIGHT + 1:
        at = (left + right - long) // 2 + 1, (top + bottom - TEXT_HEIGHT) // 2
        write(image, label, *at, text_colour(fill))


def ticks(low: int, high: int, most: int) -> range:
    """Round times between two, few enough to be labelled."""
    step = 1
    while (high - low) // step > max(1, most):
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return range(-(-low // step) * step, high + 1, step)


def write(image: Image, text: str, left: int, top: int, ink: Rgb) -> None:
    """Write capitals and digits; what does not fit into the image is left out."""
    for character in text:
        glyph = _glyph(character)
        if glyph is not None and left >= 0 and top >= 0:
            area = image[top : top + glyph.shape[0], left : left + glyph.shape[1]]
            area[glyph[: area.shape[0], : area.shape[1]]] = ink
        left += ADVANCE


@cache
def _glyph(character: str) -> npt.NDArray[np.bool_] | None:
    """The dots of a character; None of one that is not known."""
    if character not in _GLYPHS:
        return None
    dots = np.array([[dot == "#" for dot in line] for line in _GLYPHS[character].split()])
    return dots.repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1)
