"""Boxes that are cut in two where the learning progress differs."""

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dispatchlab.train.teachers.base import BoolArray, FloatArray, IntArray


def learning_progress(scores: FloatArray, window: int) -> float:
    """How much the score has changed of late.

    Args:
        scores: ``(n,)`` in the order of arrival.
        window: How many of the last count.

    Returns:
        Absolute difference between the means of the two halves; 0 for fewer than three.
    """
    if len(scores) <= 2:
        return 0.0
    recent = scores[-window:]
    half = len(recent) // 2
    return float(abs(recent[:-half].mean() - recent[-half:].mean()))


class Cut(NamedTuple):
    """A box cut in two.

    Attributes:
        dimension: Across which.
        threshold: The last point of the lower part.
    """

    dimension: int
    threshold: float


class CutRules(NamedTuple):
    """How boxes are cut.

    Attributes:
        size: A box with more episodes than this is cut.
        window: Of `learning_progress`.
        attempts: How many random cuts are compared.
        least_size: Episodes that each part must hold.
        least_width: Of each part, as a share of the whole range.
    """

    size: int
    window: int
    attempts: int
    least_size: float
    least_width: float


class Box:
    """A box and the last episodes in it.

    Attributes:
        low: ``(d,)`` lowest corner.
        high: ``(d,)`` highest corner.
        points: ``(d,)`` each, in the order of arrival.
        scores: One for each point.
        progress: See `learning_progress`.
        cut: Where it was cut; None for a leaf.
        parts: Indices of the lower and the upper part.
    """

    __slots__ = ("cut", "high", "low", "parts", "points", "progress", "scores")

    def __init__(self, low: FloatArray, high: FloatArray, capacity: int) -> None:
        """A leaf without episodes."""
        self.low, self.high = low, high
        self.points: deque[FloatArray] = deque(maxlen=capacity)
        self.scores: deque[float] = deque(maxlen=capacity)
        self.progress = 0.0
        self.cut: Cut | None = None
        self.parts = (-1, -1)

    def add(self, point: FloatArray, score: float, window: int) -> None:
        """Keep an episode."""
        self.points.append(point)
        self.scores.append(score)
        self.progress = learning_progress(np.array(self.scores), window)

    def drop(self, count: int) -> None:
        """Forget the oldest episodes."""
        for _ in range(count):
            self.points.popleft()
            self.scores.popleft()

    def state_dict(self) -> dict[str, Any]:
        """All of it."""
        return {
            "low": self.low.copy(),
            "high": self.high.copy(),
            "points": [point.copy() for point in self.points],
            "scores": list(self.scores),
            "progress": self.progress,
            "cut": None if self.cut is None else tuple(self.cut),
            "parts": self.parts,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], capacity: int) -> "Box":
        """The box whose `state_dict` was taken."""
        box = cls(state["low"].copy(), state["high"].copy(), capacity)
        box.points.extend(point.copy() for point in state["points"])
        box.scores.extend(state["scores"])
        box.progress, box.parts = state["progress"], state["parts"]
        box.cut = None if state["cut"] is None else Cut(*state["cut"])
        return box


class RegionTree:
    """The unit cube and the boxes that it was cut into, each of them once cut itself or a leaf.

    Attributes:
        boxes: All of them; the first is the cube.
    """

    def __init__(self, dimensions: int, rules: CutRules) -> None:
        """Start with the whole cube."""
        self._rules = rules
        self.boxes = [Box(np.zeros(dimensions), np.ones(dimensions), rules.size + 1)]

    def add(self, point: FloatArray, score: float, rng: np.random.Generator) -> None:
        """Keep an episode in all boxes around it, and cut the leaf if it is full.

        Args:
            point: ``(d,)`` the task.
            score: What was reached.
            rng: Source of the cuts to compare.
        """
        box = self.boxes[0]
        box.add(point, score, self._rules.window)
        while box.cut is not None:
            box = self.boxes[box.parts[int(point[box.cut.dimension] > box.cut.threshold)]]
            box.add(point, score, self._rules.window)
        if len(box.scores) > self._rules.size:
            self._cut(box, rng)

    def state_dict(self) -> dict[str, Any]:
        """All boxes."""
        return {"boxes": [box.state_dict() for box in self.boxes]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.boxes = [Box.from_state(box, self._rules.size + 1) for box in state["boxes"]]

    def _cut(self, box: Box, rng: np.random.Generator) -> None:
        """Cut a leaf at the best of some random places, or forget a quarter if none will do."""
        points, scores = np.array(box.points), np.array(box.scores)
        dimensions = rng.integers(len(box.low), size=self._rules.attempts)
        thresholds = rng.uniform(box.low[dimensions], box.high[dimensions])
        lower = points[:, dimensions] <= thresholds  # (n, attempts)
        allowed = self._allowed(box, dimensions, thresholds, lower.sum(axis=0))
        if not len(allowed):
            box.drop(self._rules.size // 4)
            return
        best = max(allowed, key=lambda attempt: self._quality(lower[:, attempt], scores))
        box.cut = Cut(int(dimensions[best]), float(thresholds[best]))
        box.parts = (len(self.boxes), len(self.boxes) + 1)
        highest, lowest = box.high.copy(), box.low.copy()
        highest[box.cut.dimension] = lowest[box.cut.dimension] = box.cut.threshold
        self._append(box.low.copy(), highest, points, scores, lower[:, best])
        self._append(lowest, box.high.copy(), points, scores, ~lower[:, best])

    def _allowed(
        self, box: Box, dimensions: IntArray, thresholds: FloatArray, sizes: IntArray
    ) -> list[int]:
        """The attempts that leave both parts wide and full enough."""
        rules = self._rules
        narrow = np.minimum(thresholds - box.low[dimensions], box.high[dimensions] - thresholds)
        small = np.minimum(sizes, len(box.scores) - sizes)
        allowed = (narrow >= rules.least_width) & (small >= rules.least_size)
        return [int(attempt) for attempt in np.flatnonzero(allowed)]

    def _quality(self, lower: BoolArray, scores: FloatArray) -> float:
        """How much progress differs between the parts, times how many episodes they hold."""
        window = self._rules.window
        below, above = (learning_progress(scores[part], window) for part in (lower, ~lower))
        return float(lower.sum() * (~lower).sum() * abs(below - above))

    def _append(
        self,
        low: FloatArray,
        high: FloatArray,
        points: FloatArray,
        scores: FloatArray,
        inside: BoolArray,
    ) -> None:
        part = Box(low, high, self._rules.size + 1)
        part.points.extend(points[inside])
        part.scores.extend(scores[inside].tolist())
        part.progress = learning_progress(scores[inside], self._rules.window)
        self.boxes.append(part)
