"""A pair of made-up students, for the tests of teachers that learn from regret."""

import pickle
from collections.abc import Callable

import numpy as np
import torch

from dispatchlab.train.teachers.base import Episode, Level, Play
from dispatchlab.train.teachers.regret_teacher import RegretTeacher


def protagonist_score(level: Level) -> float:
    """It succeeds where the first coordinate is below .3."""
    return float(level.point[0] < 0.3)


def antagonist_score(level: Level) -> float:
    """It succeeds where the first coordinate is below .5."""
    return float(level.point[0] < 0.5)


def round_of_plays(teacher: RegretTeacher, count: int = 32) -> list[Play]:
    """Both students play as many levels."""
    rival = teacher.antagonist()
    plays, others = teacher.sample(count), rival.sample(count)
    teacher.observe([Episode(play=play, score=protagonist_score(play.level)) for play in plays])
    rival.observe([Episode(play=play, score=antagonist_score(play.level)) for play in others])
    return plays


def share_between(plays: list[Play]) -> float:
    """Share of plays where only the antagonist succeeds."""
    return float(np.mean([0.3 <= play.level.point[0] < 0.5 for play in plays]))


def check_resume(make: Callable[[], RegretTeacher], rounds: int = 3) -> None:
    """A saved teacher goes on as if nothing had happened, with plays of both students open."""
    first = make()
    rival = first.antagonist()
    for _ in range(rounds):
        round_of_plays(first, 8)
    ahead = rival.sample(11)
    rival.observe([Episode(play=play, score=antagonist_score(play.level)) for play in ahead[:7]])
    saved, state = pickle.dumps(first.state_dict()), first.state_dict()

    def go_on(teacher: RegretTeacher) -> list[list[Play]]:
        late = [Episode(play=play, score=antagonist_score(play.level)) for play in ahead[7:]]
        teacher.antagonist().observe(late)
        return [round_of_plays(teacher, 8) for _ in range(2 * rounds)]

    plays, summary = go_on(first), first.summary()
    for loaded in (pickle.loads(saved), state):
        second = make()
        second.load_state_dict(loaded)
        assert go_on(second) == plays
        assert second.summary() == summary
        assert_same(second.state_dict(), first.state_dict())
    assert not rival.state_dict()


def assert_same(first: object, second: object) -> None:
    """Equal bit for bit, tensors included."""
    if isinstance(first, torch.Tensor):
        assert isinstance(second, torch.Tensor)
        assert torch.equal(first, second)
    elif isinstance(first, dict):
        assert isinstance(second, dict)
        assert first.keys() == second.keys()
        for key in first:
            assert_same(first[key], second[key])
    elif isinstance(first, list | tuple):
        assert isinstance(second, list | tuple)
        assert len(first) == len(second)
        for mine, other in zip(first, second, strict=True):
            assert_same(mine, other)
    else:
        assert first == second


def check_independence(make: Callable[[], RegretTeacher]) -> None:
    """Global generators neither matter nor move."""
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the global one is what this is about
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first = make()
    plays = [round_of_plays(first, 8) for _ in range(3)]
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002
    torch.manual_seed(2)
    second, disturber = make(), make()
    again = []
    for _ in range(3):
        again.append(round_of_plays(second, 8))
        round_of_plays(disturber, 5)
    assert again == plays
