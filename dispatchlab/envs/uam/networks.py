"""Where vertiports are: networks of public coordinates, and random layouts."""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

EARTH_MI = 6371.0088 / 1.609344  # mean radius
GAP_MI = 1.0  # random ports are no closer
MAX_TRIES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Vertiports and the ways between them.

    Attributes:
        ports: ``(N,)`` names.
        x_mi: ``(N,)`` position on the map, eastwards.
        y_mi: ``(N,)`` position on the map, northwards.
        distance_mi: ``(N, N)`` length of the legs.
        busy: ``(N,)`` ports of high demand.
        num_aircraft: The usual fleet.
    """

    ports: tuple[str, ...]
    x_mi: FloatArray
    y_mi: FloatArray
    distance_mi: FloatArray
    busy: BoolArray
    num_aircraft: int


def network_names() -> list[str]:
    """Names of the networks of public coordinates."""
    return list(_networks())


@cache
def load_network(name: str) -> Layout:
    """A network of public coordinates.

    Args:
        name: One of `network_names`.

    Returns:
        Its layout: distances along great circles, positions projected about its middle.

    Raises:
        KeyError: If there is none of that name.
    """
    data = _networks()[name]
    points = np.array(list(data["ports"].values()), dtype=np.float64)
    x_mi, y_mi = project(points)
    return Layout(
        ports=tuple(data["ports"]),
        x_mi=x_mi,
        y_mi=y_mi,
        distance_mi=great_circle_mi(points),
        busy=np.array([port in data["busy"] for port in data["ports"]]),
        num_aircraft=int(data["aircraft"]),
    )


def great_circle_mi(points: FloatArray) -> FloatArray:
    """Distances on a sphere of the Earth's mean radius.

    Args:
        points: ``(N, 2)`` latitudes and longitudes in degrees.

    Returns:
        ``(N, N)`` statute miles, by the haversine formula.
    """
    lat, lon = np.radians(points).T
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return np.asarray(2.0 * EARTH_MI * np.arcsin(np.sqrt(half)))


def project(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positions on a flat map: an equirectangular projection about the mean point.

    Args:
        points: ``(N, 2)`` latitudes and longitudes in degrees.

    Returns:
        ``(N,)`` statute miles eastwards and northwards of the mean point.
    """
    middle = points.mean(axis=0)
    north = np.radians(points[:, 0] - middle[0]) * EARTH_MI
    east = np.radians(points[:, 1] - middle[1]) * EARTH_MI * math.cos(math.radians(middle[0]))
    return east, north


def random_layout(
    rng: np.random.Generator, num_ports: int, area_mi: float, num_busy: int
) -> Layout:  # fmt: skip
    """Vertiports anywhere in a square, at least a mile from each other.

    Args:
        rng: Source of randomness.
        num_ports: N.
        area_mi: Side of the square.
        num_busy: Ports of high demand among them.

    Returns:
        The layout.

    Raises:
        InvalidInstanceError: If the square is too small for so many ports.
    """
    place = rng.random((num_ports, 2)) * area_mi
    for _ in range(MAX_TRIES):
        distance = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
        close = np.flatnonzero((np.tril(distance < GAP_MI, -1)).any(axis=1))
        if not len(close):
            break
        place[close] = rng.random((len(close), 2)) * area_mi
    else:
        raise InvalidInstanceError(
            f"area_mi is {area_mi}, too small for {num_ports} ports a mile from each other; raise "
            "it or take fewer ports."
        )
    busy = np.zeros(num_ports, dtype=np.bool_)
    busy[rng.permutation(num_ports)[:num_busy]] = True
    names = tuple(f"V{index}" for index in range(num_ports))
    return Layout(names, place[:, 0], place[:, 1], distance, busy, 5 * num_ports)


@cache
def _networks() -> dict[str, dict[str, Any]]:
    path = files("dispatchlab.envs.uam") / "data" / "networks.json"
    data: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return data
