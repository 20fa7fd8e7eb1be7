"""Who plays the trials of a round: this process, worker processes, or tasks of a Ray cluster.

All give the same outcomes, since a trial depends on nothing but its task.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.distributed.cluster import (
    MOST_LOSSES,
    answers,
    connected,
    losses,
    reason,
)
from dispatchlab.train.distributed.crew import Crew, ProcessLostError
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
        DispatchlabError: There is no engine of that name, or the others do not fit.
    """
    if name not in ENGINES:
        raise DispatchlabError(f"engine is {name!r}: choose one of {', '.join(ENGINES)}.")
    if jobs < 1:
        raise DispatchlabError(f"jobs is {jobs}: give the number of trials at the same time.")
    if address and name != "ray":
        raise DispatchlabError(
            f"The address {address!r} is of a Ray cluster, but the engine is {name}: give "
            "--engine ray too."
        )
    if name == "ray":
        with connected(address, jobs, _DECISIVE, "--jobs") as ray:
            yield RayEngine(ray, jobs)
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
    """Plays trials in processes; one that dies is replaced, and its trial continues.

    Used as a context manager. The workers end with the process that made them, whatever ends it.
    """

    def __init__(self, jobs: int) -> None:
        """Prepare; the first trials start the processes."""
        self._crew: Crew[TrialTask, Outcome] = Crew(run_trial, jobs)

    def __enter__(self) -> "WorkerProcesses":
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the workers, in the middle of a trial if need be: it will be continued."""
        self._crew.end()

    def run(self, tasks: Sequence[TrialTask]) -> Iterator[Outcome]:
        """The outcomes, as they come.

        Args:
            tasks: The trials.

        Yields:
            What became of each.

        Raises:
            DispatchlabError: Workers die again and again.
        """
        waiting = deque(tasks)
        deaths: Counter[int] = Counter()
        while waiting or self._crew.busy:
            self._crew.take_from(waiting.popleft() for _ in range(len(waiting)))
            for task, found in self._crew.collect():
                if isinstance(found, ProcessLostError):
                    deaths[task.number] += 1
                    if deaths[task.number] == MOST_LOSSES:
                        raise _dying(task.number, f"the last one {found}")
                    waiting.appendleft(task)
                elif isinstance(found, Exception):
                    raise found
                else:
                    yield found


class RayEngine:
    """Plays trials as tasks on a Ray cluster, whose nodes share the folder of the study.

    Ray repeats the task of a worker that dies, so that its trial continues.
    """

    def __init__(self, ray: Any, jobs: int) -> None:  # noqa: ANN401 - a module
        """Keep the module, which is connected."""
        self._ray, self._jobs = ray, jobs

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
        waiting = deque(tasks)
        played: dict[Any, int] = {}
        try:
            while waiting or played:
                while waiting and len(played) < self._jobs:
                    task = waiting.popleft()
                    played[play.remote(task)] = task.number
                (ready, *_), _ = ray.wait(list(played), num_returns=1)
                try:
                    outcome: Outcome = answers(ray, ready)
                except losses(ray) as error:
                    raise _dying(played[ready], reason(error)) from error
                del played[ready]
                yield outcome
        finally:
            for ref in played if ray.is_initialized() else ():
                ray.cancel(ref, force=True)  # its trial will be continued


def _dying(number: int, why: str) -> DispatchlabError:
    trial = "base settings" if number < 0 else f"trial {number}"
    return DispatchlabError(
        f"The workers of the {trial} died {MOST_LOSSES} times ({why}): look for a lack of memory, "
        "and continue the study with --resume and fewer --jobs."
    )
