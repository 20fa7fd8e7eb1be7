"""What happens in a day: how it is drawn, and what does not fit."""

import copy
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.realisation import UamRealisation, draw, nominal

DAY = load_instance("random-5x20")
SPREAD = replace(DAY, arrivals="spread", patience_s=1000)
COLUMNS = tuple(item.name for item in fields(UamRealisation))


def drawn(instance: UamInstance, seed: int = 0) -> UamRealisation:
    """A realisation from a seed."""
    return draw(np.random.default_rng(seed), instance)


def differing(one: UamRealisation, other: UamRealisation) -> set[str]:
    """Columns in which two realisations differ."""
    return {n for n in COLUMNS if not np.array_equal(getattr(one, n), getattr(other, n))}


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1 << 32), rho=st.sampled_from([0.0, 0.1, 1.0, 3.0]),
    arrivals=st.sampled_from(["batch", "spread"]), outage=st.sampled_from([0, 3600]),
)  # fmt: skip
def test_draws_fit(seed: int, rho: float, arrivals: str, outage: int) -> None:
    """Any draw fits its instance; passengers are grouped by pair and ascend in time."""
    instance = replace(DAY, demand=DAY.demand * rho, arrivals=arrivals, horizon_s=42_000)
    instance = instance.with_disturbance(downtime_prob=0.5, downtime_s=outage)
    for realisation in (drawn(instance, seed), nominal(instance)):
        realisation.require_fit(instance)
        assert realisation.num_passengers == realisation.pair_offset[-1]
        assert not len(realisation.request_s) or realisation.request_s.max() < 42_000
        assert (realisation.takeoff_delay_s <= 1800).all()


