"""Which levels are replayed how often: by their scores, and by how long ago they were played."""

import numpy as np
from scipy.special import softmax

from dispatchlab.train.teachers.base import FloatArray

TRANSFORMS = ("rank", "power", "top-k")

# Keeps levels of score zero alive where nothing but the score decides (dcd).
_FLOOR = 1e-3


def replay_masses(
    scores: FloatArray,
    staleness: FloatArray,
    *,
    transform: str = "rank",
    temperature: float = 0.3,
    staleness_share: float = 0.3,
    top_k: int = 4,
) -> FloatArray:
    """Distribution of replayed levels (PLR; Jiang et al. 2021, arXiv:2010.03934, section 3).

    With the share s of staleness it is (1 - s) P_S + s P_C. P_C follows the staleness. P_S follows
    ``h ** (1 / temperature)``, where h is one over the rank of the score (equal scores share the
    mean of their ranks), or the positive part of the score; or it is the softmax of the best
    scores over the temperature. A part without any weight is uniform.

    Args:
        scores: ``(n,)`` the higher the sooner; NaN for levels that were never played.
        staleness: ``(n,)`` draws since a level was last drawn.
        transform: ``"rank"``, ``"power"`` or ``"top-k"``.
        temperature: The higher, the more even.
        staleness_share: s.
        top_k: How many levels share P_S if the transform is ``"top-k"``.

    Returns:
        ``(n,)`` probabilities; zero where the score is NaN.
    """
    seen = np.flatnonzero(~np.isnan(scores))
    masses = np.zeros(len(scores))
    if len(seen):
        floor = 0.0 if staleness_share else _FLOOR
        weights = _weights(scores[seen], transform, temperature, floor, top_k)
        by_score, by_staleness = _normalised(weights), _normalised(staleness[seen])
        masses[seen] = (1.0 - staleness_share) * by_score + staleness_share * by_staleness
    return masses


def mean_ranks(scores: FloatArray) -> FloatArray:
    """Ranks from 1 for the highest score; equal scores share the mean of theirs.

    Like ``scipy.stats.rankdata`` of the negative scores, which takes five times as long.

    Args:
        scores: ``(n,)`` numbers.

    Returns:
        ``(n,)`` ranks.
    """
    _, group, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    means = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(means[group])


def _weights(
    scores: FloatArray, transform: str, temperature: float, floor: float, top_k: int
) -> FloatArray:
    if transform == "top-k":
        best = np.argsort(-scores, kind="stable")[:top_k]
        weights = np.zeros(len(scores))
        weights[best] = softmax(scores[best] / temperature)
        return weights
    heights = 1.0 / mean_ranks(scores) if transform == "rank" else np.maximum(scores, 0.0) + floor
    # Small numbers to a high power would vanish.
    largest = heights.max()
    return (heights / largest) ** (1.0 / temperature) if largest else heights


def _normalised(weights: FloatArray) -> FloatArray:
    total = weights.sum()
    return weights / total if total else np.full(len(weights), 1.0 / len(weights))
