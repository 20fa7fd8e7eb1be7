"""Prioritised level replay, plain and robust."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode, Fragment, Level, Play
from dispatchlab.train.teachers.plr import Plr
from dispatchlab.train.teachers.scores import SCORES
from tests.train.teachers.replay_helpers import Student, act, check_resume, fragment, levels


def make_plr(**settings: Any) -> Plr:
    """A small one whose score needs advantages only."""
    return Plr(2, **{"score": "signed-value-loss", "capacity": 8, "min_fill": 0.5} | settings)


def test_nothing_is_replayed_before_the_buffer_is_full_enough() -> None:
    """Half of eight levels must be known; the new ones are points of the cube with fresh seeds."""
    teacher = make_plr(replay_probability=1.0)
    plays = teacher.sample(3)
    teacher.on_rollout([fragment(play, [1.0]) for play in plays])
    fourth = teacher.sample(2)[0]
    assert len({play.level for play in (*plays, fourth)}) == 4
    assert all(len(play.level.point) == 2 and play.level.seed > 0 for play in plays)
    assert teacher.summary()["fill"] == 3 / 8
    teacher.on_rollout([fragment(fourth, [1.0])])
    assert all(play.level in teacher.buffer for play in teacher.sample(20))


@pytest.mark.parametrize("robust", [False, True])
def test_who_learns(robust: bool) -> None:
    """Always from replays, and from new levels unless the teacher is robust."""
    teacher = make_plr(robust=robust, replay_probability=0.5)
    for _ in range(20):
        known = set(teacher.buffer.levels)
        plays = act(teacher)
        assert all(play.learns == (not robust or play.level in known) for play in plays)
    assert any(play.learns for play in plays)


def test_an_episode_over_three_rollouts_is_scored_at_its_end() -> None:
    """30 decisions in parts of 10, 5 and 15; until the end the level is not in the buffer."""
    teacher = make_plr()
    (play,) = teacher.sample(1)
    for size, value in ((10, 0.4), (5, 1.0)):
        teacher.on_rollout([fragment(play, [value] * size, episode_return=None)])
        assert not len(teacher.buffer)
    teacher.on_rollout([fragment(play, [0.8] * 15)])
    assert teacher.buffer.scores == pytest.approx([(10 * 0.4 + 5 * 1.0 + 15 * 0.8) / 30])
    assert not teacher.state_dict()["cut"]


def test_episodes_of_one_level_in_two_environments_are_kept_apart() -> None:
    """Each is scored by its own decisions; the later one has the last word."""
    teacher = make_plr(smoothing=0.5)
    (play,) = teacher.sample(1)
    teacher.on_rollout(
        [
            fragment(play, [value], episode_return=None, environment=i)
            for i, value in enumerate((0, 8))
        ]
    )
    teacher.on_rollout([fragment(play, [2.0], environment=0)])
    assert teacher.buffer.scores.tolist() == [1.0]
    teacher.on_rollout([fragment(play, [8.0], environment=1)])
    assert teacher.buffer.scores.tolist() == [4.5]


def test_max_mc_remembers_the_best_return() -> None:
    """Values are zero: the score is the best return of the level so far, not the last one."""
    teacher = make_plr(score="max-mc")
    (play,) = teacher.sample(1)
    for outcome, best in ((3.0, 3.0), (1.0, 3.0), (5.0, 5.0)):
        teacher.on_rollout([fragment(play, [0.0], episode_return=outcome)])
        assert teacher.buffer.scores.tolist() == [best]


def test_regret_needs_no_fragments() -> None:
    """The level is scored as soon as its episode is over, and fragments change nothing."""
    teacher = make_plr(score="regret")
    assert teacher.wants_regret
    assert not teacher.wants_fragments
    (play,) = teacher.sample(1)
    teacher.observe([Episode(play=play, score=0.5, regret=0.125)])
    teacher.on_rollout([fragment(play, [9.0])])
    assert teacher.buffer.scores.tolist() == [0.125]
    with pytest.raises(DispatchlabError, match="compute the regret"):
        teacher.observe([Episode(play=play, score=0.5)])


def test_an_end_needs_its_record() -> None:
    """The record has the return that the score may need."""
    teacher = make_plr()
    (play,) = teacher.sample(1)
    with pytest.raises(DispatchlabError, match="no record"):
        teacher.on_rollout([Fragment(play, np.zeros(1), np.zeros(1), ends=True)])


def test_a_finite_list_is_played_once_before_anything_else() -> None:
    """With the settings of PLR on a list of seeds; afterwards there are only replays."""
    listed = levels(20)
    teacher = make_plr(levels=listed, capacity=4000, min_fill=1.0)
    assert teacher.buffer.capacity == 20
    plays = teacher.sample(20)
    assert {play.level for play in plays} == set(listed)
    teacher.on_rollout([fragment(play, [1.0]) for play in plays])
    assert {play.level for play in teacher.sample(200)} <= set(listed)
    assert teacher.summary()["replay_share"] == 200 / 220


def test_a_finite_list_whose_levels_are_all_open_is_repeated() -> None:
    """More environments than levels, and no result yet."""
    teacher = make_plr(levels=levels(3))
    assert {play.level for play in teacher.sample(50)} == set(levels(3))


def test_proportionate_replay_follows_the_fill() -> None:
    """Half of the slots in use: half of the plays are replays, within four standard errors."""
    teacher = make_plr(replay="proportionate", replay_probability=1.0, min_fill=0.0)
    teacher.on_rollout([fragment(play, [1.0]) for play in teacher.sample(4)])
    known = set(teacher.buffer.levels)
    replays = sum(play.level in known for play in teacher.sample(2000))
    assert abs(replays / 2000 - 0.5) < 4 * 0.5 / 2000**0.5


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("score", sorted(SCORES.keys() - {"signed-value-loss"}))
def test_replays_concentrate_on_what_can_be_learned(score: str, robust: bool) -> None:
    """5 of 20 levels are learnable: they get over 60 % of the mass (measured 73 to 75; evenly 25).

    The signed loss is left out: its mean is zero wherever the critic is right.
    """
    listed = levels(20)
    student = Student(listed[:5], seed=0)
    teacher = Plr(1, score=score, robust=robust, levels=listed, min_fill=1.0)
    masses, counts = [], Counter[Level]()
    for _ in range(200):
        plays = teacher.sample(8)
        fragments = [student.play(play, number) for number, play in enumerate(plays)]
        teacher.observe([part.episode for part in fragments if part.episode is not None])
        teacher.on_rollout(fragments)
        counts.update(play.level for play in plays)
        rows = {row["key"]: row["mass"] for row in teacher.masses()}
        masses.append(sum(rows.get(level.key, 0.0) for level in listed[:5]))
    assert np.mean(masses[20:]) > 0.6
    assert sum(counts[level] for level in listed[:5]) > 0.6 * counts.total()


@pytest.mark.parametrize("score", ["max-mc", "regret"])
def test_resume(score: str) -> None:
    """Saved in the middle of episodes, it samples the same plays, next to another one."""
    check_resume(lambda: make_plr(score=score, robust=True, capacity=16, seed=5))


def test_nothing_global_is_touched() -> None:
    """The global generator is where it was; equal seeds give equal plays, others do not."""
    before = np.random.get_state()  # noqa: NPY002 - the global one is what is tested
    plays = [
        [act(teacher) for _ in range(10)] for teacher in (make_plr(), make_plr(), make_plr(seed=1))
    ]
    after = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(before[1], after[1])
    assert before[2] == after[2]
    assert plays[0] == plays[1] != plays[2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"score": "entropy"}, "Unknown score 'entropy'"),
        ({"replay": "never"}, "Unknown replay 'never'"),
        ({"replay_probability": 1.5}, "replay_probability is 1.5"),
        ({"min_fill": -0.1}, "min_fill is -0.1"),
        ({"peak": 2.0}, "peak is 2.0"),
        ({"capacity": 0}, "capacity is 0"),
        ({"levels": levels(1) * 2}, "twice"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match=message):
        make_plr(**settings)


def test_plays_are_plays() -> None:
    """What is sampled can be given back as it is."""
    assert all(isinstance(play, Play) for play in make_plr().sample(3))