def test_batches_stay_for_a_bin() -> None:
    """The passengers of a bin are there at its start and gone at its end, as many as drawn."""
    realisation = drawn(DAY)
    assert (realisation.request_s % 1800 == 0).all()
    assert (realisation.leaves_s == realisation.request_s + 1800).all()
    spread = drawn(SPREAD)
    assert (spread.leaves_s == spread.request_s + 1000).all()
    assert len(np.unique(spread.request_s % 1800)) > 500
    # the same passengers, each in the same bin
    for pair in range(25):
        own = slice(*realisation.pair_offset[pair : pair + 2])
        assert np.array_equal(spread.request_s[own] // 1800 * 1800, realisation.request_s[own])


def test_poisson_means() -> None:
    """Over 200 days counts have the expected mean and variance, per pair and bin."""
    rng = np.random.default_rng(1)
    counts = np.zeros((200, 24, 25))
    for day in counts:
        realisation = draw(rng, DAY)
        pair = np.repeat(np.arange(25), np.diff(realisation.pair_offset))
        np.add.at(day, (realisation.request_s // 1800, pair), 1)
    expected = DAY.demand.reshape(24, 25)
    error = (counts.mean(axis=0) - expected) / np.sqrt(np.maximum(expected, 1e-9) / 200)
    assert np.abs(error[expected > 0]).max() < 5.0
    assert counts[:, expected == 0].sum() == 0
    assert counts.var(axis=0).sum() == pytest.approx(expected.sum(), rel=0.05)


def test_delays() -> None:
    """Normal about what is expected at the port, cut to 0 and the maximum, in whole seconds."""
    instance = replace(DAY, expected_delay_s=[0, 60, 300, 900, 1800])
    delay = np.stack([drawn(instance, seed).takeoff_delay_s for seed in range(30)])
    assert delay.min() == 0
    assert delay.max() == 1800
    assert abs(np.median(delay[:, 3]) - 900) < 25
    assert abs(delay[:, 3].std() - 355) < 20  # a little less than 360: the tails are cut
    assert abs((delay[:, 0] == 0).mean() - 0.5) < 0.03
    none = instance.with_disturbance(delay_spread_s=0)
    assert (drawn(none).takeoff_delay_s == np.array([0, 60, 300, 900, 1800])[:, None]).all()


def test_closures_and_outages() -> None:
    """As often as their probabilities say; an outage of a given length starts anywhere."""
    instance = replace(DAY, closure_prob=0.3 * (1 - np.eye(5)))
    closed = np.stack([drawn(instance, seed).closed for seed in range(40)])
    assert abs(closed.mean() / 0.8 - 0.3) < 0.01
    assert not closed[:, :, range(5), range(5)].any()
    days = [drawn(DAY.with_disturbance(downtime_prob=0.25), seed) for seed in range(60)]
    down = np.stack([day.down_from_s for day in days])
    assert set(np.unique(down)) == {-1, 0}
    assert abs((down == 0).mean() - 0.25) < 0.04
    assert {int(day.down_until_s.max()) for day in days} == {43_200}
    short = drawn(DAY.with_disturbance(downtime_prob=1.0, downtime_s=600))
    assert (short.down_until_s - short.down_from_s == 600).all()
    assert len(np.unique(short.down_from_s)) > 15


def test_seeds_decide() -> None:
    """The same state of the generator gives the same day, and every draw moves it on alike."""
    rng = np.random.default_rng(5)
    twin = copy.deepcopy(rng)
    assert not differing(draw(rng, DAY), draw(twin, DAY))
    assert "request_s" in differing(draw(rng, DAY), drawn(DAY, 6))
    draw(twin, SPREAD)
    assert rng.bit_generator.state == twin.bit_generator.state


@pytest.mark.parametrize(
    ("instance", "columns"),
    [
        (replace(DAY, demand=DAY.demand * 2), {"request_s", "leaves_s", "pair_offset"}),
        (SPREAD, {"request_s", "leaves_s"}),
        (DAY.with_disturbance(delay_spread_s=100), {"takeoff_delay_s"}),
        (replace(DAY, closure_prob=0.5 * (1 - np.eye(5))), {"closed"}),
        (DAY.with_disturbance(downtime_prob=0.5), {"down_from_s", "down_until_s"}),
        (DAY.with_aircraft(seats=9), set()),
    ],
)
def test_days_are_compared_on_equal_terms(instance: UamInstance, columns: set[str]) -> None:
    """What is changed in an instance changes its own columns only."""
    assert differing(drawn(DAY), drawn(instance)) == columns


def test_nominal() -> None:
    """Expected passengers, rounded so that they add up; expected delays; no surprises."""
    day = nominal(DAY)
    expected = DAY.demand.sum(axis=0).reshape(-1)
    assert np.abs(np.diff(day.pair_offset) - expected).max() <= 0.5 + 1e-6
    assert (day.takeoff_delay_s == DAY.expected_delay_s[:, None]).all()
    assert not day.closed.any()
    assert (day.down_from_s == -1).all()
    demand = np.zeros((24, 5, 5))
    demand[2, 0, 1] = 4.0
    spread = nominal(replace(SPREAD, demand=demand))
    assert spread.request_s.tolist() == [3825, 4275, 4725, 5175]  # eighths of the third bin


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("takeoff_delay_s", (0, 0), -1, "takeoff_delay_s -1, but random-5x20 needs it 0 or more"),
        ("closed", (0, 2, 2), True, "closed true on the diagonal"),
        ("down_from_s", (3,), 5, r"down_from_s\[3\] to down_until_s\[3\] 5 to -1"),
        ("pair_offset", (0,), 1, "pair_offset from 1 to"),
        ("pair_offset", (-1,), 1, "pair_offset from 0 to 1"),
        ("request_s", (0,), -1, "request_s from -1 to"),
        ("request_s", (0,), 43_200, "request_s from 0 to 43200"),
        ("leaves_s", (0,), 0, "leaves_s not after request_s"),
        ("leaves_s", (0,), 99_999, "leaves_s descending within a pair"),
    ],
)
def test_what_does_not_fit(name: str, index: tuple[int, ...], value: int, message: str) -> None:
    """A realisation with impossible columns is refused."""
    columns: dict[str, Any] = {item: np.array(getattr(nominal(DAY), item)) for item in COLUMNS}
    columns[name][index] = value
    with pytest.raises(InvalidInstanceError, match=message):
        UamRealisation(**columns).require_fit(DAY)


def test_other_sizes_do_not_fit() -> None:
    """A realisation of another fleet, network or length of wait."""
    for other in ("random-5x21", "random-6x20", "random-5x20:wait_s=900"):
        with pytest.raises(InvalidInstanceError, match=r"of shape \(.*draw it for this instance"):
            nominal(load_instance(other)).require_fit(DAY)


def test_columns_are_frozen() -> None:
    """Nothing of a realisation can be changed."""
    with pytest.raises(ValueError, match="read-only"):
        nominal(DAY).request_s[0] = 1
