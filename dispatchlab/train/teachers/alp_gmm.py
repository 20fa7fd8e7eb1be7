"""ALP-GMM: tasks near which the student's score changes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture

from dispatchlab.train.teachers.base import FloatArray
from dispatchlab.train.teachers.checks import require_at_least
from dispatchlab.train.teachers.gmm import GmmTeacher
from dispatchlab.train.teachers.neighbours import ScoreMemory

# With fewer former points the nearest one is too far to compare with (teachDeepRL).
_LEAST_POINTS = 6


class AlpGmm(GmmTeacher):
    """Draws from the Gaussians of a mixture in proportion to their absolute learning progress.

    Portelas et al. 2019 (arXiv:1910.07224): the absolute learning progress of an episode is the
    difference between its score and that of the nearest task played before; the mixture is fitted
    to tasks and progress together. TeachMyAgent (arXiv:2103.09815) tuned it to ``fit_rate=150``,
    ``random_ratio=0.05`` and ``components=range(2, 10)``. Interest of a Gaussian is the mean
    progress in it.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        capacity: int | None = None,
        **options: Any,
    ) -> None:
        """Start without a fit.

        Args:
            dimensions: d.
            capacity: How many of the last tasks are compared with, roughly; None is all.
            **options: Settings of `GmmTeacher`.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, **options)
        if capacity is not None:
            require_at_least("capacity", capacity, 1)
        self._memory = ScoreMemory(dimensions, capacity=capacity)

    def state_dict(self) -> dict[str, Any]:
        """The generator, the fit, the window and all former tasks."""
        return super().state_dict() | {"memory": self._memory.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._memory.load_state_dict(state["memory"])

    def _row(self, point: FloatArray, score: float) -> FloatArray:
        near = self._memory.nearest(point) if self._memory.size >= _LEAST_POINTS else None
        self._memory.add(point, score)
        return np.append(point, 0.0 if near is None else abs(score - near))

    def _interest(self, fit: GaussianMixture) -> FloatArray:
        return np.asarray(fit.means_[:, -1])
