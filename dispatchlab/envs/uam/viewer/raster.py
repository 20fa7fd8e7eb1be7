"""The map of a fleet as an array of pixels, for ``rgb_array`` rendering and videos."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.palette import Rgb, text_colour
from dispatchlab.envs.core.drawing.pixels import ADVANCE, INK, TEXT_HEIGHT, Image, write
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.metrics import metrics
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.viewer.day import port_numbers, profit_curve
from dispatchlab.envs.uam.viewer.fleet import DOWN, STAGES, Fleet, Moments
from dispatchlab.envs.uam.viewer.places import (
    HEIGHT,
    HUB,
    LETTER_WIDTH,
    WIDTH,
    Places,
    lane_ends,
    plan_map,
    put_marks,
    slot_places,
)
from dispatchlab.envs.uam.viewer.shades import (
    CHARGER,
    FREE,
    OUT_OF_SERVICE,
    ROUTE,
    SLATE,
    shade,
)
from dispatchlab.envs.uam.viewer.shapes import arc, arrowhead, disc, line
from dispatchlab.envs.uam.viewer.words import clock, dollars

IntArray = npt.NDArray[np.int64]
_HEAD, _PANEL, _STRIP = 30, 150, 74
_GROUND: Rgb = (250, 250, 252)
_LEAST = 320, 240
_BATTERY_ROWS, _BAR = 90, 14
_HOURS = 2


class _Canvas(NamedTuple):
    """The part of an image that shows the map.

    Attributes:
        image: All of it.
        left: Where the map begins, in pixels.
        floor: Where it ends, below.
        radius: Pixels of the ring around a vertiport.
    """

    image: Image
    left: float
    floor: float
    radius: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a place of the plan."""
        return self.left + x * self.radius, self.floor - y * self.radius


def render_rgb(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule, *,
    size: tuple[int, int] = (900, 600),
) -> Image:  # fmt: skip
    """Draw the map as it is at the schedule's time, with nothing but arrays.

    A vertiport is a disc with the number of passengers who wait; the ring around it has a dot per
    slot: pale where it is free, in the colour of the aircraft's charge where one stands, with a
    hole where one is expected. A green arc marks the slots with a charger. Arrowheads fly.

    Args:
        instance: The instance.
        realisation: Tells who waits, and which aircraft are out of service.
        schedule: A schedule of it, complete or not.
        size: Width and height in pixels; at least 320 by 240 is drawn.

    Returns:
        ``(height, width, 3)`` image, whatever the schedule.
    """
    width, height = max(_LEAST[0], size[0]), max(_LEAST[1], size[1])
    image = np.full((height, width, 3), 255, np.uint8)
    fleet = Fleet(instance, realisation, schedule)
    moments = fleet.at([schedule.now_s])
    ports = port_numbers(fleet, moments, schedule, np.array([schedule.now_s]))
    places = plan_map(instance)
    floor, wide = height - _STRIP, width - _PANEL
    image[_HEAD:floor, :wide] = _GROUND
    radius = min(wide / WIDTH, (floor - _HEAD) / HEIGHT)
    middle = (floor + _HEAD) / 2 + radius * HEIGHT / 2
    canvas = _Canvas(image, (wide - radius * WIDTH) / 2, middle, radius)
    _draw_map(canvas, instance, places, moments, ports.waiting[0])
    _draw_head(image, instance, realisation, schedule)
    _draw_panel(image, instance, moments, wide + 12)
    _draw_profit(image, instance, schedule, floor + 8)
    return image[: size[1], : size[0]]


