"""A horizon that no left-shifted schedule exceeds."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import IntArray
    from dispatchlab.envs.jobshop.instance import CpEncoding


def safe_horizon(encoding: "CpEncoding") -> int:
    """Bound the makespan of every left-shifted schedule.

    In a left-shifted schedule each start is held back by a release, by a predecessor or by the
    activity before it on a resource. Following these reasons back from any activity visits every
    other activity at most once, which costs its longest duration and its longest incoming lag or
    set-up. As the objectives never improve by waiting, some optimal schedule keeps to the bound.

    Args:
        encoding: Any instance.

    Returns:
        Latest release plus the sum of these costs, in the instance's time unit.
    """
    longest = np.maximum.reduceat(encoding.mode_duration, encoding.mode_ptr[:-1])
    wait = np.zeros(encoding.num_activities, np.int64)
    np.maximum.at(wait, encoding.arc_to, encoding.arc_lag)
    np.maximum.at(wait, encoding.mode_activity[encoding.use_mode], _longest_setup_before(encoding))
    return int(encoding.release.max(initial=0) + longest.sum() + wait.sum())


def _longest_setup_before(encoding: "CpEncoding") -> "IntArray":
    """``(U,)`` longest set-up that can come before each use, over all families."""
    longest = np.zeros(len(encoding.use_resource), np.int64)
    for resource in range(encoding.num_resources):
        matrix = encoding.setup_matrix(resource)
        if matrix is not None:
            here = encoding.use_resource == resource
            longest[here] = matrix.max(axis=0)[encoding.setup_family[here]]
    return longest
