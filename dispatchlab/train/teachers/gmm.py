"""Teachers that fit a Gaussian mixture to what they saw and draw from its best components."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from dispatchlab.train.teachers.base import Episode, FloatArray, PointTeacher
from dispatchlab.train.teachers.checks import require, require_at_least, require_fraction
from dispatchlab.train.teachers.regions import Region, gaussian

CRITERIA = ("aic", "aicc", "bic")
# Of scores from 0 to 1: less interest than this is none, else rounding would choose components.
_ROUNDING = 1e-12


def num_parameters(components: int, dimensions: int) -> int:
    """Free parameters of a Gaussian mixture with full covariances.

    Args:
        components: k.
        dimensions: D, of all that is fitted.

    Returns:
        ``k (1 + D + D (D + 1) / 2) - 1``.
    """
    return components * (1 + dimensions + dimensions * (dimensions + 1) // 2) - 1


def criterion_value(model: GaussianMixture, rows: FloatArray, criterion: str) -> float:
    """How good a fit is for its size; less is better.

    Args:
        model: A fit.
        rows: ``(n, D)`` what it was fitted to.
        criterion: ``aic``, ``bic``, or ``aicc``: AIC corrected for few rows (Hurvich and Tsai
            1989), infinite where they are too few for the parameters.

    Returns:
        The value.
    """
    if criterion == "bic":
        return float(model.bic(rows))
    value = float(model.aic(rows))
    if criterion == "aicc":
        parameters = num_parameters(model.n_components, rows.shape[1])
        spare = len(rows) - parameters - 1
        value += 2 * parameters * (parameters + 1) / spare if spare > 0 else np.inf
    return value


def fit_mixture(
    rows: FloatArray, *, components: Sequence[int], criterion: str, seed: int
) -> GaussianMixture:
    """The best of several mixtures.

    Args:
        rows: ``(n, D)`` what they are fitted to.
        components: The sizes to try; the first of equally good ones is taken.
        criterion: See `criterion_value`.
        seed: Of the start of each fit.

    Returns:
        The fit with the least criterion.
    """
    # One thread: on so few rows more of them cost up to ten times the time.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit will do
        fits = [GaussianMixture(k, random_state=seed).fit(rows) for k in components]
        return min(fits, key=lambda fit: criterion_value(fit, rows, criterion))


@dataclass(frozen=True, slots=True)
class Mixture:
    """Gaussians over the unit cube, each with what speaks for it.

    Attributes:
        means: ``(k, d)``.
        covariances: ``(k, d, d)``.
        shares: ``(k,)`` of the rows that each was fitted to.
        interest: ``(k,)`` of which the chance to be drawn from is a multiple.
    """

    means: FloatArray
    covariances: FloatArray
    shares: FloatArray
    interest: FloatArray

    @property
    def chances(self) -> FloatArray:
        """``(k,)`` by interest; all the same if there is none."""
        total = self.interest.sum()
        if total <= 0.0:
            return np.full(len(self.interest), 1.0 / len(self.interest))
        return np.asarray(self.interest / total)

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """``(d,)`` a point, perhaps outside the cube."""
        k = int(rng.choice(len(self.means), p=self.chances))
        return rng.multivariate_normal(self.means[k], self.covariances[k], method="cholesky")


class GmmTeacher(PointTeacher):
    """Fits a mixture to each window of episodes, and draws from it by interest.

    The settings are those of teachDeepRL (Portelas et al. 2019, arXiv:1910.07224). A subclass says
    what is fitted (`_row`) and what is of interest (`_interest`).

    Attributes:
        mixture: The last fit; None before the first.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        fit_rate: int = 250,
        random_ratio: float = 0.2,
        components: Sequence[int] = tuple(range(2, 11)),
        criterion: str = "aic",
        seed: int = 0,
    ) -> None:
        """Start without a fit.

        Args:
            dimensions: d.
            fit_rate: Episodes in a window; those of the first are drawn uniformly.
            random_ratio: Share of the plays that are drawn uniformly ever after.
            components: Sizes of the mixture to choose from.
            criterion: By which to choose: ``aic``, ``aicc`` or ``bic``.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        sizes = tuple(int(k) for k in components)
        require(bool(sizes), "components are empty; give at least one number.")
        require_at_least("the smallest of components", min(sizes), 1)
        require_at_least("fit_rate (no less than the largest of components)", fit_rate, max(sizes))
        require_at_least("fit_rate", fit_rate, 2)
        require_fraction("random_ratio", random_ratio)
        require(
            criterion in CRITERIA,
            f"criterion is {criterion!r} but must be one of {', '.join(CRITERIA)}.",
        )
        self.mixture: Mixture | None = None
        self._fit_rate, self._random_ratio = fit_rate, random_ratio
        self._components, self._criterion = sizes, criterion
        self._rows: list[FloatArray] = []

    def regions(self) -> list[Region]:
        """The Gaussians that are of interest; none before the first fit."""
        if self.mixture is None:
            return []
        mixture, fitted = self.mixture, 1.0 - self._random_ratio
        parts = zip(mixture.means, mixture.covariances, mixture.chances * fitted, strict=True)
        return [gaussian(mean, covariance, w) for mean, covariance, w in parts if w > 0.0]

    def summary(self) -> dict[str, float]:
        """Number of Gaussians, and their mean and greatest interest."""
        if self.mixture is None:
            return {"components": 0.0}
        interest = self.mixture.interest
        return {
            "components": float(len(interest)),
            "mean_interest": float(self.mixture.shares @ interest),
            "max_interest": float(interest.max()),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator, the fit and the window."""
        fit = None if self.mixture is None else asdict(self.mixture)
        return super().state_dict() | {"mixture": fit, "rows": [row.copy() for row in self._rows]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self.mixture = None if state["mixture"] is None else Mixture(**state["mixture"])
        self._rows = [row.copy() for row in state["rows"]]

    def _choose(self) -> FloatArray:
        if self.mixture is None or self.rng.random() < self._random_ratio:
            return self.rng.random(self.dimensions)
        return self.mixture.draw(self.rng)

    def _learn(self, point: FloatArray, episode: Episode) -> None:
        self._rows.append(self._row(point, episode.score))
        if len(self._rows) == self._fit_rate:
            self._fit()
            self._rows.clear()

    def _fit(self) -> None:
        fit = fit_mixture(
            np.array(self._rows),
            components=self._components,
            criterion=self._criterion,
            seed=int(self.rng.integers(2**31)),
        )
        d, interest = self.dimensions, self._interest(fit)
        self.mixture = Mixture(
            fit.means_[:, :d].copy(),
            fit.covariances_[:, :d, :d].copy(),
            fit.weights_.copy(),
            np.where(interest > _ROUNDING, interest, 0.0),
        )

    def _row(self, point: FloatArray, score: float) -> FloatArray:
        """``(D,)`` the point and what is fitted beside it."""
        raise NotImplementedError

    def _interest(self, fit: GaussianMixture) -> FloatArray:
        """``(k,)`` what speaks for each component; below 0 counts as 0."""
        raise NotImplementedError
