"""PlanningProblem: which tasks to place on a chip, from when, and around what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.soc.instance import Chip, IntArray, SocInstance, TaskGraph

if TYPE_CHECKING:
    from dispatchlab.baselines.soc.plan import Plan

NOT_STARTED = -1
Busy = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class JobProgress:
    """A job in work, as far as a scheduler may know it.

    Attributes:
        arrival: Which arrival of the episode it is.
        graph: Its job type.
        release_us: When its first tasks may start.
        pe: ``(T,)`` element of each task that has started; -1 for the tasks to plan.
        end_us: ``(T,)`` end of each finished task and expected end of each running one; -1 for
            the tasks to plan.
    """

    arrival: int
    graph: int
    release_us: int
    pe: IntArray
    end_us: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class PlanningProblem:
    """U tasks to place on P processing elements.

    What has started or is reserved stays as it is. The tasks to plan are numbered job by job, in
    the order of ``jobs``, and within a job by their index in its graph. Times are whole µs.

    Attributes:
        instance: The instance: its chip and graphs.
        now_us: The current time; nothing is planned before it.
        jobs: The jobs with tasks to plan, the most urgent (as a rule: the oldest) first.
        busy: For each element the intervals that are taken: disjoint and ascending.
        known: A plan of these tasks, if there is one already.
        position: ``(U,)`` index of each task's job in ``jobs``.
        task: ``(U,)`` its index in the graph.
        expected_us: ``(U, P)`` expected execution time; -1 where unsupported.
        ready_us: ``(U, P)`` when it could start by ``now_us``, the release of its job and the
            data of the predecessors that have started.
        arc_from: ``(A,)`` source of each arc between two tasks to plan.
        arc_to: ``(A,)`` target of each.
        arc_delay_us: ``(A, P, P)`` time from the end of the source on one element until the
            target may start on another.
    """

    instance: SocInstance
    now_us: int
    jobs: tuple[JobProgress, ...]
    busy: tuple[Busy, ...]
    known: "Plan | None" = None
    position: IntArray = field(init=False)
    task: IntArray = field(init=False)
    expected_us: IntArray = field(init=False)
    ready_us: IntArray = field(init=False)
    arc_from: IntArray = field(init=False)
    arc_to: IntArray = field(init=False)
    arc_delay_us: IntArray = field(init=False)

    def __post_init__(self) -> None:
        """Number the tasks and collect their arcs."""
        pes = self.instance.chip.num_pes
        parts = [_flatten(self, job) for job in self.jobs]
        sizes = [len(part[0]) for part in parts]
        offsets = np.cumsum([0, *sizes])
        empty: tuple[IntArray, ...] = tuple(
            np.zeros(shape, np.int64)
            for shape in ((0,), (0, pes), (0, pes), (0,), (0,), (0, pes, pes))
        )
        task, expected, ready, tail, head, delay = (
            np.concatenate([column, *(part[k] for part in parts)]) for k, column in enumerate(empty)
        )
        shift = np.repeat(offsets[:-1], [len(part[3]) for part in parts])
        columns = {
            "position": np.repeat(np.arange(len(parts)), sizes),
            "task": task,
            "expected_us": expected,
            "ready_us": ready,
            "arc_from": tail + shift,
            "arc_to": head + shift,
            "arc_delay_us": delay,
        }
        for name, column in columns.items():
            column.setflags(write=False)
            object.__setattr__(self, name, column)

    @classmethod
    def idle(cls, instance: SocInstance, graphs: Sequence[int] = (0,)) -> "PlanningProblem":
        """Jobs of these types at time 0 on the idle chip."""
        jobs = []
        for arrival, graph in enumerate(graphs):
            nothing = np.full(instance.graphs[graph].num_tasks, NOT_STARTED)
            jobs.append(JobProgress(arrival, graph, 0, nothing, nothing))
        return cls(instance, 0, tuple(jobs), ((),) * instance.chip.num_pes)

    @property
    def num_tasks(self) -> int:
        """U."""
        return len(self.task)

    @property
    def arrival(self) -> IntArray:
        """``(U,)`` arrival that each task belongs to."""
        return np.array([job.arrival for job in self.jobs], dtype=np.int64)[self.position]

    def predecessors(self) -> list[list[tuple[int, int]]]:
        """For each task the ``(source, arc)`` of the arcs that end at it."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.num_tasks)]
        pairs = zip(self.arc_from.tolist(), self.arc_to.tolist(), strict=True)
        for arc, (source, target) in enumerate(pairs):
            found[target].append((source, arc))
        return found

    def completions_us(self, end_us: Sequence[int] | IntArray) -> IntArray:
        """When the jobs are complete.

        Args:
            end_us: ``(U,)`` end of each task to plan.

        Returns:
            One time per job of ``jobs``, what has started included.
        """
        done = [int(job.end_us.max(initial=job.release_us)) for job in self.jobs]
        times = np.array(done, dtype=np.int64)
        np.maximum.at(times, self.position, end_us)
        return times


def delays_us(chip: Chip, graph: TaskGraph) -> IntArray:
    """``(E, P, P)`` time from the end of an arc's source on one element to the target on another.

    Args:
        chip: The chip.
        graph: The graph.

    Returns:
        Whole µs. Through a shared memory, a task reads all its data once all of it is there, so
        that the arc's own way to the memory is followed by the longest way from it.
    """
    if chip.memory_bandwidth is None:
        delay = np.floor(graph.volume[:, None, None] / chip.bandwidth).astype(np.int64)
        delay[:, np.arange(chip.num_pes), np.arange(chip.num_pes)] = 0
        return delay
    legs = np.floor(graph.volume[:, None, None] / chip.memory_bandwidth).astype(np.int64)
    reading = np.zeros((graph.num_tasks, chip.num_pes), dtype=np.int64)
    np.maximum.at(reading, graph.arc_to, legs[:, :, 1])
    both: IntArray = legs[:, :, :1] + reading[graph.arc_to][:, None, :]
    return both


def _flatten(problem: PlanningProblem, job: JobProgress) -> tuple[IntArray, ...]:
    """Tasks of one job with their times, and the arcs between them, numbered from 0."""
    graph = problem.instance.graphs[job.graph]
    chip = problem.instance.chip
    open_ = np.asarray(job.pe == NOT_STARTED)
    tasks = np.flatnonzero(open_)
    delay = delays_us(chip, graph)
    ready = np.full((graph.num_tasks, chip.num_pes), max(problem.now_us, job.release_us))
    for arc in np.flatnonzero(~open_[graph.arc_from]).tolist():
        source, target = int(graph.arc_from[arc]), int(graph.arc_to[arc])
        arrives = job.end_us[source] + delay[arc, job.pe[source]]
        ready[target] = np.maximum(ready[target], arrives)
    number = np.cumsum(open_) - 1
    inner = open_[graph.arc_from] & open_[graph.arc_to]
    return (
        tasks, problem.instance.expected_us(job.graph)[tasks], ready[tasks],
        number[graph.arc_from[inner]], number[graph.arc_to[inner]], delay[inner],
    )  # fmt: skip
