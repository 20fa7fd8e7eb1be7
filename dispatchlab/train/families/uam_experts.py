"""Whom agents of air-taxi fleets imitate: plans over a rolling horizon, and rollouts."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.plans import PlanOptions
from dispatchlab.baselines.uam.rolling import RollingHorizon
from dispatchlab.baselines.uam.rollout_policy import Rollouts
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import SLOT

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
LOYALTY_USD = 5.0  # by which a planned action is better than what prices alone hold to be as good
FEW_PORTS = 3
SCENARIOS, CAUTION = 256, 2.0
FIRM_USD = 15.0  # to wait once more than rollouts do costs little, for they assume that it is once
USUAL = PlanOptions(gap=0.02, time_limit_s=2.0)
FINE = PlanOptions(gap=0.02, time_limit_s=2.0, cell_s=100)


class PlanCosts:
    """Plans over a rolling horizon, whose prices tell what every action costs.

    They are those of the method ``rolling``, but with less time for every plan. Few ports leave
    little to plan but when to depart, for which its cells of time are long; there they are shorter.
    Between two ports even these are long: there what lookahead earns after an action, on average
    over many futures, tells what it costs.
    """

    def __init__(self) -> None:
        """Have no plans yet."""
        self._usual, self._fine = RollingHorizon(USUAL), RollingHorizon(FINE)
        self._rollouts = Rollouts(scenarios=SCENARIOS, caution=CAUTION)

    def __call__(self, env: Any) -> tuple[FloatArray, IntArray]:  # noqa: ANN401 (structural)
        """Dollars by which each action is worse than the best, and the planned actions."""
        view = env.view()
        ports = _num_ports(view.dynamics)
        is_pair, is_small = ports == 2, (ports > 2) & (ports <= FEW_PORTS)
        values, actions = self._usual.value_batch(view, ports > FEW_PORTS)
        fine, chosen = self._fine.value_batch(view, is_small)
        values[is_small], actions[is_small] = fine[is_small], chosen[is_small]
        values[np.arange(len(actions)), actions] += LOYALTY_USD
        worth, chosen = self._rollouts.value_batch(view, is_pair)
        worth[np.arange(len(chosen)), chosen] += FIRM_USD
        values[is_pair], actions[is_pair] = worth[is_pair], chosen[is_pair]
        best = values.max(axis=1, keepdims=True)
        return np.where(np.isfinite(values), best - values, np.inf), actions


def _num_ports(dynamics: Dynamics) -> IntArray:
    """``(B,)`` vertiports of each row."""
    ports = [0 if made is None else made.num_ports for made in dynamics.instances]
    found: IntArray = np.array(ports)[dynamics.state.row[:, SLOT]]
    return found
