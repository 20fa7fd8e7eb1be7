"""Tests of tabu search: its graph against networkx, its moves against what they promise."""

import dataclasses
from typing import Any

import hypothesis.strategies as st
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.baselines.solvers.tabu import TabuSolver, why_not
from dispatchlab.baselines.solvers.tabu.search import begin, search, wander
from dispatchlab.baselines.solvers.tabu.shop import (
    FIRST,
    ITERATION,
    LAST,
    MAKESPAN,
    PROMISE,
    TIES,
    Shop,
    Work,
    shop_of,
    work_for,
)
from dispatchlab.baselines.solvers.tabu.solver import _machine_predecessors, _schedule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import verify

FT06 = load_instance("ft06")
TABU = "dispatchlab.baselines.solvers.tabu"


@st.composite
def shops(draw: st.DrawFn) -> CpEncoding:
    """Operations without or with a machine, any precedences, releases, and durations of 0."""
    n, machines = draw(st.integers(2, 14)), draw(st.integers(1, 4))
    ints = st.integers
    machine = draw(st.lists(ints(-1, machines - 1), min_size=n, max_size=n))
    duration = draw(st.lists(ints(0, 9), min_size=n, max_size=n))
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    arcs = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=n))
    release = draw(st.lists(st.sampled_from([0, 0, 0, 3, 8]), min_size=n, max_size=n))
    activities = [
        [(time, [] if on < 0 else [(on, 1)])] for time, on in zip(duration, machine, strict=True)
    ]
    return CpEncoding.build(activities, [1] * machines, arcs, release=release)


def started(encoding: CpEncoding, seed: int = 0) -> tuple[Shop, Work]:
    """A search at the schedule of no rule."""
    shop = shop_of(encoding)
    work = work_for(shop, [seed])
    begin(shop, work, _machine_predecessors(shop, work, None))
    return shop, work


def ways(shop: Shop, work: Work) -> "nx.DiGraph[int]":
    """The graph that the orders make; an arc is as long as where it comes from."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(shop.duration)))
    for b in graph.nodes:
        arcs = list(shop.pred[shop.pred_ptr[b] : shop.pred_ptr[b + 1]])
        arcs += [work.before[b]] if work.before[b] >= 0 else []
        graph.add_weighted_edges_from((int(a), b, int(shop.duration[a])) for a in arcs)
    return graph


@settings(max_examples=60, deadline=None)
@given(shops(), st.integers(0, 5), st.integers(0, 40))
def test_random_moves_keep_a_schedule(encoding: CpEncoding, seed: int, moves: int) -> None:
    """Wherever legal moves lead, no order is cyclic and heads and tails are longest ways."""
    shop, work = started(encoding, seed)
    wander(shop, work, moves)
    graph = ways(shop, work)
    assert nx.is_directed_acyclic_graph(graph)
    head = np.zeros(len(shop.duration), np.int64)
    tail = head.copy()
    order = list(nx.topological_sort(graph))
    for b in order:
        ends = [head[a] + shop.duration[a] for a in graph.predecessors(b)]
        head[b] = max([shop.release[b], *ends])
    for a in reversed(order):
        tail[a] = max([0, *(tail[b] + shop.duration[b] for b in graph.successors(a))])
    np.testing.assert_array_equal(work.head, head)
    np.testing.assert_array_equal(work.tail, tail)
    assert work.tally[MAKESPAN] == (head + shop.duration).max()
    schedule = _schedule(shop, work, work.before.copy())
    verify(encoding, None, schedule, objective=float(work.tally[MAKESPAN]))


@settings(max_examples=60, deadline=None)
@given(shops(), st.integers(0, 5))
def test_neighbours_keep_their_promise(encoding: CpEncoding, seed: int) -> None:
    """A swap of neighbours ends no earlier than estimated: the way through them is exact."""
    shop, work = started(encoding, seed)
    for _ in range(20):
        after = work.after.copy()
        if not search(shop, work, 1, 10**6, -1, 12):
            break
        first, last = work.choice[FIRST], work.choice[LAST]
        if work.choice[TIES] and after[first] == last:
            assert work.tally[MAKESPAN] >= work.choice[PROMISE]


def test_what_a_move_undoes_is_tabu() -> None:
    """The pair that was turned round may not be turned back for 12 to 16 iterations."""
    shop, work = started(load_instance("ft10"))
    for _ in range(50):
        assert search(shop, work, 1, 10**6, 0, 12)
        first, last = work.choice[FIRST], work.choice[LAST]
        assert work.choice[TIES] > 0
        assert work.after[last] == first
        until = work.tabu_until[shop.cell[first] + shop.rank[last]] - work.tally[ITERATION]
        assert 12 <= until <= 16


def test_long_blocks_are_left_after_few_moves() -> None:
    """What is between two looks at the clock grows with the square of a block, as its moves do."""
    made = []
    for jobs in (20, 200):
        shop, work = started(job_shop([[0]] * jobs, [[3]] * jobs, release=[1] * jobs))
        search(shop, work, 100_000, 10**6, -1, 12)
        made.append(work.tally[ITERATION])
    assert made[0] > 200
    assert made[1] < 10


@pytest.mark.parametrize(("name", "optimum"), [("ft06", 55), ("la01", 666), ("la06", 926)])
def test_optima(name: str, optimum: int) -> None:
    """Known optima, from nothing (JSPLIB)."""
    encoding = load_instance(name)
    found = TabuSolver(1, rounds=5).solve(encoding, time_limit_s=60.0)
    assert (found.objective, found.status) == (optimum, "feasible")
    assert found.schedule is not None
    verify(encoding, None, found.schedule, objective=found.objective)
    objectives = [entry["objective"] for entry in found.log]
    assert objectives == sorted(set(objectives), reverse=True)
    assert objectives[-1] == optimum


def test_better_than_rules_on_ft10() -> None:
    """At most 945 after twenty rounds (optimum 930; FDD/MWKR has 1,097 and lookahead 996)."""
    found = TabuSolver(1, rounds=20).solve(load_instance("ft10"), time_limit_s=60.0, seed=1)
    assert found.objective is not None
    assert found.objective <= 945


def test_same_seed_same_search() -> None:
    """What the time does not end repeats exactly; another seed goes other ways."""
    ft10 = load_instance("ft10")

    def steps(seed: int) -> list[float]:
        found = TabuSolver(1, rounds=2).solve(ft10, time_limit_s=60.0, seed=seed)
        return [entry["objective"] for entry in found.log]

    assert steps(3) == steps(3)
    assert steps(3) != steps(4)


@pytest.mark.parametrize("workers", [1, 2])
def test_never_worse_than_the_hint(workers: int) -> None:
    """Without time the hint comes back; the bound ends the search, and proves it."""
    la01 = load_instance("la01")
    start = run_dispatcher(PriorityRule("fdd-mwkr"), [(la01, None)])[0]
    kept = TabuSolver(workers).solve(la01, time_limit_s=0.0, hint=start.schedule)
    assert kept.objective == start.objective
    found = TabuSolver(workers).solve(
        la01, time_limit_s=600.0, hint=start.schedule, lower_bound=start.lower_bound
    )
    assert (found.objective, found.lower_bound, found.status) == (666.0, 666.0, "optimal")
    assert found.runtime_s < 60


def test_what_takes_no_time_waits_for_no_machine() -> None:
    """Job 1 checks in on a machine that job 0 is on; what occupies nothing is in nobody's way."""
    shop = job_shop([[0], [0, 1]], [[10], [0, 9]], release=[0, 1])
    hint = Schedule(start=np.array([0, 1, 1]), end=np.array([10, 1, 10]), mode=np.arange(3))
    kept = TabuSolver(1).solve(shop, time_limit_s=0.0, hint=hint)
    assert kept.objective == 10
    found = TabuSolver(1, rounds=3).solve(shop, time_limit_s=60.0)
    assert found.objective == 10


