"""Good schedules of larger instances are walked to, one decision after the other."""

import numpy as np
import pytest

from dispatchlab.envs.jobshop.dynamics import PLAYED, Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import NOW
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.shops import flow_shop, job_shop, open_shop
from tests.envs.jobshop.brute_force import shift_left
from tests.envs.jobshop.leaves import Leaf, make_dynamics


def replay(encoding: CpEncoding, leaf: Leaf, semantics: str, stop_at: str) -> float:
    """Choose what agrees with a schedule, wait while nothing does; the objective reached."""
    dynamics = make_dynamics(encoding, semantics, stop_at)
    while not dynamics.done()[0]:
        action = _agreeing(dynamics, leaf)
        assert dynamics.legal()[0, action], "the schedule waits where waiting is illegal"
        assert dynamics.step(np.array([action]))[0] == PLAYED
    schedule = dynamics.schedule(0)
    assert (tuple(schedule.start.tolist()), tuple(schedule.mode.tolist())) == leaf
    return float(dynamics.objective()[0])


def _agreeing(dynamics: Dynamics, leaf: Leaf) -> int:
    """The legal option that starts now in the schedule, or the wait."""
    encoding, now = dynamics.encoding(0), int(dynamics.state.row[0, NOW])
    slots = dynamics.limits.modes_per_activity
    for action in np.flatnonzero(dynamics.legal()[0, : dynamics.num_options]).tolist():
        activity = int(dynamics.state.lane[0, action // slots])
        mode = int(encoding.mode_ptr[activity]) + action % slots
        if (leaf[0][activity], leaf[1][activity]) == (now, mode):
            return action
    return dynamics.num_options


def _optimum(encoding: CpEncoding, time_limit_s: float = 20.0) -> tuple[Leaf, float]:
    """A left-shifted optimal schedule."""
    pytest.importorskip("ortools")
    from dispatchlab.baselines.solvers.cpsat import CpSatSolver

    result = CpSatSolver(num_workers=1).solve(encoding, time_limit_s=time_limit_s)
    assert result.status == "optimal"
    leaf = tuple(result.schedule.start.tolist()), tuple(result.schedule.mode.tolist())
    return shift_left(encoding, leaf), result.objective


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _random_jobs(objective: str) -> CpEncoding:
    """A 6x5 job shop with releases and due dates."""
    rng = _rng(5)
    return job_shop(
        [rng.permutation(5).tolist() for _ in range(6)],
        rng.integers(1, 30, (6, 5)).tolist(),
        release=rng.integers(0, 40, 6).tolist(),
        due=rng.integers(60, 140, 6).tolist(),
        weight=[1, 2, 3, 1, 2, 3],
        objective=objective,
    )


INSTANCES = {
    "ft06": lambda: load_instance("ft06"),
    "la01": lambda: load_instance("la01"),
    "tardiness": lambda: _random_jobs("total_weighted_tardiness"),
    "flow time": lambda: _random_jobs("total_flow_time"),
    "flow shop": lambda: flow_shop(_rng(1).integers(1, 20, (5, 4)).tolist()),
    "open shop": lambda: open_shop(_rng(2).integers(1, 20, (4, 3)).tolist()),
    "project": lambda: load_instance("demo-rcpsp"),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_optima_are_reached_by_waiting(name: str) -> None:
    """A left-shifted optimum is replayed exactly, asked at choices or every time."""
    encoding = INSTANCES[name]()
    leaf, objective = _optimum(encoding)
    for stop_at in ("choices", "every"):
        assert replay(encoding, leaf, "non-delay-wait", stop_at) == objective


def test_ft06_has_its_published_optimum() -> None:
    """55 (Fisher and Thompson 1963), so the replay above ends there."""
    assert _optimum(load_instance("ft06"))[1] == 55


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("stop_at", ["choices", "every"])
def test_left_shifted_schedules_of_random_shops(stop_at: str, seed: int) -> None:
    """Not only optima: whatever is left-shifted is reached."""
    rng = _rng(seed)
    jobs, machines = rng.integers(2, 7, 2).tolist()
    encoding = job_shop(
        [rng.permutation(machines).tolist() for _ in range(jobs)],
        rng.integers(1, 20, (jobs, machines)).tolist(),
        release=rng.integers(0, 30, jobs).tolist(),
    )
    dynamics = make_dynamics(encoding, "append", "every")
    while not dynamics.done()[0]:
        dynamics.step(np.array([rng.choice(np.flatnonzero(dynamics.legal()[0]))]))
    schedule = dynamics.schedule(0)
    leaf = tuple(schedule.start.tolist()), tuple(schedule.mode.tolist())
    replay(encoding, shift_left(encoding, leaf), "non-delay-wait", stop_at)
