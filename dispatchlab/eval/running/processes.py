"""Processes: tasks shared out among processes of this machine."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, cast

import cloudpickle

from dispatchlab.eval.running.tasks import Answer, Task, describe
from dispatchlab.eval.running.workbench import Workbench, WorkerLostError, answer, unpack

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

# read when numpy and torch are loaded, so they must be set before a process begins
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


class Processes:
    """Carries out tasks in processes that are spawned as they are needed, with a thread each.

    A program that uses it needs the usual ``if __name__ == "__main__":``.

    Args:
        count: How many processes at most.
    """

    def __init__(self, count: int) -> None:
        """Begin without any."""
        self._count = count

    def run(self, bench: Workbench, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer]]:
        """See `Engine`; after a failure no task is begun, and what others have begun is ended."""
        crew = _Crew(bench.beside(self._count), self._count)
        waiting = iter(tasks)
        failure: Exception | None = None
        try:
            crew.take_from(waiting)
            while crew.busy:
                found = crew.collect()
                failure = failure or next((e for _, e in found if isinstance(e, Exception)), None)
                if failure is None:
                    crew.take_from(waiting)  # before the answers are dealt with
                for task, one in found:
                    if not isinstance(one, Exception):
                        yield task, one
        finally:
            crew.end()
        if failure is not None:
            raise failure


class _Crew:
    """The processes, and what each is doing."""

    def __init__(self, bench: Workbench, count: int) -> None:
        self._bench, self._count = bench, count
        self._payload: bytes = cloudpickle.dumps(bench)
        self._processes: dict[Connection, SpawnProcess] = {}
        self._idle: list[Connection] = []
        self.busy: dict[Connection, Task] = {}

    def take_from(self, waiting: Iterator[Task]) -> None:
        """Let every process that has nothing to do begin a task."""
        while self._idle or len(self._processes) < self._count:
            task = next(waiting, None)
            if task is None:
                return
            connection = self._idle.pop() if self._idle else self._hire()
            self.busy[connection] = task
            with suppress(OSError):  # it is gone, which `collect` notices
                connection.send_bytes(cloudpickle.dumps(task))

    def collect(self) -> list[tuple[Task, Answer | Exception]]:
        """Wait for answers; a process that is lost, or a task that fails, answers by an error."""
        ready = cast("list[Connection]", wait(list(self.busy)))
        return [(self.busy[one], self._receive(one, self.busy.pop(one))) for one in ready]

    def _receive(self, connection: Connection, task: Task) -> Answer | Exception:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            return self._loss(connection, task)
        self._idle.append(connection)
        try:
            return unpack(message)
        except Exception as error:
            return error

    def end(self) -> None:
        """End all processes; they hold nothing that is worth keeping."""
        for connection, process in self._processes.items():
            connection.close()
            process.kill()
        for process in self._processes.values():
            process.join()

    def _hire(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._payload), daemon=True)
        with _one_thread_each():
            process.start()
        theirs.close()
        self._processes[ours] = process
        return ours

    def _loss(self, connection: Connection, task: Task) -> WorkerLostError:
        process = self._processes[connection]
        process.join()
        what = describe(task, self._bench.methods)
        return WorkerLostError(f"A process {_end_of(process.exitcode)} while it computed {what}")


def _serve(connection: Connection, payload: bytes) -> None:
    """Carry out what comes through a connection; where every process begins."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt ends
    threading.Thread(target=_end_with_parent, daemon=True).start()
    bench: Workbench = cloudpickle.loads(payload)
    while True:
        try:
            message = connection.recv_bytes()
            connection.send_bytes(answer(bench, message))
        except (EOFError, OSError):  # the parent has ended
            return


def _end_with_parent() -> None:
    """Work for nobody is not worth ending."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """What is spawned inside computes with one thread."""
    before: dict[str, Any] = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _end_of(code: int | None) -> str:
    """How a process has ended."""
    if code is None or code >= 0:
        return f"ended with exit code {code}"
    names = {one.value: f" ({one.name})" for one in signal.Signals}  # real-time ones have none
    return f"was killed by signal {-code}{names.get(-code, '')}"
