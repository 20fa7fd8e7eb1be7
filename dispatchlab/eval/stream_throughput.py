"""How fast streams are played, per second of processor time: what their families share."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Choose = Callable[[], npt.NDArray[np.int64]]


class Speed(NamedTuple):
    """Work done, and rates per second of processor time over all environments.

    Attributes:
        tasks: Tasks that ended.
        tasks_per_s: Tasks that ended, per second.
        decisions_per_s: Decisions per second.
        played_per_s: Simulated time per second, in the family's unit.
    """

    tasks: int
    tasks_per_s: float
    decisions_per_s: float
    played_per_s: float


def play_episodes(dynamics: Any, play: Callable[[], None], seconds: float) -> Speed:  # noqa: ANN401
    """Play whole episodes until the time is up; the first ones compile.

    Args:
        dynamics: A batch that was reset.
        play: Plays it to its end.
        seconds: Processor time, at least.

    Returns:
        The speed; resets are not part of it.
    """
    play()
    spent, counts = 0.0, np.zeros(3)
    while spent < seconds:
        dynamics.reset()
        begin = time.process_time()
        play()
        spent += time.process_time() - begin
        counts += _counts(dynamics)
    return _speed(counts, spent)


def step_episodes(env: Any, choose: Choose, seconds: float) -> Speed:  # noqa: ANN401
    """Step a vector environment through its Gymnasium face, observations included.

    Args:
        env: A native vector environment that does not reset itself.
        choose: An action for each environment; choosing and resets are not timed.
        seconds: Processor time, at least.

    Returns:
        The speed.
    """
    dynamics = env.episodes.dynamics
    env.reset(seed=0)
    env.step(choose())
    spent, counts = 0.0, np.zeros(3)
    while spent < seconds:
        env.reset()
        before = _counts(dynamics)
        while spent < seconds and not dynamics.done().any():
            actions = choose()
            begin = time.process_time()
            env.step(actions)
            spent += time.process_time() - begin
        counts += _counts(dynamics) - before
    return _speed(counts, spent)


def _counts(dynamics: Any) -> FloatArray:  # noqa: ANN401 (any family's dynamics)
    """Tasks that ended, decisions and time played so far, over all rows."""
    played = sum(dynamics.now(row) for row in range(dynamics.batch))
    return np.array(
        [dynamics.tasks_completed().sum(), dynamics.decisions().sum(), played], np.float64
    )


def _speed(counts: FloatArray, spent: float) -> Speed:
    rates: list[float] = (counts / spent).tolist()
    return Speed(int(counts[0]), *rates)
