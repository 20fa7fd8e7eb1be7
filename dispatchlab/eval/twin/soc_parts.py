"""What the SimPy processes of `SocTwin` pass around: moments, jobs, mapped tasks, elements."""

from dataclasses import dataclass, field

import simpy
from simpy.events import EventPriority

from dispatchlab.envs.soc.instance import TaskGraph
from dispatchlab.envs.soc.schedule import NOT_YET

# SimPy's own events (a process starts: 0, an event succeeds: 1) come first
END, ARRIVE, SETTLE = (EventPriority(p) for p in (1, 2, 3))


class Arcs:
    """Neighbours in a task graph.

    Attributes:
        inputs: Of each task, its predecessors and the volumes that they send.
        outputs: Of each task, its successors and the volumes that they get.
    """

    def __init__(self, graph: TaskGraph) -> None:
        """List the arcs at both ends."""
        self.inputs: list[list[tuple[int, float]]] = [[] for _ in graph.kernels]
        self.outputs: list[list[tuple[int, float]]] = [[] for _ in graph.kernels]
        ends = zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True)
        for (source, target), volume in zip(ends, graph.volume.tolist(), strict=True):
            self.inputs[target].append((source, volume))
            self.outputs[source].append((target, volume))


@dataclass(eq=False)
class Job:
    """One arrival; times are -1 until they have come.

    Attributes:
        arrival: Its number.
        arcs: Its task graph.
        arrival_us: When it arrived.
        done: Happens when all tasks are complete.
        injected_us: When it got a place among the jobs in work.
        lost: Whether it found none and was lost.
        awaited: Of each task, how many inputs are missing.
        ready_us: Of each task, when the last of them came.
        columns: ``pe``, ``mapped_us``, ``order``, ``start_us`` and ``end_us`` of each task.
        left: Tasks that are not complete.
    """

    arrival: int
    arcs: Arcs
    arrival_us: int
    done: simpy.Event
    injected_us: int = NOT_YET
    lost: bool = False
    awaited: list[int] = field(init=False)
    ready_us: list[int] = field(init=False)
    columns: dict[str, list[int]] = field(init=False)
    left: int = field(init=False)

    def __post_init__(self) -> None:
        """Nothing has happened to its tasks."""
        self.left = len(self.arcs.inputs)
        self.awaited = [len(inputs) for inputs in self.arcs.inputs]
        self.ready_us = [NOT_YET] * self.left
        names = ("pe", "mapped_us", "order", "start_us", "end_us")
        self.columns = {name: [NOT_YET] * self.left for name in names}


@dataclass(eq=False)
class Item:
    """A mapped task in the queue of a processing element.

    Attributes:
        job: Its job.
        task: Its number in the job.
        missing: Transfers that are still under way.
    """

    job: Job
    task: int
    missing: int = 0


@dataclass(eq=False)
class Element:
    """A processing element.

    Attributes:
        index: Its number.
        go: Hands the next task to its process.
        queue: Tasks mapped to it that have not started, in mapping order.
        running: What it executes.
    """

    index: int
    go: simpy.Event
    queue: list[Item] = field(default_factory=list)
    running: Item | None = None
