"""Engines: who carries out the tasks of a comparison."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from dispatchlab.envs.core.cores import usable_cores
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.running.tasks import Answer, Task
from dispatchlab.eval.running.workbench import Workbench

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)
MAX_PROCESSES = 1024


class Engine(Protocol):
    """Whoever carries out tasks."""

    def run(self, bench: Workbench, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer]]:
        """Carry out tasks; which are taken when, and where, changes no answer.

        Args:
            bench: Carries them out, here or as a copy in other processes.
            tasks: The tasks; they are taken as they are needed.

        Returns:
            Each task with its answer, as soon as it is there.

        Raises:
            WorkerLostError: If a process ended before its task did.
            Exception: What a task ended with; what others had begun is answered before.
        """
        ...


class ThisProcess:
    """Carries out one task after the other, where it stands."""

    def run(self, bench: Workbench, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer]]:
        """See `Engine`."""
        for task in tasks:
            yield task, bench.carry_out(task)


def make_engine(name: str = LOCAL, processes: int = 1, address: str = "") -> Engine:
    """Make an engine.

    Args:
        name: ``"local"`` for processes of this machine, ``"ray"`` for those of a Ray cluster.
        processes: How many; 0 for every core.
        address: Of a running Ray cluster; empty: one is started on this machine.

    Returns:
        The engine.

    Raises:
        DispatchlabError: If there is no such engine, or the number makes no sense.
        MissingExtraError: If Ray is not installed.
    """
    if name not in ENGINES:
        raise DispatchlabError(f"Unknown engine {name!r}; choose one of {', '.join(ENGINES)}.")
    if not 0 <= processes <= MAX_PROCESSES:
        raise DispatchlabError(
            f"The number of processes is {processes}; give 0 for every core, or at most "
            f"{MAX_PROCESSES}."
        )
    if name == RAY:
        from dispatchlab.eval.running.ray_cluster import RayCluster

        return RayCluster(processes if address else processes or usable_cores(), address)
    if address:
        raise DispatchlabError(
            f"The address {address!r} is of a Ray cluster, but the engine is local; use the engine "
            "ray too."
        )
    count = processes or usable_cores()
    if count == 1:
        return ThisProcess()
    from dispatchlab.eval.running.processes import Processes

    return Processes(count)
