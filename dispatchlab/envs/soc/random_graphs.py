"""Random task graphs in layers, and random chips to run them on.

The parameters are those of the random graphs of Topcuoglu, Hariri and Wu (IEEE TPDS 13(3), 2002,
section 6) and of the DAG generators that followed: size, shape ("fat"), density,
communication-to-computation ratio and heterogeneity.
"""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.soc.instance import UNSUPPORTED, Chip, FloatArray, TaskGraph
from dispatchlab.envs.soc.limits import width

MAX_PARENTS = 6
TRIES_PER_SHAPE = 4
SLIMMER = 0.7


class GraphStyle(NamedTuple):
    """What random graphs look like.

    Attributes:
        num_tasks: Tasks.
        fat: Mean tasks per layer over the square root of their number; the number of layers is
            its inverse.
        density: A task has one parent in the layer before, and up to this share of that layer
            more, at most `MAX_PARENTS` in all.
        ccr: Mean transfer time over mean execution time.
        max_width: Most tasks of which none waits for another; a wider graph is drawn again, from
            slimmer shapes in the end.
    """

    num_tasks: int
    fat: float
    density: float
    ccr: float
    max_width: int


class ChipStyle(NamedTuple):
    """What random chips look like.

    Attributes:
        num_pes: Processing elements.
        mean_exec_us: Mean execution time w; the mean of a kernel is uniform on [0, 2 w].
        heterogeneity: An execution time is uniform within this share of the kernel's mean, half
            below and half above (0: equal elements; 2: from 0 to twice the mean).
        unsupported: Chance that an element does not support a kernel; one always does.
    """

    num_pes: int
    mean_exec_us: float
    heterogeneity: float
    unsupported: float


def random_graph(
    rng: np.random.Generator, style: GraphStyle, name: str, mean_exec_us: float
) -> TaskGraph:
    """Draw a task graph whose kernels are its own tasks.

    Args:
        rng: Source of randomness.
        style: What it looks like.
        name: Name of the graph; kernels are ``name.0``, ``name.1``, ...
        mean_exec_us: Mean execution time, to which volumes are scaled; bandwidths are 1.

    Returns:
        The graph, its tasks in topological order, of width at most ``style.max_width``.
    """
    kernels = [f"{name}.{task}" for task in range(style.num_tasks)]
    fat, graph, tries = style.fat, None, 0
    while graph is None or width(graph) > style.max_width:
        pairs = _random_arcs(rng, style, fat)
        volumes = rng.uniform(0.0, 2.0 * style.ccr * mean_exec_us, len(pairs)).round()
        arcs = [(a, b, volume) for (a, b), volume in zip(pairs, volumes.tolist(), strict=True)]
        graph = TaskGraph.build(name, kernels, arcs)
        tries += 1
        # ends: the slimmest shape is a chain
        fat = style.fat * SLIMMER ** (tries // TRIES_PER_SHAPE)
    return graph


def random_chip(rng: np.random.Generator, style: ChipStyle, kernels: tuple[str, ...]) -> Chip:
    """Draw a chip with an unrelated execution table and bandwidths of 1.

    Args:
        rng: Source of randomness.
        style: What it looks like.
        kernels: Rows of its table.

    Returns:
        The chip; every element is a cluster of its own.
    """
    pes = style.num_pes
    shape = (len(kernels), pes)
    mean = rng.uniform(0.0, 2.0 * style.mean_exec_us, (len(kernels), 1))
    half = style.heterogeneity / 2.0
    times: FloatArray = mean * rng.uniform(1.0 - half, 1.0 + half, shape)
    exec_us = np.maximum(1, times.round()).astype(np.int64)
    missing = rng.random(shape) < style.unsupported
    missing[np.arange(len(kernels)), rng.integers(pes, size=len(kernels))] = False
    exec_us[missing] = UNSUPPORTED
    names = tuple(f"P{pe}" for pe in range(1, pes + 1))
    return Chip(
        name=f"random-{pes}",
        pe_names=names,
        cluster=np.arange(pes),
        cluster_names=names,
        kernels=kernels,
        exec_us=exec_us,
        bandwidth=np.ones((pes, pes)),
    )


def _random_arcs(rng: np.random.Generator, style: GraphStyle, fat: float) -> list[tuple[int, int]]:
    """Arcs from parents in the layer before."""
    arcs: list[tuple[int, int]] = []
    first, layer = 0, _layer_size(rng, fat, style)
    done = layer
    while done < style.num_tasks:
        size = min(_layer_size(rng, fat, style), style.num_tasks - done)
        most = min(1 + int(style.density * layer), layer, MAX_PARENTS)
        for task in range(done, done + size):
            count = int(rng.integers(1, most + 1))
            parents = rng.choice(layer, count, replace=False)
            arcs += [(first + int(parent), task) for parent in np.sort(parents)]
        first, layer, done = done, size, done + size
    return arcs


def _layer_size(rng: np.random.Generator, fat: float, style: GraphStyle) -> int:
    """Uniform with mean ``fat * sqrt(tasks)``, unless that is too wide."""
    most = max(1, round(2.0 * fat * style.num_tasks**0.5 - 1.0))
    return min(int(rng.integers(1, most + 1)), style.num_tasks, style.max_width)
