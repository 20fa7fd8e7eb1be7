"""Hypothesis strategies: small chips, task graphs and streams, and what may happen on them."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from dispatchlab.envs.soc.instance import (
    INJECTIONS,
    Chip,
    Injection,
    Noise,
    SocInstance,
    TaskGraph,
)
from dispatchlab.envs.soc.realisation import SocRealisation, draw
from dispatchlab.eval.twin.soc_world import World

STREAMS = ("lossy", "blocked", "unbounded")


def tiny(
    exec_us: list[list[int]], arcs: list[tuple[int, int, float]], gaps: list[int] | None = None,
    *, bandwidth: float = 1.0, memory: list[list[float]] | None = None, **injection: object,
) -> tuple[SocInstance, SocRealisation]:  # fmt: skip
    """One job type without noise, for cases that are solved by hand.

    Args:
        exec_us: Of each task, the time on each PE.
        arcs: ``(source, target, volume)``.
        gaps: Between arrivals; by default a batch of one job.
        bandwidth: Of all links.
        memory: Bandwidths of each PE to and from the shared memory.
        injection: Fields of `Injection`; a batch that ends when complete by default.

    Returns:
        The instance and its realisation.
    """
    gaps = gaps or [0]
    count = len(exec_us[0])
    names = tuple(f"k{task}" for task in range(len(exec_us)))
    chip = Chip(
        name="tiny",
        pe_names=tuple(f"pe{p}" for p in range(count)),
        cluster=np.zeros(count, int),
        cluster_names=("all",),
        kernels=names,
        exec_us=np.array(exec_us),
        bandwidth=np.full((count, count), bandwidth),
        memory_bandwidth=None if memory is None else np.array(memory),
    )
    fields = {"mode": "batch", "horizon_us": None, "prefill": False} | injection
    if fields["mode"] == "batch":
        fields["num_jobs"] = len(gaps)
    graph = TaskGraph.build("g", names, arcs)
    instance = SocInstance("tiny", chip, (graph,), injection=Injection(**fields))
    factor = np.ones((len(gaps), len(names)))
    return instance, SocRealisation(np.array(gaps), np.zeros(len(gaps)), factor)


@st.composite
def chips(draw: st.DrawFn, *, kernels: int = 3, shared: bool | None = None) -> Chip:
    """Up to three PEs; each kernel runs on some of them, perhaps in no time."""
    count = draw(st.integers(1, 3))
    times = st.lists(st.integers(-1, 7), min_size=count, max_size=count)
    rows = [draw(times.filter(lambda row: max(row) >= 0)) for _ in range(kernels)]
    speeds = st.sampled_from((0.5, 1.0, 3.0, 1000.0))
    if shared is None:
        shared = draw(st.booleans())
    pairs = st.lists(speeds, min_size=2, max_size=2)
    memory = draw(st.lists(pairs, min_size=count, max_size=count)) if shared else None
    links = draw(st.lists(speeds, min_size=count * count, max_size=count * count))
    return Chip(
        name="chip",
        pe_names=tuple(f"pe{p}" for p in range(count)),
        cluster=np.zeros(count, int),
        cluster_names=("all",),
        kernels=tuple(f"k{k}" for k in range(kernels)),
        exec_us=np.array(rows),
        bandwidth=np.array(links).reshape(count, count),
        memory_bandwidth=None if memory is None else np.array(memory),
    )


@st.composite
def task_graphs(draw: st.DrawFn, name: str, *, size: int = 5, kernels: int = 3) -> TaskGraph:
    """An acyclic graph whose numbering need not be topological."""
    count = draw(st.integers(1, size))
    place = draw(st.permutations(range(count)))
    arcs = [
        (place[a], place[b], float(draw(st.integers(0, 9))))
        for b in range(count)
        for a in range(b)
        if draw(st.booleans())
    ]
    chosen = [f"k{draw(st.integers(0, kernels - 1))}" for _ in range(count)]
    return TaskGraph.build(name, chosen, arcs, [f"t{i}" for i in range(count)])


@st.composite
def injections(draw: st.DrawFn, num_graphs: int, *, mode: str | None = None) -> Injection:
    """Any way in which jobs arrive."""
    mode = mode or draw(st.sampled_from(INJECTIONS))
    ends = draw(st.booleans()) or mode in STREAMS
    trace = st.lists(st.tuples(st.integers(0, 40), st.integers(0, num_graphs - 1)), min_size=1)
    horizon = draw(st.integers(1, 80)) if ends else None
    return Injection(
        mode=mode,
        mean_gap_us=draw(st.sampled_from((2.0, 6.0, 15.0))),
        max_jobs=draw(st.integers(1, 3)),
        horizon_us=horizon,
        warmup_us=0 if horizon is None else draw(st.integers(0, horizon - 1)),
        prefill=draw(st.booleans()) and mode in STREAMS,
        num_jobs=draw(st.integers(1, 5)) if mode == "batch" else 0,
        trace=tuple(sorted(draw(trace))[:6]) if mode == "trace" else (),
    )


@st.composite
def soc_cases(
    draw_: st.DrawFn, *, mode: str | None = None, shared: bool | None = None
) -> tuple[SocInstance, SocRealisation]:  # fmt: skip
    """A small instance, and what happens to it."""
    count = draw_(st.integers(1, 2))
    instance = SocInstance(
        "random",
        draw_(chips(shared=shared)),
        tuple(draw_(task_graphs(f"g{g}")) for g in range(count)),
        injection=draw_(injections(count, mode=mode)),
        noise=draw_(
            st.sampled_from((Noise(), Noise("gaussian", 0.4), Noise("lognormal", 0.4)))
        ),
    )  # fmt: skip
    seed = draw_(st.integers(0, 1 << 32))
    return instance, draw(np.random.default_rng(seed), instance)


def random_policy(
    seed: int, wait: float = 0.0
) -> Callable[[World], tuple[int, int, int] | None]:  # fmt: skip
    """A policy for the twin that maps any ready task anywhere, and sometimes waits.

    Args:
        seed: Of its choices.
        wait: How probably it waits, where something is running that will end the wait.

    Returns:
        The policy.
    """
    rng = np.random.default_rng(seed)

    def choose(world: World) -> tuple[int, int, int] | None:
        if rng.random() < wait and any(element.running for element in world.elements):
            return None
        arrival, task = world.ready[rng.integers(len(world.ready))]
        count = len(world.elements)
        fit = [p for p in range(count) if world.expected_us(arrival, task, p) >= 0]
        return arrival, task, int(rng.choice(fit))

    return choose


def random_plan(seed: int) -> Callable[[World], dict[tuple[int, int], tuple[int, int]]]:
    """A planner for the twin that plans anew what has not started, jobs one after another.

    Args:
        seed: Of its choices.

    Returns:
        The planner.
    """
    rng = np.random.default_rng(seed)

    def plan(world: World) -> dict[tuple[int, int], tuple[int, int]]:
        placed: dict[tuple[int, int], tuple[int, int]] = {}
        for job in world.jobs:
            rank = [0] * len(job.awaited)
            for _ in rank:  # longest paths give a topological order
                for task, inputs in enumerate(job.arcs.inputs):
                    rank[task] = max([rank[q] + 1 for q, _ in inputs], default=0)
            for task, depth in enumerate(rank):
                count = len(world.elements)
                fit = [p for p in range(count) if world.expected_us(job.arrival, task, p) >= 0]
                placed[job.arrival, task] = (int(rng.choice(fit)), 100 * job.arrival + depth)
        return placed

    return plan
