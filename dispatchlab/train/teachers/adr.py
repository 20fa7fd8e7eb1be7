"""Automatic domain randomisation: a box that grows where the student can follow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.train.teachers.base import Episode, FloatArray
from dispatchlab.train.teachers.checks import (
    per_dimension,
    require,
    require_at_least,
    require_fraction,
    require_positive,
)
from dispatchlab.train.teachers.regions import Region, box
from dispatchlab.train.teachers.tagged import TaggedTeacher

_SIDES = (-1, 1)  # outwards


class Adr(TaggedTeacher):
    """Moves each face of a box by the scores of the plays on it.

    OpenAI et al. 2019 (arXiv:1910.07113), with the settings of TeachMyAgent (Romac et al. 2021,
    arXiv:2103.09815), whose thresholds of 0 and 180 are 0.3 and 0.66 on its scale of returns from
    -150 to 350. A play counts for the face that it was drawn on, if that has not moved since.

    Attributes:
        low: ``(d,)`` lowest corner of the box.
        high: ``(d,)`` highest corner.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        start: float | Sequence[float] = 0.5,
        step: float = 0.1,
        boundary_ratio: float = 0.5,
        low_threshold: float = 0.3,
        high_threshold: float = 0.66,
        episodes: int = 10,
        seed: int = 0,
    ) -> None:
        """Start with a single point.

        Args:
            dimensions: d.
            start: The point, which should be easy; one number is for all dimensions.
            step: By which a face moves.
            boundary_ratio: Share of the plays that are drawn on a face.
            low_threshold: A face retreats when the mean of its scores is not above this.
            high_threshold: A face advances when the mean of its scores is not below this.
            episodes: How many scores the mean is taken of.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        require_positive("step", step)
        require_fraction("boundary_ratio", boundary_ratio)
        require_at_least("episodes", episodes, 1)
        require(
            0.0 <= low_threshold < high_threshold <= 1.0,
            f"The thresholds are {low_threshold} and {high_threshold} but must rise between 0 "
            "and 1; change one.",
        )
        self.low = per_dimension("start", start, dimensions)
        self.high = self.low.copy()
        self._step = step
        self._boundary_ratio = boundary_ratio
        self._low_threshold, self._high_threshold = low_threshold, high_threshold
        self._episodes = episodes
        self._scores: dict[tuple[int, int], list[float]] = {
            (dimension, side): [] for dimension in range(dimensions) for side in _SIDES
        }

    def regions(self) -> list[Region]:
        """The box."""
        return [box(self.low, self.high, 1.0)]

    def summary(self) -> dict[str, float]:
        """Share of the cube that the box fills, and its mean width."""
        width = self.high - self.low
        return {"volume": float(width.prod()), "mean_width": float(width.mean())}

    def state_dict(self) -> dict[str, Any]:
        """The generator, the open plays, the box and the scores on its faces."""
        return super().state_dict() | {
            "low": self.low.copy(),
            "high": self.high.copy(),
            "scores": {face: list(scores) for face, scores in self._scores.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self.low, self.high = state["low"].copy(), state["high"].copy()
        self._scores = {face: list(scores) for face, scores in state["scores"].items()}

    def _choose(self) -> FloatArray:
        point = self.rng.uniform(self.low, self.high)
        self._tag = None
        if self.rng.random() < self._boundary_ratio:
            dimension = int(self.rng.integers(self.dimensions))
            side = _SIDES[int(self.rng.integers(2))]
            point[dimension] = self._face(dimension, side)
            self._tag = (dimension, side, float(point[dimension]))
        return point

    def _credit(self, episode: Episode, tag: tuple[int, int, float]) -> None:
        dimension, side, position = tag
        if position != self._face(dimension, side):
            return
        scores = self._scores[dimension, side]
        scores.append(episode.score)
        if len(scores) >= self._episodes:
            mean = float(np.mean(scores))
            scores.clear()
            if mean >= self._high_threshold:
                self._move(dimension, side, self._step)
            elif mean <= self._low_threshold:
                self._move(dimension, side, -self._step)

    def _face(self, dimension: int, side: int) -> float:
        return float((self.low if side < 0 else self.high)[dimension])

    def _move(self, dimension: int, side: int, outwards: float) -> None:
        """Move a face, at most to the end of the cube or to the opposite face."""
        position = self._face(dimension, side) + side * outwards
        if side < 0:
            self.low[dimension] = min(max(position, 0.0), self.high[dimension])
        else:
            self.high[dimension] = max(min(position, 1.0), self.low[dimension])
