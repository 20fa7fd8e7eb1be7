"""Edits of streams of task graphs on a chip."""

from dataclasses import replace
from functools import partial

import numpy as np

from dispatchlab.envs.soc.instance import SocInstance, TaskGraph
from dispatchlab.envs.soc.settings import STREAMS
from dispatchlab.train.levels.edits import Edit, Place, places

TARGETS = 16  # tasks, and arcs that are removed or added
VOLUMES = 8  # arcs whose volume changes
LEAVES = 4  # tasks without successors
FEWEST_TASKS = 2  # of a graph
LEAST_ARRIVALS = 2.0  # expected in an episode
FACTORS = {0.5: "halve", 2.0: "double"}
GAPS = {0.7: "let jobs arrive faster", 1.4: "let jobs arrive slower"}


def remove_arc(instance: SocInstance, arc: Place) -> SocInstance:
    """Take an arc out, of all arcs of all graphs."""
    found = _arc_at(instance, arc)
    if found is None:
        return instance
    graph, index = found
    keep = np.arange(len(instance.graphs[graph].arc_from)) != index
    return _with_arcs(instance, graph, keep)


def add_arc(instance: SocInstance, task: Place) -> SocInstance:
    """Let a task wait for another one: the last one before it of which it is independent."""
    number, head = _task_at(instance, task)
    graph = instance.graphs[number]
    related = _reached(graph, head, backwards=True) | _reached(graph, head, backwards=False)
    free = [tail for tail in range(graph.num_tasks) if tail not in related and tail != head]
    if not free:
        return instance
    tail = max([one for one in free if one < head] or free)
    volume = float(graph.volume.mean()) if len(graph.volume) else 0.0
    changed = replace(
        graph,
        arc_from=np.append(graph.arc_from, tail),
        arc_to=np.append(graph.arc_to, head),
        volume=np.append(graph.volume, volume),
    )
    return _with_graph(instance, number, changed)


def remove_leaf(instance: SocInstance, leaf: Place) -> SocInstance:
    """Take a task out for which no other one waits."""
    leaves = [
        (number, task)
        for number, graph in enumerate(instance.graphs)
        for task in np.setdiff1d(np.arange(graph.num_tasks), graph.arc_from).tolist()
        if graph.num_tasks > FEWEST_TASKS
    ]
    if not leaves:
        return instance
    number, task = leaves[leaf.pick(len(leaves))]
    graph = instance.graphs[number]
    arcs = graph.arc_to != task
    named = graph.task_names != graph.kernels
    changed = replace(
        graph,
        kernels=_without(graph.kernels, task),
        arc_from=_renumbered(graph.arc_from[arcs], task),
        arc_to=_renumbered(graph.arc_to[arcs], task),
        volume=graph.volume[arcs],
        task_names=_without(graph.task_names, task) if named else (),
    )
    return _with_graph(instance, number, changed)


def scale_task(instance: SocInstance, task: Place, factor: float) -> SocInstance:
    """Change the times of a task's kernel, at most to the longest of the chip, at least to 1."""
    number, index = _task_at(instance, task)
    chip = instance.chip
    row = chip.kernels.index(instance.graphs[number].kernels[index])
    times = chip.exec_us.copy()
    scaled = np.clip(np.rint(times[row] * factor), 1, max(1, times.max()))
    times[row] = np.where(times[row] > 0, scaled, times[row])
    return replace(instance, chip=replace(chip, exec_us=times))


def scale_volume(instance: SocInstance, arc: Place, factor: float) -> SocInstance:
    """Change what one task sends to another, at most to the most that any sends."""
    found = _arc_at(instance, arc)
    if found is None:
        return instance
    number, index = found
    graph = instance.graphs[number]
    most = max(float(one.volume.max(initial=0.0)) for one in instance.graphs)
    volume = graph.volume.copy()
    volume[index] = min(volume[index] * factor, most)
    return _with_graph(instance, number, replace(graph, volume=volume))


def scale_gap(instance: SocInstance, factor: float) -> SocInstance:
    """Change the mean time between arrivals; a few are expected in any case."""
    stream = instance.injection
    gap = stream.mean_gap_us * factor
    if stream.mode not in STREAMS or gap * LEAST_ARRIVALS > (stream.horizon_us or 0):
        return instance
    return instance.with_injection(mean_gap_us=gap)


def _arc_at(instance: SocInstance, arc: Place) -> tuple[int, int] | None:
    """Graph and index of an arc, of all arcs of all graphs."""
    return _located([len(graph.arc_from) for graph in instance.graphs], arc)


def _task_at(instance: SocInstance, task: Place) -> tuple[int, int]:
    """Graph and index of a task, of all tasks of all graphs."""
    found = _located([graph.num_tasks for graph in instance.graphs], task)
    return found or (0, 0)


def _located(sizes: list[int], place: Place) -> tuple[int, int] | None:
    """List and index of an entry, of all entries of some lists."""
    if not sum(sizes):
        return None
    flat = place.pick(sum(sizes))
    ends = np.cumsum(sizes)
    number = int(np.searchsorted(ends, flat, side="right"))
    return number, flat - int(ends[number] - sizes[number])


def _reached(graph: TaskGraph, task: int, *, backwards: bool) -> set[int]:
    """Tasks that come before or after a task, directly or not."""
    tails, heads = graph.arc_from.tolist(), graph.arc_to.tolist()
    pairs = list(zip(heads, tails, strict=True) if backwards else zip(tails, heads, strict=True))
    found: set[int] = set()
    left = [task]
    while left:
        one = left.pop()
        fresh = {end for start, end in pairs if start == one} - found
        found |= fresh
        left += sorted(fresh)
    return found


def _with_arcs(instance: SocInstance, number: int, keep: np.ndarray) -> SocInstance:
    graph = instance.graphs[number]
    columns = {name: getattr(graph, name)[keep] for name in ("arc_from", "arc_to", "volume")}
    return _with_graph(instance, number, replace(graph, **columns))


def _with_graph(instance: SocInstance, number: int, graph: TaskGraph) -> SocInstance:
    graphs = (*instance.graphs[:number], graph, *instance.graphs[number + 1 :])
    return replace(instance, graphs=graphs)


def _without(names: tuple[str, ...], index: int) -> tuple[str, ...]:
    return (*names[:index], *names[index + 1 :])


def _renumbered(ends: np.ndarray, removed: int) -> np.ndarray:
    return ends - (ends > removed)


EDITS: tuple[Edit[SocInstance], ...] = (
    *(Edit(f"remove arc {arc}", partial(remove_arc, arc=arc)) for arc in places(TARGETS)),
    *(
        Edit(f"let task {task} wait for another", partial(add_arc, task=task))
        for task in places(TARGETS)
    ),
    *(Edit(f"remove leaf {leaf}", partial(remove_leaf, leaf=leaf)) for leaf in places(LEAVES)),
    *(
        Edit(f"{verb} the times of task {task}", partial(scale_task, task=task, factor=factor))
        for factor, verb in FACTORS.items()
        for task in places(TARGETS)
    ),
    *(
        Edit(f"{verb} the volume of arc {arc}", partial(scale_volume, arc=arc, factor=factor))
        for factor, verb in FACTORS.items()
        for arc in places(VOLUMES)
    ),
    *(Edit(words, partial(scale_gap, factor=factor)) for factor, words in GAPS.items()),
)
