"""Playing dispatchers through the dynamics of an edge."""

import functools
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.observation import make_observation
from dispatchlab.envs.edge.outcome import Outcome
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.view import EdgeView

Problem = tuple[EdgeInstance, EdgeRealisation]


class EdgeDispatcher(Protocol):
    """Online decisions over a view; rules and learned policies alike."""

    def act_batch(self, view: EdgeView) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment."""
        ...


def limits_of(problems: Sequence[Problem]) -> EdgeLimits:
    """Sizes that hold all of the problems."""
    if not problems:
        raise DispatchlabError("No problem was given; name at least one instance.")
    return functools.reduce(EdgeLimits.merge, (_limits_of_one(*problem) for problem in problems))


def _limits_of_one(instance: EdgeInstance, realisation: EdgeRealisation) -> EdgeLimits:
    """Tables of a network that was made by hand may be longer than those that are drawn."""
    limits = EdgeLimits.of(instance)
    return limits._replace(
        latency=max(limits.latency, len(realisation.latency_ms)),
        bandwidth=max(limits.bandwidth, len(realisation.bandwidth_kbps)),
    )


def run_dispatcher(
    dispatcher: EdgeDispatcher, problems: Sequence[Problem], *, migrate: bool = True,
    observation: str = "graph", log: bool = True,
) -> list[Outcome]:  # fmt: skip
    """Play every problem once, all in one batch.

    Args:
        dispatcher: Decides in all rows at once.
        problems: Instances and what happens in them.
        migrate: Whether tasks that wait already may be sent or dropped.
        observation: What views show.
        log: Whether to keep schedules.

    Returns:
        One outcome per problem; the wall time of the batch is divided equally.
    """
    dynamics = Dynamics(len(problems), limits_of(problems), migrate=migrate, log=log)
    for slot, (instance, realisation) in enumerate(problems):
        dynamics.load(slot, instance, realisation)
    dynamics.reset()
    start = time.perf_counter()
    if isinstance(dispatcher, EdgeRule):
        dispatcher.play(dynamics)
    else:
        shown = make_observation(observation)
        while not dynamics.done().all():
            dynamics.step(dispatcher.act_batch(EdgeView(dynamics, shown)))
    elapsed = (time.perf_counter() - start) / len(problems)
    return [Outcome.of(dynamics, row, elapsed, log=log) for row in range(len(problems))]
