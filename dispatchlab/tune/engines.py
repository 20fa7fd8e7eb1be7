"""Who plays the trials of a round: this process, worker processes, or tasks of a Ray cluster.

All give the same outcomes, since a trial depends on nothing but its task.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Protocol

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.distributed.cluster import (
    MOST_LOSSES,
    answers,
    connected,
    losses,
    reason,
)
from dispatchlab.train.folder import PACKAGES
from dispatchlab.tune.outcome import Outcome
from dispatchlab.tune.trial import TrialTask, run_trial

ENGINES = ("local", "ray")
_DECISIVE = (*PACKAGES, "optuna", "ortools")  # ortools for the experts that agents imitate


class Engine(Protocol):
    """Plays trials."""

    def run(self, tasks: Sequence[TrialTask]) -> Iterator[Outcome]:
        """The outcomes of these trials, in whatever order they end."""
        ...


@contextmanager
def make_engine(name: str, jobs: int, address: str = "") -> Iterator[Engine]:
    """An engine that lives as long as the block.

    Args:
        name: ``"local"`` or ``"ray"``.
        jobs: Trials played at the same time.
        address: Of a running Ray cluster; empty: one is started on this machine.

    Yields:
        The engine.

    Raises:
        DispatchlabError: There is no engine of that name.
    """
    if name not in ENGINES:
        raise DispatchlabError(f"engine is {name!r}: choose one of {', '.join(ENGINES)}.")
    if name == "ray":
        with connected(address, jobs, _DECISIVE) as ray:
            yield RayEngine(ray)
    elif jobs == 1:
        yield InProcess()
    else:
        with WorkerProcesses(jobs) as engine:
            yield engine


class InProcess:
    """Plays one trial after the other."""

    def run(self, tasks: Sequence[TrialTask]) -> Iterator[Outcome]:
        """The outcomes, in order."""
        return map(run_trial, tasks)


class WorkerProcesses:
    """Plays trials in processes; one that dies is replaced, and its trials continue.

    Used as a context manager. The workers end with the process that made them, whatever ends it.
    """

    def __init__(self, jobs: int) -> None:
        """Prepare; the first trials start the processes."""
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._life: Connection | None = None

    def __enter__(self) -> "WorkerProcesses":
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the workers, in the middle of a trial if need be: it will be continued."""
        self._end()

    def run(self, tasks: Sequence[TrialTask]) -> Iterator[Outcome]:
        """The outcomes, as they come.

        Args:
            tasks: The trials.

        Yields:
            What became of each.

        Raises:
            DispatchlabError: Workers die again and again.
        """
        left = {task.number: task for task in tasks}
        deaths = 0  # in a row, without a trial that ended between them
        while left:
            pool = self._pool or self._begin()
            futures = [pool.submit(run_trial, task) for task in left.values()]
            try:
                for future in as_completed(futures):
                    outcome = future.result()
                    del left[outcome.number]
                    deaths = 0
                    yield outcome
            except BrokenProcessPool:
                self._end()
                deaths += 1
                if deaths == MOST_LOSSES:
                    raise _dying(left) from None

    def _begin(self) -> ProcessPoolExecutor:
        """Start the processes, which hold the other end of a pipe."""
        context = multiprocessing.get_context("spawn")
        other_end, self._life = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            self._jobs, mp_context=context, initializer=_live_as_long_as, initargs=(other_end,)
        )
        return self._pool

    def _end(self) -> None:
        """Close the pipe, at which the processes end."""
        if self._life is not None:
            self._life.close()
            self._life = None
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


class RayEngine:
    """Plays trials as tasks on a Ray cluster, whose nodes share the folder of the study.

    Ray repeats the task of a worker that dies, so that its trial continues.
    """

    def __init__(self, ray: Any) -> None:  # noqa: ANN401 - a module
        """Keep the module, which is connected."""
        self._ray = ray

    def run(self, tasks: Sequence[TrialTask]) -> Iterator[Outcome]:
        """The outcomes, as they come.

        Args:
            tasks: The trials.

        Yields:
            What became of each.

        Raises:
            DispatchlabError: Workers die again and again.
        """
        ray = self._ray
        play = ray.remote(num_cpus=1, max_retries=MOST_LOSSES - 1)(run_trial)
        left = {play.remote(task): task.number for task in tasks}
        try:
            while left:
                (ready, *_), _ = ray.wait(list(left), num_returns=1)
                try:
                    outcome: Outcome = answers(ray, ready)
                except losses(ray) as error:
                    raise _dying([left[ready]], f" ({reason(error)})") from error
                del left[ready]
                yield outcome
        finally:
            for ref in left if ray.is_initialized() else ():
                ray.cancel(ref, force=True)  # its trial will be continued


def _dying(left: Iterable[int], why: str = "") -> DispatchlabError:
    numbers = ", ".join(map(str, left))
    return DispatchlabError(
        f"The workers of the trials {numbers} died {MOST_LOSSES} times{why}: look for a lack of "
        "memory, and continue the study with --resume and fewer jobs."
    )


def _live_as_long_as(other_end: Connection) -> None:
    """End this worker when the process that holds the other end of a pipe ends or closes it."""
    # Control-C reaches the whole group; who asked for the trials decides what becomes of them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        try:
            other_end.recv()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
