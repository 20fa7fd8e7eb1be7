"""The kernels against the reference simulator: same legal sets, same times at every decision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.jobshop.dynamics import PLAYED, Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import NOW
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.verify import verify
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.reference import Option, Reference
from tests.envs.jobshop.strategies import encodings, job_shops, realisations


def play_both(
    encoding: CpEncoding, semantics: str, seed: int, realisation: Realisation | None = None
) -> None:
    """Play a random episode in both and compare them at every decision."""
    rng = np.random.default_rng(seed)
    dynamics = make_dynamics(encoding, semantics, "every", realisation=realisation)
    reference = Reference(encoding, semantics, realisation)
    while not dynamics.done()[0]:
        offered, can_wait = reference.legal()
        actions = {_action(dynamics, reference, option): option for option in offered}
        expected = sorted([*actions, *([dynamics.wait_action] if can_wait else [])])
        assert np.flatnonzero(dynamics.legal()[0]).tolist() == expected
        if semantics.startswith("non-delay"):
            assert dynamics.state.row[0, NOW] == reference.now
        action = int(rng.choice(expected))
        if action == dynamics.wait_action:
            reference.wait(offered)
        else:
            reference.play(actions[action])
        assert dynamics.step(np.array([action]))[0] == PLAYED
        _compare_schedules(dynamics, reference)
    assert len(reference.runs) == encoding.num_activities
    objective = float(dynamics.objective()[0])
    verify(encoding, realisation, dynamics.schedule(0), objective=objective)


def _action(dynamics: Dynamics, reference: Reference, option: Option) -> int:
    """Index of an option: lane * K + mode slot."""
    slots = dynamics.limits.modes_per_activity
    first = reference.modes(option.activity)[0]
    return reference.lane[option.activity] * slots + option.mode - first


def _compare_schedules(dynamics: Dynamics, reference: Reference) -> None:
    schedule = dynamics.schedule(0)
    scheduled = np.flatnonzero(schedule.scheduled).tolist()
    assert scheduled == sorted(reference.runs)
    for activity in scheduled:
        run = reference.runs[activity]
        found = (schedule.start[activity], schedule.end[activity], schedule.mode[activity])
        assert found == (run.start, run.end, run.mode)


SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=150)
@given(encoding=encodings(early=True), seed=SEEDS)
def test_append(encoding: CpEncoding, seed: int) -> None:
    """Append agrees on instances with every feature."""
    play_both(encoding, "append", seed)


@settings(max_examples=150)
@given(encoding=encodings(), seed=SEEDS)
def test_non_delay(encoding: CpEncoding, seed: int) -> None:
    """Non-delay agrees on instances with every feature."""
    play_both(encoding, "non-delay", seed)


@settings(max_examples=200)
@given(data=st.data(), encoding=encodings(lags=False), seed=SEEDS)
def test_non_delay_with_a_random_realisation(
    data: st.DataObject, encoding: CpEncoding, seed: int
) -> None:
    """Non-delay agrees under noise, arrivals and breakdowns."""
    play_both(encoding, "non-delay", seed, data.draw(realisations(encoding)))


@settings(max_examples=150)
@given(encoding=encodings(early=True, setups=False), seed=SEEDS)
def test_active(encoding: CpEncoding, seed: int) -> None:
    """Active agrees on alternatives, shared resources, lags and zero durations."""
    play_both(encoding, "active", seed)


@settings(max_examples=100)
@given(encoding=job_shops(), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["append", "non-delay", "active", "non-delay-wait"])
def test_job_shops(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """All semantics agree on job shops, where active is the classical conflict set."""
    play_both(encoding, semantics, seed)


@settings(max_examples=150)
@given(encoding=job_shops(lags=True), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["non-delay", "active"])
def test_job_shops_with_lags(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """An operation that may overlap its predecessor is no longer the classical case."""
    play_both(encoding, semantics, seed)


@settings(max_examples=200)
@given(data=st.data(), encoding=job_shops(), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["non-delay", "non-delay-wait"])
def test_job_shops_with_a_random_realisation(
    semantics: str, data: st.DataObject, encoding: CpEncoding, seed: int
) -> None:
    """Both semantics in the order of time agree under noise, arrivals and breakdowns."""
    play_both(encoding, semantics, seed, data.draw(realisations(encoding)))
