"""The toy student of Portelas et al. 2019: cubes that must be learned from the origin outwards."""

import itertools

import numpy as np

from dispatchlab.train.teachers.base import Episode, Level, Play, Teacher
from dispatchlab.train.teachers.checks import require

# A cube opens when one at which it borders, towards the origin, has been played as often as this.
OPENS_AT = 75
MASTERED_ABOVE = 75
MOST = 100


class ToyGrid:
    """A unit cube cut into cubes, with a competence from 0 to 100 in each.

    An episode in an open cube raises its competence by one; the score is the competence as a share.

    Attributes:
        competence: ``(n,) * d``.
    """

    def __init__(self, cubes: int = 10, dimensions: int = 2) -> None:
        """Start without any competence."""
        self.cubes = cubes
        self.competence = np.zeros((cubes,) * dimensions, np.int64)

    @property
    def mastered(self) -> float:
        """Percentage of the cubes with a competence above 75."""
        return 100.0 * float((self.competence > MASTERED_ABOVE).mean())

    def cube(self, point: tuple[float, ...]) -> tuple[int, ...]:
        """The cube of a point; further dimensions have no effect."""
        inside = all(0.0 <= x <= 1.0 for x in point)
        require(inside, f"The point {point} is outside of the cube; clip it.")
        used = point[: self.competence.ndim]
        return tuple(min(int(x * self.cubes), self.cubes - 1) for x in used)

    def play(self, point: tuple[float, ...]) -> float:
        """Play an episode and return its score."""
        cube = self.cube(point)
        if self._is_open(cube):
            self.competence[cube] = min(MOST, self.competence[cube] + 1)
        return float(self.competence[cube] / MOST)

    def _is_open(self, cube: tuple[int, ...]) -> bool:
        if not any(cube):
            return True
        steps = itertools.product((0, 1), repeat=len(cube))
        others = {tuple(max(i - s, 0) for i, s in zip(cube, step, strict=True)) for step in steps}
        return any(self.competence[other] >= OPENS_AT for other in others - {cube})


def episode_at(point: tuple[float, ...], score: float, *, length: int = 1) -> Episode:
    """An episode that nobody asked for."""
    return Episode(play=Play(Level(point)), score=score, length=length)


def train(teacher: Teacher, grid: ToyGrid, episodes: int) -> list[tuple[float, ...]]:
    """Play what a teacher asks for, one at a time; the points."""
    points = []
    for _ in range(episodes):
        (play,) = teacher.sample(1)
        points.append(play.level.point)
        teacher.observe([Episode(play=play, score=grid.play(play.level.point))])
    return points
