"""Tasks and decisions per second at an edge, per second of processor time, on one thread.

Three ways to play: many environments that random decisions play inside one kernel, without
observations; many that are stepped through the Gymnasium face with graph observations, as a
training loop does, their random actions drawn beforehand; and one whose decisions come from a rule
through Python, of which the rule alone is timed. Drawing what happens is not part of it.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.rollout import limits_of
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.observation import make_observation
from dispatchlab.envs.edge.view import EdgeView
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.stream_throughput import Speed, play_episodes, step_episodes

DECIDE, KERNEL, OBSERVED = "one decision", "random in the kernel", "random, with observations"
RANDOM = "random"
_MS = 1000.0
_MOST_ACTIONS = 64  # sets of random numbers that choose actions


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
    done: list[EdgeMeasurement] = []

    def add(name: str, way: str, batch: int, who: str, speed: Speed) -> None:
        events, played = 2 * speed.tasks_per_s, speed.played_per_s / _MS
        done.append(
            EdgeMeasurement(
                name, way, batch, who, speed.tasks, speed.tasks_per_s, events,
                speed.decisions_per_s, played,
            )
        )  # fmt: skip
        if on_measurement is not None:
            on_measurement(done[-1])

    for name in instances:
        load_instance(name)
        add(name, DECIDE, 1, rule, _measure_decisions(name, rule, seconds))
        for batch in batches:
            add(name, KERNEL, batch, RANDOM, _measure_kernel(name, batch, seconds))
            add(name, OBSERVED, batch, RANDOM, _measure_observed(name, batch, seconds))
    return done


def _dynamics(name: str, batch: int) -> Dynamics:
    """A batch that is loaded with realisations of the instance."""
    problems = [(case.encoding, case.realisation) for case in edge_cases([name], seeds=batch)]
    dynamics = Dynamics(batch, limits_of(problems), log=False)
    for slot, problem in enumerate(problems):
        dynamics.load(slot, *problem)
    dynamics.reset()
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
    noise = np.random.default_rng(0).random((_MOST_ACTIONS, env.episodes.dynamics.num_actions))
    steps = itertools.count()

    def choose() -> npt.NDArray[np.int64]:
        legal = env.episodes.dynamics.legal()
        actions: npt.NDArray[np.int64] = (legal * noise[next(steps) % _MOST_ACTIONS]).argmax(1)
        return actions

    return step_episodes(env, choose, seconds)
