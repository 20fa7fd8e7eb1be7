"""SPDL: a Gaussian of tasks that moves from easy ones to the target as the student allows."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.train.teachers.base import Episode, FloatArray
from dispatchlab.train.teachers.checks import (
    per_dimension,
    require,
    require_at_least,
    require_positive,
)
from dispatchlab.train.teachers.gaussian_step import Gaussian, Objective, trust_region_step
from dispatchlab.train.teachers.regions import Region, gaussian
from dispatchlab.train.teachers.tagged import TaggedTeacher

SIGNALS = ("score", "value")
# TeachMyAgent: the divergence by which the pull is divided, and the strongest pull.
_LEAST_KL, _MOST_ALPHA = 1e-10, 1e5
# Importance weights of fewer contexts say nothing.
_LEAST_CONTEXTS = 10


class Spdl(TaggedTeacher):
    """Draws from a Gaussian that trades value against its divergence from a target.

    Self-paced deep reinforcement learning (Klink et al. 2020, arXiv:2004.11812) with the settings
    of TeachMyAgent (Romac et al. 2021, arXiv:2103.09815); the paper's code has ``max_kl=0.1``. The
    weight of the divergence is ``zeta`` times the mean value (0 where that is negative) over the
    divergence. Published is the critic's first value as the value; scores are the default here
    because they are never negative and have the same scale in every task.

    Attributes:
        current: Gaussian that tasks are drawn from; points outside of the cube are clipped.
        target: Gaussian that it shall become.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        signal: str = "score",
        start_mean: float | Sequence[float] | None = None,
        start_std: float | Sequence[float] = 0.1,
        target_mean: float | Sequence[float] = 0.5,
        target_std: float | Sequence[float] = 0.25,
        update_every: int = 100_000,
        first_update: int = 200_000,
        alpha_offset: int = 0,
        zeta: float = 0.05,
        max_kl: float = 0.8,
        contexts: int = 1000,
        least_std: float | Sequence[float] | None = None,
        kl_threshold: float = 0.0,
        seed: int = 0,
    ) -> None:
        """Start with the first Gaussian.

        Args:
            dimensions: d.
            signal: What to raise: ``score``, or ``value``, the critic's first.
            start_mean: Of the first Gaussian, which should be easy; None draws it.
            start_std: Of the first Gaussian.
            target_mean: Of the target.
            target_std: Of the target.
            update_every: Decisions between two updates.
            first_update: Decisions before the first.
            alpha_offset: Updates in which the target does not count yet.
            zeta: Pull of the target.
            max_kl: Greatest divergence of the new Gaussian from the old.
            contexts: How many episodes since the last update count, at most.
            least_std: Floor of the standard deviation while the target is far; None is no floor.
            kl_threshold: How far that is.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        require(signal in SIGNALS, f"signal is {signal!r} but must be 'score' or 'value'.")
        for name, least in (("update_every", update_every), ("first_update", first_update)):
            require_at_least(name, least, 1)
        require_at_least("alpha_offset", alpha_offset, 0)
        require_at_least("contexts", contexts, _LEAST_CONTEXTS)
        for name, number in (("zeta", zeta), ("max_kl", max_kl)):
            require_positive(name, number)
        self.wants_values = signal == "value"
        mean = self.rng.random(dimensions).tolist() if start_mean is None else start_mean
        self.current = _isotropic(dimensions, start_mean=mean, start_std=start_std)
        self.target = _isotropic(dimensions, target_mean=target_mean, target_std=target_std)
        floor = 0.0 if least_std is None else least_std
        self._least_std = per_dimension("least_std", floor, dimensions)
        self._kl_threshold = kl_threshold
        self._update_every, self._alpha_offset = update_every, alpha_offset
        self._zeta, self._max_kl = zeta, max_kl
        self._updates = 0
        self._decisions_left = first_update
        # Contexts as they were drawn, their log densities then, and their values.
        self._contexts: deque[tuple[FloatArray, float, float]] = deque(maxlen=contexts)

    def regions(self) -> list[Region]:
        """The Gaussian."""
        return [gaussian(self.current.mean, self.current.covariance, 1.0)]

    def summary(self) -> dict[str, float]:
        """Divergence from the target, mean standard deviation and number of updates."""
        return {
            "target_kl": self.current.kl(self.target),
            "mean_std": float(self.current.std.mean()),
            "updates": float(self._updates),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator, the open plays, the Gaussian and the contexts."""
        return super().state_dict() | {
            "mean": self.current.mean.copy(),
            "scale": self.current.scale.copy(),
            "updates": self._updates,
            "decisions_left": self._decisions_left,
            "contexts": list(self._contexts),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self.current = Gaussian(state["mean"].copy(), state["scale"].copy())
        self._updates, self._decisions_left = state["updates"], state["decisions_left"]
        self._contexts = deque(state["contexts"], self._contexts.maxlen)

    def _choose(self) -> FloatArray:
        point, log_density = self.current.draw(self.rng)
        self._tag = (point, log_density)
        return point

    def _credit(self, episode: Episode, tag: tuple[FloatArray, float]) -> None:
        value = episode.first_value if self.wants_values else episode.score
        self._decisions_left -= episode.length
        if np.isfinite(value):  # an episode of a single decision ends before its value is known
            self._contexts.append((*tag, float(value)))
        if self._decisions_left <= 0 and len(self._contexts) >= _LEAST_CONTEXTS:
            self._update()
            self._decisions_left = self._update_every

    def _update(self) -> None:
        points, log_drawn, values = (
            np.array(column) for column in zip(*self._contexts, strict=True)
        )
        self._contexts.clear()
        objective = Objective(points, log_drawn, values, self.target, self._alpha(values))
        new = trust_region_step(self.current, objective, max_kl=self._max_kl)
        if new.kl(self.target) > self._kl_threshold:
            widening = np.maximum(self._least_std / new.std, 1.0)
            new = Gaussian(new.mean, new.scale * widening[:, np.newaxis])
        self.current = new
        self._updates += 1

    def _alpha(self, values: FloatArray) -> float:
        if self._updates < self._alpha_offset:
            return 0.0
        distance = max(self.current.kl(self.target), _LEAST_KL)
        return min(self._zeta * max(float(values.mean()), 0.0) / distance, _MOST_ALPHA)


def _isotropic(dimensions: int, **settings: float | Sequence[float]) -> Gaussian:
    """A Gaussian without correlations, from a setting of its mean and one of its deviation."""
    mean, std = (per_dimension(name, value, dimensions) for name, value in settings.items())
    for name, value in settings.items():
        if name.endswith("std"):
            require(bool(np.all(std > 0.0)), f"{name} is {value} but must be above 0; change it.")
    return Gaussian(mean, np.diag(std))
