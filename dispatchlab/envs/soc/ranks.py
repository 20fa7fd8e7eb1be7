"""Priorities of the tasks of a graph on a chip: the quantities behind list scheduling.

They depend on the instance alone. Means follow Topcuoglu, Hariri and Wu (2002): an execution
time is averaged over the elements that support the task, and an arc takes its volume over the mean
bandwidth between two different elements (over the mean to, then from, a shared memory), fractions
kept. The published ranks of their example come out with exactly these means.
"""

from heapq import heappop, heappush

import numpy as np

from dispatchlab.envs.soc.instance import Chip, FloatArray, IntArray, SocInstance, TaskGraph


def topological_order(graph: TaskGraph) -> IntArray:
    """``(T,)`` tasks, each behind all its predecessors; of those that are free, the lowest first.

    Args:
        graph: A graph without cycles.

    Returns:
        The order.
    """
    missing = np.bincount(graph.arc_to, minlength=graph.num_tasks)
    successors = _neighbours(graph.arc_from, graph.arc_to, graph.num_tasks)
    free = np.flatnonzero(missing == 0).tolist()  # ascending, so a heap
    order = []
    while free:
        order.append(heappop(free))
        for after, _ in successors[order[-1]]:
            missing[after] -= 1
            if missing[after] == 0:
                heappush(free, after)
    return np.array(order, dtype=np.int64)


def mean_execution(instance: SocInstance, graph: int) -> FloatArray:
    """``(T,)`` mean expected execution time over the elements that support the task.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        The means, in µs.
    """
    expected = instance.expected_us(graph)
    supported = expected >= 0
    means: FloatArray = np.where(supported, expected, 0).sum(axis=1) / supported.sum(axis=1)
    return means


def fastest_execution(instance: SocInstance, graph: int) -> IntArray:
    """``(T,)`` expected execution time on the fastest element, in µs.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        The times.
    """
    expected = instance.expected_us(graph)
    fastest: IntArray = np.where(expected < 0, np.iinfo(np.int64).max, expected).min(axis=1)
    return fastest


def fastest_path(instance: SocInstance, graph: int) -> IntArray:
    """``(T,)`` longest path from a task, itself included, to the end of the job, in µs.

    Every task takes its fastest element and transfers nothing, so no schedule can be quicker.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        The lengths.
    """
    shape = instance.graphs[graph]
    path = fastest_execution(instance, graph)
    successors = _neighbours(shape.arc_from, shape.arc_to, shape.num_tasks)
    for task in topological_order(shape)[::-1].tolist():
        path[task] += max((path[after] for after, _ in successors[task]), default=0)
    return path


def mean_transfer(instance: SocInstance, graph: int) -> FloatArray:
    """``(E,)`` mean transfer time of each arc.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        The means, in µs and with fractions; 0 on a chip of one element without a shared memory.
    """
    chip, volume = instance.chip, instance.graphs[graph].volume
    if chip.memory_bandwidth is not None:
        to_memory, from_memory = chip.memory_bandwidth.mean(axis=0)
        legs: FloatArray = volume / to_memory + volume / from_memory
        return legs
    means: FloatArray = volume * _mean_us_per_volume(chip)
    return means


def upward_rank(instance: SocInstance, graph: int) -> FloatArray:
    """``(T,)`` mean length of the longest path from a task, itself included, to the end of the job.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        HEFT's priority ``rank_u``: the largest is planned first.
    """
    shape = instance.graphs[graph]
    rank = mean_execution(instance, graph)
    successors = _neighbours(shape.arc_from, shape.arc_to, shape.num_tasks)
    transfer = mean_transfer(instance, graph)
    for task in topological_order(shape)[::-1].tolist():
        rank[task] += max((transfer[arc] + rank[to] for to, arc in successors[task]), default=0.0)
    return rank


def downward_rank(instance: SocInstance, graph: int) -> FloatArray:
    """``(T,)`` mean length of the longest path from the start of the job up to a task.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        CPOP's ``rank_d``, the task itself not included.
    """
    shape = instance.graphs[graph]
    execution, transfer = mean_execution(instance, graph), mean_transfer(instance, graph)
    predecessors = _neighbours(shape.arc_to, shape.arc_from, shape.num_tasks)
    rank = np.zeros(shape.num_tasks)
    for task in topological_order(shape).tolist():
        paths = (rank[q] + execution[q] + transfer[arc] for q, arc in predecessors[task])
        rank[task] = max(paths, default=0.0)
    return rank


def optimistic_cost(instance: SocInstance, graph: int) -> FloatArray:
    """``(T, P)`` PEFT's look-ahead table (Arabnejad and Barbosa 2014).

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        What is left of the job at least, in µs, once the task has run on the element: the longest
        path when every successor takes its best element; ``inf`` where it is unsupported.
    """
    shape = instance.graphs[graph]
    expected = instance.expected_us(graph)
    cost = np.where(expected >= 0, expected, np.inf)
    transfer = mean_transfer(instance, graph)
    # through a shared memory, data travels even if it is used where it was made
    at_home = 1.0 if instance.chip.memory_bandwidth is not None else 0.0
    successors = _neighbours(shape.arc_from, shape.arc_to, shape.num_tasks)
    table = np.zeros(expected.shape)
    for task in topological_order(shape)[::-1].tolist():
        for after, arc in successors[task]:
            rest = table[after] + cost[after]  # (P,)
            stay, move = rest + at_home * transfer[arc], rest.min() + transfer[arc]
            table[task] = np.maximum(table[task], np.minimum(stay, move))
        table[task][expected[task] < 0] = np.inf
    return table


def critical_path(instance: SocInstance, graph: int) -> IntArray:
    """Tasks of a longest path through the job, by mean times, from an entry to an exit.

    Args:
        instance: The instance.
        graph: Index of the job type.

    Returns:
        The path; of equal paths the one through the lowest tasks.
    """
    shape = instance.graphs[graph]
    rank, transfer = upward_rank(instance, graph), mean_transfer(instance, graph)
    successors = _neighbours(shape.arc_from, shape.arc_to, shape.num_tasks)
    entries = np.setdiff1d(np.arange(shape.num_tasks), shape.arc_to)
    path = [int(entries[rank[entries].argmax()])]
    while options := successors[path[-1]]:
        path.append(max(options, key=lambda o: (transfer[o[1]] + rank[o[0]], -o[0]))[0])
    return np.array(path, dtype=np.int64)


def _neighbours(origin: IntArray, target: IntArray, size: int) -> list[list[tuple[int, int]]]:
    """For each task the ``(other task, arc)`` of the arcs that have it as their origin."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for arc, (a, b) in enumerate(zip(origin.tolist(), target.tolist(), strict=True)):
        found[a].append((b, arc))
    return found


def _mean_us_per_volume(chip: Chip) -> float:
    between = chip.bandwidth[~np.eye(chip.num_pes, dtype=bool)]
    return 1.0 / float(between.mean()) if between.size else 0.0
