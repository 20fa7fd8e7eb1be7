"""Tasks and decisions per second at an edge, per second of processor time, on one thread.

Three ways to play: many environments that random decisions play inside one kernel, without
observations; many that are stepped through the Gymnasium face with graph observations, as a
training loop does, their random actions drawn beforehand; and one whose decisions come from a rule
through Python, of which the rule alone is timed. Drawing what happens is not part of it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dispatchlab.baselines.edge.rollout import limits_of
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.observation import make_observation
from dispatchlab.envs.edge.view import EdgeView
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.stream_throughput import (
    Speed,
    collect,
    loaded,
    play_episodes,
    random_actions,
    step_episodes,
)

DECIDE, KERNEL, OBSERVED = "one decision", "random in the kernel", "random, with observations"
RANDOM = "random"
_MS = 1000.0


@dataclass(frozen=True, slots=True)
class EdgeMeasurement:
    """Speed of one way to play.

    Attributes:
        instance: The instance.
        way: How it is played.
        batch: Environments played at once.
        rule: Who decides.
        tasks: Tasks that ended.
        tasks_per_s: Tasks that ended, per second of processor time; NaN where only the rule is
            timed.
        events_per_s: Arrivals and ends of tasks per second.
        decisions_per_s: Decisions per second of processor time.
        simulated_s_per_s: Simulated seconds per second of processor time, over all environments.
    """

    instance: str
    way: str
    batch: int
    rule: str
    tasks: int
    tasks_per_s: float
    events_per_s: float
    decisions_per_s: float
    simulated_s_per_s: float

    def row(self) -> dict[str, Any]:
        """The columns by name; None for rates that were not measured."""
        return {key: None if value != value else value for key, value in asdict(self).items()}


def measure_all(
    instances: Sequence[str] = ("2d-p", "4d-a"), batches: Sequence[int] = (1, 64, 512), *,
    rule: str = "dems", seconds: float = 0.5,
    on_measurement: Callable[[EdgeMeasurement], None] | None = None,
) -> list[EdgeMeasurement]:  # fmt: skip
    """Measure every instance in every way.

    Args:
        instances: Workloads or files.
        batches: Numbers of environments.
        rule: Whose decisions are timed one by one.
        seconds: Processor time per measurement, at least.
        on_measurement: Called after each.

    Returns:
        The measurements.

    Raises:
        DispatchlabError: If there is no such instance or rule.
    """
    EdgeRule(rule)
    return collect(_measure(instances, batches, rule, seconds), on_measurement)


def _measure(
    instances: Sequence[str], batches: Sequence[int], rule: str, seconds: float
) -> Iterator[EdgeMeasurement]:
    """One measurement after the other."""
    for name in instances:
        load_instance(name)
        yield _row(name, DECIDE, 1, rule, _measure_decisions(name, rule, seconds))
        for batch in batches:
            yield _row(name, KERNEL, batch, RANDOM, _measure_kernel(name, batch, seconds))
            yield _row(name, OBSERVED, batch, RANDOM, _measure_observed(name, batch, seconds))


def _row(name: str, way: str, batch: int, who: str, speed: Speed) -> EdgeMeasurement:
    events, played = 2 * speed.tasks_per_s, speed.played_per_s / _MS
    return EdgeMeasurement(
        name, way, batch, who, speed.tasks, speed.tasks_per_s, events, speed.decisions_per_s,
        played,
    )  # fmt: skip


def _dynamics(name: str, batch: int) -> Dynamics:
    """A batch that is loaded with realisations of the instance."""
    dynamics: Dynamics = loaded(Dynamics, limits_of, edge_cases([name], seeds=batch))
    return dynamics


def _measure_decisions(name: str, rule: str, seconds: float) -> Speed:
    """The rule alone, called from Python for one environment."""
    dynamics, chooser, observation = _dynamics(name, 1), EdgeRule(rule), make_observation("graph")
    dynamics.step(chooser.act_batch(EdgeView(dynamics, observation)))
    spent, decisions = 0.0, 0
    while spent < seconds:
        if dynamics.done().all():
            dynamics.reset()
        view = EdgeView(dynamics, observation)
        begin = time.process_time()
        actions = chooser.act_batch(view)
        spent += time.process_time() - begin
        decisions += 1
        dynamics.step(actions)
    return Speed(0, float("nan"), decisions / spent, float("nan"))


def _measure_kernel(name: str, batch: int, seconds: float) -> Speed:
    dynamics, chooser = _dynamics(name, batch), EdgeRule(RANDOM)
    return play_episodes(dynamics, lambda: chooser.play(dynamics), seconds)


def _measure_observed(name: str, batch: int, seconds: float) -> Speed:
    """Steps of the vector environment; the choice of actions and the resets are not timed."""
    env = EdgeCloudVectorEnv(batch, instance=name, autoreset="disabled")
    return step_episodes(env, random_actions(env.episodes.dynamics), seconds)
