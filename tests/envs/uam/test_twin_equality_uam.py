"""The kernels of the air-taxi fleet against the SimPy twin: the same decisions, the same day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.engine import STOPS
from dispatchlab.envs.uam.dynamics.layout import POINTED, PORT
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.realisation import draw
from dispatchlab.envs.uam.schedule import DESTINATION, ORIGIN, PASSENGERS, UamSchedule
from dispatchlab.envs.uam.verify import verify
from dispatchlab.eval.twin import UamTwin
from dispatchlab.eval.twin.uam_decisions import DecidedWorld
from tests.envs.uam.uam_strategies import Case, random_policy, uam_cases


def _kernels(case: Case, stop_at: str = "choices") -> Dynamics:
    """One row of the kernels in the morning of a day."""
    limits = UamLimits.of(case[0])
    dynamics = Dynamics(1, limits, stop_at=stop_at)
    dynamics.load(0, *case)
    dynamics.reset()
    return dynamics


def _agree(dynamics: Dynamics, case: Case) -> UamSchedule:
    """The twin makes the same of the decisions, and the figures are those of the schedule."""
    schedule, twin, over = dynamics.schedule(0), UamTwin(*case), bool(dynamics.done()[0])
    pending = None if over else (dynamics.now(0), int(dynamics.state.row[0, POINTED]))
    replayed = twin.replay(schedule.decisions.tolist(), until=pending)
    for name in UamSchedule.__slots__:
        np.testing.assert_array_equal(getattr(schedule, name), getattr(replayed, name), name)
    profit = -float(dynamics.objective()[0])
    verify(*case, schedule, profit=profit, complete=over)
    assert twin.profit == pytest.approx(profit, rel=1e-12, abs=1e-9)
    flies = schedule.legs[:, ORIGIN] != schedule.legs[:, DESTINATION]
    empty = flies & (schedule.legs[:, PASSENGERS] == 0)
    assert dynamics.flights()[0].tolist() == [flies.sum(), empty.sum()]
    assert dynamics.tasks_completed()[0] == schedule.legs[:, PASSENGERS].sum()
    return schedule


def _play(dynamics: Dynamics, case: Case, seed: int, look: float = 0.03) -> UamSchedule:
    """Random legal actions to the end; the twin and the checker look in on the way."""
    rng = np.random.default_rng(seed)
    liking = rng.choice((0.2, 1.0, 5.0))  # of staying
    ports = np.arange(dynamics.num_actions) // case[0].num_levels
    while not dynamics.done()[0]:
        if rng.random() < look:
            _agree(dynamics, case)
        port = dynamics.state.craft[0, dynamics.state.row[0, POINTED], PORT]
        weights = np.where(dynamics.legal()[0], np.where(ports == port, liking, 1.0), 0.0)
        action = rng.choice(len(weights), p=weights / weights.sum())
        assert dynamics.step(np.array([action]))[0] == 0
    return _agree(dynamics, case)


@settings(max_examples=150, deadline=None)
@given(uam_cases(), st.integers(0, 999), st.sampled_from(STOPS))
def test_kernels_equal_the_twin(case: Case, seed: int, stop_at: str) -> None:
    """Random decisions, whichever aircraft are asked: the same legs, profit and figures."""
    _play(_kernels(case, stop_at), case, seed)


@pytest.mark.parametrize("name", ["random-8x40:rho=1.2,seed=3", "nyc-9", "lax-dtla"])
def test_kernels_equal_the_twin_on_presets(name: str) -> None:
    """A whole day of a preset, with every disturbance."""
    instance = load_instance(name)
    case = instance, draw(np.random.default_rng(5), instance)
    assert len(_play(_kernels(case), case, 2, look=0.005).legs) > 50


@settings(max_examples=100, deadline=None)
@given(uam_cases(), st.integers(0, 999))
def test_the_twin_knows_the_same_actions(case: Case, seed: int) -> None:
    """At every decision of every aircraft both find the same actions legal."""
    dynamics, choose = _kernels(case, "every"), random_policy(seed)

    def both(world: DecidedWorld) -> int | None:
        asked = int(dynamics.state.row[0, POINTED])
        assert (world.now_s, world.asked.index) == (dynamics.now(0), asked)
        assert world.legal(world.asked) == np.flatnonzero(dynamics.legal()[0]).tolist()
        action = choose(world)
        dynamics.step(np.array([action]))
        return action

    schedule = UamTwin(*case).run(both)
    assert dynamics.done()[0]
    np.testing.assert_array_equal(schedule.legs, dynamics.schedule(0).legs)


@settings(max_examples=100, deadline=None)
@given(uam_cases(), st.integers(0, 999))
def test_fewer_questions_leave_the_same_days_possible(case: Case, seed: int) -> None:
    """The decisions taken at choices are decisions at every stop, with waits in between."""
    schedule = _play(_kernels(case, "choices"), case, seed)
    every = _kernels(case, "every")
    rows = {(time, who): action for time, who, action in schedule.decisions.tolist()}
    while not every.done()[0]:
        asked = int(every.state.row[0, POINTED])
        stay = int(every.state.craft[0, asked, PORT]) * case[0].num_levels
        action = rows.pop((every.now(0), asked), stay)
        assert every.step(np.array([action]))[0] == 0
    assert not rows
    np.testing.assert_array_equal(every.schedule(0).legs, schedule.legs)
