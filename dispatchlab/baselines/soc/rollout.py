"""Playing dispatchers and planners through the dynamics of a chip."""

import functools
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.soc.plan import Plan
from dispatchlab.baselines.soc.planners import Planner
from dispatchlab.baselines.soc.rules import Lookahead, SocRule
from dispatchlab.baselines.soc.streaming import update_plan
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.layout import ARRIVAL, NEVER
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.observation import make_observation
from dispatchlab.envs.soc.outcome import Outcome
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.view import SocView

Problem = tuple[SocInstance, SocRealisation]


class SocDispatcher(Protocol):
    """Online decisions over a view; rules and learned policies alike."""

    def act_batch(self, view: SocView) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment."""
        ...


def limits_of(problems: Sequence[Problem]) -> SocLimits:
    """Sizes that hold all of the problems."""
    if not problems:
        raise DispatchlabError("No problem was given; name at least one instance.")
    return functools.reduce(SocLimits.merge, (SocLimits.of(instance) for instance, _ in problems))


def run_dispatcher(
    dispatcher: SocDispatcher, problems: Sequence[Problem], *, actions: str = "task-pe",
    wait: bool = False, max_ready: int | None = None, observation: str = "graph",
    log: bool = True,
) -> list[Outcome]:  # fmt: skip
    """Play every problem once, all in one batch.

    Args:
        dispatcher: Decides in all rows at once.
        problems: Instances and what happens in them.
        actions: ``"task-pe"`` or ``"ordering"``.
        wait: Whether the dispatcher may wait.
        max_ready: Ready tasks that are shown at once.
        observation: What views show.
        log: Whether to keep schedules.

    Returns:
        One outcome per problem; the wall time of the batch is divided equally.
    """
    dynamics = Dynamics(
        len(problems), limits_of(problems), actions=actions, wait=wait, visible=max_ready, log=log
    )

    def play() -> None:
        if isinstance(dispatcher, (SocRule, Lookahead)) and actions == "task-pe":
            dispatcher.play(dynamics)
            return
        shown = make_observation(observation)
        while not dynamics.done().all():
            dynamics.step(dispatcher.act_batch(SocView(dynamics, shown)))

    return _run(dynamics, problems, play, log=log)


def run_planner(
    planner: Planner, problems: Sequence[Problem], *, log: bool = True
) -> list[Outcome]:
    """Play every problem, asking the planner whenever jobs were injected.

    Args:
        planner: See `dispatchlab.baselines.soc.planners`.
        problems: Instances and what happens in them.
        log: Whether to keep schedules in the outcomes.

    Returns:
        One outcome per problem.
    """
    dynamics = Dynamics(len(problems), limits_of(problems), actions="plan")

    def play() -> None:
        for row in range(len(problems)):
            kept: Plan | None = None
            while not dynamics.done()[row]:
                schedule = dynamics.schedule(row)
                kept = update_plan(planner, dynamics.encoding(row), schedule, kept)
                dynamics.set_plan(row, *_columns(dynamics, row, kept))

    return _run(dynamics, problems, play, log=log)


def _columns(dynamics: Dynamics, row: int, plan: Plan) -> tuple[npt.NDArray[np.int64], ...]:
    """Element and rank of each task of the state."""
    most = dynamics.limits.tasks
    slot = {int(n): j for j, n in enumerate(dynamics.state.job[row, :, ARRIVAL])}
    pe = np.full(dynamics.state.task.shape[1], -1)
    order = np.full_like(pe, NEVER)
    for arrival, task, where, rank in zip(
        plan.arrival.tolist(), plan.task.tolist(), plan.pe, plan.order, strict=True
    ):
        place = slot[arrival] * most + task
        pe[place], order[place] = where, rank
    return pe, order


def _run(
    dynamics: Dynamics, problems: Sequence[Problem], play: Callable[[], None], *, log: bool
) -> list[Outcome]:
    for slot, (instance, realisation) in enumerate(problems):
        dynamics.load(slot, instance, realisation)
    dynamics.reset()
    start = time.perf_counter()
    play()
    elapsed = (time.perf_counter() - start) / len(problems)
    return [Outcome.of(dynamics, row, elapsed, log=log) for row in range(len(problems))]
