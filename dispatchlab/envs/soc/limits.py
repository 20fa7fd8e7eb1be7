"""SocLimits: upper bounds of the sizes of what an environment can play."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from dispatchlab.envs.soc.instance import IntArray, SocInstance, TaskGraph
from dispatchlab.envs.soc.realisation import num_arrivals


class SocLimits(NamedTuple):
    """Sizes of the arrays; spaces are fixed by them.

    Attributes:
        pes: Processing elements.
        graphs: Job types of an instance.
        tasks: Tasks of the largest graph.
        total_tasks: Tasks of all graphs of an instance.
        arcs: Arcs of all graphs of an instance.
        graph_arcs: Arcs of the graph that has most of them.
        jobs: Jobs in work at once.
        arrivals: Arrivals of an episode.
        ready: Tasks that can be ready at once.
    """

    pes: int
    graphs: int
    tasks: int
    total_tasks: int
    arcs: int
    graph_arcs: int
    jobs: int
    arrivals: int
    ready: int

    @classmethod
    def of(cls, instance: SocInstance) -> "SocLimits":
        """The exact sizes of an instance; ``ready`` is the least bound that its graphs allow."""
        tasks = [graph.num_tasks for graph in instance.graphs]
        arcs = [len(graph.arc_from) for graph in instance.graphs]
        jobs = int(instance.injection.max_jobs)
        return cls(
            pes=instance.chip.num_pes,
            graphs=len(instance.graphs),
            tasks=max(tasks),
            total_tasks=sum(tasks),
            arcs=sum(arcs),
            graph_arcs=max(arcs),
            jobs=jobs,
            arrivals=num_arrivals(instance),
            ready=jobs * max(width(graph) for graph in instance.graphs),
        )

    def merge(self, other: "SocLimits") -> "SocLimits":
        """Limits that hold both."""
        return SocLimits(*(max(a, b) for a, b in zip(self, other, strict=True)))


def width(graph: TaskGraph) -> int:
    """Most tasks of a graph of which none has to wait for another.

    By Dilworth's theorem that is the least number of chains that cover all tasks: their number
    less the largest matching of tasks with later ones.

    Args:
        graph: A task graph.

    Returns:
        The size of the largest antichain.
    """
    return _width(graph.num_tasks, graph.arc_from.tobytes(), graph.arc_to.tobytes())


@lru_cache(maxsize=1024)
def _width(count: int, arc_from: bytes, arc_to: bytes) -> int:
    tails, heads = (np.frombuffer(ends, np.int64) for ends in (arc_from, arc_to))
    later = _closure(count, tails, heads)
    matched = maximum_bipartite_matching(csr_matrix(later), perm_type="column")
    return count - int(np.count_nonzero(matched >= 0))


def _closure(count: int, tails: IntArray, heads: IntArray) -> npt.NDArray[np.bool_]:
    """``(T, T)`` whether the column's task comes, directly or not, after the row's."""
    later = np.zeros((count, count), dtype=bool)
    successors: list[list[int]] = [[] for _ in range(count)]
    missing = np.bincount(tails, minlength=count).tolist()
    predecessors: list[list[int]] = [[] for _ in range(count)]
    for tail, head in zip(tails.tolist(), heads.tolist(), strict=True):
        successors[tail].append(head)
        predecessors[head].append(tail)
    done = [task for task in range(count) if not missing[task]]
    for task in done:  # grows: from the last tasks backwards
        for after in successors[task]:
            later[task] |= later[after]
            later[task, after] = True
        for before in predecessors[task]:
            missing[before] -= 1
            if not missing[before]:
                done.append(before)
    return later
