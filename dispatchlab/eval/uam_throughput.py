"""Decisions per second of air-taxi fleets, per second of processor time, on one thread.

Four ways to play: one environment and many through the Gymnasium face with graph observations, as
a training loop does, their random actions drawn beforehand; and many inside one kernel, without
observations, by random actions or by a rule. Drawing the days is not part of it.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.rollout import begin
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.env import UamEnv, UamVectorEnv
from dispatchlab.eval.stream_throughput import Speed, play_episodes, step_episodes
from dispatchlab.eval.uam_cases import uam_cases

SCALAR, OBSERVED, KERNEL = "scalar environment", "with observations", "in the kernel"
RANDOM = "random"
_HOUR_S = 3600.0
_MOST_ACTIONS = 64  # sets of random numbers that choose actions


@dataclass(frozen=True, slots=True)
class UamMeasurement:
    """Speed of one way to play.

    Attributes:
        instance: What days are drawn from.
        way: How they are played.
        batch: Environments played at once.
        rule: Who decides.
        passengers: Passengers that boarded.
        passengers_per_s: Passengers that boarded, per second of processor time.
        decisions_per_s: Decisions per second of processor time.
        simulated_h_per_s: Simulated hours per second of processor time, over all environments.
    """

    instance: str
    way: str
    batch: int
    rule: str
    passengers: int
    passengers_per_s: float
    decisions_per_s: float
    simulated_h_per_s: float

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        return asdict(self)


def measure_all(
    instances: Sequence[str] = ("random-8x40",), batches: Sequence[int] = (1, 64, 512), *,
    rule: str = "greedy-rate", seconds: float = 0.5,
    on_measurement: Callable[[UamMeasurement], None] | None = None,
) -> list[UamMeasurement]:  # fmt: skip
    """Measure every instance in every way.

    Args:
        instances: Strings of `make_generator`.
        batches: Numbers of environments.
        rule: That decides inside the kernel.
        seconds: Processor time per measurement, at least.
        on_measurement: Called after each.

    Returns:
        The measurements.

    Raises:
        DispatchlabError: If there is no such instance or rule.
    """
    UamRule(rule)
    done: list[UamMeasurement] = []

    def add(name: str, way: str, batch: int, who: str, speed: Speed) -> None:
        rates = (speed.tasks_per_s, speed.decisions_per_s, speed.played_per_s / _HOUR_S)
        done.append(UamMeasurement(name, way, batch, who, speed.tasks, *rates))
        if on_measurement is not None:
            on_measurement(done[-1])

    for name in instances:
        uam_cases([name])
        add(name, SCALAR, 1, RANDOM, _measure_scalar(name, seconds))
        for batch in batches:
            add(name, OBSERVED, batch, RANDOM, _measure_observed(name, batch, seconds))
            for who in (RANDOM, rule):
                add(name, KERNEL, batch, who, _measure_kernel(name, batch, who, seconds))
    return done


def _measure_kernel(name: str, batch: int, rule: str, seconds: float) -> Speed:
    days = [(case.encoding, case.realisation) for case in uam_cases([name], seeds=batch)]
    dynamics, chooser = begin(days, log=False), UamRule(rule)
    return play_episodes(dynamics, lambda: chooser.play(dynamics), seconds)


def _measure_observed(name: str, batch: int, seconds: float) -> Speed:
    """Steps of the vector environment; the choice of actions and the resets are not timed."""
    env = UamVectorEnv(batch, generator=name, autoreset="disabled")
    return step_episodes(env, _random(env.episodes.dynamics), seconds)


def _measure_scalar(name: str, seconds: float) -> Speed:
    """Steps of the scalar environment; the choice of actions and the resets are not timed."""
    env = UamEnv(generator=name)
    dynamics: Any = env.episodes.dynamics
    choose = _random(dynamics)
    env.reset(seed=0)
    env.step(int(choose()[0]))
    spent, counts = 0.0, np.zeros(3)
    while spent < seconds:
        env.reset()
        while spent < seconds and not dynamics.done()[0]:
            action = int(choose()[0])
            start = time.process_time()
            env.step(action)
            spent += time.process_time() - start
        counts += dynamics.tasks_completed()[0], dynamics.decisions()[0], dynamics.now(0)
    return Speed(int(counts[0]), *(counts / spent).tolist())


def _random(dynamics: Dynamics) -> Callable[[], npt.NDArray[np.int64]]:
    """Random legal actions from numbers that were drawn before."""
    noise = np.random.default_rng(0).random((_MOST_ACTIONS, dynamics.num_actions))
    steps = itertools.count()
    return lambda: (dynamics.legal() * noise[next(steps) % _MOST_ACTIONS]).argmax(axis=1)
