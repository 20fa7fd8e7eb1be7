"""Lanes, heads and tails against networkx."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shops import flexible_job_shop, job_shop, open_shop
from dispatchlab.envs.jobshop.structure import Structure
from tests.envs.jobshop.strategies import encodings


def _graph(encoding: CpEncoding, *, inside_jobs: bool = False) -> nx.DiGraph:
    """Precedence graph; an arc weighs what lies between the two starts at least."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(encoding.num_activities))
    shortest = _shortest(encoding)
    columns = (encoding.arc_from, encoding.arc_to, encoding.arc_lag, encoding.arc_from_start)
    for a, b, lag, from_start in zip(*(c.tolist() for c in columns), strict=True):
        if not inside_jobs or encoding.job[a] == encoding.job[b]:
            graph.add_edge(a, b, weight=lag + (0 if from_start else shortest[a]))
    return graph


def _shortest(encoding: CpEncoding) -> list[int]:
    return [int(durations.min()) for durations in _durations(encoding)]


def _durations(encoding: CpEncoding) -> list[np.ndarray]:
    """Durations of the modes of every activity."""
    return np.split(encoding.mode_duration, encoding.mode_ptr[1:-1])


def _longest_paths(graph: nx.DiGraph) -> dict[tuple[int, int], float]:
    """Longest path between every pair that is connected."""
    negated = nx.DiGraph()
    negated.add_nodes_from(graph)
    negated.add_edges_from((a, b, {"weight": -w}) for a, b, w in graph.edges.data("weight"))
    return {
        (a, b): -length
        for a in negated
        for b, length in nx.single_source_bellman_ford_path_length(negated, a).items()
    }


def _chains(structure: Structure) -> list[list[int]]:
    """Activities of each lane, from the first to the last."""
    chains = []
    for first in structure.lane_first.tolist():
        chain = [first]
        while structure.lane_next[chain[-1]] >= 0:
            chain.append(int(structure.lane_next[chain[-1]]))
        chains.append(chain)
    return chains


@settings(max_examples=60)
@given(encoding=encodings(size=12, early=True))
def test_lanes_are_chains_that_cover_everything(encoding: CpEncoding) -> None:
    """Every activity is in one lane, behind another only if the precedences say so."""
    structure, closure = Structure.of(encoding), nx.transitive_closure_dag(_graph(encoding))
    chains = _chains(structure)
    assert sorted(a for chain in chains for a in chain) == list(range(encoding.num_activities))
    assert chains == sorted(chains)
    for lane, chain in enumerate(chains):
        assert (structure.lane[chain] == lane).all()
        assert all(closure.has_edge(a, b) for a, b in pairwise(chain))


@settings(max_examples=60)
@given(encoding=encodings(size=12, early=True))
def test_lanes_are_as_few_as_possible(encoding: CpEncoding) -> None:
    """As many as the largest set of mutually independent activities (Dilworth 1950)."""
    widest = max(len(chain) for chain in nx.antichains(_graph(encoding)))
    assert Structure.of(encoding).num_lanes == widest


@settings(max_examples=60)
@given(encoding=encodings(size=10, early=True))
def test_heads_and_tails_are_longest_paths(encoding: CpEncoding) -> None:
    """With releases before, shortest modes behind, lags between; `job_tail` inside the job."""
    structure, shortest = Structure.of(encoding), _shortest(encoding)
    assert structure.min_duration.tolist() == shortest
    paths = _longest_paths(_graph(encoding))
    inner = _longest_paths(_graph(encoding, inside_jobs=True))
    for a in range(encoding.num_activities):
        heads = [encoding.release[b] + length for (b, c), length in paths.items() if c == a]
        tails = [shortest[c] + length for (b, c), length in paths.items() if b == a]
        own = [shortest[c] + length for (b, c), length in inner.items() if b == a]
        assert structure.head_path[a] == max(heads)
        assert structure.tail_path[a] == max(tails)
        assert structure.job_tail[a] == max(own)


@settings(max_examples=60)
@given(encoding=encodings(size=10, early=True))
def test_sums_run_over_predecessors_and_successors(encoding: CpEncoding) -> None:
    """Mean durations of everything before, everything behind, and how much that is."""
    structure, graph = Structure.of(encoding), _graph(encoding)
    mean = [float(durations.mean()) for durations in _durations(encoding)]
    assert structure.mean_duration.tolist() == pytest.approx(mean)
    for a in graph:
        before, behind = nx.ancestors(graph, a) | {a}, nx.descendants(graph, a) | {a}
        assert structure.head_work[a] == pytest.approx(sum(mean[b] for b in before))
        assert structure.tail_work[a] == pytest.approx(sum(mean[b] for b in behind))
        assert structure.tail_count[a] == len(behind)


@settings(max_examples=40)
@given(encoding=encodings(size=8))
def test_jobs_with_a_precedence_are_ordered(encoding: CpEncoding) -> None:
    """A job counts as ordered when an arc leads from one of its activities to another."""
    inner = _graph(encoding, inside_jobs=True)
    expected = np.zeros(encoding.num_jobs, int)
    for a, _ in inner.edges:
        expected[encoding.job[a]] = 1
    assert Structure.of(encoding).job_is_ordered.tolist() == expected.tolist()


def test_lanes_of_the_classic_shops() -> None:
    """Lanes are the jobs of a (flexible) job shop, and the operations of an open shop."""
    ragged = job_shop([[0, 1, 2], [1]], [[1, 2, 3], [4]])
    assert Structure.of(ragged).lane.tolist() == [0, 0, 0, 1]
    flexible = flexible_job_shop([[[(0, 1), (1, 2)], [(0, 3)]], [[(1, 4)]]])
    assert Structure.of(flexible).lane.tolist() == [0, 0, 1]
    assert Structure.of(open_shop([[1, 2], [3, 4]])).lane.tolist() == [0, 1, 2, 3]


def test_a_large_chain_graph() -> None:
    """2000 operations in 100 jobs, whose sums are taken along the chains."""
    machines = [list(range(20))] * 100
    structure = Structure.of(job_shop(machines, [[2] * 20] * 100))
    assert structure.num_lanes == 100
    assert structure.tail_work[:20].tolist() == [2.0 * (20 - k) for k in range(20)]
