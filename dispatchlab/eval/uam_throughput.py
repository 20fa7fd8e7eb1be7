"""Decisions per second of air-taxi fleets, per second of processor time, on one thread.

Four ways to play: one environment and many through the Gymnasium face with graph observations, as
a training loop does, their random actions drawn beforehand; and many inside one kernel, without
observations, by random actions or by a rule. Drawing the days is not part of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dispatchlab.baselines.uam.rollout import limits_of
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.env import UamEnv, UamVectorEnv
from dispatchlab.eval.stream_throughput import (
    Speed,
    collect,
    loaded,
    play_episodes,
    random_actions,
    step_episodes,
)
from dispatchlab.eval.uam_cases import uam_cases

SCALAR, OBSERVED, KERNEL = "scalar environment", "with observations", "in the kernel"
RANDOM = "random"
_HOUR_S = 3600.0


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
    return collect(_measure(instances, batches, rule, seconds), on_measurement)


def _measure(
    instances: Sequence[str], batches: Sequence[int], rule: str, seconds: float
) -> Iterator[UamMeasurement]:
    """One measurement after the other."""
    for name in instances:
        uam_cases([name])
        yield _row(name, SCALAR, 1, RANDOM, _measure_scalar(name, seconds))
        for batch in batches:
            yield _row(name, OBSERVED, batch, RANDOM, _measure_observed(name, batch, seconds))
            for who in (RANDOM, rule):
                yield _row(name, KERNEL, batch, who, _measure_kernel(name, batch, who, seconds))


def _row(name: str, way: str, batch: int, who: str, speed: Speed) -> UamMeasurement:
    rates = (speed.tasks_per_s, speed.decisions_per_s, speed.played_per_s / _HOUR_S)
    return UamMeasurement(name, way, batch, who, speed.tasks, *rates)


def _measure_kernel(name: str, batch: int, rule: str, seconds: float) -> Speed:
    dynamics: Dynamics = loaded(Dynamics, limits_of, uam_cases([name], seeds=batch))
    chooser = UamRule(rule)
    return play_episodes(dynamics, lambda: chooser.play(dynamics), seconds)


def _measure_observed(name: str, batch: int, seconds: float) -> Speed:
    """Steps of the vector environment; the choice of actions and the resets are not timed."""
    env = UamVectorEnv(batch, generator=name, autoreset="disabled")
    return step_episodes(env, random_actions(env.episodes.dynamics), seconds)


def _measure_scalar(name: str, seconds: float) -> Speed:
    """Steps of the scalar environment; the choice of actions and the resets are not timed."""
    env = UamEnv(generator=name)
    choose = random_actions(env.episodes.dynamics)
    return step_episodes(env, lambda: int(choose()[0]), seconds)
