"""Edits of task graphs on chips, and what scores of them mean."""

from dataclasses import replace

import numpy as np
import pytest

from dispatchlab.envs.soc.instance import Chip, Injection, SocInstance, TaskGraph
from dispatchlab.train.levels.edits import Place
from dispatchlab.train.levels.generated import PAR
from dispatchlab.train.levels.soc import make
from dispatchlab.train.levels.soc_edits import (
    add_arc,
    remove_arc,
    remove_leaf,
    scale_gap,
    scale_task,
    scale_volume,
)

KERNELS = ("a", "b", "c", "d")


@pytest.fixture
def instance() -> SocInstance:
    """A diamond without its right lower edge, and a chain, on two elements."""
    chip = Chip(
        name="two", pe_names=("P1", "P2"), cluster=np.arange(2), cluster_names=("P1", "P2"),
        kernels=KERNELS, exec_us=np.array([[10, 20], [1, -1], [6, 0], [30, 40]]),
        bandwidth=np.ones((2, 2)),
    )  # fmt: skip
    graphs = (
        TaskGraph.build("fork", KERNELS, [(0, 1, 5.0), (0, 2, 8.0), (1, 3, 2.0)]),
        TaskGraph.build("chain", ("a", "d"), [(0, 1, 4.0)]),
    )
    stream = Injection(mean_gap_us=100.0, max_jobs=2, horizon_us=1000)
    return SocInstance("made", chip, graphs, injection=stream)


def arcs(graph: TaskGraph) -> list[tuple[int, int, float]]:
    """Triples of tail, head and volume."""
    return list(
        zip(graph.arc_from.tolist(), graph.arc_to.tolist(), graph.volume.tolist(), strict=True)
    )


def test_removes_an_arc(instance: SocInstance) -> None:
    """Arcs are counted over all graphs: the second of four is in the first, the last is not."""
    assert arcs(remove_arc(instance, Place(1, 4)).graphs[0]) == [(0, 1, 5.0), (1, 3, 2.0)]
    assert arcs(remove_arc(instance, Place(3, 4)).graphs[1]) == []


def test_adds_an_arc(instance: SocInstance) -> None:
    """Task 3 waits for task 2, of which it was independent, with the mean volume."""
    assert arcs(add_arc(instance, Place(3, 6)).graphs[0])[-1] == (2, 3, 5.0)
    assert add_arc(instance, Place(5, 6)) is instance  # the chain is full


def test_removes_a_leaf(instance: SocInstance) -> None:
    """Task 2 goes, and task 3 becomes task 2; a chain of two stays as it is."""
    changed = remove_leaf(instance, Place(0, 2))
    assert changed.graphs[0].kernels == ("a", "b", "d")
    assert arcs(changed.graphs[0]) == [(0, 1, 5.0), (1, 2, 2.0)]
    assert changed.graphs[1] == instance.graphs[1]
    only_chain = replace(instance, graphs=instance.graphs[1:], probabilities=())
    assert remove_leaf(only_chain, Place(0, 1)) is only_chain


def test_scales_a_kernel(instance: SocInstance) -> None:
    """Times stay between 1 and the longest; what takes no time or is impossible stays so."""
    rows = [
        scale_task(instance, Place(task, 6), factor).chip.exec_us[task].tolist()
        for task, factor in ((0, 2.0), (1, 0.5), (2, 2.0), (3, 2.0))
    ]
    assert rows == [[20, 40], [1, -1], [12, 0], [40, 40]]


def test_scales_a_volume(instance: SocInstance) -> None:
    """At most to the most that any arc carries."""
    assert scale_volume(instance, Place(0, 4), 2.0).graphs[0].volume.tolist() == [8.0, 8.0, 2.0]
    assert scale_volume(instance, Place(3, 4), 0.5).graphs[1].volume.tolist() == [2.0]


def test_changes_the_gap(instance: SocInstance) -> None:
    """Gaps grow while at least two arrivals are expected."""
    assert scale_gap(instance, 1.4).injection.mean_gap_us == pytest.approx(140.0)
    assert scale_gap(instance, 0.7).injection.mean_gap_us == pytest.approx(70.0)
    slow = instance.with_injection(mean_gap_us=400.0)
    assert scale_gap(slow, 1.4) is slow
    batch = instance.with_injection(mode="batch", num_jobs=3, prefill=False)
    assert scale_gap(batch, 0.7) is batch


def test_objective_is_time_per_job() -> None:
    """Job time over completed jobs, as if one were complete where none is."""
    levels = make("random:num_tasks=5-6")
    terms = [{"job_time_us": 600.0, "completed": 4.0}, {"job_time_us": 70.0, "completed": 0.0}]
    final = {"objective": np.array([600.0, 70.0]), "reward_terms": terms}
    assert [levels.objective(final, row) for row in range(2)] == [150.0, 70.0]


def test_score() -> None:
    """The reference has the par score, twice its time half of that, and much less time 1."""
    levels = make("random:num_tasks=5-6")
    scores = [levels.judge((None, None), objective, 60.0) for objective in (60.0, 120.0, 30.0)]
    assert scores == pytest.approx([PAR, PAR / 2, 1.0])
