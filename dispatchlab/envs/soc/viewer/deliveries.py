"""When the data of tasks travels: between elements, or through the shared memory."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.soc.instance import SocInstance, transfer_us
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule


class Delivery(NamedTuple):
    """The data of an arc on its way to the element that needs it."""

    job: int
    arc: int
    source: int
    target: int
    leaves: int
    arrives: int


class Wait(NamedTuple):
    """When a mapped task was ready, and when it had its data."""

    ready: int
    stamp: int


def trace_data(
    instance: SocInstance, schedule: SocSchedule, jobs: Iterable[int]
) -> tuple[list[Delivery], dict[tuple[int, int], Wait]]:
    """Derive from the times of the tasks when their data travelled.

    Args:
        instance: The instance.
        schedule: A schedule of it.
        jobs: The jobs to look at.

    Returns:
        What moved (data that stays on its element does not, but through a shared memory all of it
        does), and the waits of the mapped tasks by job and task.
    """
    moved: list[Delivery] = []
    waits: dict[tuple[int, int], Wait] = {}
    inputs = _inputs(instance)
    planned = _follows_plan(schedule)
    for job in jobs:
        pe, end = schedule.pe[job].tolist(), schedule.end_us[job].tolist()
        mapped = schedule.mapped_us[job].tolist()
        for task, before in enumerate(inputs[schedule.graph[job]]):
            if pe[task] == NOT_YET or any(end[q] == NOT_YET for q, _, _ in before):
                continue
            injected = int(schedule.injected_us[job])
            ready = max(
                (_ready(instance, pe[q], end[q], v) for q, _, v in before), default=injected
            )
            late = 0 if planned else mapped[task] - ready
            stamp = ready + late
            for q, arc, volume in before:
                leaves = end[q] + late
                arrives = _arrival(instance, pe[q], pe[task], volume, leaves, ready + late)
                stamp = max(stamp, arrives)
                if pe[q] != pe[task] or instance.chip.memory_bandwidth is not None:
                    moved.append(Delivery(job, arc, pe[q], pe[task], leaves, arrives))
            waits[job, task] = Wait(ready, stamp)
    return moved, waits


def _inputs(instance: SocInstance) -> list[list[list[tuple[int, int, float]]]]:
    """Predecessor, arc and volume of the arcs into every task of every graph."""
    inputs: list[list[list[tuple[int, int, float]]]] = []
    for graph in instance.graphs:
        inputs.append([[] for _ in graph.kernels])
        ends = zip(
            graph.arc_from.tolist(), graph.arc_to.tolist(), graph.volume.tolist(), strict=True
        )
        for arc, (a, b, volume) in enumerate(ends):
            inputs[-1][b].append((a, arc, volume))
    return inputs


def _follows_plan(schedule: SocSchedule) -> bool:
    """Whether tasks are mapped when they start; then their data is sent as soon as it can be."""
    started = schedule.start_us != NOT_YET
    return bool(np.array_equal(schedule.mapped_us[started], schedule.start_us[started]))


def _ready(instance: SocInstance, pe: int, end: int, volume: float) -> int:
    """When a predecessor's data can be fetched."""
    memory = instance.chip.memory_bandwidth
    return end if memory is None else end + transfer_us(volume, float(memory[pe, 0]))


def _arrival(
    instance: SocInstance, source: int, target: int, volume: float, leaves: int, fetched: int
) -> int:  # fmt: skip
    """When data is there that leaves its element, or the shared memory, at these times."""
    memory = instance.chip.memory_bandwidth
    if memory is not None:
        return fetched + transfer_us(volume, float(memory[target, 1]))
    if source == target:
        return leaves
    return leaves + transfer_us(volume, float(instance.chip.bandwidth[source, target]))
