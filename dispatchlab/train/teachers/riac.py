"""RIAC: boxes of tasks in which the student's score changes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dispatchlab.train.teachers.base import Episode, FloatArray, PointTeacher
from dispatchlab.train.teachers.checks import require_at_least, require_fraction
from dispatchlab.train.teachers.region_tree import Box, CutRules, RegionTree
from dispatchlab.train.teachers.regions import Region, box

_NOISE = 0.1


class Riac(PointTeacher):
    """Cuts the cube into boxes and draws from them in proportion to their learning progress.

    Robust Intelligent Adaptive Curiosity (Baranes and Oudeyer 2009) with the additions and settings
    of teachDeepRL (Portelas et al. 2019, arXiv:1910.07224): boxes that were cut take part in the
    draw, and there is a least size and width. TeachMyAgent (arXiv:2103.09815) tuned it to
    ``size=150``, ``attempts=75`` and ``least_width=0.1``.

    A play is drawn uniformly in a box (70 %), uniformly in the cube (20 %), or near the task of a
    box that went worst (10 %).
    """

    def __init__(
        self,
        dimensions: int,
        *,
        size: int = 200,
        window: int | None = None,
        attempts: int = 50,
        least_size: float | None = None,
        least_width: float = 1 / 15,
        random_ratio: float = 0.2,
        worst_ratio: float = 0.1,
        leaves_only: bool = False,
        seed: int = 0,
    ) -> None:
        """Start with the whole cube.

        Args:
            dimensions: d.
            size: A box with more episodes than this is cut.
            window: Episodes of which the learning progress is taken; None is `size`.
            attempts: How many random cuts are compared.
            least_size: Episodes that each part must hold; None is a twentieth of `size`.
            least_width: Of each part, as a share of the range.
            random_ratio: Share of the plays that are drawn uniformly in the cube.
            worst_ratio: Share of the plays near the task of a box that went worst.
            leaves_only: Whether boxes that were cut are left out of the draw.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        window = size if window is None else window
        least_size = size / 20 if least_size is None else least_size
        for name, count in (("size", size), ("window", window), ("attempts", attempts)):
            require_at_least(name, count, 4 if name == "size" else 1)
        require_at_least("least_size", least_size, 0)
        require_fraction("least_width", least_width)
        require_fraction("random_ratio", random_ratio)
        require_fraction("worst_ratio + random_ratio", worst_ratio + random_ratio)
        require_fraction("worst_ratio", worst_ratio)
        self._tree = RegionTree(
            dimensions, CutRules(size, window, attempts, least_size, least_width)
        )
        self._random_ratio, self._worst_ratio = random_ratio, worst_ratio
        self._leaves_only = leaves_only

    def regions(self) -> list[Region]:
        """The boxes that are of interest."""
        boxes, chances = self._chances()
        directed = chances * (1.0 - self._random_ratio)
        return [
            box(part.low, part.high, w) for part, w in zip(boxes, directed, strict=True) if w > 0.0
        ]

    def summary(self) -> dict[str, float]:
        """Number of boxes, and the mean and greatest learning progress in those not cut."""
        progress = [part.progress for part in self._tree.boxes if part.cut is None]
        return {
            "boxes": float(len(progress)),
            "mean_alp": float(np.mean(progress)),
            "max_alp": max(progress),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator and the boxes."""
        return super().state_dict() | {"tree": self._tree.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._tree.load_state_dict(state["tree"])

    def _chances(self) -> tuple[list[Box], FloatArray]:
        boxes = [part for part in self._tree.boxes if part.cut is None or not self._leaves_only]
        progress = np.array([part.progress for part in boxes])
        total = progress.sum()
        even = np.full(len(boxes), 1.0 / len(boxes))
        return boxes, progress / total if total > 0.0 else even

    def _choose(self) -> FloatArray:
        mode = self.rng.random()
        if mode < self._random_ratio:
            return self.rng.random(self.dimensions)
        boxes, chances = self._chances()
        chosen = boxes[int(self.rng.choice(len(boxes), p=chances))]
        if mode < self._random_ratio + self._worst_ratio and chosen.scores:
            worst = chosen.points[int(np.argmin(chosen.scores))]
            noisy = self.rng.normal(worst, _NOISE)
            return np.clip(noisy, chosen.low, chosen.high)
        return self.rng.uniform(chosen.low, chosen.high)

    def _learn(self, point: FloatArray, episode: Episode) -> None:
        self._tree.add(point, episode.score, self.rng)
