"""The bound on the objective: valid, growing, and exact at the end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.jobshop.dynamics import SEMANTICS, Dynamics
from dispatchlab.envs.jobshop.instance import OBJECTIVES, CpEncoding
from dispatchlab.envs.jobshop.library import best_known, load_instance
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import objective_of
from tests.envs.jobshop.leaves import leaves, make_dynamics
from tests.envs.jobshop.strategies import encodings, job_shops, realisations

BATCH = 16
SEEDS = st.integers(0, 2**32 - 1)


def _bounds(dynamics: Dynamics, seed: int) -> np.ndarray:
    """``(T, B)`` bounds over random episodes, the last row being the objectives."""
    rng = np.random.default_rng(seed)
    history = [dynamics.objective()]
    while not dynamics.done().all():
        legal = dynamics.legal()
        dynamics.step((rng.random(legal.shape) * legal).argmax(axis=1))
        history.append(dynamics.objective())
    return np.array(history)


def _assert_proven(encoding: CpEncoding, semantics: str, seed: int) -> None:
    dynamics = make_dynamics(encoding, semantics, "every", batch=BATCH)
    initial = dynamics.initial_bound()
    history = _bounds(dynamics, seed)
    assert (history <= history[-1]).all(), "a bound exceeds the objective"
    assert (np.diff(history, axis=0) >= 0).all(), "a bound falls"
    assert (initial <= history[0]).all()
    for row in range(BATCH):
        assert objective_of(encoding, None, dynamics.schedule(row)) == history[-1, row]


@settings(max_examples=80)
@given(encoding=encodings(), seed=SEEDS)
@pytest.mark.parametrize("semantics", SEMANTICS)
def test_bounds_of_anything(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """On nominal instances with every feature the bound is a growing lower bound."""
    _assert_proven(encoding, semantics, seed)


@settings(max_examples=40)
@given(encoding=job_shops(size=9), seed=SEEDS)
@pytest.mark.parametrize("semantics", SEMANTICS)
def test_bounds_of_job_shops(semantics: str, encoding: CpEncoding, seed: int) -> None:
    """The same for job shops."""
    _assert_proven(encoding, semantics, seed)


@pytest.mark.parametrize("semantics", SEMANTICS)
def test_a_detour_over_a_third_family(semantics: str) -> None:
    """Where two set-ups take less than the direct one, starts can still come down."""
    matrix = [[0, 0, 20], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    encoding = CpEncoding.build(
        [[(5, [(0, 1)])], [(1, [(0, 1)])], [(1, [(0, 1)])]], [1], [(0, 1), (0, 2)],
        setups={0: ({0: 0, 1: 1, 2: 2}, matrix)},
    )  # fmt: skip
    _assert_proven(encoding, semantics, 0)


@settings(max_examples=50)
@given(encoding=encodings(size=5))
def test_the_initial_bound_is_below_the_optimum(encoding: CpEncoding) -> None:
    """Against the best of all semi-active schedules."""
    dynamics = make_dynamics(encoding, "append")
    assert dynamics.initial_bound()[0] <= min(leaves(encoding, "append").values())
    assert dynamics.reward_scale()[0] >= 1.0


@settings(max_examples=50)
@given(data=st.data(), encoding=encodings(lags=False), seed=SEEDS)
@pytest.mark.parametrize("semantics", ["non-delay", "non-delay-wait"])
def test_objective_under_a_random_realisation(
    semantics: str, data: st.DataObject, encoding: CpEncoding, seed: int
) -> None:
    """With noise the bound is an expectation, but it still ends at the objective."""
    real = data.draw(realisations(encoding))
    dynamics = make_dynamics(encoding, semantics, realisation=real, batch=BATCH)
    objectives = _bounds(dynamics, seed)[-1]
    for row in range(BATCH):
        assert objective_of(encoding, real, dynamics.schedule(row)) == objectives[row]


@pytest.mark.parametrize("name", ["ft06", "la01", "ta01"])
def test_initial_bounds_of_benchmarks(name: str) -> None:
    """Machine loads with heads and tails: positive and at most the best known makespan."""
    bound = make_dynamics(load_instance(name), "non-delay").initial_bound()[0]
    assert 0 < bound <= best_known(name).upper


@pytest.mark.parametrize(
    ("objective", "expected"),
    [("makespan", 8), ("total_weighted_tardiness", 2 * 3 + 1 * 3), ("total_flow_time", 5 + 7 - 1)],
)
def test_initial_bound_by_hand(objective: str, expected: float) -> None:
    """Two jobs that meet on machine 1, behind 2 and 4 units, with 3 units each.

    Makespan: the machine is free of heads at 2, carries 6 and nothing follows. The sums count
    every job as if it were alone: ends 5 and 7, due at 2 and 4, the second released at 1.
    """
    encoding = job_shop(
        [[0, 1], [2, 1]], [[2, 3], [3, 3]], release=[0, 1], due=[2, 4], weight=[2, 1],
        objective=objective,
    )  # fmt: skip
    assert make_dynamics(encoding, "non-delay").initial_bound()[0] == expected


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_flow_times_count_from_the_arrival(objective: str) -> None:
    """One job that arrives at 4 and takes 3: makespan 7, due at 5 tardiness 2, flow time 3."""
    encoding = job_shop([[0]], [[3]], due=[5], objective=objective)
    nominal = Realisation.nominal(encoding)
    late = Realisation(
        nominal.mode_duration, np.array([4]), nominal.down_ptr, nominal.down_start, nominal.down_end
    )
    dynamics = make_dynamics(encoding, "non-delay", "every", realisation=late)
    dynamics.step(np.array([0]))
    expected = {"makespan": 7, "total_weighted_tardiness": 2, "total_flow_time": 3}
    assert dynamics.objective()[0] == expected[objective]
