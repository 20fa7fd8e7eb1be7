"""The problem data of the SoC family, and what their validation refuses."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.soc.instance import (
    Chip,
    Injection,
    Noise,
    OperatingPoints,
    SocInstance,
    TaskGraph,
    transfer_us,
)
from dispatchlab.envs.soc.limits import SocLimits, width
from dispatchlab.envs.soc.realisation import draw, num_arrivals
from dispatchlab.envs.soc.validation import find_cycle

GRAPH = TaskGraph.build("g", ("a", "b", "a"), [(0, 1, 5.0), (0, 2, 7.0)], ("x", "y", "z"))
CHIP = Chip(
    name="c",
    pe_names=("P1", "P2"),
    cluster=[0, 0],
    cluster_names=("CPU",),
    kernels=("a", "b"),
    exec_us=[[3, 4], [5, -1]],
    bandwidth=np.ones((2, 2)),
)
INSTANCE = SocInstance("i", CHIP, (GRAPH,))


def test_graph_is_frozen() -> None:
    """Arrays of a graph cannot be changed, and names default to the kernels."""
    graph = TaskGraph.build("g", ("a", "a"), [(0, 1, 2.0)])
    assert graph.task_names == ("a", "a")
    with pytest.raises(ValueError, match="read-only"):
        graph.arc_to[0] = 0


@pytest.mark.parametrize(
    ("arcs", "message"),
    [
        ([(0, 1, 1), (1, 2, 1), (2, 1, 1)], r"cyclic: 1 \(y\) -> 2 \(z\) -> 1 \(y\)"),
        ([(1, 1, 1)], r"cyclic: 1 \(y\) -> 1 \(y\)"),
        ([(0, 3, 1)], r"arc_to\[0\] is 3; tasks are numbered 0 to 2"),
        ([(-1, 1, 1)], r"arc_from\[0\] is -1"),
        ([(0, 1, 1), (0, 1, 2)], r"arc 0 -> 1 is given twice"),
        ([(0, 1, -1)], r"volume\[0\] of the arc 0 -> 1 is -1"),
        ([(0, 1, float("nan"))], r"volume\[0\] of the arc 0 -> 1 is nan"),
        ([(0, 1, float("inf"))], r"volume\[0\] of the arc 0 -> 1 is inf"),
        ([(0, 0.5, 1)], r"arc_to holds fractions"),
        ([(0, "b", 1)], r"arc_to is no table of numbers"),
    ],
)
def test_bad_arcs(arcs: list[tuple[int, int, float]], message: str) -> None:
    """Every contradiction of the arcs names the arc and the value."""
    with pytest.raises(InvalidInstanceError, match=message):
        TaskGraph.build("g", ("a", "b", "c"), arcs, ("x", "y", "z"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name of the graph is ''"),
        ({"kernels": ()}, "has no tasks"),
        ({"kernels": ("a", "", "c")}, r"kernels\[1\] is ''"),
        ({"task_names": ("x",)}, "has 1 task_names for 3 tasks"),
        ({"task_names": ("x", "x", "z")}, "task_names name 'x' twice"),
        ({"volume": [1.0]}, r"shapes \(2,\), \(2,\) and \(1,\)"),
    ],
)
def test_bad_graph(changes: dict[str, object], message: str) -> None:
    """Empty graphs and mismatched columns are refused."""
    with pytest.raises(InvalidInstanceError, match=message):
        replace(GRAPH, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, "name of the chip is 3"),
        ({"pe_names": ()}, "has no pe_names"),
        ({"pe_names": ("P", "P")}, "pe_names name 'P' twice"),
        ({"kernels": ("a", "a")}, "kernels name 'a' twice"),
        ({"cluster_names": ("CPU", "CPU")}, "cluster_names name 'CPU' twice"),
        ({"cluster": [0, 1]}, "cluster of 'P2' is 1; it must be between 0 and 0"),
        ({"cluster": [0]}, r"cluster of shape \(1,\)"),
        ({"exec_us": [[3, 4]]}, r"exec_us of shape \(1, 2\); it must be \(2, 2\)"),
        ({"exec_us": [[3, 4], [5, -2]]}, "kernel 'b' on 'P2' is -2"),
        ({"exec_us": [[3, 4], [5, 10**12]]}, "kernel 'b' on 'P2' is 1000000000000"),
        ({"exec_us": [[3, 4], [5]]}, "exec_us is no table of numbers"),
        ({"exec_us": [[3, 4], [5, 1.5]]}, "exec_us holds fractions"),
        ({"exec_us": [[3, 4], [5, float("nan")]]}, "exec_us is no table of numbers"),
        ({"bandwidth": [[1, 0], [1, 1]]}, "bandwidth from 'P1' to 'P2' is 0"),
        ({"bandwidth": [[1, 1], [-2, 1]]}, "bandwidth from 'P2' to 'P1' is -2"),
        ({"bandwidth": [[1, 1], [float("nan"), 1]]}, "bandwidth from 'P2' to 'P1' is nan"),
        ({"bandwidth": [[1]]}, r"bandwidth of shape \(1, 1\)"),
        ({"memory_bandwidth": [[1, 1], [1, 0]]}, "memory_bandwidth from memory of 'P2' is 0"),
        ({"memory_bandwidth": [[1, 1]]}, "memory_bandwidth of shape"),
        ({"operating_points": (OperatingPoints((1,), (1,), (1, 2)),) * 2}, "2 of 1 clusters"),
        ({"operating_points": (OperatingPoints((1,), (1,), (1,)),)}, "1 to 2"),
        ({"operating_points": (OperatingPoints((2, 1), (1, 1), (1, 2)),)}, "ascending"),
        ({"operating_points": (OperatingPoints((1,), (0,), (1, 2)),)}, "voltage_mv"),
    ],
)
def test_bad_chip(changes: dict[str, object], message: str) -> None:
    """Every contradiction of a chip's tables names the field and the value."""
    with pytest.raises(InvalidInstanceError, match=message):
        replace(CHIP, **changes)


