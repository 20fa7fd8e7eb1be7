"""Regions of the unit cube as plain lists, for pictures of what a teacher prefers."""

from typing import Any

from dispatchlab.train.teachers.base import FloatArray

Region = dict[str, Any]


def box(low: FloatArray, high: FloatArray, weight: float) -> Region:
    """A box.

    Args:
        low: ``(d,)`` its lowest corner.
        high: ``(d,)`` its highest corner.
        weight: Chance that the next point is drawn for the sake of this box.

    Returns:
        ``{"low": [...], "high": [...], "weight": w}``.
    """
    return {"low": low.tolist(), "high": high.tolist(), "weight": float(weight)}


def gaussian(mean: FloatArray, covariance: FloatArray, weight: float) -> Region:
    """A Gaussian.

    Args:
        mean: ``(d,)`` its mean.
        covariance: ``(d, d)`` its covariance.
        weight: Chance that the next point is drawn from it.

    Returns:
        ``{"mean": [...], "cov": [[...]], "weight": w}``.
    """
    return {"mean": mean.tolist(), "cov": covariance.tolist(), "weight": float(weight)}
