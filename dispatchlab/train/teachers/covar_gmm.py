"""Covar-GMM: tasks at which the student's score rises with time."""

from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture

from dispatchlab.train.teachers.base import FloatArray
from dispatchlab.train.teachers.gmm import GmmTeacher


class CovarGmm(GmmTeacher):
    """Draws from the Gaussians of a mixture in proportion to their covariance of time and score.

    Moulin-Frier et al. 2014, as in teachDeepRL (Portelas et al. 2019, arXiv:1910.07224): the
    mixture is fitted to tasks, the time within the window (from 0 to 1) and scores. Interest of a
    Gaussian is the covariance of the last two, where it is positive.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        absolute: bool = False,
        **options: Any,
    ) -> None:
        """Start without a fit.

        Args:
            dimensions: d.
            absolute: Whether falling scores are of as much interest as rising ones.
            **options: Settings of `GmmTeacher`.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, **options)
        self._absolute = absolute

    def _row(self, point: FloatArray, score: float) -> FloatArray:
        return np.concatenate((point, (len(self._rows) / self._fit_rate, score)))

    def _interest(self, fit: GaussianMixture) -> FloatArray:
        covariance = np.asarray(fit.covariances_[:, -2, -1])
        return np.abs(covariance) if self._absolute else covariance
