"""Learning progress: cells of the cube in which the rate of success changes."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import expit

from dispatchlab.train.teachers.base import Episode, FloatArray, PointTeacher
from dispatchlab.train.teachers.checks import (
    require,
    require_at_least,
    require_fraction,
    require_positive,
)
from dispatchlab.train.teachers.regions import Region, box

_MOST_CELLS = 100_000
_HIGHEST_BASE_RATE = 0.75


def reweighted(rate: FloatArray, theta: float = 0.1) -> FloatArray:
    """Stretch small rates of success (Kanitscheider et al. 2021, arXiv:2106.14876).

    Args:
        rate: ``(...)`` between 0 and 1.
        theta: The rate that becomes one half.

    Returns:
        ``(...)`` between 0 and 1.
    """
    return rate * (1.0 - theta) / (rate + theta * (1.0 - 2.0 * rate))


class LearningProgress(PointTeacher):
    """Learning progress on a grid of cells.

    Kanitscheider et al. 2021 (arXiv:2106.14876) in the form of OMNI (Zhang et al. 2023,
    arXiv:2306.01711): two moving averages of the rate of success follow each other, and a cell is
    the more likely the more they differ. Points are uniform in their cell.
    """

    wants_regret = True

    def __init__(
        self,
        dimensions: int,
        *,
        cells: int = 4,
        rate: float = 0.1,
        theta: float = 0.1,
        base_rate: float = 0.0,
        uniform_share: float = 0.25,
        period: int = 256,
        seed: int = 0,
    ) -> None:
        """Start with the uniform distribution.

        Args:
            dimensions: d.
            cells: Cells along each dimension.
            rate: Weight of the newest value in both moving averages.
            theta: Rate of success that counts as one half.
            base_rate: Rate of success of a random agent; above 0.75 it counts as that.
            uniform_share: Share of the plays whose cell is uniform.
            period: Episodes between two updates of the averages (ours); a cell's value is its rate
                of success since the last one.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        require_at_least("cells", cells, 1)
        require(
            cells**dimensions <= _MOST_CELLS,
            f"{cells} cells along each of {dimensions} dimensions are {cells**dimensions}, too "
            f"many to learn about; let them be at most {_MOST_CELLS}.",
        )
        require_fraction("rate", rate)
        require_positive("rate", rate)
        require(0.0 < theta < 1.0, f"theta is {theta} but must be above 0 and below 1; change it.")
        require_fraction("base_rate", base_rate)
        require_fraction("uniform_share", uniform_share)
        require_at_least("period", period, 1)
        self._cells, self._rate, self._theta = cells, rate, theta
        self._base_rate = min(base_rate, _HIGHEST_BASE_RATE)
        self._uniform_share, self._period = uniform_share, period
        self._shape = (cells,) * dimensions
        size = cells**dimensions
        self._plays, self._wins = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self._fast: FloatArray = np.full(size, math.nan)
        self._slow = self._fast.copy()
        self._chances = self.probabilities()

    def progress(self) -> FloatArray:
        """``(cells**d,)`` learning progress, 0 in cells that were never played."""
        fast, slow = np.nan_to_num(self._fast), np.nan_to_num(self._slow)
        return np.abs(reweighted(fast, self._theta) - reweighted(slow, self._theta))

    def probabilities(self) -> FloatArray:
        """``(cells**d,)`` chance of each cell to be the next one."""
        progress = self.progress()
        uniform: FloatArray = np.full(len(progress), 1.0 / len(progress))
        open_cells = (progress > 0.0) | (np.nan_to_num(self._fast) > 0.0)
        if not open_cells.any():
            return uniform
        chosen = progress[open_cells]
        spread = float(chosen.std())
        weights: FloatArray = np.zeros(len(progress))
        weights[open_cells] = expit((chosen - chosen.mean()) / spread if spread else 0.0 * chosen)
        weights /= weights.sum()
        return self._uniform_share * uniform + (1.0 - self._uniform_share) * weights

    def regions(self) -> list[Region]:
        """The cells with their chances."""
        corners = np.stack(np.unravel_index(np.arange(len(self._fast)), self._shape), 1)
        return [
            box(corner / self._cells, (corner + 1) / self._cells, weight)
            for corner, weight in zip(corners, self.probabilities(), strict=True)
        ]

    def summary(self) -> dict[str, float]:
        """Mean progress, mean success, and the share of cells that were ever played."""
        seen = ~np.isnan(self._fast)
        return {
            "mean_progress": float(self.progress().mean()),
            "mean_success": float(self._fast[seen].mean()) if seen.any() else 0.0,
            "known_cells": float(seen.mean()),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator, the averages, and the results since their last update."""
        return super().state_dict() | {
            name: getattr(self, f"_{name}").copy() for name in ("plays", "wins", "fast", "slow")
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._plays, self._wins = state["plays"].copy(), state["wins"].copy()
        self._fast, self._slow = state["fast"].copy(), state["slow"].copy()
        self._chances = self.probabilities()

    def _choose(self) -> FloatArray:
        cell = int(self.rng.choice(len(self._chances), p=self._chances))
        corner = np.array(np.unravel_index(cell, self._shape))
        return (corner + self.rng.random(self.dimensions)) / self._cells

    def _learn(self, point: FloatArray, episode: Episode) -> None:
        corner = np.minimum((point * self._cells).astype(np.int64), self._cells - 1)
        cell = np.ravel_multi_index(tuple(corner), self._shape)
        self._plays[cell] += 1
        self._wins[cell] += episode.success
        if self._plays.sum() >= self._period:
            self._update()

    def _update(self) -> None:
        """Let the averages follow the results since the last time."""
        played = self._plays > 0
        value = self._wins[played] / self._plays[played]
        value = np.maximum(value - self._base_rate, 0.0) / (1.0 - self._base_rate)
        self._fast[played] = self._follow(self._fast[played], value)
        self._slow[played] = self._follow(self._slow[played], self._fast[played])
        self._plays[:] = self._wins[:] = 0
        self._chances = self.probabilities()

    def _follow(self, average: FloatArray, value: FloatArray) -> FloatArray:
        moved = average + self._rate * (value - average)
        return np.where(np.isnan(average), value, moved)
