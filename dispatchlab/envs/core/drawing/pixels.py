"""Pixels: capitals, digits and ticks for charts that are drawn with array slices."""

from functools import cache

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.palette import Rgb

Image = npt.NDArray[np.uint8]

_ZOOM = 2  # pixels per dot of a glyph
_GLYPH_WIDTH, _GLYPH_HEIGHT = 3, 5
ADVANCE = (_GLYPH_WIDTH + 1) * _ZOOM
TEXT_HEIGHT = _GLYPH_HEIGHT * _ZOOM

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
}  # fmt: skip


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
