"""Tasks per second on chips, per second of processor time, on one thread.

Three ways to play: one environment whose decisions come from a rule through Python, many that a
rule plays inside one kernel, and many that are stepped through the Gymnasium face with graph
observations, as a training loop does. Whole episodes of one instance are played again and again;
drawing what happens in them is not part of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dispatchlab.baselines.soc.rollout import limits_of
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.env import SocVectorEnv
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.envs.soc.observation import make_observation
from dispatchlab.envs.soc.view import SocView
from dispatchlab.eval.soc_cases import soc_cases
from dispatchlab.eval.stream_throughput import collect, loaded, play_episodes, step_episodes

SCALAR, KERNEL, OBSERVED = "scalar, rule from Python", "rule in the kernel", "with observations"


@dataclass(frozen=True, slots=True)
class SocMeasurement:
    """Speed of one way to play.

    Attributes:
        instance: The instance.
        way: How it is played.
        batch: Environments played at once.
        rule: Who decides.
        tasks: Tasks completed.
        tasks_per_s: Tasks completed per second of processor time.
        decisions_per_s: Decisions per second of processor time.
        us_per_s: Simulated µs per second of processor time, over all environments.
    """

    instance: str
    way: str
    batch: int
    rule: str
    tasks: int
    tasks_per_s: float
    decisions_per_s: float
    us_per_s: float

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        return asdict(self)


def measure_all(
    instances: Sequence[str] = ("top-1", "wifi-tx20"), batches: Sequence[int] = (1, 64, 512), *,
    rule: str = "etf", seconds: float = 0.5,
    on_measurement: Callable[[SocMeasurement], None] | None = None,
) -> list[SocMeasurement]:  # fmt: skip
    """Measure every instance in every way.

    Args:
        instances: Presets or files.
        batches: Numbers of environments.
        rule: Who decides.
        seconds: Processor time per measurement, at least.
        on_measurement: Called after each.

    Returns:
        The measurements.

    Raises:
        DispatchlabError: If there is no such instance or rule.
    """
    SocRule(rule)
    return collect(_measure(instances, batches, rule, seconds), on_measurement)


def _measure(
    instances: Sequence[str], batches: Sequence[int], rule: str, seconds: float
) -> Iterator[SocMeasurement]:
    """One measurement after the other."""
    for name in instances:
        load_instance(name)
        yield _measure_scalar(name, rule, seconds)
        for batch in batches:
            yield _measure_kernel(name, batch, rule, seconds)
            yield _measure_observed(name, batch, rule, seconds)


def _dynamics(name: str, batch: int) -> Dynamics:
    """A batch that is loaded with realisations of the instance."""
    dynamics: Dynamics = loaded(Dynamics, limits_of, soc_cases([name], seeds=batch))
    return dynamics


def _measure_scalar(name: str, rule: str, seconds: float) -> SocMeasurement:
    dynamics, chooser = _dynamics(name, 1), SocRule(rule)
    observation = make_observation("graph")

    def play() -> None:
        while not dynamics.done().all():
            dynamics.step(chooser.act_batch(SocView(dynamics, observation)))

    return SocMeasurement(name, SCALAR, 1, rule, *play_episodes(dynamics, play, seconds))


def _measure_kernel(name: str, batch: int, rule: str, seconds: float) -> SocMeasurement:
    dynamics, chooser = _dynamics(name, batch), SocRule(rule)
    speed = play_episodes(dynamics, lambda: chooser.play(dynamics), seconds)
    return SocMeasurement(name, KERNEL, batch, rule, *speed)


def _measure_observed(name: str, batch: int, rule: str, seconds: float) -> SocMeasurement:
    """Steps of the vector environment; the rule's choices and the resets are not timed."""
    env, chooser = SocVectorEnv(batch, instance=name, autoreset="disabled"), SocRule(rule)
    speed = step_episodes(env, lambda: chooser.act_batch(env.view()), seconds)
    return SocMeasurement(name, OBSERVED, batch, rule, *speed)
