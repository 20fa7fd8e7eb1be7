"""Rewards: differences of a potential, so that their sum telescopes to the profit of the day."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.uam.dynamics import Dynamics

FloatArray = npt.NDArray[np.float64]
Potential = Callable[[Dynamics], FloatArray]


def profit(dynamics: Dynamics) -> FloatArray:
    """Minus the profit, in dollars: the objective."""
    return dynamics.objective()


REWARDS: dict[str, Potential] = {"profit": profit}


def make_reward(reward: str | Potential) -> Potential:
    """The potential itself, or the one registered under that name."""
    if callable(reward):
        return reward
    return find_part("reward", reward, REWARDS)
