"""Distances between public coordinates against published values, and random layouts."""

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.networks import (
    great_circle_mi,
    load_network,
    network_names,
    project,
    random_layout,
)


@pytest.mark.parametrize(
    ("network", "one", "other", "miles"),
    [
        # great-circle distances of public airport tables, in whole statute miles; the last from
        # the spherical law of cosines by hand
        ("bay-10", "SFO", "OAK", 11),
        ("bay-10", "SFO", "SJC", 30),
        ("nyc-9", "JFK", "LGA", 11),
        ("nyc-9", "JFK", "EWR", 21),
        ("dfw-10", "DFW", "Love_Field", 12),
        ("lax-dtla", "LAX", "DTLA", 8.9),
    ],
)
def test_known_distances(network: str, one: str, other: str, miles: float) -> None:
    """Within half a mile, and the same both ways."""
    layout = load_network(network)
    i, j = layout.ports.index(one), layout.ports.index(other)
    assert layout.distance_mi[i, j] == pytest.approx(miles, abs=0.55)
    assert layout.distance_mi[j, i] == pytest.approx(layout.distance_mi[i, j], rel=1e-12)


def test_a_degree_of_latitude() -> None:
    """A degree of a sphere of 6371.0088 km is 111.195 km, 69.093 mi; a quarter is 90 of them."""
    miles = great_circle_mi(np.array([[0.0, 0.0], [1.0, 0.0], [90.0, 45.0], [0.0, 180.0]]))
    assert miles[0, 1] == pytest.approx(69.0934, abs=1e-3)
    assert miles[0, 2] == pytest.approx(90 * 69.0934, abs=0.1)
    assert miles[0, 3] == pytest.approx(180 * 69.0934, abs=0.2)


def test_law_of_cosines() -> None:
    """Another formula gives the same distances."""
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.uniform(20, 50, 8), rng.uniform(-120, -70, 8)])
    lat, lon = np.radians(points).T
    cosine = np.sin(lat[:, None]) * np.sin(lat) + np.cos(lat[:, None]) * np.cos(lat) * np.cos(
        lon[:, None] - lon
    )
    expected = 3958.7613 * np.arccos(np.clip(cosine, -1, 1))
    off = ~np.eye(8, dtype=bool)
    assert great_circle_mi(points)[off] == pytest.approx(expected[off], rel=1e-6)


@pytest.mark.parametrize("name", network_names())
def test_maps(name: str) -> None:
    """Straight lines on the map are as long as the legs, to half a percent; names are unique."""
    layout = load_network(name)
    flat = np.hypot(layout.x_mi[:, None] - layout.x_mi, layout.y_mi[:, None] - layout.y_mi)
    assert np.allclose(flat, layout.distance_mi, rtol=0.005)
    assert len(set(layout.ports)) == len(layout.ports)
    assert layout.busy.sum() == len(layout.ports) // 3 or name == "lax-dtla"


def test_north_is_up() -> None:
    """East is to the right, north is up, the mean is in the middle."""
    x_mi, y_mi = project(np.array([[38.0, -122.0], [37.0, -121.0]]))
    assert x_mi[0] < 0 < x_mi[1]
    assert y_mi[1] < 0 < y_mi[0]
    assert abs(x_mi.sum()) + abs(y_mi.sum()) < 1e-9


def test_random_layouts() -> None:
    """Uniform in the square, no two ports within a mile, some of them busy."""
    rng = np.random.default_rng(0)
    layouts = [random_layout(rng, 30, 50.0, 10) for _ in range(50)]
    places = np.concatenate([np.column_stack([one.x_mi, one.y_mi]) for one in layouts])
    assert 0 <= places.min() < 0.5
    assert 49.5 < places.max() <= 50
    assert places.mean(axis=0) == pytest.approx([25, 25], abs=1.5)
    for one in layouts:
        assert one.distance_mi[~np.eye(30, dtype=bool)].min() >= 1.0
        assert one.distance_mi[2, 3] == pytest.approx(
            np.hypot(one.x_mi[2] - one.x_mi[3], one.y_mi[2] - one.y_mi[3])
        )
        assert one.busy.sum() == 10


def test_crowded_squares() -> None:
    """Where there is no room, the error says so."""
    with pytest.raises(InvalidInstanceError, match=r"area_mi is 2.0, too small for 30 ports"):
        random_layout(np.random.default_rng(0), 30, 2.0, 1)
