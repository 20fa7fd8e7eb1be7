"""The window that slides from easy to hard."""

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode, PointTeacher
from dispatchlab.train.teachers.linear import Linear


def play(teacher: PointTeacher, count: int, score: float) -> None:
    """Play with a constant score."""
    for asked in teacher.sample(count):
        teacher.observe([Episode(play=asked, score=score)])


def test_slides_at_the_threshold() -> None:
    """50 scores above 0.76 move the window by 1/30 once; scores at the threshold never do."""
    teacher = Linear(2)
    play(teacher, 49, 0.8)
    assert teacher.position == 0.0
    play(teacher, 1, 0.8)
    assert teacher.position == pytest.approx(1 / 30)
    play(teacher, 49, 0.8)
    assert teacher.position == pytest.approx(1 / 30)
    still = Linear(2, threshold=0.5)
    play(still, 200, 0.5)
    assert still.position == 0.0


def test_only_the_last_scores_count() -> None:
    """After 30 bad scores, 50 good ones are needed, since the mean is taken of the last 50."""
    teacher = Linear(1, threshold=0.99)
    play(teacher, 30, 0.0)
    play(teacher, 49, 1.0)
    assert teacher.position == 0.0
    play(teacher, 1, 1.0)
    assert teacher.position > 0.0


def test_former_windows_do_not_count() -> None:
    """Plays that were asked for in an easier window do not move the one that followed."""
    teacher = Linear(1)
    late = teacher.sample(200)
    teacher.observe([Episode(play=asked, score=1.0) for asked in late])
    assert teacher.position == pytest.approx(1 / 30)


def test_ends_at_the_hard_end() -> None:
    """The window stops when it touches the hard end, whatever the score."""
    teacher = Linear(1, episodes=1, width=0.2, step=0.15)
    play(teacher, 1, 1.0)
    for _ in range(10):
        play(teacher, 1, 1.0)
    assert teacher.position == pytest.approx(0.8)
    assert teacher.regions() == [{"low": [0.8], "high": [1.0], "weight": 1.0}]


def test_directions() -> None:
    """Upwards starts low, downwards starts high, and a dimension without effect is open."""
    teacher = Linear(3, directions=[1, -1, 0])
    points = np.array([asked.level.point for asked in teacher.sample(500)])
    assert points[:, 0].max() <= 1 / 6
    assert points[:, 1].min() >= 5 / 6
    assert np.ptp(points[:, 2]) > 0.9


@pytest.mark.parametrize(
    "settings",
    [
        {"width": 0.0},
        {"width": 1.5},
        {"step": 0.0},
        {"threshold": 2.0},
        {"episodes": 0},
        {"directions": [1]},
        {"directions": [1, 2]},
    ],
)
def test_wrong_settings(settings: dict[str, object]) -> None:
    """Settings out of range are refused."""
    with pytest.raises(DispatchlabError):
        Linear(2, **settings)
