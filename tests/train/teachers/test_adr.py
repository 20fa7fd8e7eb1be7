"""Automatic domain randomisation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.adr import Adr
from dispatchlab.train.teachers.base import Episode, Play


def reference_score(value: float) -> float:
    """Score of a return on the scale of TeachMyAgent, from -150 to 350."""
    return (value + 150.0) / 500.0


def plays_on_high_face(teacher: Adr, count: int) -> list[Play]:
    """Plays that were drawn on the high face of the only dimension."""
    found: list[Play] = []
    while len(found) < count:
        (asked,) = teacher.sample(1)
        if asked.level.point == (float(teacher.high[0]),) and asked.level.point[0] > teacher.low[0]:
            found.append(asked)
    return found


@pytest.fixture
def teacher() -> Adr:
    """A box from 0.4 to 0.6."""
    adr = Adr(1, boundary_ratio=0.7)
    adr.low[:], adr.high[:] = 0.4, 0.6
    return adr


@pytest.mark.parametrize(
    ("value", "high"), [(200.0, 0.7), (180.0, 0.7), (100.0, 0.6), (0.0, 0.5), (-5.0, 0.5)]
)
def test_ten_returns_move_the_face(teacher: Adr, value: float, high: float) -> None:
    """10 returns of 200 widen, of 100 do nothing, of -5 narrow, by 0.1 (thresholds 180 and 0)."""
    asked = plays_on_high_face(teacher, 10)
    records = [Episode(play=play, score=reference_score(value)) for play in asked]
    teacher.observe(records[:9])
    assert teacher.high[0] == 0.6
    teacher.observe(records[9:])
    assert teacher.high[0] == pytest.approx(high)
    assert teacher.low[0] == 0.4


def test_scores_are_used_once(teacher: Adr) -> None:
    """A move empties the queue, and plays on the face where it was no longer count."""
    asked = plays_on_high_face(teacher, 30)
    teacher.observe([Episode(play=play, score=0.8) for play in asked])
    assert teacher.high[0] == pytest.approx(0.7)
    teacher.observe([Episode(play=play, score=0.8) for play in plays_on_high_face(teacher, 9)])
    assert teacher.high[0] == pytest.approx(0.7)


def test_points_inside_do_not_count() -> None:
    """Without draws on faces the box never moves, not even a point, where all is on a face."""
    teacher = Adr(2, boundary_ratio=0.0)
    for play in teacher.sample(300):
        teacher.observe([Episode(play=play, score=1.0)])
    assert np.array_equal(teacher.low, teacher.high)


def test_share_of_faces() -> None:
    """Half of the plays are on a face, on each of the four equally often."""
    teacher = Adr(2)
    teacher.low[:], teacher.high[:] = 0.2, 0.8
    points = np.array([play.level.point for play in teacher.sample(4000)])
    faces = [(points[:, d] == bound).mean() for d in (0, 1) for bound in (0.2, 0.8)]
    assert np.allclose(faces, 0.125, atol=0.02)


@given(seed=st.integers(0, 1000), scores=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60))
@settings(max_examples=30, deadline=None)
def test_the_box_stays_a_box(seed: int, scores: list[float]) -> None:
    """Whatever the scores, the box stays in the cube and its faces do not cross."""
    teacher = Adr(2, step=0.3, episodes=1, boundary_ratio=1.0, seed=seed)
    for score in scores:
        (play,) = teacher.sample(1)
        teacher.observe([Episode(play=play, score=score)])
        assert np.all(teacher.low >= 0.0)
        assert np.all(teacher.low <= teacher.high)
        assert np.all(teacher.high <= 1.0)


def test_an_able_student_opens_the_cube() -> None:
    """With perfect scores the box becomes the cube."""
    teacher = Adr(2, start=[0.0, 1.0])
    for _ in range(2000):
        (play,) = teacher.sample(1)
        teacher.observe([Episode(play=play, score=1.0)])
    assert teacher.summary() == {"volume": 1.0, "mean_width": 1.0}


@pytest.mark.parametrize(
    "setting",
    [
        {"start": 1.5},
        {"start": [0.5]},
        {"step": 0.0},
        {"boundary_ratio": 1.1},
        {"episodes": 0},
        {"low_threshold": 0.7},
        {"high_threshold": 1.2},
    ],
)
def test_wrong_settings(setting: dict[str, object]) -> None:
    """Settings out of range are refused."""
    with pytest.raises(DispatchlabError):
        Adr(2, **setting)