def test_diagonal_bandwidth_is_not_read() -> None:
    """Data that stays where it is needs no link."""
    assert replace(CHIP, bandwidth=[[0, 1], [1, 0]]).num_pes == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name of the instance"),
        ({"graphs": ()}, "has no graphs"),
        ({"graphs": (GRAPH, GRAPH)}, "graphs name 'g' twice"),
        ({"graphs": (TaskGraph.build("h", ("q",), []),)}, "kernel 'q' of task 0 of the graph 'h'"),
        ({"probabilities": (0.5,)}, "sum to 0.5"),
        ({"probabilities": (-1.0,)}, r"probabilities\[0\] is -1"),
        ({"probabilities": (float("nan"),)}, r"probabilities\[0\] is nan"),
        ({"probabilities": (0.5, 0.5)}, "2 probabilities for 1 graphs"),
        ({"chip": replace(CHIP, exec_us=[[3, 4], [-1, -1]])}, "no PE of the chip 'c' supports"),
        ({"chip": replace(CHIP, bandwidth=np.full((2, 2), 1e-12))}, "over the slowest link"),
        ({"noise": Noise("uniform", 0.1)}, "noise.kind is 'uniform'"),
        ({"noise": Noise("gaussian", -0.1)}, "noise.std is -0.1"),
        ({"noise": Noise("gaussian", float("nan"))}, "noise.std is nan"),
        ({"noise": Noise("gaussian", True)}, "noise.std is True"),
    ],
)
def test_bad_instance(changes: dict[str, object], message: str) -> None:
    """Parts that do not fit each other are refused."""
    with pytest.raises(InvalidInstanceError, match=message):
        replace(INSTANCE, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "poisson"}, "injection.mode is 'poisson'"),
        ({"mean_gap_us": 0.0}, "mean_gap_us is 0.0"),
        ({"mean_gap_us": float("nan")}, "mean_gap_us is nan"),
        ({"mean_gap_us": "25"}, "mean_gap_us is '25'"),
        ({"max_jobs": 0}, "max_jobs is 0"),
        ({"max_jobs": 2.5}, "max_jobs is 2.5"),
        ({"max_jobs": True}, "max_jobs is True"),
        ({"horizon_us": 0}, "horizon_us is 0"),
        ({"horizon_us": None}, "horizon_us is missing"),
        ({"mode": "blocked", "horizon_us": None}, "horizon_us is missing"),
        ({"mode": "unbounded", "horizon_us": None}, "horizon_us is missing"),
        ({"warmup_us": -1}, "warmup_us is -1"),
        ({"warmup_us": 5000}, "warmup_us is 5000, but the episode ends at horizon_us 5000"),
        ({"prefill": 1}, "prefill is 1"),
        ({"horizon_us": 10**10}, "more than 1000000 arrivals"),
        ({"num_jobs": 3}, "num_jobs is 3, but the mode is 'lossy'"),
        ({"mode": "batch"}, "num_jobs is 0"),
        ({"mode": "trace"}, "trace has 0 arrivals, but the mode is 'trace'"),
        ({"trace": ((0, 0),)}, "trace has 1 arrivals, but the mode is 'lossy'"),
        ({"mode": "trace", "trace": ((5, 0), (4, 0))}, r"trace\[1\] is \(4, 0\), after time 5"),
        ({"mode": "trace", "trace": ((-1, 0),)}, r"trace\[0\] is \(-1, 0\)"),
        ({"mode": "trace", "trace": ((0, 1),)}, r"trace\[0\] is \(0, 1\); graphs are numbered 0"),
        ({"mode": "trace", "trace": ((0, 0.5),)}, "give whole numbers"),
        ({"mode": "trace", "trace": ((0,),)}, "give whole numbers"),
    ],
)
def test_bad_injection(changes: dict[str, object], message: str) -> None:
    """Settings of the stream that are out of range are refused."""
    with pytest.raises(InvalidInstanceError, match=message):
        INSTANCE.with_injection(**changes)


