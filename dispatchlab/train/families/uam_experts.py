"""Whom agents of air-taxi fleets imitate: plans over a rolling horizon, and rollouts."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.plans import PlanOptions
from dispatchlab.baselines.uam.rolling import RollingHorizon
from dispatchlab.baselines.uam.rollouts import Rollouts
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import SLOT

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
LOYALTY_USD = 5.0  # by which a planned action is better than what prices alone hold to be as good
FEW_PORTS = 3
USUAL = PlanOptions(gap=0.02, time_limit_s=2.0)


class PlanCosts:
    """Plans over a rolling horizon, whose prices tell what every action costs.

    They are those of the method ``rolling``, but with less time for every plan. Few ports leave
    little to plan but when to depart, for which its cells of time are long; there what lookahead
    earns after an action, over many futures, tells what it costs.
    """

    def __init__(self) -> None:
        """Have no plans yet."""
        self._plans, self._rollouts = RollingHorizon(USUAL), Rollouts()

    def __call__(self, env: Any) -> tuple[FloatArray, IntArray]:  # noqa: ANN401 (structural)
        """Dollars by which each action is worse than the best, and the planned actions."""
        view = env.view()
        is_small = _has_few_ports(view.dynamics)
        values, actions = self._plans.value_batch(view, ~is_small)
        values[np.arange(len(actions)), actions] += LOYALTY_USD
        worth, best_actions = self._rollouts.value_batch(view, is_small)
        values[is_small], actions[is_small] = worth[is_small], best_actions[is_small]
        best = values.max(axis=1, keepdims=True)
        return np.where(np.isfinite(values), best - values, np.inf), actions


def _has_few_ports(dynamics: Dynamics) -> npt.NDArray[np.bool_]:
    """``(B,)`` rows with so few ports that plans have little to decide."""
    few = [made is not None and made.num_ports <= FEW_PORTS for made in dynamics.instances]
    found: npt.NDArray[np.bool_] = np.array(few)[dynamics.state.row[:, SLOT]]
    return found
