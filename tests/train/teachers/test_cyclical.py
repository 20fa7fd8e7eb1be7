"""The cyclical curriculum."""

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.cyclical import Cyclical, next_fraction


def fractions(total: float, *, start: float, end: float, ratio: float) -> list[float]:
    """The fractions of a cycle until they add up to a number of epochs."""
    sizes = [start, start]
    while sum(sizes[1:]) < total:
        sizes.append(next_fraction(*sizes[-2:], start=start, end=end, ratio=ratio))
    return sizes[1:]


def test_published_sizes() -> None:
    """The size lists that the algorithm of the paper gives (arXiv:2202.05531)."""
    first = fractions(6.0, start=0.25, end=1.0, ratio=0.5)
    assert first == [0.25, 0.5, 1, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 1]
    second = fractions(4.0, start=0.1, end=1.0, ratio=0.5)
    expected = [0.1, 0.2, 0.4, 0.8, 1, 0.5, 0.25, 0.125, 0.1, 0.2, 0.4]
    assert second == pytest.approx(expected)


def test_stages_follow_the_sizes() -> None:
    """A stage takes its share of an epoch, and its points fill just the open part."""
    teacher = Cyclical(2, epoch=100)
    for fraction in fractions(3.0, start=0.25, end=1.0, ratio=0.5):
        plays = teacher.sample(int(100 * fraction))
        points = np.array([play.level.point for play in plays])
        assert teacher.fraction == fraction
        assert 0.7 * fraction < points.max() <= fraction


def test_directions() -> None:
    """The easy end of a dimension may be above, or nowhere."""
    teacher = Cyclical(3, directions=[1, -1, 0])
    region = {"low": [0.0, 0.75, 0.0], "high": [0.25, 1.0, 1.0], "weight": 1.0}
    assert teacher.regions() == [region]


@pytest.mark.parametrize(
    "setting",
    [{"start": 0.0}, {"start": 0.6, "end": 0.5}, {"end": 1.1}, {"ratio": 1.0}, {"epoch": 0}],
)
def test_wrong_settings(setting: dict[str, object]) -> None:
    """Settings out of range are refused."""
    with pytest.raises(DispatchlabError):
        Cyclical(2, **setting)
