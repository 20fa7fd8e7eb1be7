"""Discs, lines and arrowheads with smooth edges, drawn into an array of pixels."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.palette import Rgb
from dispatchlab.envs.core.drawing.pixels import Image

FloatArray = npt.NDArray[np.float64]
_LONG, _WIDE = 1.0, 0.62  # of an arrowhead, in its size


def disc(image: Image, x: float, y: float, radius: float, ink: Rgb, hole: float = 0.0) -> None:
    """A disc, or a ring around a hole of some radius."""
    across, down, box = _box(image, x, y, radius + 1)
    distance = np.hypot(across, down)
    cover = np.clip(radius + 0.5 - distance, 0.0, 1.0)
    if hole > 0:
        cover *= np.clip(distance - hole + 0.5, 0.0, 1.0)
    _blend(image, box, cover, ink)


def arc(
    image: Image, x: float, y: float, radius: float, until: float, width: float, ink: Rgb
) -> None:  # fmt: skip
    """A part of a ring, clockwise from the top to an angle in radians."""
    across, down, box = _box(image, x, y, radius + width + 1)
    away = np.abs(np.hypot(across, down) - radius)
    angle = np.arctan2(across, -down) % (2 * np.pi)
    _blend(image, box, np.clip(width / 2 + 0.5 - away, 0.0, 1.0) * (angle <= until), ink)


def arrowhead(
    image: Image, x: float, y: float, heading: float, size: float, ink: Rgb
) -> None:  # fmt: skip
    """A slim triangle about a point; the heading is in degrees clockwise from north."""
    across, down, box = _box(image, x, y, size + 1)
    turn = np.radians(heading)
    ahead = across * np.sin(turn) - down * np.cos(turn)
    aside = np.abs(across * np.cos(turn) + down * np.sin(turn))
    slope = _WIDE / (2 * _LONG)
    side = ((size * _LONG - ahead) * slope - aside) / np.hypot(1.0, slope)
    tail = ahead + size * _LONG
    _blend(image, box, np.clip(side + 0.5, 0, 1) * np.clip(tail + 0.5, 0, 1), ink)


def line(
    image: Image, start: tuple[float, float], end: tuple[float, float], width: float, ink: Rgb
) -> None:  # fmt: skip
    """A straight line, drawn where its few pixels are: a box around it would be all of the map."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = np.hypot(across, down)
    if length < 1e-9:
        return
    steps = np.arange(int(max(abs(across), abs(down))) + 1) + 0.0
    share = steps / max(abs(across), abs(down))
    reach = int(width) + 2
    offsets = np.arange(-reach, reach + 1)
    x, y = start[0] + share * across, start[1] + share * down
    if abs(across) >= abs(down):
        column, row = np.rint(x)[:, None] + 0 * offsets, np.rint(y)[:, None] + offsets
    else:
        column, row = np.rint(x)[:, None] + offsets, np.rint(y)[:, None] + 0 * offsets
    away = np.abs((column - start[0]) * down - (row - start[1]) * across) / length
    cover = np.clip(width / 2 + 0.5 - away, 0.0, 1.0)
    inside = (column >= 0) & (column < image.shape[1]) & (row >= 0) & (row < image.shape[0])
    inside &= cover > 0
    place = row[inside].astype(int), column[inside].astype(int)
    part = cover[inside][:, None]
    image[place] = np.rint(image[place] * (1 - part) + np.array(ink) * part).astype(np.uint8)


def _box(
    image: Image, x: float, y: float, reach: float
) -> tuple[FloatArray, FloatArray, tuple[slice, slice]]:
    """Offsets from a point of the pixels around it, and where these are."""
    rows = np.arange(max(0, int(y - reach)), max(0, min(image.shape[0], int(y + reach) + 2)))
    columns = np.arange(max(0, int(x - reach)), max(0, min(image.shape[1], int(x + reach) + 2)))
    at = slice(rows[0], rows[-1] + 1) if len(rows) else slice(0, 0)
    to = slice(columns[0], columns[-1] + 1) if len(columns) else slice(0, 0)
    return columns[None, :] - x, rows[:, None] - y, (at, to)


def _blend(image: Image, box: tuple[slice, slice], cover: FloatArray, ink: Rgb) -> None:
    part = cover[..., None]
    area = image[box]
    area[:] = np.rint(area * (1 - part) + np.array(ink) * part).astype(np.uint8)
