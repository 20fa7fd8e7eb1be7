"""RayCluster: tasks shared out among actors on a Ray cluster."""

from collections.abc import Iterable, Iterator
from typing import Any

import cloudpickle

from dispatchlab.eval.running.question import PACKAGES
from dispatchlab.eval.running.tasks import Answer, Task, describe
from dispatchlab.eval.running.workbench import Workbench, WorkerLostError
from dispatchlab.train.distributed.cluster import (
    MOST_LOSSES,
    connected,
    import_ray,
    losses,
    reason,
)
from dispatchlab.train.distributed.parcels import answer, unpack


class RayCluster:
    """Carries out tasks in actors with a core each; one that dies is replaced, its task repeated.

    Args:
        count: Actors; 0 for one per core of the cluster.
        address: Of a running cluster; empty: one is started on this machine, with a core for each
            actor.
    """

    def __init__(self, count: int, address: str = "") -> None:
        """See that Ray is there before anything runs."""
        import_ray()
        self._count, self._address = count, address

    def run(self, bench: Workbench, tasks: Iterable[Task]) -> Iterator[tuple[Task, Answer]]:
        """See `Engine`; after a failure no task is begun, and what others have begun is ended."""
        failure: Exception | None = None
        waiting = iter(tasks)
        with connected(self._address, self._count or 1, PACKAGES) as ray:
            count = self._count or int(ray.cluster_resources()["CPU"])
            actors = _Actors(ray, bench.beside(count, " of a Ray cluster"), count)
            try:
                actors.take_from(waiting)
                while actors.busy:
                    task, found = actors.collect()
                    if isinstance(found, Exception):
                        failure = failure or found
                    if failure is None:
                        actors.take_from(waiting)  # before the answer is dealt with
                    if found is not None and not isinstance(found, Exception):
                        yield task, found
            finally:
                actors.end()
        if failure is not None:
            raise failure


class _Actors:
    """The actors, and what each is doing."""

    def __init__(self, ray: Any, bench: Workbench, count: int) -> None:  # noqa: ANN401 (a module)
        self._ray, self._bench, self._count = ray, bench, count
        self._losses = losses(ray)
        self._payload = ray.put(cloudpickle.dumps(bench))
        self._remote = ray.remote(num_cpus=1, max_restarts=0)(_Server)
        self._idle: list[Any] = []
        self.busy: dict[Any, tuple[Any, Task, int]] = {}

    def take_from(self, waiting: Iterator[Task]) -> None:
        """Let every actor that has nothing to do begin a task."""
        while len(self.busy) < self._count:
            task = next(waiting, None)
            if task is None:
                return
            self._give(task)

    def collect(self) -> tuple[Task, Answer | Exception | None]:
        """Wait for an answer, which may be an error; None where the task is begun anew."""
        ready, _ = self._ray.wait(list(self.busy), num_returns=1)
        actor, task, attempt = self.busy.pop(ready[0])
        try:
            found = self._ray.get(ready[0])
        except self._losses as error:
            self._ray.kill(actor)  # it may live on where only its node was out of reach
            return task, self._begin_anew(task, attempt, error)
        self._idle.append(actor)
        try:
            return task, unpack(found)
        except Exception as error:
            return task, error

    def end(self) -> None:
        """End all actors, so that a cluster that goes on has its cores back."""
        for actor in [*self._idle, *(actor for actor, _, _ in self.busy.values())]:
            self._ray.kill(actor)

    def _give(self, task: Task, attempt: int = 1) -> None:
        actor = self._idle.pop() if self._idle else self._remote.remote(self._payload)
        self.busy[actor.carry_out.remote(cloudpickle.dumps(task))] = actor, task, attempt

    def _begin_anew(self, task: Task, attempt: int, error: Exception) -> WorkerLostError | None:
        """Begin the task of a dead actor in another one, unless it kills them all."""
        if attempt < MOST_LOSSES:
            self._give(task, attempt + 1)
            return None
        what = describe(task, self._bench.methods)
        lost = WorkerLostError(f"{MOST_LOSSES} Ray actors were lost over {what} ({reason(error)})")
        lost.__cause__ = error
        return lost


class _Server:
    """What runs in an actor."""

    def __init__(self, payload: bytes) -> None:
        self._bench: Workbench = cloudpickle.loads(payload)

    def carry_out(self, message: bytes) -> bytes:
        return answer(self._bench.carry_out, message)
