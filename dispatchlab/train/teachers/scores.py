"""Scores: how much a student may still learn from a level."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.train.teachers.base import Episode, FloatArray, Fragment
from dispatchlab.train.teachers.checks import require

Terms = Callable[[Fragment, float], FloatArray]


def value_l1(fragment: Fragment, best_return: float) -> FloatArray:
    """``(n,)`` sizes of the advantages (PLR; Jiang et al. 2021, arXiv:2010.03934)."""
    return np.abs(fragment.advantages)


def positive_value_loss(fragment: Fragment, best_return: float) -> FloatArray:
    """``(n,)`` advantages, zero where negative (Jiang et al. 2021, arXiv:2110.02439)."""
    return np.maximum(fragment.advantages, 0.0)


def signed_value_loss(fragment: Fragment, best_return: float) -> FloatArray:
    """``(n,)`` the advantages themselves."""
    return fragment.advantages


def max_mc(fragment: Fragment, best_return: float) -> FloatArray:
    """``(n,)`` how far the critic is below the best return (Jiang et al. 2021, arXiv:2110.02439).

    The return is not discounted, so the critic should nearly not discount either, and must expect
    returns in the same units.
    """
    return best_return - fragment.values


def grounded_value_loss(fragment: Fragment, best_return: float) -> FloatArray:
    """``(n,)`` the terms of `max_mc`, zero where negative."""
    return np.maximum(best_return - fragment.values, 0.0)


@dataclass(frozen=True, slots=True)
class Score:
    """How an episode is turned into the score of its level.

    Attributes:
        terms: Gives each decision a number, from its fragment and the best return that was ever
            reached on the level; None: the score is the regret of the episode.
    """

    terms: Terms | None = None

    @property
    def wants_fragments(self) -> bool:
        """Whether it is made from values or advantages."""
        return self.terms is not None

    @property
    def wants_regret(self) -> bool:
        """Whether it is made from `Episode.regret`."""
        return self.terms is None

    def of(
        self,
        episode: Episode,
        fragments: Sequence[Fragment] = (),
        best_return: float = math.nan,
        peak: float = 0.0,
    ) -> float:
        """Score of the level of an episode.

        Args:
            episode: The episode.
            fragments: All its decisions; not used by the regret.
            best_return: The best one on this level, this episode included.
            peak: Weight of the largest term, against the mean of all.

        Returns:
            The score; the larger, the more there is to learn.

        Raises:
            DispatchlabError: The score is not finite.
        """
        if self.terms is None:
            score = episode.regret
        else:
            terms = [self.terms(fragment, best_return) for fragment in fragments]
            score = peaked_mean([part for part in terms if len(part)], peak)
        require(
            math.isfinite(score),
            f"The score of a level is {score}: compute the regret of its episodes, or its values "
            "and advantages, and check that training has not diverged.",
        )
        return score


# Ours is the regret: it is exact, since a reference method plays the very same problem.
SCORES: Mapping[str, Score] = {
    "value-l1": Score(value_l1),
    "positive-value-loss": Score(positive_value_loss),
    "signed-value-loss": Score(signed_value_loss),
    "max-mc": Score(max_mc),
    "grounded-value-loss": Score(grounded_value_loss),
    "regret": Score(),
}


def merged(parts: Iterable[tuple[int, float]]) -> float:
    """Mean over the decisions of an episode that was cut into parts.

    Args:
        parts: Number of decisions and their mean, for each part.

    Returns:
        The running mean, weighted by decisions; NaN without any.
    """
    steps, mean = 0, math.nan
    for more, other in parts:
        if more:
            steps += more
            mean = other if steps == more else mean + (other - mean) * more / steps
    return mean


def peaked_mean(parts: Sequence[FloatArray], peak: float) -> float:
    """Mixture of the largest term and the mean term.

    Args:
        parts: Terms of each fragment, none of them empty.
        peak: Weight of the largest.

    Returns:
        The mixture; NaN without terms.
    """
    mean = merged((len(part), float(part.mean())) for part in parts)
    if peak == 0.0 or not parts:
        return mean
    return peak * max(float(part.max()) for part in parts) + (1.0 - peak) * mean


def learnability(success_rate: npt.ArrayLike) -> FloatArray:
    """Variance of success (SFL; Rutherford et al. 2024).

    Args:
        success_rate: ``(...)`` between 0 and 1.

    Returns:
        ``(...)`` between 0 and 1/4.
    """
    rate = np.asarray(success_rate, np.float64)
    return rate * (1.0 - rate)
