"""A schedule beside the data it is checked against, as one record per task."""

from typing import NamedTuple

from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.metrics import completion_us, last_us
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule


class Placed(NamedTuple):
    """A mapped task.

    Attributes:
        job: Its arrival.
        task: Its number in the job.
        pe: Where it is mapped.
        mapped: When.
        order: Rank of the decision.
        start: Start of execution; -1 if not yet.
        end: End of execution; -1 if not yet.
        ready: When its last predecessor's output was there to be fetched; -1 if some
            predecessor has not started.
        stamp: When its own inputs reach its PE; -1 if ``ready`` is.
    """

    job: int
    task: int
    pe: int
    mapped: int
    order: int
    start: int
    end: int
    ready: int
    stamp: int

    @property
    def name(self) -> str:
        """The task as the subject of a sentence."""
        return f"Task {self.task} of arrival {self.job}"


class Case(NamedTuple):
    """A schedule beside the data it is checked against.

    Attributes:
        instance: The instance.
        realisation: What actually happened.
        schedule: The schedule.
        last: The last time at which something can have happened.
        completion: When each job left; -1 if it has not.
        placed: The tasks of injected jobs that are mapped to an existing PE.
    """

    instance: SocInstance
    realisation: SocRealisation
    schedule: SocSchedule
    last: int
    completion: list[int]
    placed: list[Placed]


def gather(
    instance: SocInstance, realisation: SocRealisation, schedule: SocSchedule, *, planned: bool
) -> Case:  # fmt: skip
    """Derive from the times when each mapped task was ready and had its data.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: A schedule whose arrays have the right shapes.
        planned: Whether the data of a task is sent for when it gets ready, not when it is mapped.

    Returns:
        The case to check.
    """
    arcs: list[list[list[tuple[int, float]]]] = []
    for graph in instance.graphs:
        arcs.append([[] for _ in graph.kernels])
        for a, b, volume in zip(graph.arc_from, graph.arc_to, graph.volume, strict=True):
            arcs[-1][int(b)].append((int(a), float(volume)))
    placed: list[Placed] = []
    count = instance.chip.num_pes
    for job, graph_index in enumerate(schedule.graph.tolist()):
        if schedule.injected_us[job] == NOT_YET:
            continue
        columns = [
            getattr(schedule, name)[job].tolist()
            for name in ("pe", "mapped_us", "order", "start_us", "end_us")
        ]
        for task, inputs in enumerate(arcs[graph_index]):
            pe, mapped, order, start, end = (column[task] for column in columns)
            if not 0 <= pe < count:
                continue
            senders = [(columns[0][q], columns[4][q], volume) for q, volume in inputs]
            if any(end_q < 0 or not 0 <= pe_q < count for pe_q, end_q, _ in senders):
                ready = stamp = NOT_YET
            else:
                ready = _ready(instance, senders, int(schedule.injected_us[job]))
                stamp = _fetched(instance, senders, pe, ready)
                stamp += 0 if planned else mapped - ready
            placed.append(Placed(job, task, pe, mapped, order, start, end, ready, stamp))
    return Case(
        instance, realisation, schedule, last_us(instance, schedule),
        completion_us(instance, schedule).tolist(), placed,
    )  # fmt: skip


def _ready(instance: SocInstance, senders: list[tuple[int, int, float]], injected: int) -> int:
    """When all predecessors are complete and their data, if it must go there, is in the memory."""
    memory = instance.chip.memory_bandwidth
    if memory is None:
        return max((end for _, end, _ in senders), default=injected)
    return max((end + int(volume / memory[pe, 0]) for pe, end, volume in senders), default=injected)


def _fetched(
    instance: SocInstance, senders: list[tuple[int, int, float]], to: int, ready: int
) -> int:  # fmt: skip
    """When all data reaches a PE if it is sent for at once."""
    memory, bandwidth = instance.chip.memory_bandwidth, instance.chip.bandwidth
    if memory is not None:
        return ready + max((int(volume / memory[to, 1]) for _, _, volume in senders), default=0)
    arrivals = (
        end + (0 if pe == to else int(volume / bandwidth[pe, to])) for pe, end, volume in senders
    )
    return max(arrivals, default=ready)