def _draw_map(
    canvas: _Canvas, instance: UamInstance, places: Places, moments: Moments, waiting: IntArray
) -> None:
    """Routes in use, vertiports, aircraft and names, from below to above."""
    image, marks = canvas.image, put_marks(instance, places, moments, 0)
    up = np.flatnonzero(marks.is_up)
    lanes = lane_ends(places, moments.origin[0, up], moments.port[0, up])
    for start, end in zip(*lanes, strict=True):
        line(image, canvas.at(*start), canvas.at(*end), 1.6, ROUTE)
    for n in range(instance.num_ports):
        _draw_port(canvas, instance, places, n, int(waiting[n]))
        x, y, dot = slot_places(places, n, len(marks.slot[n]))
        for slot, k in enumerate(marks.slot[n]):
            ink = FREE if k < 0 else _ink(instance, moments, k)
            hole = 0.55 * dot * canvas.radius if k >= 0 and marks.is_up[k] else 0.0
            disc(image, *canvas.at(x[slot], y[slot]), dot * canvas.radius, ink, hole)
    long = max(5.0, 0.42 * canvas.radius)
    for k in up.tolist():
        at = canvas.at(marks.x[k], marks.y[k])
        arrowhead(image, *at, marks.heading[k], long + 2, INK)
        arrowhead(image, *at, marks.heading[k], long, _ink(instance, moments, k))
    for n in range(instance.num_ports):
        _write_name(canvas, places, n)


def _write_name(canvas: _Canvas, places: Places, port: int) -> None:
    """The name of a vertiport, as much of it as there is room for."""
    name = places.names[port].upper()
    most = int(len(name) * LETTER_WIDTH * canvas.radius / ADVANCE + 1)
    name = name[: max(2, most)]
    x, y = canvas.at(places.label_x[port], places.label_y[port])
    wide, high = ADVANCE * len(name) / 2 + 1, TEXT_HEIGHT / 2 + 2
    rows = slice(max(0, round(y - high)), max(0, round(y + high)))
    area = canvas.image[rows, max(0, round(x - wide)) : max(0, round(x + wide))]
    area[(area == ROUTE).all(axis=2)] = _GROUND
    _write_middle(canvas.image, name, x, y, INK)


def _draw_port(
    canvas: _Canvas, instance: UamInstance, places: Places, port: int, waiting: int
) -> None:  # fmt: skip
    """The disc with those who wait, and the arc of the chargers."""
    image, radius = canvas.image, canvas.radius
    x, y = canvas.at(places.x[port], places.y[port])
    disc(image, x, y, 1.22 * radius, _GROUND)
    disc(image, x, y, HUB * radius, SLATE if waiting else FREE)
    if waiting:
        _write_middle(image, str(waiting), x, y, text_colour(SLATE))
    slots = int(instance.slots[port])
    if slots:
        share = int(instance.charge_slots[port]) / slots
        arc(image, x, y, 1.28 * radius, 2 * np.pi * share, 2.0, CHARGER)


def _write_middle(image: Image, text: str, x: float, y: float, ink: Rgb) -> None:
    left = round(x - ADVANCE * len(text) / 2) + 1
    left = max(0, min(left, image.shape[1] - ADVANCE * len(text)))
    write(image, text, left, round(y - TEXT_HEIGHT / 2), ink)


def _ink(instance: UamInstance, moments: Moments, k: int) -> Rgb:
    if moments.stage[0, k] == DOWN:
        return OUT_OF_SERVICE
    return shade(float(moments.wh[0, k]) / instance.aircraft.battery_wh)


def _draw_head(
    image: Image, instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule
) -> None:
    """Time of day, profit, and passengers."""
    worth = metrics(instance, realisation, schedule)
    come = int((realisation.request_s <= schedule.now_s).sum())
    text = (
        f"{clock(instance, schedule.now_s)}   PROFIT {dollars(worth['profit_usd'])}"
        f"   SERVED {worth['served']:.0f} OF {come}"
    ).replace(",", "")
    write(image, text, 12, 10, INK)


