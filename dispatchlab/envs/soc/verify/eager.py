"""Check that every PE does what the model makes it do: start at once, first fit."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.soc.schedule import NOT_YET
from dispatchlab.envs.soc.verify.case import Case, Placed


def check_eager(case: Case) -> Iterator[str]:
    """Violations of the rule by which an idle PE starts tasks.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every time at which a PE idles beside a task that it could execute, and
        for every task that starts before one that was mapped earlier and had its data.
    """
    for pe in range(case.instance.chip.num_pes):
        here = [task for task in case.placed if task.pe == pe and task.ready != NOT_YET]
        runs = sorted(
            (task for task in here if task.start != NOT_YET),
            key=lambda t: (t.start, t.end, t.order),
        )
        yield from _check_queue(case, pe, runs + [task for task in here if task.start == NOT_YET])


def _check_queue(case: Case, pe: int, queue: list[Placed]) -> Iterator[str]:
    """Go through the starts on a PE; what comes later in the list is in the queue."""
    stamps = np.array([task.stamp for task in queue], dtype=np.int64)
    orders = np.array([task.order for task in queue], dtype=np.int64)
    free = 0
    for k, task in enumerate(queue):
        if task.start == NOT_YET:
            # at the schedule's own time, or at the horizon, it need not have started
            yield from _check_idle(case, pe, queue[k:], stamps[k:], (free, case.schedule.now_us))
            return
        yield from _check_idle(case, pe, queue[k:], stamps[k:], (free, task.start))
        passed = np.flatnonzero((stamps[k:] <= task.start) & (orders[k:] < task.order))
        for other in (queue[k + int(i)] for i in passed):
            yield (
                f"{task.name} starts at {task.start} µs on PE {pe}, but task {other.task} of "
                f"arrival {other.job} was mapped there before and has its data since "
                f"{other.stamp} µs."
            )
        free = max(free, task.end)


def _check_idle(
    case: Case, pe: int, queue: list[Placed], stamps: "np.typing.NDArray[np.int64]",
    gap: tuple[int, int],
) -> Iterator[str]:  # fmt: skip
    """While the PE idles, no task in its queue has its data."""
    first = int(np.argmin(stamps))
    since = max(gap[0], int(stamps[first]))
    if since < gap[1]:
        yield (
            f"PE {pe} ({case.instance.chip.pe_names[pe]}) idles from {since} to {gap[1]} µs, "
            f"though task {queue[first].task} of arrival {queue[first].job} is in its queue with "
            f"its data since {stamps[first]} µs."
        )
