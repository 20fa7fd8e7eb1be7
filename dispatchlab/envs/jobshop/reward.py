"""Rewards: differences of a potential that ends at the objective, so their sum telescopes.

The reward of a step is ``potential before - potential after``; the potential is 0 at reset and
the objective when everything is scheduled. So the undiscounted return is minus the objective,
exactly, whichever potential is chosen (Ng, Harada and Russell 1999).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import (
    COUNT_LEFT,
    DUE,
    JOB_END,
    JOB_RELEASE,
    LEFT,
    NUM_JOBS,
    OBJECTIVE,
    SLOT,
    WEIGHT,
)

FloatArray = npt.NDArray[np.float64]
Potential = Callable[[Dynamics], FloatArray]


def bound(dynamics: Dynamics) -> FloatArray:
    """Lower bound on the objective: the dense default. The first step pays the initial bound."""
    return dynamics.objective()


def sparse(dynamics: Dynamics) -> FloatArray:
    """Nothing until the last step."""
    return np.where(dynamics.state.row[:, LEFT] == 0, dynamics.state.bound, 0.0)


def completed(dynamics: Dynamics) -> FloatArray:
    """What the schedule so far has cost: latest end, or the sum over the completed jobs."""
    state, problem = dynamics.state, dynamics.problem
    slots = state.row[:, SLOT]
    jobs, end = problem.job[slots], state.job[:, :, JOB_END]
    exists = np.arange(jobs.shape[1]) < problem.counts[slots, NUM_JOBS, None]
    complete = exists & (state.job[:, :, COUNT_LEFT] == 0)
    late = jobs[:, :, WEIGHT] * np.maximum(0, end - jobs[:, :, DUE])
    flow = end - jobs[:, :, JOB_RELEASE]
    by_objective = (
        end.max(axis=1, initial=0),
        np.where(complete, late, 0).sum(axis=1),
        np.where(complete, flow, 0).sum(axis=1),
    )
    objective = problem.counts[slots, OBJECTIVE]
    chosen: FloatArray = np.choose(objective, by_objective).astype(np.float64)
    return chosen


REWARDS: dict[str, Potential] = {"bound": bound, "completed": completed, "sparse": sparse}


def make_reward(reward: str | Potential) -> Potential:
    """The potential itself, or the one registered under that name."""
    if callable(reward):
        return reward
    return find_part("reward", reward, REWARDS)
