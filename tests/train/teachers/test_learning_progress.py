"""Learning progress on a grid of cells."""

from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode, Level, Play
from dispatchlab.train.teachers.learning_progress import LearningProgress, reweighted
from tests.train.teachers.replay_helpers import check_resume


def make_progress(**settings: Any) -> LearningProgress:
    """Four cells of one dimension, updated after every second episode."""
    return LearningProgress(1, **{"cells": 4, "period": 2} | settings)


def results(cell: int, *successes: bool) -> list[Episode]:
    """Episodes in the middle of a cell."""
    play = Play(Level(((cell + 0.5) / 4,)))
    return [Episode(play=play, score=0.0, success=success) for success in successes]


def test_reweighting_stretches_small_rates() -> None:
    """Values of f at theta .1."""
    rates = np.array([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
    assert reweighted(rates) == pytest.approx([0.0, 0.5, 0.75, 0.9, 0.98780488, 1.0])


def test_progress_is_the_difference_of_two_averages() -> None:
    """First .5 for both; then 1: fast .5 + .1 * .5 = .55 and slow .5 + .1 * .05 = .505."""
    teacher = make_progress()
    teacher.observe(results(1, True, False))
    assert teacher.progress().tolist() == [0.0] * 4
    teacher.observe(results(1, True))
    assert teacher.progress().tolist() == [0.0] * 4
    teacher.observe(results(1, True))
    expected = reweighted(np.array([0.55]))[0] - reweighted(np.array([0.505]))[0]
    assert teacher.progress() == pytest.approx([0.0, expected, 0.0, 0.0])


def test_chances_of_cells() -> None:
    """3/4 by the sigmoid of the z-score among the cells with success, 1/4 uniform."""
    teacher = make_progress()
    assert teacher.probabilities() == pytest.approx([0.25] * 4)
    for cell in (0, 1, 2):
        teacher.observe(results(cell, cell > 0, cell > 0))
    teacher.observe(results(2, False, False))
    scores = expit(np.array([-1.0, 1.0]))
    expected = [0.0625, *(0.0625 + 0.75 * scores / scores.sum()), 0.0625]
    assert teacher.probabilities() == pytest.approx(expected)
    assert [region["weight"] for region in teacher.regions()] == pytest.approx(expected)


def test_what_a_random_agent_achieves_does_not_count() -> None:
    """(.8 - .6) / (1 - .6) = .5, and base rates above .75 count as that."""
    for base_rate, expected in ((0.6, 0.5), (0.99, 0.2)):
        teacher = make_progress(base_rate=base_rate, period=5)
        teacher.observe(results(0, *[True] * 4, False))
        assert teacher.summary()["mean_success"] == pytest.approx(expected)


def test_points_lie_in_the_chosen_cells() -> None:
    """In two dimensions the shares of the cells are their chances, within five standard errors."""
    teacher = LearningProgress(2, cells=3, period=1, uniform_share=0.1)
    for value in (0.1, 0.5, 0.5):
        play = Play(Level((value, 0.9)))
        teacher.observe([Episode(play=play, score=0.0, success=value > 0.2)])
    points = np.array([play.level.point for play in teacher.sample(4000)])
    cells = (points * 3).astype(int) @ [3, 1]
    shares = np.bincount(cells, minlength=9) / 4000
    assert shares == pytest.approx(teacher.probabilities(), abs=5 * 0.5 / 4000**0.5)
    assert shares[5] == pytest.approx(0.9 + 0.1 / 9, abs=0.03)


def share_of_the_frontier(seed: int) -> float:
    """Share of plays in the third cell while it is learned; two are known, one is hopeless."""
    teacher = make_progress(period=32, seed=seed)
    rng = np.random.default_rng(seed)
    competence, shares = np.array([1.0, 1.0, 0.05, 0.0]), []
    while competence[2] < 0.9:
        plays = teacher.sample(32)
        cells = [int(play.level.point[0] * 4) for play in plays]
        shares.append(cells.count(2) / 32)
        competence[2] += 0.004 * cells.count(2)
        wins = rng.random(32) < competence[cells]
        teacher.observe(
            [
                Episode(play=play, score=0.0, success=bool(won))
                for play, won in zip(plays, wins, strict=True)
            ]
        )
    return float(np.mean(shares[3:]))


def test_it_follows_the_frontier() -> None:
    """The cell that is being learned gets .41 of the plays (mean of six seeds); evenly, .25."""
    assert np.mean([share_of_the_frontier(seed) for seed in range(6)]) > 0.35


def test_resume() -> None:
    """Saved at any time, it samples the same plays, next to another one."""
    check_resume(lambda: make_progress(seed=2, period=20))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cells": 0}, "cells is 0"),
        ({"cells": 100_001}, "too many"),
        ({"rate": 0.0}, "rate is 0.0"),
        ({"theta": 1.0}, "theta is 1.0"),
        ({"base_rate": -0.5}, "base_rate is -0.5"),
        ({"uniform_share": 2.0}, "uniform_share is 2.0"),
        ({"period": 0}, "period is 0"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match=message):
        make_progress(**settings)
