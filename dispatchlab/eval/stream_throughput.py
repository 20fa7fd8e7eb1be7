"""How fast streams are played, per second of processor time: what their families share."""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dispatchlab.eval.cases import Case

FloatArray = npt.NDArray[np.float64]
Choose = Callable[[], npt.NDArray[np.int64]]
RowT = TypeVar("RowT")
_MOST_ACTIONS = 64  # sets of random numbers that choose actions


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


def collect(measured: Iterable[RowT], on_measurement: Callable[[RowT], None] | None) -> list[RowT]:
    """All measurements, each told as soon as it is there."""
    done = []
    for row in measured:
        done.append(row)
        if on_measurement is not None:
            on_measurement(row)
    return done


def loaded(
    dynamics: Callable[..., Any], limits_of: Callable[..., Any], cases: Sequence[Case]
) -> Any:  # noqa: ANN401 (any family's dynamics)
    """A batch with a row per case, at the first decisions.

    Args:
        dynamics: The dynamics of the family.
        limits_of: Sizes that hold a list of problems.
        cases: What is played.

    Returns:
        Dynamics that keep no log.
    """
    problems = [(case.encoding, case.realisation) for case in cases]
    batch = dynamics(len(problems), limits_of(problems), log=False)
    for slot, problem in enumerate(problems):
        batch.load(slot, *problem)
    batch.reset()
    return batch


def random_actions(dynamics: Any) -> Choose:  # noqa: ANN401 (any family's dynamics)
    """Who draws random legal actions, from numbers that were drawn before.

    Args:
        dynamics: A batch.

    Returns:
        A function that gives an action for each row.
    """
    noise = np.random.default_rng(0).random((_MOST_ACTIONS, dynamics.num_actions))
    steps = itertools.count()

    def choose() -> npt.NDArray[np.int64]:
        actions: npt.NDArray[np.int64]
        actions = (dynamics.legal() * noise[next(steps) % _MOST_ACTIONS]).argmax(axis=1)
        return actions

    return choose


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


def step_episodes(env: Any, choose: Callable[[], Any], seconds: float) -> Speed:  # noqa: ANN401
    """Step an environment through its Gymnasium face, observations included.

    Args:
        env: A scalar environment, or a native vector environment that does not reset itself.
        choose: What to step with; choosing and resets are not timed.
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
