"""Rewards: differences of a potential, so that their sum telescopes to the utility."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.dynamics.layout import QOS

FloatArray = npt.NDArray[np.float64]
Potential = Callable[[Dynamics], FloatArray]


def utility(dynamics: Dynamics) -> FloatArray:
    """Minus QoS utility and QoE bonuses: the objective."""
    return dynamics.objective()


def qos(dynamics: Dynamics) -> FloatArray:
    """Minus the QoS utility alone."""
    potential: FloatArray = -dynamics.state.money[:, QOS]
    return potential


REWARDS: dict[str, Potential] = {"utility": utility, "qos": qos}


def make_reward(reward: str | Potential) -> Potential:
    """The potential itself, or the one registered under that name."""
    if callable(reward):
        return reward
    return find_part("reward", reward, REWARDS)
