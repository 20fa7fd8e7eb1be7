"""Playing dispatchers through the dynamics of an air-taxi fleet."""

import functools
import time
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.observation import make_observation
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.view import UamView

Problem = tuple[UamInstance, UamRealisation]


class UamDispatcher(Protocol):
    """Online decisions over a view; rules, planners and learned policies alike."""

    def act_batch(self, view: UamView) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment."""
        ...


@runtime_checkable
class PlaysDays(Protocol):
    """A dispatcher that plays whole days by itself, as rules do inside one kernel."""

    def play(self, dynamics: Dynamics) -> None:
        """Play all rows to their ends."""
        ...


def limits_of(problems: Sequence[Problem]) -> UamLimits:
    """Sizes that hold all of the problems."""
    if not problems:
        raise DispatchlabError("No problem was given; name at least one instance.")
    return functools.reduce(UamLimits.merge, (_limits_of_one(*problem) for problem in problems))


def _limits_of_one(instance: UamInstance, realisation: UamRealisation) -> UamLimits:
    """A day that was made by hand may have more passengers than any that is drawn."""
    limits = UamLimits.of(instance)
    return limits._replace(passengers=max(limits.passengers, realisation.num_passengers))


def begin(problems: Sequence[Problem], *, stop_at: str = "choices", log: bool = True) -> Dynamics:
    """Dynamics with one row per problem, at the first decisions."""
    dynamics = Dynamics(len(problems), limits_of(problems), stop_at=stop_at, log=log)
    for slot, (instance, realisation) in enumerate(problems):
        dynamics.load(slot, instance, realisation)
    dynamics.reset()
    return dynamics


def run_dispatcher(
    dispatcher: UamDispatcher, problems: Sequence[Problem], *, stop_at: str = "choices",
    observation: str | Observation = "graph", log: bool = True,
) -> list[Outcome]:  # fmt: skip
    """Play every problem once, all in one batch.

    Args:
        dispatcher: Decides in all rows at once.
        problems: Instances and what happens in them.
        stop_at: See `dispatchlab.envs.uam.dynamics.Dynamics`.
        observation: What views show.
        log: Whether to keep schedules.

    Returns:
        One outcome per problem; the wall time of the batch is divided equally.
    """
    dynamics, shown = begin(problems, stop_at=stop_at, log=log), make_observation(observation)
    start = time.perf_counter()
    if isinstance(dispatcher, PlaysDays):
        dispatcher.play(dynamics)
    while not dynamics.done().all():
        dynamics.step(dispatcher.act_batch(UamView(dynamics, shown)))
    elapsed = (time.perf_counter() - start) / len(problems)
    return [Outcome.of(dynamics, row, elapsed, log=log) for row in range(len(problems))]
