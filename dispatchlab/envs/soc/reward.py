"""Rewards: differences of a potential, so that their sum telescopes.

By Little's law the integral of the number of jobs in the system, divided by the jobs that went
through it, is their mean latency.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.layout import AREA, COMPLETED, MEAN_PATH, SLOT

FloatArray = npt.NDArray[np.float64]
Potential = Callable[[Dynamics], FloatArray]
LATENCY_PER_PATH = 3.0


def job_time(dynamics: Dynamics) -> FloatArray:
    """Integral of the jobs in the system, in job·µs: the objective."""
    return dynamics.objective()


def job_time_per_job(dynamics: Dynamics) -> FloatArray:
    """The objective less a bonus per completed job: the ratio of the two is the mean latency.

    With a bonus of the least mean latency that can be reached, whoever maximises the expected
    return minimises the expected mean latency, lost jobs or not (Dinkelbach 1967). The bonus is 3
    times the mean fastest path, near what good schedulers reach under load.
    """
    row = dynamics.state.row
    bonus = LATENCY_PER_PATH * dynamics.problem.scales[row[:, SLOT], MEAN_PATH]
    potential: FloatArray = row[:, AREA] - bonus * row[:, COMPLETED]
    return potential


REWARDS: dict[str, Potential] = {"job-time": job_time, "job-time-per-job": job_time_per_job}


def make_reward(reward: str | Potential) -> Potential:
    """The potential itself, or the one registered under that name."""
    if callable(reward):
        return reward
    return find_part("reward", reward, REWARDS)
