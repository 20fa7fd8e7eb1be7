"""The fluid bound: hand-made cases where it is exact, and episodes that must stay below it."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.baselines.edge.fluid import fluid_bound
from dispatchlab.baselines.edge.fluid_calls import extra_latency, upload_time
from dispatchlab.baselines.edge.rollout import limits_of, run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.instance import DnnModel
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.realisation import draw, nominal
from tests.baselines.edge.traces import Case, only, trace
from tests.envs.edge.edge_strategies import edge_cases

# due after 100 ms; 60 ms on the edge bring 10, 80 ms in the cloud 4
GOOD = DnnModel("good", 100, 60, 80, 11.0, 1.0, 7.0, qoe_bonus=5.0)
# as good, but every call costs 2 more than it brings
COSTLY = DnnModel("costly", 100, 60, 80, 11.0, 1.0, 13.0, qoe_bonus=5.0)


@pytest.mark.parametrize(
    ("tasks", "models", "qos", "utility"),
    [
        ([only(0, "good")], (GOOD,), 10.0, 15.0),
        # the second one waits until 60 and would end at 120: a call instead, or 2/3 of it here
        ([only(0, "good"), only(0, "good")], (GOOD,), 10 + 4 + 6 * 2 / 3, 15 + 4 + 6 * 2 / 3),
        ([only(0, "good"), only(50, "good")], (GOOD,), 20.0, 25.0),
        # calls would return after 120 ms
        ([only(0, "good", None, 120), only(50, "good", None, 120)], (GOOD,), 20.0, 25.0),
        ([only(0, "good", 120, 120)], (GOOD,), 0.0, 0.0),
        # one that the edge cannot do in time pays its call by the bonus: 5 - 2
        ([only(0, "costly", 120)], (COSTLY,), 0.0, 3.0),
        ([only(0, "costly", 120, 120)], (COSTLY,), 0.0, 0.0),
    ],
)  # fmt: skip
def test_cases_made_by_hand(
    tasks: list[tuple[int, str, int | None, int | None]], models: tuple[DnnModel, ...],
    qos: float, utility: float,
) -> None:  # fmt: skip
    """One or two tasks: the optimum, or where the edge is short, the fluid one."""
    bound = fluid_bound(*trace(tasks, models), cell_ms=50)
    assert (bound.qos, bound.utility) == pytest.approx((qos, utility))
    assert bound.utility <= bound.qos + bound.qoe + 1e-9


def test_shorter_cells_bound_better() -> None:
    """Two tasks within 100 ms need 120: a cell of 1000 ms does not see that, one of 100 does."""
    case = trace([only(0, "good"), only(0, "good")], (GOOD,))
    assert fluid_bound(*case, cell_ms=1000, qoe=False).utility == pytest.approx(20.0)
    assert fluid_bound(*case, cell_ms=100, qoe=False).utility == pytest.approx(18.0)


def test_bonuses_at_the_required_rate() -> None:
    """Ten tasks in a window, 90 % of them in time for 5: nine calls cost 18, so no bonus is paid.

    With a bonus of 50 it is: the linear program pays it in full for nine calls, 50 - 18.
    """
    for bonus, utility in ((5.0, 0.0), (50.0, 32.0)):
        model = DnnModel("m", 100, 60, 80, 11.0, 1.0, 13.0, qoe_bonus=bonus)
        case = trace([only(1000 * k, "m", 120) for k in range(10)], (model,))
        assert fluid_bound(*case).utility == pytest.approx(utility)


def test_workloads() -> None:
    """Nominal 4D-A: 439 215 by hand (per s: 1188 of the cloud, and 1000 ms of DEO at 0.276).

    The drones' last segments have the second after the end of the episode to themselves, too.
    """
    instance = load_instance("4d-a")
    bound = fluid_bound(instance, nominal(instance))
    assert 439_215 <= bound.qos <= 439_215 + 276.1
    assert bound.qoe == 16 * 800


@pytest.mark.parametrize("network", ["stationary", "trapezium", "4g"])
def test_good_rules_stay_below(network: str) -> None:
    """DEM earns less than the bound, and at least 60 % of it."""
    instance = load_instance(f"2d-a:network={network},duration_ms=60000")
    case = instance, draw(np.random.default_rng(4), instance)
    bound, found = fluid_bound(*case), run_dispatcher(EdgeRule("dem"), [case])[0]
    assert 0.6 * bound.utility < found.utility <= bound.utility
    assert found.qos <= bound.qos
    assert found.qoe <= bound.qoe


@given(
    case=edge_cases(), cell=st.sampled_from((1, 7, 500)), seed=st.integers(0, 1 << 32),
    name=st.sampled_from(("random", "dem", "sota1", "sota2", "hpf", "dems", "gems")),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_schedule_earns_more(case: Case, cell: int, seed: int, name: str) -> None:
    """Whatever is decided in a random problem, the bound is not exceeded."""
    bound = fluid_bound(*case, cell_ms=cell)
    found = run_dispatcher(EdgeRule(name, seed=seed), [case])[0]
    for earned, most in (
        (found.qos, bound.qos), (found.qoe, bound.qoe), (found.utility, bound.utility)
    ):  # fmt: skip
        assert earned <= most + 1e-6 * (1 + abs(most))
    assert fluid_bound(*case, qoe=False, cell_ms=cell).utility == pytest.approx(bound.qos)


@given(case=edge_cases(), seed=st.integers(0, 1 << 32))
@settings(max_examples=100, deadline=None)
def test_no_actions_earn_more(case: Case, seed: int) -> None:
    """Nor by any legal actions, migrations and idling included."""
    dynamics = Dynamics(1, limits_of([case]))
    dynamics.load(0, *case)
    dynamics.reset()
    rng = np.random.default_rng(seed)
    while not dynamics.done()[0]:
        legal = np.flatnonzero(dynamics.legal()[0])
        dynamics.step(np.array([rng.choice(legal)]))
    bound = fluid_bound(*case)
    qos, qoe = dynamics.utility()[0]
    assert qos <= bound.qos + 1e-6
    assert qoe <= bound.qoe + 1e-6
    assert qos + qoe <= bound.utility + 1e-6


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=100, deadline=None)
def test_networks_are_those_of_the_dynamics(seed: int) -> None:
    """Latency and upload at every ms, against the words of the model, step by step."""
    rng = np.random.default_rng(seed)
    latency, bandwidth = rng.integers(0, 900, rng.integers(1, 5)), rng.integers(0, 9, 3)
    bits, most = int(rng.integers(1, 20_000)), int(rng.integers(1, 9000))
    for t in rng.integers(0, 6000, 20).tolist():
        k = t // 1000
        extra = int(latency[-1])
        if k < len(latency) - 1:
            extra = int(latency[k] + (latency[k + 1] - latency[k]) * (t % 1000) // 1000)
        assert extra_latency(latency, np.array([t]))[0] == extra
        left, passed = bits, 0
        while left > 0 and passed < most:
            left -= int(bandwidth[(t + passed) // 1000 % 3])
            passed += 1
        assert upload_time(bandwidth, np.array([t]), bits, most)[0] == passed


def test_cells_need_a_length() -> None:
    """The error names the setting."""
    with pytest.raises(DispatchlabError, match="cell_ms is 0"):
        fluid_bound(*trace([only(0, "good")], (GOOD,)), cell_ms=0)


def test_scipy_is_loaded_when_needed() -> None:
    """Importing the bound loads no solver."""
    code = "import sys, dispatchlab.baselines.edge.fluid; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
