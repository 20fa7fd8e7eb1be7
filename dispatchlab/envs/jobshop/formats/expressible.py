"""What a text format can express; the writers refuse the rest by name."""

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, CpEncoding
from dispatchlab.envs.jobshop.shop_arrays import chain_arcs


def refuse(encoding: CpEncoding, format: str, reason: str) -> InstanceFormatError:
    """The error for an encoding that a format cannot express."""
    return InstanceFormatError(
        f"The {format} format cannot express {encoding.name}: {reason}; write it as .json."
    )


def require_plain(encoding: CpEncoding, format: str, releases: bool = False) -> None:
    """Raise unless the encoding is about the makespan alone.

    Args:
        encoding: The instance.
        format: Name of the format, for the error.
        releases: Whether the format has release dates.

    Raises:
        InstanceFormatError: If there are due dates, weights, releases, set-ups or lags.
    """
    faults = {
        f"its objective is {encoding.objective}": encoding.objective != "makespan",
        "it has due dates": (encoding.job_due != NO_DUE_DATE).any(),
        "it has weights": (encoding.job_weight != 1).any(),
        "it has release dates": not releases and encoding.release.any(),
        "it has set-up times": len(encoding.setup_time) > 0,
        "it has time lags": encoding.arc_lag.any() or encoding.arc_from_start.any(),
    }
    for reason, present in faults.items():
        if present:
            raise refuse(encoding, format, reason)


def require_chains(encoding: CpEncoding, format: str) -> None:
    """Raise unless the encoding is a (flexible) job shop numbered job by job.

    Args:
        encoding: The instance.
        format: Name of the format, for the error.

    Raises:
        InstanceFormatError: If resources are shared, or precedences are not the jobs' chains.
    """
    require_plain(encoding, format)
    pred, succ = chain_arcs(np.bincount(encoding.job))
    faults = {
        "it has resources of capacity above 1": (encoding.resource_capacity > 1).any(),
        "a mode does not use exactly one machine": (np.diff(encoding.use_ptr) != 1).any(),
        "its activities are not numbered job by job": (np.diff(encoding.job) < 0).any(),
        "its precedences are not one chain per job": not (
            np.array_equal(encoding.arc_from, pred) and np.array_equal(encoding.arc_to, succ)
        ),
    }
    for reason, present in faults.items():
        if present:
            raise refuse(encoding, format, reason)


def require_rectangular(encoding: CpEncoding, format: str) -> tuple[int, int]:
    """Raise unless the encoding is a job shop with as many operations per job as machines.

    Args:
        encoding: The instance.
        format: Name of the format, for the error.

    Returns:
        Jobs and machines.

    Raises:
        InstanceFormatError: If it is something else.
    """
    require_chains(encoding, format)
    if encoding.num_modes != encoding.num_activities:
        raise refuse(encoding, format, "an operation has alternative machines")
    lengths = np.bincount(encoding.job)
    if (lengths != encoding.num_resources).any():
        job = int(np.argmax(lengths != encoding.num_resources))
        raise refuse(
            encoding,
            format,
            f"job {job} has {lengths[job]} operations, not one per machine "
            f"({encoding.num_resources})",
        )
    return encoding.num_jobs, encoding.num_resources
