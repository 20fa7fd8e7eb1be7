"""How many cores there are to work with, and how many workers may share them."""

import os

from dispatchlab.envs.core.errors import DispatchlabError

MAX_WORKERS = 1024


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_workers(num_workers: int) -> int:
    """Refuse a number of parallel searches that is none.

    Args:
        num_workers: The number; 0 stands for every core.

    Returns:
        The number.

    Raises:
        DispatchlabError: If it is negative or above `MAX_WORKERS`.
    """
    if not 0 <= num_workers <= MAX_WORKERS:
        raise DispatchlabError(
            f"num_workers is {num_workers}; give 0 for all cores, or at most {MAX_WORKERS}."
        )
    return num_workers
