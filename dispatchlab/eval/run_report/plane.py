"""What a teacher prefers, over two parameters and time: data for the script of the page."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.eval.run_report.curriculum import Rollout, thinned
from dispatchlab.eval.run_report.tasks import own_values, title_of

if TYPE_CHECKING:
    from dispatchlab.envs.core.task_space import Parameter
    from dispatchlab.train.levels.base import Levels
    from dispatchlab.train.teachers.base import FloatArray

_MOST_TIMES = 60


def plane_data(levels: "Levels", rollouts: Sequence[Rollout]) -> dict[str, Any] | None:
    """Regions, kept levels and episodes at several times, in the parameters' own units.

    Args:
        levels: What tasks mean.
        rollouts: What the teacher chose.

    Returns:
        ``parameters``: title, bounds, and whether it is whole, of each that varies; ``frames``: for
        each time ``timesteps``, ``gaussians`` (mean, covariance), ``boxes`` (lowest and highest
        corner),
        ``levels`` (point, mass) and ``plays`` (point, score); None if there are fewer than two
        parameters or no rollouts.
    """
    axes = [i for i, p in enumerate(levels.space.parameters) if p.high > p.low]
    if len(axes) < 2 or not rollouts:
        return None
    chosen = [levels.space.parameters[i] for i in axes]
    return {
        "parameters": [
            {"title": title_of(p), "low": p.low, "high": p.high, "whole": p.integer} for p in chosen
        ],
        "frames": [_frame(rollout, axes, chosen) for rollout in thinned(rollouts, _MOST_TIMES)],
    }


def _frame(rollout: Rollout, axes: list[int], chosen: "Sequence[Parameter]") -> dict[str, Any]:
    widths = [p.high - p.low for p in chosen]

    def scaled(point: Sequence[float]) -> list[float]:
        return [
            _short(p.low + width * point[i])
            for p, width, i in zip(chosen, widths, axes, strict=True)
        ]

    def covariance(rows: Sequence[Sequence[float]]) -> list[list[float]]:
        return [
            [_short(rows[i][j] * a * b) for j, b in zip(axes, widths, strict=True)]
            for i, a in zip(axes, widths, strict=True)
        ]

    def played(point: "FloatArray") -> list[float]:
        return [_short(float(own_values(p, point[i]))) for p, i in zip(chosen, axes, strict=True)]

    return {
        "timesteps": rollout.timesteps,
        "gaussians": [
            {"mean": scaled(r["mean"]), "cov": covariance(r["cov"]), "weight": r["weight"]}
            for r in rollout.regions
            if "mean" in r
        ],
        "boxes": [
            {"low": scaled(r["low"]), "high": scaled(r["high"]), "weight": r["weight"]}
            for r in rollout.regions
            if "low" in r
        ],
        "levels": [
            {"point": played(np.array(level["point"])), "mass": level["mass"]}
            for level in rollout.masses
        ],
        "plays": [
            {"point": played(point), "score": _short(score) if math.isfinite(score) else None}
            for point, score in zip(rollout.points, rollout.scores, strict=True)
        ],
    }


def _short(value: float) -> float:
    """Four digits: more would only make the page larger."""
    return float(f"{value:.4g}")
