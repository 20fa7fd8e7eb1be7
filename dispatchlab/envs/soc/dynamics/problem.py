"""Problem: instances and realisations as arrays."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.soc.dynamics.layout import (
    ARRIVAL_COLUMNS,
    BLOCKED_SOURCE,
    FAST_PATH,
    FIRST_TASK,
    GAP,
    GRAPH_COLUMNS,
    GRAPH_OF,
    HORIZON,
    LOSSY,
    MAX_JOBS,
    MEAN_EXEC,
    MEAN_GAP,
    MEAN_PATH,
    MEAN_TRANSFER,
    MEAN_WORK,
    MIN_EXEC,
    MODE,
    NOISE_STD,
    NUM_ARRIVALS,
    NUM_COUNTS,
    NUM_PES,
    NUM_PREDS,
    NUM_SCALES,
    NUM_TASKS,
    OPEN,
    PRED_PTR,
    RANK_COLUMNS,
    SHARED_MEMORY,
    SUCC_PTR,
    TASK_COLUMNS,
    TIME,
    UPWARD,
    WARMUP,
)
from dispatchlab.envs.soc.instance import UNSUPPORTED, SocInstance
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.ranks import (
    fastest_execution,
    fastest_path,
    mean_execution,
    optimistic_cost,
    upward_rank,
)
from dispatchlab.envs.soc.realisation import SocRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
_MODES = {"lossy": LOSSY, "blocked": BLOCKED_SOURCE}


class Problem(NamedTuple):
    """S slots; tasks of all graphs of an instance lie one after the other.

    Attributes:
        counts: ``(S, NUM_COUNTS)`` sizes and settings.
        graph: ``(S, G, GRAPH_COLUMNS)``.
        task: ``(S, TT + 1, TASK_COLUMNS)``.
        work: ``(S, TT, P)`` expected execution times, -1 where unsupported.
        pred: ``(S, E)`` predecessors by target, as indices within their graph.
        succ: ``(S, E)`` successors by source.
        volume: ``(S, E)`` volume of the arcs in the order of `pred`.
        bandwidth: ``(S, P, P)``.
        memory: ``(S, P, 2)`` bandwidth to and from the shared memory.
        rank: ``(S, TT, RANK_COLUMNS)`` float quantities of the tasks.
        oct: ``(S, TT, P)`` optimistic cost table (Arabnejad and Barbosa 2014).
        arrival: ``(S, N, ARRIVAL_COLUMNS)``.
        factor: ``(S, N, T)`` actual over expected execution time.
        scales: ``(S, NUM_SCALES)`` typical times, for features.
    """

    counts: IntArray
    graph: IntArray
    task: IntArray
    work: IntArray
    pred: IntArray
    succ: IntArray
    volume: FloatArray
    bandwidth: FloatArray
    memory: FloatArray
    rank: FloatArray
    oct: FloatArray
    arrival: IntArray
    factor: FloatArray
    scales: FloatArray


def make_problem(slots: int, limits: SocLimits) -> Problem:
    """Zeroed arrays."""
    tasks, arcs = limits.total_tasks, max(1, limits.arcs)
    return Problem(
        counts=np.zeros((slots, NUM_COUNTS), np.int64),
        graph=np.zeros((slots, limits.graphs, GRAPH_COLUMNS), np.int64),
        task=np.zeros((slots, tasks + 1, TASK_COLUMNS), np.int64),
        work=np.full((slots, tasks, limits.pes), UNSUPPORTED, np.int64),
        pred=np.zeros((slots, arcs), np.int64),
        succ=np.zeros((slots, arcs), np.int64),
        volume=np.zeros((slots, arcs)),
        bandwidth=np.ones((slots, limits.pes, limits.pes)),
        memory=np.ones((slots, limits.pes, 2)),
        rank=np.zeros((slots, tasks, RANK_COLUMNS)),
        oct=np.zeros((slots, tasks, limits.pes)),
        arrival=np.zeros((slots, limits.arrivals, ARRIVAL_COLUMNS), np.int64),
        factor=np.ones((slots, limits.arrivals, limits.tasks)),
        scales=np.ones((slots, NUM_SCALES)),
    )


def write_instance(problem: Problem, slot: int, instance: SocInstance) -> None:
    """Write everything but the realisation into a slot."""
    chip, injection = instance.chip, instance.injection
    counts, pes = problem.counts[slot], chip.num_pes
    counts[NUM_PES] = pes
    counts[MAX_JOBS], counts[WARMUP] = injection.max_jobs, injection.warmup_us
    counts[MODE] = _MODES.get(injection.mode, OPEN)
    counts[HORIZON] = -1 if injection.horizon_us is None else injection.horizon_us
    counts[SHARED_MEMORY] = chip.memory_bandwidth is not None
    problem.work[slot] = UNSUPPORTED
    problem.bandwidth[slot, :pes, :pes] = chip.bandwidth
    if chip.memory_bandwidth is not None:
        problem.memory[slot, :pes] = chip.memory_bandwidth
    first = arcs = 0
    for index, graph in enumerate(instance.graphs):
        size = graph.num_tasks
        problem.graph[slot, index, FIRST_TASK] = first
        problem.graph[slot, index, NUM_TASKS] = size
        _write_graph(problem, slot, instance, index, first, arcs)
        first, arcs = first + size, arcs + len(graph.volume)
    problem.task[slot, first, PRED_PTR] = problem.task[slot, first, SUCC_PTR] = arcs
    _write_scales(problem, slot, instance, first)


def _write_graph(
    problem: Problem, slot: int, instance: SocInstance, index: int, first: int, arcs: int
) -> None:
    """Tasks, arcs and ranks of one graph."""
    graph, pes = instance.graphs[index], instance.chip.num_pes
    size, task = graph.num_tasks, problem.task[slot]
    tasks = slice(first, first + size)
    work = instance.expected_us(index)
    problem.work[slot, tasks, :pes] = work
    task[tasks, NUM_PREDS] = np.bincount(graph.arc_to, minlength=size)
    task[tasks, MIN_EXEC] = fastest_execution(instance, index)
    outgoing = np.bincount(graph.arc_from, minlength=size)
    task[tasks, PRED_PTR] = arcs + np.cumsum(task[tasks, NUM_PREDS]) - task[tasks, NUM_PREDS]
    task[tasks, SUCC_PTR] = arcs + np.cumsum(outgoing) - outgoing
    by_target = np.lexsort((graph.arc_from, graph.arc_to))
    by_source = np.lexsort((graph.arc_to, graph.arc_from))
    span = slice(arcs, arcs + len(graph.volume))
    problem.pred[slot, span] = graph.arc_from[by_target]
    problem.volume[slot, span] = graph.volume[by_target]
    problem.succ[slot, span] = graph.arc_to[by_source]
    rank = problem.rank[slot, tasks]
    rank[:, UPWARD] = upward_rank(instance, index)
    rank[:, MEAN_EXEC] = mean_execution(instance, index)
    rank[:, FAST_PATH] = fastest_path(instance, index)
    cost = optimistic_cost(instance, index)
    problem.oct[slot, tasks, :pes] = np.where(np.isfinite(cost), cost, 0.0)


def _write_scales(problem: Problem, slot: int, instance: SocInstance, tasks: int) -> None:
    """Typical execution, transfer and path times of the mix."""
    rank, graph = problem.rank[slot], problem.graph[slot]
    bandwidth = instance.chip.bandwidth
    between = ~np.eye(len(bandwidth), dtype=bool)
    rate = bandwidth[between].mean() if between.any() else 1.0
    arcs = problem.task[slot, tasks, PRED_PTR]
    starts = graph[: len(instance.graphs), FIRST_TASK]
    ends = starts + graph[: len(instance.graphs), NUM_TASKS]
    paths = [rank[a:b, FAST_PATH].max() for a, b in zip(starts, ends, strict=True)]
    quickest = problem.task[slot, :tasks, MIN_EXEC]
    busy = quickest[quickest > 0]
    problem.scales[slot, MEAN_WORK] = max(1.0, busy.mean() if len(busy) else 1.0)
    problem.scales[slot, MEAN_TRANSFER] = max(
        1.0, problem.volume[slot, :arcs].mean() / rate if arcs else 1.0
    )
    problem.scales[slot, MEAN_GAP] = instance.injection.mean_gap_us
    problem.scales[slot, NOISE_STD] = instance.noise.std
    problem.scales[slot, MEAN_PATH] = max(1.0, np.dot(paths, instance.probabilities))


def write_realisation(problem: Problem, slot: int, realisation: SocRealisation) -> None:
    """Write arrivals and factors into a slot."""
    count = len(realisation.gap_us)
    problem.counts[slot, NUM_ARRIVALS] = count
    arrival = problem.arrival[slot]
    arrival[:count, GAP] = realisation.gap_us
    arrival[:count, TIME] = np.cumsum(realisation.gap_us)
    arrival[:count, GRAPH_OF] = realisation.graph
    problem.factor[slot, :count, : realisation.factor.shape[1]] = realisation.factor
