"""A schedule beside the data it is checked against, and how the checker names things."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.schedule import UNSCHEDULED, IntArray, Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation

BoolArray = npt.NDArray[np.bool_]


class Case(NamedTuple):
    """A schedule beside the data it is checked against; one row of ``use_*`` per use."""

    encoding: CpEncoding
    realisation: Realisation | None
    schedule: Schedule
    scheduled: BoolArray  # (N,)
    mode_ok: BoolArray  # (N,) scheduled in one of its own modes
    duration: IntArray  # (N,) actual, without pauses; 0 where the mode is wrong
    use_activity: IntArray  # (K,) uses of the chosen modes
    use_index: IntArray  # (K,) into the uses of the encoding


def gather(encoding: CpEncoding, realisation: Realisation | None, schedule: Schedule) -> Case:
    """Look up the durations and the resource uses of the chosen modes.

    Args:
        encoding: The instance.
        realisation: What actually happened, or None.
        schedule: A schedule with one entry per activity of the instance.

    Returns:
        The case to check.
    """
    scheduled = schedule.start != UNSCHEDULED
    first, behind = encoding.mode_ptr[:-1], encoding.mode_ptr[1:]
    mode_ok = scheduled & (first <= schedule.mode) & (schedule.mode < behind)
    durations = encoding.mode_duration if realisation is None else realisation.mode_duration
    duration = np.zeros(len(scheduled), np.int64)
    duration[mode_ok] = durations[schedule.mode[mode_ok]]
    use_activity, use_index = [], []
    ptr, mode = encoding.use_ptr.tolist(), schedule.mode.tolist()
    for activity in np.flatnonzero(mode_ok).tolist():
        for use in range(ptr[mode[activity]], ptr[mode[activity] + 1]):
            use_activity.append(activity)
            use_index.append(use)
    return Case(
        encoding=encoding,
        realisation=realisation,
        schedule=schedule,
        scheduled=scheduled,
        mode_ok=mode_ok,
        duration=duration,
        use_activity=np.asarray(use_activity, np.int64),
        use_index=np.asarray(use_index, np.int64),
    )


def short_name(encoding: CpEncoding, activity: int) -> str:
    """Number of an activity, with its name where it has one."""
    names = encoding.activity_names
    return f"{activity} ({names[activity]})" if names else f"{activity}"


def activity_name(encoding: CpEncoding, activity: int) -> str:
    """The activity as the subject of a sentence."""
    return f"Activity {short_name(encoding, activity)}"


def resource_name(encoding: CpEncoding, resource: int) -> str:
    """The resource with its number, and with its name where it has one."""
    names = encoding.resource_names
    return f"resource {resource} ({names[resource]})" if names else f"resource {resource}"
