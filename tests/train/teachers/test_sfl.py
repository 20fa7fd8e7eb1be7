"""Sampling for learnability."""

from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode, Play
from dispatchlab.train.teachers.sfl import Sfl
from tests.train.teachers.replay_helpers import act, check_resume


def make_sfl(**settings: Any) -> Sfl:
    """6 candidates, 4 plays each, the best 2 are kept for 10 episodes."""
    defaults = {"num_candidates": 6, "rollouts_per_candidate": 4, "num_kept": 2, "period": 10}
    return Sfl(1, **defaults | settings)


def ended(play: Play, success: bool = False) -> Episode:
    """The record of a play."""
    return Episode(play=play, score=0.5, success=success)


def judge(teacher: Sfl, successes: list[int]) -> list[Play]:
    """Play all candidates, each with its number of successes out of four; returns the plays."""
    plays = teacher.sample(24)
    wins = [number < count for count in successes for number in range(4)]
    teacher.observe([ended(play, won) for play, won in zip(plays, wins, strict=True)])
    return plays


def test_the_most_learnable_candidates_are_kept() -> None:
    """Successes of 4: the variance p (1 - p) is highest for 2, then for 1 and 3, 0 for 0 and 4."""
    teacher = make_sfl()
    plays = judge(teacher, [0, 1, 2, 4, 4, 0])
    assert not any(play.learns for play in plays)
    rows = teacher.masses()
    assert [row["key"] for row in rows] == [plays[8].level.key, plays[4].level.key]
    assert [row["score"] for row in rows] == [0.25, 0.1875]
    assert [row["mass"] for row in rows] == [0.25, 0.25]
    assert teacher.summary() == {
        "fill": 1.0,
        "mean_score": 0.21875,
        "candidate_success": 11 / 24,
        "rounds": 1.0,
        "judging": 0.0,
    }


def test_half_of_the_plays_are_kept_levels() -> None:
    """And half are fresh, within four standard errors; the student learns from all."""
    teacher = make_sfl()
    judge(teacher, [2, 2, 0, 0, 0, 0])
    kept = {row["key"] for row in teacher.masses()}
    plays = teacher.sample(2000)
    assert all(play.learns for play in plays)
    shares = [sum(play.level.key == key for play in plays) / 2000 for key in kept]
    assert shares == pytest.approx([0.25, 0.25], abs=4 * 0.433 / 2000**0.5)


def test_nothing_learnable_means_fresh_levels() -> None:
    """Levels that always or never succeed are not kept, so nothing is repeated."""
    teacher = make_sfl()
    judge(teacher, [0, 4, 0, 4, 0, 0])
    assert teacher.masses() == []
    assert len({play.level for play in teacher.sample(50)}) == 50


def test_judging_comes_back_after_a_period() -> None:
    """After 10 learning episodes; what was kept stays in use until all results are there."""
    teacher = make_sfl(fresh_share=0.0)
    judge(teacher, [2, 2, 0, 0, 0, 0])
    kept = teacher.masses()
    learning = teacher.sample(10)
    teacher.observe([ended(play) for play in learning[:9]])
    assert teacher.summary()["judging"] == 0.0
    teacher.observe([ended(learning[9])])
    assert teacher.summary()["judging"] == 1.0
    plays = teacher.sample(26)
    assert [play.learns for play in plays] == [False] * 24 + [True] * 2
    teacher.observe([ended(play, number % 2 == 0) for number, play in enumerate(plays[:23])])
    assert teacher.masses() == kept
    teacher.observe([ended(plays[23])])
    assert teacher.summary()["rounds"] == 2.0
    assert teacher.masses() != kept


def test_lost_plays_do_not_stop_it() -> None:
    """If a judging play never ends, the round ends after a period of learning episodes."""
    teacher = make_sfl()
    plays = teacher.sample(34)
    teacher.observe([ended(play, number % 2 == 0) for number, play in enumerate(plays[:23])])
    teacher.observe([ended(play) for play in plays[24:33]])
    assert teacher.summary()["judging"] == 1.0
    teacher.observe([ended(plays[33])])
    assert teacher.summary()["judging"] == 0.0
    assert len(teacher.masses()) == 2
    late = teacher.masses()
    teacher.observe([ended(plays[23], True)])
    assert teacher.masses() == late


def test_it_finds_the_frontier_of_a_student() -> None:
    """Success falls from 1 to 0 around .7: the kept levels lie there, in 20 slots of 400 levels."""
    teacher = make_sfl(num_candidates=400, rollouts_per_candidate=8, num_kept=20)
    rng = np.random.default_rng(0)
    while not teacher.summary()["rounds"]:
        plays = teacher.sample(16)
        chances = [1 / (1 + np.exp(40 * (play.level.point[0] - 0.7))) for play in plays]
        teacher.observe(
            [ended(play, rng.random() < p) for play, p in zip(plays, chances, strict=True)]
        )
    points = np.array([row["point"][0] for row in teacher.masses()])
    assert abs(points.mean() - 0.7) < 0.03
    assert np.ptp(points) < 0.2


def test_resume() -> None:
    """Saved at any time, it samples the same plays, next to another one."""
    teacher = make_sfl(seed=4)
    for _ in range(30):
        act(teacher)
    assert teacher.state_dict()["kept"]
    for rounds in (2, 3, 5, 30):
        check_resume(lambda: make_sfl(seed=4), rounds)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_candidates": 0}, "num_candidates is 0"),
        ({"rollouts_per_candidate": 1}, "rollouts_per_candidate is 1"),
        ({"num_kept": 0}, "num_kept is 0"),
        ({"period": 0}, "period is 0"),
        ({"fresh_share": 1.1}, "fresh_share is 1.1"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match=message):
        make_sfl(**settings)
