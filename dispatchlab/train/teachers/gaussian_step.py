"""A Gaussian that moves to where the value is, and to a target, within a trust region."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.linalg import solve_triangular
from scipy.optimize import BFGS, NonlinearConstraint, minimize
from torch.distributions import MultivariateNormal, kl_divergence

from dispatchlab.train.teachers.base import FloatArray

_MOST_ITERATIONS = 100
_MOST_HALVINGS = 10
_TOLERANCE = 1e-5
# A slope that is rounding alone.
_FLAT = 1e-9


@dataclass(frozen=True, slots=True)
class Gaussian:
    """A Gaussian over R^d.

    Attributes:
        mean: ``(d,)``.
        scale: ``(d, d)`` lower Cholesky factor of the covariance.
    """

    mean: FloatArray
    scale: FloatArray

    @property
    def covariance(self) -> FloatArray:
        """``(d, d)``."""
        return np.asarray(self.scale @ self.scale.T)

    @property
    def std(self) -> FloatArray:
        """``(d,)``."""
        return np.asarray(np.linalg.norm(self.scale, axis=1))

    @property
    def vector(self) -> FloatArray:
        """``(d + d (d + 1) / 2,)`` mean and scale, with the logarithm of its diagonal."""
        lower = self.scale - np.diag(np.diag(self.scale) - np.log(np.diag(self.scale)))
        return np.concatenate((self.mean, lower[np.tril_indices(len(self.mean))]))

    @classmethod
    def from_vector(cls, vector: FloatArray, dimensions: int) -> "Gaussian":
        """The Gaussian of a `vector`."""
        scale = np.zeros((dimensions, dimensions))
        scale[np.tril_indices(dimensions)] = vector[dimensions:]
        np.fill_diagonal(scale, np.exp(np.diag(scale)))
        return cls(vector[:dimensions].copy(), scale)

    def draw(self, rng: np.random.Generator) -> tuple[FloatArray, float]:
        """``(d,)`` a point and its log density."""
        noise = rng.standard_normal(len(self.mean))
        normaliser = np.log(np.diag(self.scale)).sum() + 0.5 * len(noise) * np.log(2.0 * np.pi)
        return self.mean + self.scale @ noise, float(-0.5 * noise @ noise - normaliser)

    def kl(self, other: "Gaussian") -> float:
        """Kullback-Leibler divergence of another one from this: ``KL(self || other)``."""
        return float(kl_divergence(_torch(self), _torch(other)))


@dataclass(frozen=True, slots=True)
class Objective:
    """What a step is to raise: the value under the new Gaussian, less a pull to the target.

    Klink et al. 2020 (arXiv:2004.11812), with the value as a mean weighted by importance; that the
    weights are made to add up to 1 is ours.

    Attributes:
        points: ``(n, d)`` contexts.
        log_drawn: ``(n,)`` log density of each under the Gaussian that it was drawn from.
        values: ``(n,)`` what was reached in them.
        target: Where the Gaussian shall end.
        alpha: Weight of ``KL(new || target)``.
    """

    points: FloatArray
    log_drawn: FloatArray
    values: FloatArray
    target: Gaussian
    alpha: float

    def whitened(self, by: Gaussian) -> "Objective":
        """The same in coordinates in which a Gaussian is the standard one."""
        target = Gaussian(_solve(by, self.target.mean - by.mean), _solve(by, self.target.scale))
        points = _solve(by, (self.points - by.mean).T).T
        # The densities all change by one factor, which has no effect on the weights.
        return Objective(points.copy(), self.log_drawn, self.values, target, self.alpha)

    def __call__(self, new: MultivariateNormal) -> torch.Tensor:
        """Scalar at a Gaussian."""
        log_density: torch.Tensor = new.log_prob(torch.from_numpy(self.points))  # type: ignore[no-untyped-call]
        log_ratio = log_density - torch.from_numpy(self.log_drawn)
        # Weights that do not add up to 1 would reward piling the Gaussian onto the sample.
        value = log_ratio.softmax(0) @ torch.from_numpy(self.values)
        pull: torch.Tensor = kl_divergence(new, _torch(self.target))
        return value - self.alpha * pull


def trust_region_step(old: Gaussian, objective: Objective, *, max_kl: float) -> Gaussian:
    """The Gaussian of the greatest objective that is not far from the old one.

    Args:
        old: Where to start.
        objective: What to raise.
        max_kl: Greatest ``KL(old || new)``.

    Returns:
        The new Gaussian; the old one if none better was found.
    """
    # In coordinates in which the old one is the standard Gaussian all directions have one scale.
    d = len(old.mean)
    standard = Gaussian(np.zeros(d), np.eye(d))
    start = standard.vector
    raised = objective.whitened(old)
    least, slope = _evaluate(lambda new: -raised(new), start, d)
    unit = float(np.linalg.norm(slope))
    if unit <= _FLAT * max(1.0, objective.alpha):
        return old

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        return _evaluate(lambda new: -raised(new) / unit, x, d)

    def distance(x: FloatArray) -> tuple[float, FloatArray]:
        return _evaluate(lambda new: kl_divergence(_torch(standard), new), x, d)

    near = NonlinearConstraint(
        lambda x: distance(x)[0], -np.inf, max_kl, jac=lambda x: distance(x)[1], hess=BFGS()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of BFGS, where it has converged
        found = minimize(
            loss,
            start,
            jac=True,
            hess=BFGS(),
            method="trust-constr",
            constraints=[near],
            options={"maxiter": _MOST_ITERATIONS, "xtol": _TOLERANCE, "gtol": _TOLERANCE},
        ).x
    for _ in range(_MOST_HALVINGS):
        if distance(found)[0] <= max_kl and loss(found)[0] <= least / unit:
            step = Gaussian.from_vector(found, d)
            return Gaussian(old.mean + old.scale @ step.mean, old.scale @ step.scale)
        found = found / 2.0
    return old


def _evaluate(function: Any, vector: FloatArray, d: int) -> tuple[float, FloatArray]:  # noqa: ANN401
    """Value and gradient of a function of a Gaussian at its vector."""
    leaf = torch.tensor(vector, dtype=torch.float64, requires_grad=True)
    rows, columns = torch.tril_indices(d, d)
    lower = torch.zeros(d, d, dtype=torch.float64).index_put((rows, columns), leaf[d:])
    scale = lower.tril(-1) + torch.diag(lower.diagonal().exp())
    with torch.enable_grad():
        value = function(MultivariateNormal(leaf[:d], scale_tril=scale, validate_args=False))
        (gradient,) = torch.autograd.grad(value, leaf)
    return float(value.detach()), gradient.numpy()


def _solve(by: Gaussian, vectors: FloatArray) -> FloatArray:
    return np.asarray(solve_triangular(by.scale, vectors, lower=True))


def _torch(gaussian: Gaussian) -> MultivariateNormal:
    mean, scale = torch.from_numpy(gaussian.mean), torch.from_numpy(gaussian.scale)
    return MultivariateNormal(mean, scale_tril=scale, validate_args=False)
