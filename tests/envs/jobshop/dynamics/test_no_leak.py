"""Nobody sees the future: what differs only later in a realisation cannot be told apart yet."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import make_observation
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.view import COLUMNS, View
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.strategies import encodings, job_shops, realisations

SEEDS = st.integers(0, 2**32 - 1)
IN_TIME_ORDER = ("non-delay", "non-delay-wait")


class Sight(NamedTuple):
    """Everything that a policy, a rule or a reward can depend on at a decision."""

    now: int
    observation: Arrays
    legal: np.ndarray
    columns: dict[str, np.ndarray]
    bound: float
    decisions: int


def look(dynamics: Dynamics) -> Sight:
    """Look at a decision."""
    graph = make_observation("graph")
    view = View(dynamics, graph)
    return Sight(
        int(view.now[0]),
        view.observation,
        view.legal,
        {name: view.column(name) for name in COLUMNS},
        float(dynamics.objective()[0]),
        int(dynamics.decisions()[0]),
    )


def assert_same_sight(left: Sight, right: Sight) -> None:
    """Nothing differs."""
    assert (left.now, left.bound, left.decisions) == (right.now, right.bound, right.decisions)
    assert np.array_equal(left.legal, right.legal)
    for key, value in left.observation.items():
        assert np.array_equal(value, right.observation[key]), key
    for name, column in left.columns.items():
        assert np.array_equal(column, right.columns[name]), name


@st.composite
def other_futures(
    draw: st.DrawFn, encoding: CpEncoding, real: Realisation, schedule: Schedule, now: int
) -> Realisation:
    """The same up to and including a time, anything after it.

    Free are: durations of what has not started, those of what runs as long as it still runs
    now, arrivals after now, and breakdowns that begin after now.
    """
    durations = real.mode_duration.copy()
    for mode in range(encoding.num_modes):
        activity = int(encoding.mode_activity[mode])
        end = int(schedule.end[activity]) if schedule.mode[activity] == mode else now + 1
        if durations[mode] > 0 and end > now:
            done = _work_done(encoding, real, schedule, mode, now)
            durations[mode] = draw(st.integers(done + 1, done + 9))
    arrivals = [a if a <= now else draw(st.integers(now + 1, now + 9)) for a in real.job_arrival]
    windows = [
        [(a, b) for a, b in _windows(real, r) if a <= now] for r in range(encoding.num_resources)
    ]
    for resource, capacity in enumerate(encoding.resource_capacity.tolist()):
        if capacity == 1:
            last = max([now, *(b for _, b in windows[resource])])
            gaps = last + np.cumsum(draw(st.lists(st.integers(1, 6), max_size=4)))
            windows[resource] += list(zip(gaps[0::2].tolist(), gaps[1::2].tolist(), strict=False))
    return Realisation(
        durations,
        np.array(arrivals, np.int64),
        np.cumsum([0] + [len(w) for w in windows]).astype(np.int64),
        np.array([a for w in windows for a, _ in w], np.int64),
        np.array([b for w in windows for _, b in w], np.int64),
    )


def _windows(real: Realisation, resource: int) -> list[tuple[int, int]]:
    span = slice(*real.down_ptr[resource : resource + 2].tolist())
    return list(zip(real.down_start[span].tolist(), real.down_end[span].tolist(), strict=True))


def _work_done(
    encoding: CpEncoding, real: Realisation, schedule: Schedule, mode: int, now: int
) -> int:
    """Units of work that a running activity has had; 0 for what does not run."""
    activity = int(encoding.mode_activity[mode])
    if schedule.mode[activity] != mode:
        return 0
    span = slice(*encoding.use_ptr[mode : mode + 2].tolist())
    windows = [w for r in encoding.use_resource[span].tolist() for w in _windows(real, r)]
    times = range(int(schedule.start[activity]), now)
    return sum(not any(a <= t < b for a, b in windows) for t in times)


def _check(data: st.DataObject, encoding: CpEncoding, semantics: str, seed: int) -> None:
    """Play to a random decision, change the future, play the same actions again."""
    real, rng = data.draw(realisations(encoding)), np.random.default_rng(seed)
    stop_at = data.draw(st.sampled_from(["choices", "every"]))
    dynamics = make_dynamics(encoding, semantics, stop_at, realisation=real)
    sights, actions = [look(dynamics)], []
    until = data.draw(st.integers(0, 12))
    while not dynamics.done()[0] and len(actions) < until:
        actions.append(int(rng.choice(np.flatnonzero(dynamics.legal()[0]))))
        dynamics.step(np.array(actions[-1:]))
        if not dynamics.done()[0]:
            sights.append(look(dynamics))
    if dynamics.done()[0]:
        actions = actions[: len(sights) - 1]
        dynamics = make_dynamics(encoding, semantics, stop_at, realisation=real)
        for action in actions:
            dynamics.step(np.array([action]))
    if dynamics.done()[0]:
        return
    now = sights[-1].now
    other = data.draw(other_futures(encoding, real, dynamics.schedule(0), now))
    twin = make_dynamics(encoding, semantics, stop_at, realisation=other)
    for index, sight in enumerate(sights):
        if other.is_nominal(encoding) != real.is_nominal(encoding):
            return
        assert_same_sight(look(twin), sight)
        if index < len(actions):
            twin.step(np.array([actions[index]]))


@settings(max_examples=100)
@given(data=st.data(), encoding=job_shops(), seed=SEEDS)
@pytest.mark.parametrize("semantics", IN_TIME_ORDER)
def test_job_shops(semantics: str, data: st.DataObject, encoding: CpEncoding, seed: int) -> None:
    """Observations, masks, rule columns and bounds of job shops."""
    _check(data, encoding, semantics, seed)


@settings(max_examples=100)
@given(data=st.data(), encoding=encodings(lags=False), seed=SEEDS)
@pytest.mark.parametrize("semantics", IN_TIME_ORDER)
def test_anything(semantics: str, data: st.DataObject, encoding: CpEncoding, seed: int) -> None:
    """The same with alternatives, shared resources, set-ups and projects."""
    _check(data, encoding, semantics, seed)
