"""What a teacher prefers, over two parameters and time: data for the script of the page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dispatchlab.eval.run_report.curriculum import Rollout, thinned
from dispatchlab.eval.run_report.tasks import own_values, title_of

if TYPE_CHECKING:
    from dispatchlab.envs.core.task_space import Parameter
    from dispatchlab.train.levels.base import Levels

_MOST_TIMES = 60


def plane_data(levels: "Levels", rollouts: Sequence[Rollout]) -> dict[str, Any] | None:
    """Regions, kept levels and episodes at several times, in the parameters' own units.

    Args:
        levels: What tasks mean.
        rollouts: What the teacher chose.

    Returns:
        ``parameters``: title and bounds of each that varies; ``frames``: for each time
        ``timesteps``, ``gaussians`` (mean, covariance), ``boxes`` (lowest and highest corner),
        ``levels`` (point, mass) and ``plays`` (point, score); None if there are fewer than two
        parameters or no rollouts.
    """
    axes = [i for i, p in enumerate(levels.space.parameters) if p.high > p.low]
    if len(axes) < 2 or not rollouts:
        return None
    chosen = [levels.space.parameters[i] for i in axes]
    return {
        "parameters": [{"title": title_of(p), "low": p.low, "high": p.high} for p in chosen],
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

    points = [own_values(p, rollout.points[:, i]) for p, i in zip(chosen, axes, strict=True)]
    plays = zip(zip(*points, strict=True), rollout.scores, strict=True)
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
        "levels": [{"point": scaled(r["point"]), "mass": r["mass"]} for r in rollout.masses],
        "plays": [
            {
                "point": [_short(x) for x in point],
                "score": _short(score) if score == score else None,
            }
            for point, score in plays
        ],
    }


def _short(value: float) -> float:
    """Four digits: more would only make the page larger."""
    return float(f"{value:.4g}")
