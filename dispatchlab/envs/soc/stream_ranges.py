"""Ranges of the settings of a stream, and how they are drawn."""

import math
from collections.abc import Mapping

import numpy as np

from dispatchlab.envs.core.task_space import Parameter, Task, TaskSpace
from dispatchlab.envs.soc.settings import MAX_GAP_US, MAX_JOBS, MAX_STD, MIN_GAP_US

STREAM = (
    Parameter(
        "mean_gap_us", MIN_GAP_US, MAX_GAP_US, 25, "µs", description="mean time between arrivals"
    ),
    Parameter("max_jobs", 1, MAX_JOBS, 3, integer=True, description="jobs in work at once"),
    Parameter("horizon_us", 1, 1e9, 5000, "µs", True, "length of the episode"),
    Parameter("noise_std", 0, MAX_STD, 0, description="relative spread of execution times"),
)


def draw_settings(
    rng: np.random.Generator, space: TaskSpace, task: Mapping[str, float] | None
) -> Task:
    """Draw a task, uniformly but for the logarithm of ``mean_gap_us``.

    Args:
        rng: Source of randomness.
        space: Parameters.
        task: Values that are chosen already.

    Returns:
        A value for each parameter.

    Raises:
        DispatchlabError: If the task names an unknown parameter or leaves its range.
    """
    values = space.sample(rng)
    if "mean_gap_us" in space:
        gap = space["mean_gap_us"]
        share = (values["mean_gap_us"] - gap.low) / (gap.high - gap.low)
        values["mean_gap_us"] = math.exp(
            math.log(gap.low) + share * (math.log(gap.high) - math.log(gap.low))
        )
        values["mean_gap_us"] = min(max(values["mean_gap_us"], gap.low), gap.high)
    return values | space.chosen(task)
