"""Scores of levels."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode, Fragment, Level, Play
from dispatchlab.train.teachers.scores import (
    SCORES,
    learnability,
    merged,
)

PLAY = Play(Level((0.5,), 1))
EPISODE = Episode(play=PLAY, score=0.5, episode_return=1.0, regret=0.25)
STEPWISE = [name for name, score in SCORES.items() if score.wants_fragments]
numbers = st.floats(-10.0, 10.0)


def fragment(values: list[float], advantages: list[float]) -> Fragment:
    """A fragment of decisions."""
    return Fragment(PLAY, np.array(values), np.array(advantages), ends=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("positive-value-loss", 0.2),
        ("value-l1", 0.8 / 3),
        ("signed-value-loss", 0.4 / 3),
        ("max-mc", 1.6 / 3),
        ("grounded-value-loss", 1.6 / 3),
        ("regret", 0.25),
    ],
)
def test_scores_of_an_episode(name: str, expected: float) -> None:
    """Worked out by hand: A = [.5, -.2, .1], V = [.2, .5, .7], best return 1, regret 1/4."""
    part = fragment([0.2, 0.5, 0.7], [0.5, -0.2, 0.1])
    assert SCORES[name].of(EPISODE, [part], 1.0) == pytest.approx(expected)


def test_max_mc_may_be_negative_and_its_grounded_form_is_not() -> None:
    """V = [2, .5] and the best return 1: mean of -1 and .5, and of 0 and .5."""
    part = fragment([2.0, 0.5], [0.0, 0.0])
    assert SCORES["max-mc"].of(EPISODE, [part], 1.0) == pytest.approx(-0.25)
    assert SCORES["grounded-value-loss"].of(EPISODE, [part], 1.0) == pytest.approx(0.25)


def test_the_peak_is_mixed_with_the_mean() -> None:
    """Largest term .5 and mean .2, one to three."""
    parts = [fragment([0.0], [0.1]), fragment([0.0, 0.0], [0.5, 0.0])]
    score = SCORES["positive-value-loss"].of(EPISODE, parts, 1.0, peak=0.25)
    assert score == pytest.approx(0.25 * 0.5 + 0.75 * 0.2)


def test_merging_weighs_by_decisions() -> None:
    """10 decisions of .4 and 30 of .8 make .7; nothing makes NaN, and empty parts do not count."""
    assert merged([(10, 0.4), (30, 0.8)]) == pytest.approx(0.7)
    assert merged([(0, math.nan), (10, 0.4)]) == 0.4
    assert math.isnan(merged([]))


@given(
    steps=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20),
    cuts=st.lists(st.integers(0, 20), max_size=4),
    peak=st.floats(0.0, 1.0),
)
def test_cuts_do_not_change_a_score(
    steps: list[tuple[float, float]], cuts: list[int], peak: float
) -> None:
    """An episode has the same score however rollouts cut it."""
    values, advantages = np.array(steps).T
    whole = [Fragment(PLAY, values, advantages, ends=True)]
    places = sorted(cuts)
    pieces = [
        Fragment(PLAY, *columns, ends=False)
        for columns in zip(np.split(values, places), np.split(advantages, places), strict=True)
    ]
    for name in STEPWISE:
        score = SCORES[name]
        assert score.of(EPISODE, pieces, 3.0, peak) == pytest.approx(
            score.of(EPISODE, whole, 3.0, peak), abs=1e-9
        )


def test_scores_that_are_not_numbers_are_refused() -> None:
    """A regret that nobody computed, and an episode without decisions."""
    with pytest.raises(DispatchlabError, match="compute the regret"):
        SCORES["regret"].of(Episode(play=PLAY, score=0.5))
    with pytest.raises(DispatchlabError, match="compute the regret"):
        SCORES["value-l1"].of(EPISODE, [])


def test_learnability_is_the_variance_of_success() -> None:
    """0 at both ends, 1/4 in the middle."""
    assert learnability([0.0, 0.25, 0.5, 1.0]).tolist() == [0.0, 0.1875, 0.25, 0.0]
