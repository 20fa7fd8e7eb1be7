"""Processes: tasks shared out among processes of this machine."""

from collections.abc import Iterable, Iterator

from dispatchlab.eval.running.tasks import Answer, Task, describe
from dispatchlab.eval.running.workbench import Workbench, WorkerLostError
from dispatchlab.train.distributed.crew import Crew, ProcessLostError

# read when numpy and torch are loaded, so they must be set before a process begins
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


class Processes:
    """Carries out tasks in processes with a thread each, see `Crew`.

    Args:
        count: How many processes at most.
    """

    def __init__(self, count: int) -> None:
        """Begin without any."""
        self._count = count

    def run(self, bench: Workbench, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer]]:
        """See `Engine`; after a failure no task is begun, and what others have begun is ended."""
        work = bench.beside(self._count).carry_out
        crew: Crew[Task, Answer] = Crew(work, self._count, ONE_THREAD)
        waiting = iter(tasks)
        failure: Exception | None = None
        try:
            crew.take_from(waiting)
            while crew.busy:
                found = crew.collect()
                failed = ((task, e) for task, e in found if isinstance(e, Exception))
                failure = failure or next((_told(bench, *one) for one in failed), None)
                if failure is None:
                    crew.take_from(waiting)  # before the answers are dealt with
                for task, one in found:
                    if not isinstance(one, Exception):
                        yield task, one
        finally:
            crew.end()
        if failure is not None:
            raise failure


def _told(bench: Workbench, task: Task, failure: Exception) -> Exception:
    """What a failure is for whoever asked."""
    if isinstance(failure, ProcessLostError):
        what = describe(task, bench.methods)
        return WorkerLostError(f"A process {failure} while it computed {what}")
    return failure
