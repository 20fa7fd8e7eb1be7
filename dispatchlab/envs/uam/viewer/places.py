"""Where vertiports, their slots and their names are drawn on the map.

Lengths are in radii of the ring of slots around a vertiport, so that all media share one plan.
Vertiports that lie so close that their rings would touch are drawn a little apart.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.viewer.fleet import CHARGING, FLYING, LEAVING, Moments

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
WIDTH, HEIGHT = 36.0, 25.0  # of the map
LETTER_WIDTH, LETTER_HEIGHT = 0.44, 0.62
HUB = 0.66  # radius of the disc inside the ring
_MARGIN, _GAP = 2.6, 2.85
_EDGE, _KEEP_RIGHT = 1.4, 0.22
_ROUNDS, _LETTERS = 200, 16
_OVER_PORT, _OVER_LABEL, _OVER_LANE, _OUTSIDE = 3.0, 4.0, 0.03, 20.0
_SAMPLES = np.linspace(0.0, 1.0, 21)[:, None, None]  # points of each lane that names avoid
# sides at which a name may stand, the better ones first: right, left, above, below, corners
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))


class Places(NamedTuple):
    """A plan of the map.

    Attributes:
        x: ``(N,)`` of the vertiports, from 0 to `WIDTH`.
        y: ``(N,)`` upwards, from 0 to `HEIGHT`.
        names: ``(N,)`` texts, shortened where they are long.
        label_x: ``(N,)`` middle of the names.
        label_y: ``(N,)`` likewise.
        mile: Radii in a mile.
    """

    x: FloatArray
    y: FloatArray
    names: tuple[str, ...]
    label_x: FloatArray
    label_y: FloatArray
    mile: float


class Marks(NamedTuple):
    """Where aircraft and slots are drawn at a moment.

    Attributes:
        x: ``(K,)`` of the aircraft.
        y: ``(K,)`` likewise.
        heading: ``(K,)`` degrees clockwise from north.
        is_up: ``(K,)`` whether it is on its way, the wait for the take-off included.
        slot: ``(N,)`` lists of slots as indices of aircraft, -1 where one is free; those with a
            charger come first. An aircraft on its way has a slot at its destination.
    """

    x: FloatArray
    y: FloatArray
    heading: FloatArray
    is_up: npt.NDArray[np.bool_]
    slot: list[list[int]]


def plan_map(instance: UamInstance) -> Places:
    """Lay the map out.

    Args:
        instance: The instance.

    Returns:
        Its plan: north is up, both directions have one scale.
    """
    return _plan(tuple(instance.x_mi.tolist()), tuple(instance.y_mi.tolist()), instance.ports)


@lru_cache(maxsize=16)
def _plan(x_mi: tuple[float, ...], y_mi: tuple[float, ...], ports: tuple[str, ...]) -> Places:
    """See `plan_map`; a video wants the same plan for every picture."""
    miles = np.array(x_mi), np.array(y_mi)
    spans = [float(np.ptp(axis)) for axis in miles]
    rooms = [side - 2 * _MARGIN for side in (WIDTH, HEIGHT)]
    mile = min(room / span if span > 0 else np.inf for room, span in zip(rooms, spans, strict=True))
    mile = 1.0 if not np.isfinite(mile) else mile
    x, y = (
        (axis - (axis.max() + axis.min()) / 2) * mile + side / 2
        for axis, side in zip(miles, (WIDTH, HEIGHT), strict=True)
    )
    x, y = _move_apart(x, y)
    names = tuple(clip(name.replace("_", " "), _LETTERS) for name in ports)
    label_x, label_y = _place_names(x, y, names)
    return Places(x, y, names, label_x, label_y, mile)


def slot_places(places: Places, port: int, count: int) -> tuple[FloatArray, FloatArray, float]:
    """The slots of a vertiport, clockwise from the top.

    Args:
        places: The plan.
        port: The vertiport.
        count: Its slots.

    Returns:
        Their positions, and the radius of each.
    """
    angle = 2 * np.pi * (np.arange(count) + 0.5) / max(1, count)
    size = min(0.17, 0.85 * np.pi / max(1, count))
    return places.x[port] + np.sin(angle), places.y[port] + np.cos(angle), size


def lane_ends(
    places: Places, origin: IntArray, destination: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Where lanes begin and end: at the rings of slots, and a little to the right.

    Args:
        places: The plan.
        origin: ``(M,)`` vertiports.
        destination: ``(M,)`` likewise.

    Returns:
        ``(M, 2)`` begins and ends.
    """
    ports = np.column_stack((places.x, places.y))
    way = ports[destination] - ports[origin]
    ahead = way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    right = _KEEP_RIGHT * np.column_stack((ahead[:, 1], -ahead[:, 0]))
    return ports[origin] + _EDGE * ahead + right, ports[destination] - _EDGE * ahead + right


