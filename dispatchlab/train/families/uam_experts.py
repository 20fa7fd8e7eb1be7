"""Whom agents of air-taxi fleets imitate: plans, and rehearsals where plans are too coarse."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.plans import PlanOptions
from dispatchlab.baselines.uam.rolling import RollingHorizon
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import SLOT

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
LOYALTY_USD = 5.0  # by which a planned action is better than what prices alone hold to be as good
SHUTTLE_PORTS = 2
REHEARSED = "lookahead"
CLARITY = 0.25  # weight of a rehearsal's costs, which one day decides, beside those of plans


class PlanCosts:
    """Plans over a rolling horizon, whose prices tell what every action costs.

    Between two ports there is nothing to plan but when to leave, for which the cells of time and
    the expected passengers of plans are too coarse; there `Rehearsal` tells the costs.
    """

    def __init__(self) -> None:
        """Plan as the method ``rolling`` does, but give every plan less time."""
        self._planner = RollingHorizon(PlanOptions(gap=0.02, time_limit_s=2.0))
        self._rehearsal = Rehearsal(REHEARSED)

    def __call__(self, env: Any) -> tuple[FloatArray, IntArray]:  # noqa: ANN401 (structural)
        """Dollars by which each action is worse than the best, and the planned actions."""
        view = env.view()
        is_shuttle = _shuttles(view.dynamics)
        values, actions = self._planner.value_batch(view, ~is_shuttle)
        values[np.arange(len(actions)), actions] += LOYALTY_USD
        shuttles = np.flatnonzero(is_shuttle)
        values[shuttles] = CLARITY * self._rehearsal.values(view.dynamics, shuttles)
        actions[shuttles] = values[shuttles].argmax(axis=1)
        best = values.max(axis=1, keepdims=True)
        return np.where(np.isfinite(values), best - values, np.inf), actions


class Rehearsal:
    """What actions are worth if a rule plays the rest of the day, as the day will be.

    A scheduler cannot know that, so nothing but training may use it: the mean over many days, which
    is what an agent learns that imitates them, is the value of an action under the rule, and its
    greatest a step of policy improvement (Bertsekas, Rollout, Policy Iteration, and Distributed
    Reinforcement Learning, 2020).
    """

    def __init__(self, rule: str) -> None:
        """Look the rule up."""
        self._rule = UamRule(rule)
        self._stage: Dynamics | None = None

    def values(self, dynamics: Dynamics, rows: IntArray) -> FloatArray:
        """Profit of the day in dollars after each action.

        Args:
            dynamics: The batch, which stays as it is.
            rows: ``(R,)`` rows whose day is not over.

        Returns:
            ``(R, A)``; minus infinity for illegal actions.
        """
        values = np.full((len(rows), dynamics.num_actions), -np.inf)
        which, actions = np.nonzero(dynamics.legal()[rows])
        stage = self._prepare(dynamics, rows)
        places = rows[which] * dynamics.num_actions + actions
        stage.state.row[:, stage.done_column] = 1
        stage.restore(dynamics.state, places, rows[which])
        played = np.zeros(stage.batch, dtype=np.int64)
        played[places] = actions
        stage.step(played)
        self._rule.play(stage)
        values[which, actions] = -stage.objective()[places]
        return values

    def _prepare(self, dynamics: Dynamics, rows: IntArray) -> Dynamics:
        """A stage with a row for every action, which has the problems of some rows."""
        stage = self._stage
        if stage is None:
            stage = self._stage = Dynamics(
                dynamics.batch * dynamics.num_actions, dynamics.limits,
                stop_at=dynamics.stop_at, slots=dynamics.num_slots,
            )  # fmt: skip
        for slot in dynamics.state.row[rows, SLOT]:
            instance, realisation = dynamics.instances[slot], dynamics.realisations[slot]
            if stage.realisations[slot] is not realisation:
                assert instance is not None
                assert realisation is not None
                stage.load(slot, instance, realisation)
        return stage


def _shuttles(dynamics: Dynamics) -> npt.NDArray[np.bool_]:
    """``(B,)`` rows that fly between two ports and are not over."""
    has_two = [made is not None and made.num_ports == SHUTTLE_PORTS for made in dynamics.instances]
    found: npt.NDArray[np.bool_] = np.array(has_two)[dynamics.state.row[:, SLOT]] & ~dynamics.done()
    return found
