"""RIAC and its tree of boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode
from dispatchlab.train.teachers.region_tree import CutRules, RegionTree, learning_progress
from dispatchlab.train.teachers.riac import Riac

RULES = CutRules(size=40, window=40, attempts=50, least_size=2.0, least_width=0.1)


@pytest.mark.parametrize(
    ("scores", "window", "progress"),
    [
        ([0.0, 1.0], 10, 0.0),
        ([0.0, 0.0, 1.0], 10, 1.0),
        ([0.2, 0.4, 0.6, 0.8], 10, 0.4),
        ([0.8, 0.6, 0.4, 0.2], 10, 0.4),
        ([0.0, 0.0, 0.0, 0.5, 0.5, 0.9, 0.9], 4, 0.4),
        ([0.1, 0.9, 0.9, 0.5], 3, 0.4),
    ],
)
def test_learning_progress(scores: list[float], window: int, progress: float) -> None:
    """Halves of the last scores, by hand; an odd one out joins the older half."""
    assert learning_progress(np.array(scores), window) == pytest.approx(progress)


def grow(episodes: int, seed: int = 0) -> tuple[RegionTree, list[tuple[np.ndarray, float]]]:
    """A tree of uniform points whose score rises where the first parameter is small."""
    rng = np.random.default_rng(seed)
    tree, played = RegionTree(2, RULES), []
    for i in range(episodes):
        point = rng.random(2)
        score = i / episodes if point[0] < 0.5 else 0.0
        tree.add(point, score, rng)
        played.append((point, score))
    return tree, played


@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_leaves_divide_the_cube(seed: int) -> None:
    """The leaves fill the cube, none is too narrow or too full, and parts lie in their box."""
    tree, _ = grow(300, seed)
    leaves = [box for box in tree.boxes if box.cut is None]
    assert len(leaves) > 1
    assert sum(float((leaf.high - leaf.low).prod()) for leaf in leaves) == pytest.approx(1.0)
    for box in tree.boxes:
        assert np.all(box.high - box.low >= RULES.least_width - 1e-12)
        assert len(box.scores) <= RULES.size + 1
        assert all(np.all((box.low <= p) & (p <= box.high)) for p in box.points)
        assert box.progress == learning_progress(np.array(box.scores), RULES.window)


def test_every_box_holds_its_last_episodes() -> None:
    """The cube holds the last 41 of all episodes, in order."""
    tree, played = grow(100)
    assert list(tree.boxes[0].scores) == [score for _, score in played[-41:]]


def test_the_cut_is_where_progress_differs() -> None:
    """A step in progress at 0.5 is found by the first cut, to within the luck of 200 attempts."""
    rng = np.random.default_rng(0)
    tree = RegionTree(1, CutRules(400, 400, 200, 20.0, 0.05))
    for i in range(401):
        point = rng.random(1)
        tree.add(point, float(point[0] < 0.5) * i / 401, rng)
    cut = tree.boxes[0].cut
    assert cut is not None
    assert cut.threshold == pytest.approx(0.5, abs=0.03)


def test_parts_know_their_own_progress() -> None:
    """Right after a cut each part has the progress of its own scores, of the cut that was taken."""
    rng = np.random.default_rng(1)
    tree = RegionTree(1, RULES)
    while len(tree.boxes) == 1:
        point = rng.random(1)
        tree.add(point, float(rng.random()), rng)
    lower, upper = tree.boxes[1:]
    assert len(lower.scores) + len(upper.scores) == RULES.size + 1
    for part in (lower, upper):
        assert part.progress == learning_progress(np.array(part.scores), RULES.window)


def test_a_box_that_cannot_be_cut_forgets() -> None:
    """Equal points cannot be parted: the oldest quarter goes."""
    rng = np.random.default_rng(0)
    tree = RegionTree(1, RULES)
    for i in range(41):
        tree.add(np.array([0.5]), float(i), rng)
    assert len(tree.boxes) == 1
    assert list(tree.boxes[0].scores) == [float(i) for i in range(10, 41)]


def test_three_kinds_of_draws() -> None:
    """A fifth is uniform; the rest goes to the box that makes progress, a tenth near its worst."""
    teacher = Riac(1, size=100, leaves_only=True)
    for i in range(101):
        (play,) = teacher.sample(1)
        score = i / 100 if play.level.point[0] < 0.5 else 0.0
        teacher.observe([Episode(play=play, score=score)])
    points = np.array([play.level.point[0] for play in teacher.sample(4000)])
    weights = {region["low"][0]: region["weight"] for region in teacher.regions()}
    assert sum(weights.values()) == pytest.approx(0.8)
    cut = max(region["low"][0] for region in teacher.regions()) or teacher.regions()[0]["high"][0]
    expected = weights.get(0.0, 0.0) + 0.2 * cut
    assert (points < cut).mean() == pytest.approx(expected, abs=0.03)


def test_no_progress_is_uniform() -> None:
    """With constant scores all boxes are as good as any other."""
    teacher = Riac(1)
    teacher.observe([Episode(play=play, score=0.5) for play in teacher.sample(50)])
    assert teacher.regions() == [{"low": [0.0], "high": [1.0], "weight": 0.8}]
    assert teacher.summary() == {"boxes": 1.0, "mean_alp": 0.0, "max_alp": 0.0}


@pytest.mark.parametrize(
    "setting",
    [
        {"size": 3},
        {"window": 0},
        {"attempts": 0},
        {"least_size": -1.0},
        {"least_width": 2.0},
        {"random_ratio": -0.1},
        {"worst_ratio": 0.9},
        {"worst_ratio": -0.1},
    ],
)
def test_wrong_settings(setting: dict[str, object]) -> None:
    """Settings out of range are refused."""
    with pytest.raises(DispatchlabError):
        Riac(2, **setting)