def put_marks(instance: UamInstance, places: Places, moments: Moments, index: int) -> Marks:
    """Place the aircraft at one of several moments.

    Args:
        instance: The instance.
        places: The plan.
        moments: The fleet.
        index: Which of the moments.

    Returns:
        Positions: on straight lines from ring to ring, or in slots.
    """
    origin, port, way, stage = (
        column[index] for column in (moments.origin, moments.port, moments.way, moments.stage)
    )
    start, end = lane_ends(places, origin, port)
    x, y = (start + way[:, None] * (end - start)).T
    across, along = places.x[port] - places.x[origin], places.y[port] - places.y[origin]
    heading = np.degrees(np.arctan2(across, along)) % 360.0
    is_up = (stage == FLYING) | (stage == LEAVING)
    slots = []
    for place in range(instance.num_ports):
        count, chargers = int(instance.slots[place]), int(instance.charge_slots[place])
        taken = _fill(np.flatnonzero(port == place), stage, is_up, count, chargers)
        slot_x, slot_y, _ = slot_places(places, place, len(taken))
        for slot, k in enumerate(taken):
            if k >= 0 and not is_up[k]:
                x[k], y[k] = slot_x[slot], slot_y[slot]
        slots.append(taken)
    return Marks(x, y, heading, is_up, slots)


def _fill(
    here: IntArray, stage: IntArray, is_up: npt.NDArray[np.bool_], count: int, chargers: int
) -> list[int]:
    """Aircraft by slot: those that charge have a charger, the inbound what is left."""
    first: list[int] = here[stage[here] == CHARGING].tolist()
    ground = here[(stage[here] != CHARGING) & ~is_up[here]].tolist()
    rest: list[int] = ground + here[is_up[here]].tolist()
    slots = first + [-1] * max(0, count - len(first))
    order = [*range(chargers, len(slots)), *range(min(chargers, len(slots)))]
    free = [slot for slot in order if slots[slot] < 0]
    for slot, k in zip(free, rest, strict=False):
        slots[slot] = k
    return slots + rest[len(free) :]  # more than there are slots, in a wrong schedule


def _move_apart(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Push vertiports from each other until their rings have room."""
    place = np.column_stack((x, y))
    angle = np.arange(len(place)) * 2.4  # for those at the same place
    for _ in range(_ROUNDS):
        away = place[:, None] - place[None]
        distance = np.hypot(away[..., 0], away[..., 1])
        near = (distance < _GAP) & ~np.eye(len(place), dtype=np.bool_)
        if not near.any():
            break
        same = near & (distance < 1e-9)
        away[same] = np.column_stack((np.cos(angle), np.sin(angle)))[np.nonzero(same)[0]]
        unit = away / np.maximum(np.hypot(away[..., 0], away[..., 1]), 1e-9)[..., None]
        push = np.where(near, (_GAP - distance) / 2 + 0.01, 0.0)
        place = place + (unit * push[..., None]).sum(axis=1)
        place = np.clip(place, _MARGIN / 2, np.array([WIDTH, HEIGHT]) - _MARGIN / 2)
    return place[:, 0], place[:, 1]


def _place_names(
    x: FloatArray, y: FloatArray, names: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    """Put every name at the side at which it covers least; a second round sees all others."""
    half = np.array([[len(name) * LETTER_WIDTH / 2, LETTER_HEIGHT / 2] for name in names])
    ports, ring = np.column_stack((x, y)), 1.45
    middle = np.full_like(ports, np.nan)
    one, other = np.triu_indices(len(names), 1)
    lanes = (ports[one] + _SAMPLES * (ports[other] - ports[one])).reshape(-1, 2)
    for _ in range(2):
        for port in range(len(names)):
            shift = np.array(_SIDES) * (half[port] + [ring, ring + 0.1])
            corner = np.abs(np.array(_SIDES)).sum(axis=1) == 2
            shift[corner] -= np.array(_SIDES)[corner] * [0.8, 0.6]
            spots = ports[port] + shift
            others = np.arange(len(names)) != port
            costs = 0.01 * np.arange(len(_SIDES))
            costs = costs + _OVER_PORT * _overlap(spots, half[port], ports[others], ring)
            within = np.abs(spots[:, None] - lanes) < half[port] + 0.2
            costs = costs + _OVER_LANE * within.all(axis=2).sum(axis=1)
            known = others & ~np.isnan(middle[:, 0])
            costs = costs + _OVER_LABEL * _overlap(spots, half[port], middle[known], half[known])
            beyond = np.maximum(np.abs(spots - [WIDTH / 2, HEIGHT / 2]) + half[port]
                                - [WIDTH / 2, HEIGHT / 2], 0)  # fmt: skip
            middle[port] = spots[int(np.argmin(costs + _OUTSIDE * beyond.sum(axis=1)))]
    return middle[:, 0], middle[:, 1]


def _overlap(
    spots: FloatArray, half: FloatArray, others: FloatArray, extent: FloatArray | float
) -> FloatArray:
    """How much of a rectangle at each spot lies over other rectangles."""
    reach = half + np.broadcast_to(np.asarray(extent, dtype=np.float64), others.shape)
    shared = np.maximum(reach - np.abs(spots[:, None] - others[None]), 0.0)
    covered: FloatArray = shared.prod(axis=2).sum(axis=1)
    return covered