@pytest.mark.parametrize("enough", [0.0, 10.0])
def test_what_a_random_walk_finds_is_kept(enough: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is left to search: no move is legal, or the bound is reached."""
    monkeypatch.setattr(f"{TABU}.solver.PATIENCE", 1)
    shop = job_shop([[1, 0], [0, 1], [1, 0]], [[4, 2], [3, 3], [3, 4]])
    found = TabuSolver(1, rounds=5).solve(shop, time_limit_s=60.0, lower_bound=enough)
    assert found.log[-1]["objective"] == found.objective


def other(**changes: Any) -> CpEncoding:
    """Ft06 with something else."""
    return dataclasses.replace(FT06, **changes)


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        (other(objective="total_flow_time"), "its objective is total_flow_time"),
        (load_instance("mk01"), "operations have alternatives"),
        (other(arc_lag=np.ones(FT06.num_arcs)), "precedences have time lags"),
        (other(resource_capacity=np.full(6, 2)), "machines do several operations at once"),
        (CpEncoding.build([[(1, [(0, 1), (1, 1)])]], [1, 1]), "operations use several machines"),
        (CpEncoding.build([[(1, [(0, 1)])]], [1], setups={0: ({0: 0}, [[1], [1]])}), "set-up"),
    ],
)
def test_other_problems(encoding: CpEncoding, reason: str) -> None:
    """What has more that is open is refused, with the reason and a remedy."""
    assert reason in str(why_not(encoding))
    with pytest.raises(DispatchlabError, match=f"{reason}.*; use cp-sat or hybrid"):
        TabuSolver(1).solve(encoding)


@pytest.mark.parametrize("workers", [-1, 2000])
def test_workers_are_checked(workers: int) -> None:
    """A number of workers that nobody has is refused at once."""
    with pytest.raises(DispatchlabError, match=f"num_workers is {workers}; give 0"):
        TabuSolver(workers)


def test_too_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would need too much memory is refused: ft06 has 6 machines with 36 pairs each."""
    monkeypatch.setattr(f"{TABU}.shop.MOST_PAIRS", 215)
    assert why_not(FT06) == "there are 216 pairs of operations on machines, more than 215"
    monkeypatch.setattr(f"{TABU}.shop.MOST_PAIRS", 216)
    assert why_not(FT06) is None


def test_nothing_to_order() -> None:
    """One job, or an activity without a machine: there is no move, and the search ends."""
    for encoding in (
        job_shop([[0, 1]], [[2, 3]]), CpEncoding.build([[(4, [])]], []),
        CpEncoding.build([[(0, [])]], []),
    ):  # fmt: skip
        found = TabuSolver(1, rounds=3).solve(encoding, time_limit_s=60.0)
        assert found.objective == encoding.mode_duration.sum()
        assert found.schedule is not None
        verify(encoding, None, found.schedule)


def test_release_dates() -> None:
    """Job 1 comes at 5 and has long to go: job 0 may go first, and job 2 must not."""
    shop = job_shop([[0], [0, 1], [0]], [[4], [2, 9], [3]], release=[0, 5, 0])
    found = TabuSolver(1, rounds=3).solve(shop, time_limit_s=60.0)
    assert found.objective == 16
