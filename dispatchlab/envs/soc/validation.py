"""Validation of the SoC problem data: every contradiction is one sentence with a remedy."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.core.checks import check_name, check_strings, check_unique
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.soc.checks import MAX_US
from dispatchlab.envs.soc.chip_validation import check_chip

if TYPE_CHECKING:
    from dispatchlab.envs.soc.instance import Chip, SocInstance, TaskGraph

__all__ = ["check_chip", "check_graph", "check_instance", "find_cycle"]

MAX_VOLUME = 1e15


def check_graph(graph: "TaskGraph") -> None:
    """Check that a task graph is one: named, acyclic, with sensible volumes.

    Args:
        graph: The graph; its arrays are already int64 and float64.

    Raises:
        InvalidInstanceError: With the first contradiction found.
    """
    where = f"The graph {graph.name!r}"
    check_name("graph", graph.name)
    if not graph.kernels:
        raise InvalidInstanceError(f"{where} has no tasks; give kernels for at least one.")
    check_strings(f"{where}: kernels", graph.kernels)
    check_strings(f"{where}: task_names", graph.task_names)
    if len(graph.task_names) != graph.num_tasks:
        raise InvalidInstanceError(
            f"{where} has {len(graph.task_names)} task_names for {graph.num_tasks} tasks; name "
            "all or none."
        )
    if graph.task_names != graph.kernels:
        check_unique(f"{where}: task_names", graph.task_names)
    _check_arcs(graph, where)
    _check_acyclic(graph, where)


def check_instance(instance: "SocInstance") -> None:
    """Check that graphs, chip, probabilities, injection and noise fit each other.

    Args:
        instance: The instance; its graphs and its chip are valid.

    Raises:
        InvalidInstanceError: With the first contradiction found.
    """
    from dispatchlab.envs.soc.settings import check_injection, check_noise

    where = f"The instance {instance.name!r}"
    check_name("instance", instance.name)
    if not instance.graphs:
        raise InvalidInstanceError(f"{where} has no graphs; give at least one.")
    check_unique(f"{where}: graphs", [graph.name for graph in instance.graphs])
    for graph in instance.graphs:
        _check_supported(instance, graph)
    _check_probabilities(instance, where)
    check_injection(instance.injection, len(instance.graphs), where)
    check_noise(instance.noise, where)


def find_cycle(count: int, arc_from: Sequence[int], arc_to: Sequence[int]) -> list[int]:
    """One cycle of a directed graph.

    Args:
        count: Number of nodes.
        arc_from: Tails of the arcs.
        arc_to: Heads of the arcs.

    Returns:
        The nodes of one cycle in order, from its lowest node on; empty if there is none.
    """
    unfinished = set(range(count))
    predecessors: list[set[int]] = [set() for _ in range(count)]
    successors: list[list[int]] = [[] for _ in range(count)]
    for tail, head in zip(arc_from, arc_to, strict=True):
        predecessors[head].add(tail)
        successors[tail].append(head)
    waiting = [len(before) for before in predecessors]
    ready = [node for node in range(count) if not waiting[node]]
    while ready:
        node = ready.pop()
        unfinished.remove(node)
        for after in set(successors[node]):
            waiting[after] -= 1
            if not waiting[after]:
                ready.append(after)
    return _walk_back(unfinished, predecessors)


def _walk_back(unfinished: set[int], predecessors: list[set[int]]) -> list[int]:
    """Follow unfinished predecessors until a node repeats."""
    if not unfinished:
        return []
    path: list[int] = []
    node = min(unfinished)
    while node not in path:
        path.append(node)
        node = min(predecessors[node] & unfinished)
    cycle = path[path.index(node) :][::-1]
    lowest = cycle.index(min(cycle))
    return cycle[lowest:] + cycle[:lowest]


def _check_arcs(graph: "TaskGraph", where: str) -> None:
    sizes = [array.shape for array in (graph.arc_from, graph.arc_to, graph.volume)]
    if len(sizes[0]) != 1 or len(set(sizes)) > 1:
        raise InvalidInstanceError(
            f"{where} has arc_from, arc_to and volume of shapes {sizes[0]}, {sizes[1]} and "
            f"{sizes[2]}; give three vectors of one length."
        )
    seen: set[tuple[int, int]] = set()
    last = graph.num_tasks - 1
    ends = zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True)
    for arc, ((tail, head), volume) in enumerate(zip(ends, graph.volume.tolist(), strict=True)):
        for field, end in (("arc_from", tail), ("arc_to", head)):
            if not 0 <= end <= last:
                raise InvalidInstanceError(
                    f"{where}: {field}[{arc}] is {end}; tasks are numbered 0 to {last}."
                )
        if not 0.0 <= volume <= MAX_VOLUME:
            raise InvalidInstanceError(
                f"{where}: volume[{arc}] of the arc {tail} -> {head} is {volume}; it must be a "
                f"number between 0 and {MAX_VOLUME:g}."
            )
        if (tail, head) in seen:
            raise InvalidInstanceError(
                f"{where}: the arc {tail} -> {head} is given twice; add the volumes up in one."
            )
        seen.add((tail, head))


def _check_acyclic(graph: "TaskGraph", where: str) -> None:
    if (graph.arc_from < graph.arc_to).all():
        return
    cycle = find_cycle(graph.num_tasks, graph.arc_from.tolist(), graph.arc_to.tolist())
    if cycle:
        path = " -> ".join(f"{task} ({graph.task_names[task]})" for task in [*cycle, cycle[0]])
        raise InvalidInstanceError(f"{where} is cyclic: {path}; remove one of these arcs.")


def _check_supported(instance: "SocInstance", graph: "TaskGraph") -> None:
    chip = instance.chip
    rows = {kernel: row for row, kernel in enumerate(chip.kernels)}
    for task, kernel in enumerate(graph.kernels):
        if kernel not in rows:
            raise InvalidInstanceError(
                f"The kernel {kernel!r} of task {task} of the graph {graph.name!r} is unknown to "
                f"the chip {chip.name!r}; add a row to its execution table."
            )
        if chip.exec_us[rows[kernel]].max() < 0:
            raise InvalidInstanceError(
                f"Task {task} ({graph.task_names[task]}) of the graph {graph.name!r} has the "
                f"kernel {kernel!r}, which no PE of the chip {chip.name!r} supports; give an "
                "exec_us of at least 0 on some PE."
            )
    slowest = _slowest_link(chip)
    most = float(graph.volume.max(initial=0.0))
    if most / slowest > MAX_US:
        raise InvalidInstanceError(
            f"A volume of {most:g} in the graph {graph.name!r} takes {most / slowest:g} µs over "
            f"the slowest link of the chip {chip.name!r}; transfers may take at most {MAX_US} µs."
        )


def _slowest_link(chip: "Chip") -> float:
    if chip.memory_bandwidth is not None:
        return float(chip.memory_bandwidth.min())
    links = chip.bandwidth[~np.eye(chip.num_pes, dtype=bool)]
    return float(links.min(initial=math.inf))


def _check_probabilities(instance: "SocInstance", where: str) -> None:
    chances = instance.probabilities
    if len(chances) != len(instance.graphs):
        raise InvalidInstanceError(
            f"{where} has {len(chances)} probabilities for {len(instance.graphs)} graphs; give one "
            "for each, or none for equal ones."
        )
    for index, chance in enumerate(chances):
        if not 0.0 <= chance <= 1.0:
            raise InvalidInstanceError(
                f"{where}: probabilities[{index}] is {chance}; it must be between 0 and 1."
            )
    if abs(sum(chances) - 1.0) > 1e-9:
        raise InvalidInstanceError(
            f"{where}: the probabilities sum to {sum(chances):.12g}; let them sum to 1."
        )
