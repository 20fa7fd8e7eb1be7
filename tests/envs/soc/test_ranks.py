"""Ranks of task graphs: the published example, hand-solved chips, and the definitions."""

import numpy as np
import pytest

from dispatchlab.envs.soc.instance import Chip, Injection, SocInstance, TaskGraph
from dispatchlab.envs.soc.ranks import (
    critical_path,
    downward_rank,
    mean_execution,
    mean_transfer,
    optimistic_cost,
    topological_order,
    upward_rank,
)

# Topcuoglu, Hariri and Wu 2002, figure 2: execution times and arcs.
EXECUTION = [
    [14, 16, 9], [13, 19, 18], [11, 13, 19], [13, 8, 17], [12, 13, 10],
    [13, 16, 9], [7, 15, 11], [5, 11, 14], [18, 12, 20], [21, 7, 16],
]  # fmt: skip
ARCS = [
    (0, 1, 18), (0, 2, 12), (0, 3, 9), (0, 4, 11), (0, 5, 14), (1, 7, 19), (1, 8, 16), (2, 6, 23),
    (3, 7, 27), (3, 8, 23), (4, 8, 13), (5, 7, 15), (6, 9, 17), (7, 9, 11), (8, 9, 13),
]  # fmt: skip


def build(
    execution: list[list[int]], arcs: list[tuple[int, int, float]], bandwidth: object = 1.0,
    memory: object = None,
) -> SocInstance:  # fmt: skip
    """One job, a kernel per task."""
    kernels = tuple(f"k{task}" for task in range(len(execution)))
    pes = len(execution[0])
    links = np.array(np.broadcast_to(np.asarray(bandwidth, dtype=float), (pes, pes)))
    names = tuple(f"p{pe}" for pe in range(pes))
    chip = Chip("chip", names, np.zeros(pes), ("all",), kernels, execution, links, memory)
    graph = TaskGraph.build("graph", kernels, arcs)
    once = Injection("batch", max_jobs=1, horizon_us=None, prefill=False, num_jobs=1)
    return SocInstance("instance", chip, (graph,), injection=once)


def test_published_ranks() -> None:
    """Upward and downward ranks of the example, as printed in table 2 of the paper."""
    instance = build(EXECUTION, ARCS)
    up = [108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667]
    down = [0, 31, 25, 22, 24, 27, 62.333, 66.667, 63.667, 93.333]
    assert upward_rank(instance, 0) == pytest.approx(up, abs=1e-3)
    assert downward_rank(instance, 0) == pytest.approx(down, abs=1e-3)
    assert critical_path(instance, 0).tolist() == [0, 1, 8, 9]


def test_critical_path_has_the_full_rank() -> None:
    """Along the critical path, upward and downward rank add up to the length of the job."""
    instance = build(EXECUTION, ARCS)
    both = upward_rank(instance, 0) + downward_rank(instance, 0)
    assert both[critical_path(instance, 0)] == pytest.approx(both.max())


def test_critical_path_begins_at_an_entry() -> None:
    """A job whose first task takes no time still has its path from the very beginning."""
    instance = build([[5], [0]], [(1, 0, 0.0)])
    assert critical_path(instance, 0).tolist() == [1, 0]


def test_means_leave_out_what_is_unsupported() -> None:
    """An element that cannot run a kernel is not in its mean."""
    instance = build([[4, -1, 8], [3, 3, -1]], [(0, 1, 6.0)])
    assert mean_execution(instance, 0).tolist() == [6.0, 3.0]


def test_mean_bandwidth_is_that_between_different_elements() -> None:
    """The volume is divided by the mean of the off-diagonal bandwidths, fractions kept."""
    instance = build([[4, 8], [3, 3]], [(0, 1, 7.0)], [[99.0, 1.0], [3.0, 99.0]])
    assert mean_transfer(instance, 0).tolist() == [3.5]
    assert upward_rank(instance, 0).tolist() == [6 + 3.5 + 3, 3]


def test_single_element() -> None:
    """With one element nothing is transferred, so the ranks are sums of execution times."""
    instance = build([[4], [3]], [(0, 1, 7.0)])
    assert mean_transfer(instance, 0).tolist() == [0.0]
    assert optimistic_cost(instance, 0).tolist() == [[3.0], [0.0]]


def test_shared_memory_has_two_legs() -> None:
    """Through a shared memory, data is written and read, even where it was made."""
    instance = build([[4, 8], [3, 5]], [(0, 1, 12.0)], memory=[[2.0, 3.0], [4.0, 5.0]])
    assert mean_transfer(instance, 0).tolist() == [12 / 3 + 12 / 4]
    assert optimistic_cost(instance, 0).tolist() == [[10.0, 10.0], [0.0, 0.0]]


def test_optimistic_cost_follows_its_definition() -> None:
    """The table of the example equals the recursion of the paper, entry by entry."""
    instance = build(EXECUTION, ARCS)

    def cost(task: int, pe: int) -> float:
        rest = [
            min(cost(j, w) + EXECUTION[j][w] + (0 if w == pe else volume) for w in range(3))
            for i, j, volume in ARCS
            if i == task
        ]
        return max(rest, default=0.0)

    expected = [[cost(task, pe) for pe in range(3)] for task in range(10)]
    assert optimistic_cost(instance, 0).tolist() == expected


def test_optimistic_cost_is_infinite_where_unsupported() -> None:
    """An element that cannot run a task is neither offered nor counted on."""
    instance = build([[4, -1], [-1, 3]], [(0, 1, 6.0)])
    assert optimistic_cost(instance, 0).tolist() == [[9.0, np.inf], [np.inf, 0.0]]


def test_topological_order_takes_the_lowest_free_task() -> None:
    """Arcs may run from high to low indices; the order respects them."""
    graph = TaskGraph.build("graph", ("a", "b", "c", "d"), [(3, 0, 1.0), (2, 1, 1.0)])
    assert topological_order(graph).tolist() == [2, 1, 3, 0]