def test_batch_and_trace_need_no_horizon() -> None:
    """They end when all jobs are complete."""
    batch = INSTANCE.with_injection(mode="batch", num_jobs=2, horizon_us=None)
    trace = INSTANCE.with_injection(mode="trace", trace=((0, 0), (0, 0)), horizon_us=None)
    assert (num_arrivals(batch), num_arrivals(trace)) == (2, 2)


def test_expected_us() -> None:
    """Rows of the execution table in the order of the tasks."""
    assert INSTANCE.expected_us(0).tolist() == [[3, 4], [5, -1], [3, 4]]
    assert transfer_us(19.0, 10.0) == 1


def test_equality_and_text() -> None:
    """Copies are equal, changes are seen, and the text says what there is."""
    assert replace(INSTANCE) == INSTANCE
    assert INSTANCE.with_noise("gaussian", 0.1) != INSTANCE
    assert str(INSTANCE).startswith("i: 1 task graph(s) of up to 3 tasks on 2 processing elements")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True))
def test_cycles_and_width(pairs: list[tuple[int, int]]) -> None:
    """Cycles are found exactly where networkx finds some; widths are largest antichains."""
    digraph = nx.DiGraph(pairs)
    digraph.add_nodes_from(range(8))
    cycle = find_cycle(8, [a for a, _ in pairs], [b for _, b in pairs])
    assert bool(cycle) != nx.is_directed_acyclic_graph(digraph)
    if cycle:
        assert all(step in pairs for step in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    else:
        graph = TaskGraph.build("g", "k" * 8, [(a, b, 1.0) for a, b in pairs])
        assert width(graph) == max(len(chain) for chain in nx.antichains(digraph))


@pytest.mark.parametrize("mean_gap_us", [0.5, 1.0, 3.0, 100.0])
def test_arrivals_outlast_the_horizon(mean_gap_us: float) -> None:
    """The drawn arrivals reach beyond the horizon, however short the gaps."""
    instance = INSTANCE.with_injection(mean_gap_us=mean_gap_us, horizon_us=2000)
    for seed in range(200):
        gaps = draw(np.random.default_rng(seed), instance).gap_us
        assert gaps.sum() > 2000
        assert len(gaps) == num_arrivals(instance)


def test_limits() -> None:
    """Sizes of an instance; merged limits hold both."""
    limits = SocLimits.of(INSTANCE)
    assert limits[:7] == (2, 1, 3, 3, 2, 2, 3)
    assert limits.ready == 3 * 2
    other = limits._replace(pes=5, arcs=0)
    assert limits.merge(other) == limits._replace(pes=5)


def test_default_injection() -> None:
    """The defaults are those of the published benchmark."""
    assert Injection() == Injection("lossy", 25.0, 3, 5000, 0, True)
