"""Hypothesis strategies: small instances with any mix of features, and what may happen to them."""

import numpy as np
from hypothesis import strategies as st

from dispatchlab.envs.jobshop.instance import OBJECTIVES, Arc, CpEncoding, Mode
from dispatchlab.envs.jobshop.realisation import Realisation


@st.composite
def job_shops(
    draw: st.DrawFn, *, size: int = 7, lags: bool = False, objective: str | None = None
) -> CpEncoding:
    """A ragged job shop, perhaps re-entrant, with releases."""
    some = st.lists(st.integers(1, 3), min_size=1, max_size=4)
    lengths = draw(some.filter(lambda lengths: sum(lengths) <= size))
    machines = draw(st.integers(1, 3))
    total = sum(lengths)
    operation = st.tuples(st.integers(1, 6), st.integers(0, machines - 1))
    operations = draw(st.lists(operation, min_size=total, max_size=total))
    ends = np.cumsum(lengths).tolist()
    job = [j for j, length in enumerate(lengths) for _ in range(length)]
    return CpEncoding.build(
        [[Mode(d, ((m, 1),))] for d, m in operations],
        [1] * machines,
        [
            draw(_arcs(a, a + 1, [Mode(operations[a][0])], lags, early=False))
            for a in range(total - 1)
            if a + 1 not in ends
        ],
        job=job,
        release=draw(st.none() | st.lists(st.integers(0, 5), min_size=total, max_size=total)),
        due=draw(_columns(len(lengths), 0, 12)),
        weight=draw(_columns(len(lengths), 0, 3)),
        objective=objective or draw(st.sampled_from(OBJECTIVES)),
    )  # fmt: skip


@st.composite
def encodings(
    draw: st.DrawFn, *, size: int = 6, modes: int = 2, capacity: int = 3, uses: int = 2,
    shortest: int = 0, lags: bool = True, early: bool = False, setups: bool = True,
) -> CpEncoding:  # fmt: skip
    """Anything an encoding can say, in small.

    Args:
        draw: From hypothesis.
        size: Most activities.
        modes: Most modes of an activity.
        capacity: Largest capacity of a resource.
        uses: Most resources of a mode.
        shortest: Least duration.
        lags: Whether arcs may have lags and count from the start.
        early: Whether a successor may start before its predecessor.
        setups: Whether capacity-1 resources may have set-up times.
    """
    count, resources = draw(st.integers(1, size)), draw(st.integers(1, 3))
    capacities = draw(st.lists(st.integers(1, capacity), min_size=resources, max_size=resources))
    one_mode = _modes(capacities, uses, shortest)
    activities = draw(
        st.lists(st.lists(one_mode, min_size=1, max_size=modes), min_size=count, max_size=count)
    )
    pairs = [(a, b) for b in range(count) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=5)) if pairs else []
    arcs = [draw(_arcs(a, b, activities[a], lags, early)) for a, b in chosen]
    jobs = draw(st.integers(1, min(3, count)))
    return CpEncoding.build(
        activities,
        capacities,
        arcs,
        job=[a % jobs for a in range(count)],
        release=draw(_columns(count, 0, 5)),
        due=draw(_columns(jobs, 0, 15)),
        weight=draw(_columns(jobs, 0, 3)),
        setups={
            r: (
                dict(enumerate(draw(_columns(count, 0, 1)))),
                np.array(draw(_columns(6, 0, 8))).reshape(3, 2),
            )
            for r in range(resources)
            if capacities[r] == 1 and setups and draw(st.booleans())
        },
        objective=draw(st.sampled_from(OBJECTIVES)),
    )


@st.composite
def realisations(draw: st.DrawFn, encoding: CpEncoding) -> Realisation:
    """Noisy durations, arrivals and breakdowns; only what has no duration may take no time."""
    expected = encoding.mode_duration.tolist()
    windows = [
        _windows(draw(st.lists(st.integers(1, 6), max_size=6))) if capacity == 1 else []
        for capacity in encoding.resource_capacity.tolist()
    ]
    return Realisation(
        mode_duration=np.array([draw(st.integers(1, 8)) if d else 0 for d in expected], np.int64),
        job_arrival=np.array(draw(_columns(encoding.num_jobs, 0, 9)), np.int64),
        down_ptr=np.cumsum([0] + [len(w) for w in windows]).astype(np.int64),
        down_start=np.array([a for w in windows for a, _ in w], np.int64),
        down_end=np.array([b for w in windows for _, b in w], np.int64),
    )


def _windows(gaps: list[int]) -> list[tuple[int, int]]:
    """Disjoint breakdowns from the lengths of times up and down, in turn."""
    times = np.cumsum(gaps).tolist()
    return list(zip(times[0::2], times[1::2], strict=False))


def _columns(size: int, low: int, high: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(low, high), min_size=size, max_size=size)


@st.composite
def _modes(draw: st.DrawFn, capacities: list[int], uses: int, shortest: int) -> Mode:
    """A duration and demands that fit the capacities."""
    chosen = draw(st.lists(st.integers(0, len(capacities) - 1), unique=True, max_size=uses))
    demands = tuple((r, draw(st.integers(1, capacities[r]))) for r in chosen)
    return Mode(draw(st.integers(shortest, 6)), demands)


@st.composite
def _arcs(draw: st.DrawFn, a: int, b: int, modes: list[Mode], lags: bool, early: bool) -> Arc:
    """A precedence; without ``early`` the successor never starts before its predecessor."""
    if not lags:
        return Arc(a, b)
    from_start = draw(st.booleans())
    least = -3 if early else 0 if from_start else -min(mode.duration for mode in modes)
    return Arc(a, b, draw(st.integers(least, 3)), from_start)
