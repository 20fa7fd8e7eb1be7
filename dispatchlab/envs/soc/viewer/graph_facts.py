"""What the drawings of a task graph say about its tasks."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatchlab.envs.core.drawing.palette import Rgb
from dispatchlab.envs.soc.instance import FloatArray, IntArray, SocInstance, TaskGraph
from dispatchlab.envs.soc.ranks import critical_path, downward_rank, mean_execution, upward_rank
from dispatchlab.envs.soc.viewer.layers import Drawing, graph_index, lay_out_graph

CRITICAL: Rgb = (190, 30, 45)
MAX_NAMES = 40  # tasks up to which their names are written
MAX_VOLUMES = 60  # arcs up to which their volumes are written


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """A laid-out job type with what schedulers know of its tasks.

    Attributes:
        instance: The instance.
        shape: The job type.
        drawing: Where tasks and arcs lie.
        expected: ``(T, P)`` expected execution times.
        mean: ``(T,)`` mean over the elements that support the task.
        up: ``(T,)`` upward rank.
        down: ``(T,)`` downward rank.
        best: ``(T,)`` cluster of the fastest element.
        path: The critical path.
    """

    instance: SocInstance
    shape: TaskGraph
    drawing: Drawing
    expected: IntArray
    mean: FloatArray
    up: FloatArray
    down: FloatArray
    best: IntArray
    path: tuple[int, ...]

    @classmethod
    def of(cls, instance: SocInstance, graph: str | int) -> "GraphFacts":
        """Look at a job type, by name or index."""
        number = graph_index(instance, graph)
        expected = instance.expected_us(number)
        fastest = np.where(expected >= 0, expected, np.iinfo(np.int64).max).argmin(axis=1)
        return cls(
            instance,
            instance.graphs[number],
            lay_out_graph(instance.graphs[number]),
            expected,
            mean_execution(instance, number),
            upward_rank(instance, number),
            downward_rank(instance, number),
            instance.chip.cluster[fastest],
            tuple(critical_path(instance, number).tolist()),
        )

    @property
    def headline(self) -> str:
        """What the graph is, in one line."""
        return (
            f"{self.shape.name}: {self.shape.num_tasks} tasks, {len(self.shape.arc_from)} arcs, "
            f"critical path {self.up.max():.1f} µs by mean times"
        )

    def is_critical(self, arc: int) -> bool:
        """Whether an arc lies on the critical path."""
        ends = int(self.shape.arc_from[arc]), int(self.shape.arc_to[arc])
        return ends in pairwise(self.path)

    def diameters(self, largest: float, smallest: float) -> FloatArray:
        """``(T,)`` sizes whose areas are as the mean execution times."""
        scale = np.sqrt(self.mean / max(float(self.mean.max()), 1e-9))
        sizes: FloatArray = np.maximum(smallest, largest * scale)
        return sizes

    def times(self, task: int) -> str:
        """Expected times by cluster, such as ``A7 15, A15 8``."""
        chip = self.instance.chip
        shown: dict[str, set[int]] = {}
        for pe, time in enumerate(self.expected[task].tolist()):
            if time >= 0:
                shown.setdefault(chip.cluster_names[chip.cluster[pe]], set()).add(time)
        return ", ".join(f"{name} {'/'.join(map(str, sorted(t)))}" for name, t in shown.items())
