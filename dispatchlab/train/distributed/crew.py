"""Crew: processes of this machine that share tasks out; each that is lost costs its task alone."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import cloudpickle

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.distributed.parcels import answer, load, unpack

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class ProcessLostError(Exception):
    """A process ended before its task did; the message says how: ``"was killed by signal 9"``."""


class Crew(Generic[Task, Answer]):
    """Processes that are spawned as they are needed, and what each is doing.

    They end with the process that made them, whatever ends it. A program that uses them needs the
    usual ``if __name__ == "__main__":``.

    Args:
        work: What does a task; it is pickled once.
        count: How many processes at most.
        environment: Variables that differ in them.

    Attributes:
        busy: Tasks that are being done.
    """

    def __init__(
        self, work: Callable[[Task], Answer], count: int,
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Begin without any."""
        self._count, self._environment = count, environment or {}
        self._payload: bytes = cloudpickle.dumps(work)
        self._processes: dict[Connection, SpawnProcess] = {}
        self._idle: list[Connection] = []
        self.busy: dict[Connection, Task] = {}

    def take_from(self, waiting: Iterator[Task]) -> None:
        """Let every process that has nothing to do begin a task.

        Args:
            waiting: Tasks, of which no more are taken than can begin.
        """
        while self._idle or len(self._processes) < self._count:
            task = next(waiting, None)
            if task is None:
                return
            connection = self._idle.pop() if self._idle else self._hire()
            self.busy[connection] = task
            with suppress(OSError):  # it is gone, which `collect` notices
                connection.send_bytes(cloudpickle.dumps(task))

    def collect(self) -> list[tuple[Task, Answer | Exception]]:
        """Wait for answers.

        Returns:
            Tasks that have ended, with what they came to: an answer, the exception that they ended
            with, or `ProcessLostError`.
        """
        ready = cast("list[Connection]", wait(list(self.busy)))
        return [(self.busy[one], self._receive(one)) for one in ready]

    def end(self) -> None:
        """End all processes, in the middle of a task if need be."""
        for connection, process in self._processes.items():
            connection.close()
            process.kill()
        for process in self._processes.values():
            process.join()
        self._processes, self._idle, self.busy = {}, [], {}

    def _receive(self, connection: Connection) -> Answer | Exception:
        del self.busy[connection]
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            process = self._processes.pop(connection)
            process.join()
            return ProcessLostError(_end_of(process.exitcode))
        self._idle.append(connection)
        try:
            found: Answer = unpack(message)
        except Exception as error:
            return error
        return found

    def _hire(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._payload), daemon=True)
        with _changed_environment(self._environment):
            process.start()
        theirs.close()
        self._processes[ours] = process
        return ours


def _serve(connection: Connection, payload: bytes) -> None:
    """Do what comes through a connection; where every process begins."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt ends
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work = _loaded(payload)
    while True:
        try:
            message = connection.recv_bytes()
            connection.send_bytes(answer(work, message))
        except (EOFError, OSError):  # the parent has ended
            return


def _loaded(payload: bytes) -> Callable[[Any], object]:
    """What does the tasks; if it cannot be read, every task ends with the reason."""
    try:
        work: Callable[[Any], object] = load(payload, "its work")
    except DispatchlabError as error:
        cause = error

        def refuse(_: object) -> object:
            raise cause

        return refuse
    return work


def _end_with_parent() -> None:
    """Work for nobody is not worth ending."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _changed_environment(changes: Mapping[str, str]) -> Iterator[None]:
    """What is spawned inside has other variables."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
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
