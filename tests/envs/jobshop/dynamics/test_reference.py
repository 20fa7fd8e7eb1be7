"""The kernels against the reference simulator: same legal sets, same times at every decision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.jobshop.dynamics import PLAYED, Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import NOW
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.verify import verify
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.reference import Option, Reference
from tests.envs.jobshop.reference_wait import JobShopWaitingReference, WaitingReference
from tests.envs.jobshop.strategies import encodings, job_shops, realisations

SEEDS = st.integers(0, 2**32 - 1)


def play_both(reference: Reference, seed: int) -> None:
    """Play a random episode in both and compare them at every decision."""
    rng, semantics = np.random.default_rng(seed), reference.semantics
    encoding, real = reference.encoding, reference.real
    dynamics = make_dynamics(encoding, semantics, "every", realisation=real)
    while not dynamics.done()[0]:
        offered = reference.legal()
        actions = {_action(dynamics, reference, option): option for option in offered}
        legal = np.flatnonzero(dynamics.legal()[0]).tolist()
        assert [action for action in legal if action != dynamics.wait_action] == sorted(actions)
        if semantics.startswith("non-delay"):
            assert dynamics.state.row[0, NOW] == reference.now
        _compare_wait(reference, offered, dynamics.wait_action in legal)
        action = int(rng.choice(legal))
        if action == dynamics.wait_action:
            reference.wait(offered)
        else:
            reference.play(actions[action])
        assert dynamics.step(np.array([action]))[0] == PLAYED
        _compare_schedules(dynamics, reference)
    assert len(reference.runs) == encoding.num_activities
    verify(encoding, real, dynamics.schedule(0), objective=float(dynamics.objective()[0]))


def _action(dynamics: Dynamics, reference: Reference, option: Option) -> int:
    """Index of an option: lane * K + mode slot."""
    slots = dynamics.limits.modes_per_activity
    first = reference.modes(option.activity)[0]
    return reference.lane[option.activity] * slots + option.mode - first


def _compare_wait(reference: Reference, offered: set[Option], is_legal: bool) -> None:
    """The wait is legal where it must be, and nowhere where it cannot be of any use."""
    if isinstance(reference, JobShopWaitingReference):
        assert is_legal == reference.can_wait(offered)
    elif isinstance(reference, WaitingReference):
        assert is_legal or not reference.wait_must_be_legal(offered)
        assert not is_legal or reference.wait_may_be_legal(offered)
    else:
        assert not is_legal


def _compare_schedules(dynamics: Dynamics, reference: Reference) -> None:
    schedule = dynamics.schedule(0)
    scheduled = np.flatnonzero(schedule.scheduled).tolist()
    assert scheduled == sorted(reference.runs)
    for activity in scheduled:
        run = reference.runs[activity]
        found = (schedule.start[activity], schedule.end[activity], schedule.mode[activity])
        assert found == (run.start, run.end, run.mode)


@settings(max_examples=80)
@given(encoding=encodings(early=True), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["append", "non-delay"])
def test_anything(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """Append and non-delay agree on instances with every feature."""
    play_both(Reference(encoding, semantics), seed)


@settings(max_examples=80)
@given(encoding=encodings(early=True, setups=False), seed=SEEDS)
def test_active(encoding: CpEncoding, seed: int) -> None:
    """Active agrees on alternatives, shared resources, lags and zero durations."""
    play_both(Reference(encoding, "active"), seed)


@settings(max_examples=100)
@given(encoding=encodings(), seed=SEEDS)
def test_waiting(encoding: CpEncoding, seed: int) -> None:
    """Conflicts, waits and times agree on instances with every feature."""
    play_both(WaitingReference(encoding, "non-delay-wait"), seed)


@settings(max_examples=80)
@given(data=st.data(), encoding=encodings(lags=False), seed=SEEDS)
def test_non_delay_with_a_random_realisation(
    data: st.DataObject, encoding: CpEncoding, seed: int
) -> None:
    """Non-delay agrees under noise, arrivals and breakdowns."""
    play_both(Reference(encoding, "non-delay", data.draw(realisations(encoding))), seed)


@settings(max_examples=50)
@given(encoding=job_shops(), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["append", "non-delay", "active"])
def test_job_shops(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """They agree on job shops, where active is the classical conflict set."""
    play_both(Reference(encoding, semantics), seed)


@settings(max_examples=60)
@given(encoding=job_shops(lags=True), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["non-delay", "active"])
def test_job_shops_with_lags(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """An operation that may overlap its predecessor is no longer the classical case."""
    play_both(Reference(encoding, semantics), seed)


@settings(max_examples=60)
@given(encoding=job_shops(), seed=SEEDS)
def test_waiting_in_job_shops(encoding: CpEncoding, seed: int) -> None:
    """In job shops it agrees exactly when waiting is legal."""
    play_both(JobShopWaitingReference(encoding, "non-delay-wait"), seed)


@settings(max_examples=100)
@given(data=st.data(), encoding=job_shops(), seed=SEEDS)
def test_waiting_with_a_random_realisation(
    data: st.DataObject, encoding: CpEncoding, seed: int
) -> None:
    """Also under noise, arrivals and breakdowns, by what is known at the time."""
    real = data.draw(realisations(encoding))
    play_both(JobShopWaitingReference(encoding, "non-delay-wait", real), seed)
