"""Plays of made-up students, for the tests of teachers that replay levels."""

import pickle
from collections.abc import Callable, Sequence

import numpy as np

from dispatchlab.train.teachers.base import Episode, Fragment, Level, Play, Teacher


def fragment(
    play: Play,
    advantages: Sequence[float],
    *,
    episode_return: float | None = 0.0,
    environment: int = 0,
) -> Fragment:
    """Decisions of a play whose values are zero; without a return it goes on."""
    numbers = np.array(advantages, np.float64)
    ends = episode_return is not None
    episode = Episode(play=play, score=0.5, episode_return=episode_return) if ends else None
    return Fragment(play, 0.0 * numbers, numbers, ends, episode, environment)


def act(teacher: Teacher, count: int = 8) -> list[Play]:
    """One round of plays whose results depend on nothing but level and environment."""
    plays = teacher.sample(count)
    fragments = []
    for number, play in enumerate(plays):
        luck = np.random.default_rng([play.level.seed, number])
        episode = Episode(
            play=play,
            score=luck.random(),
            episode_return=luck.random(),
            regret=luck.normal(),
            success=bool(luck.random() < 0.5),
        )
        # The last environment's episodes are cut by the end of the rollout and never end.
        ends = number < count - 1
        numbers = luck.normal(size=4)
        fragments.append(
            Fragment(play, 0.0 * numbers, numbers, ends, episode if ends else None, number)
        )
    teacher.observe([part.episode for part in fragments if part.episode is not None])
    teacher.on_rollout(fragments)
    return plays


def check_resume(make: Callable[[], Teacher], rounds: int = 30) -> None:
    """A saved teacher goes on as if nothing had happened, whatever others do meanwhile."""
    first, disturber = make(), make()
    for _ in range(rounds):
        act(first)
    saved = pickle.dumps(first.state_dict())
    # A state must not change when its teacher goes on.
    state = first.state_dict()
    plays = [act(first) for _ in range(rounds)]
    summary = first.summary()
    for loaded in (pickle.loads(saved), state):
        second = make()
        second.load_state_dict(loaded)
        again = []
        for _ in range(rounds):
            act(disturber)
            again.append(act(second))
        assert again == plays
        assert second.summary() == summary


def levels(count: int) -> list[Level]:
    """Different levels."""
    return [Level((number / count,), number) for number in range(count)]


class Student:
    """Has a competence in each level that grows by playing, and a critic that follows it.

    Competence is the chance of each decision to turn out well. In some levels nothing can be
    learned: half of them always end well and half always badly, up to a little noise, and no
    reference method does better.
    """

    def __init__(self, learnable: Sequence[Level], *, seed: int) -> None:
        """Start with little competence."""
        self.competence = dict.fromkeys(learnable, 0.2)
        self.values: dict[Level, float] = {}
        self.rng = np.random.default_rng(seed)

    def play(self, play: Play, environment: int) -> Fragment:
        """One episode of ten decisions, after which competence and critic move if it learns."""
        level, best = play.level, 1.0
        if level in self.competence:
            outcomes = (self.rng.random(10) < self.competence[level]).astype(np.float64)
        else:
            best = float(level.seed % 2)
            outcomes = best + 0.02 * self.rng.normal(size=10)
        outcome = float(outcomes.mean())
        value = self.values.get(level, outcome)
        if play.learns:
            self.values[level] = value + 0.2 * (outcome - value)
            if level in self.competence:
                self.competence[level] += 0.001 * (0.9 - self.competence[level])
        episode = Episode(play=play, score=outcome, episode_return=outcome, regret=best - outcome)
        return Fragment(play, np.full(10, value), outcomes - value, True, episode, environment)