def _draw_panel(image: Image, instance: UamInstance, moments: Moments, left: int) -> None:
    """What the aircraft do, and what their colours mean."""
    counts = np.bincount(moments.stage[0], minlength=len(STAGES)).tolist()
    top = _HEAD + 6
    write(image, "AIRCRAFT", left, top, INK)
    for stage, name in reversed(list(enumerate(STAGES))):
        top += TEXT_HEIGHT + 8
        write(image, f"{counts[stage]:3d} {name.upper()}", left, top, INK)
    top += 2 * TEXT_HEIGHT + 16
    write(image, "CHARGE", left, top, INK)
    top += TEXT_HEIGHT + 8
    for row in range(_BATTERY_ROWS):
        image[top + row : top + row + 1, left : left + _BAR] = shade(1 - row / _BATTERY_ROWS)
    energy = moments.wh[0] / instance.aircraft.battery_wh
    for share, label in ((1.0, "FULL"), (0.5, "HALF"), (0.0, "EMPTY")):
        row = top + round((1 - share) * (_BATTERY_ROWS - TEXT_HEIGHT))
        write(image, label, left + _BAR + 8, row, INK)
    mean = top + round((1 - float(energy.mean())) * (_BATTERY_ROWS - 1))
    image[mean - 1 : mean + 2, left - 4 : left + _BAR + 4] = INK
    write(image, f"MEAN {100 * energy.mean():.0f} %", left, top + _BATTERY_ROWS + 10, INK)
    _draw_key(image, left + 7, top + _BATTERY_ROWS + 46)


def _draw_key(image: Image, x: int, top: int) -> None:
    """What the marks on the map stand for."""
    lines = ("WAITING", "STANDING", "EXPECTED", "FREE SLOT", "CHARGERS", "FLYING")
    rows = [top + index * (TEXT_HEIGHT + 12) for index in range(len(lines))]
    for row, text in zip(rows, lines, strict=True):
        write(image, text, x + 17, row - TEXT_HEIGHT // 2, INK)
    disc(image, x, rows[0], 9, SLATE)
    _write_middle(image, "7", x, rows[0], text_colour(SLATE))
    for row, ink, hole in zip(rows[1:], (shade(1.0), shade(1.0), FREE), (0, 2.4, 0), strict=False):
        disc(image, x, row, 4.4, ink, hole)
    arc(image, x - 7, rows[4] + 7, 14, np.pi / 2, 2.0, CHARGER)
    arrowhead(image, x, rows[5], 90.0, 10, INK)
    arrowhead(image, x, rows[5], 90.0, 8, shade(1.0))


def _draw_profit(image: Image, instance: UamInstance, schedule: UamSchedule, top: int) -> None:
    """Profit over the day, as an area that grows; the axis is the time of day."""
    left, right, floor = 12 + ADVANCE * 8, image.shape[1] - 24, image.shape[0] - 22
    times, values = profit_curve(instance, schedule)
    at = np.arange(right - left) / max(1, right - left) * instance.horizon_s
    value = values[np.searchsorted(times, at, side="right") - 1]
    low, high = min(0.0, float(values.min())), max(1.0, float(values.max()))
    rows = (value - low) / (high - low) * (floor - top)
    zero = -low / (high - low) * (floor - top)
    height = np.arange(floor - top)[::-1, None] + 0.5
    filled = (height < np.maximum(rows, zero)) & (height > np.minimum(rows, zero))
    image[top:floor, left:right][filled & (at <= schedule.now_s)] = ROUTE
    image[floor, left:right] = INK
    for hour in range(0, instance.horizon_s // 3600 + 1, _HOURS):
        column = left + round(hour * 3600 / instance.horizon_s * (right - left - 1))
        image[floor : floor + 4, column] = INK
        _write_middle(image, clock(instance, hour * 3600), column, floor + 12, INK)
    now = left + round(schedule.now_s / instance.horizon_s * (right - left - 1))
    image[top:floor, max(0, now - 1) : now + 1] = SLATE
    write(image, "PROFIT", 12, top, INK)
    amount = dollars(high).replace(",", "")
    write(image, amount, 12, top + TEXT_HEIGHT + 6, INK)
