"""Tables of legs, charging times, and instances as values, against numbers worked out by hand."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.uam.aircraft import AIRCRAFT_TYPES
from dispatchlab.envs.uam.instance import AircraftType, UamInstance, charge_seconds
from dispatchlab.envs.uam.library import load_instance

BASE = load_instance("random-5x20")


def two_ports(distance: float, **changes: object) -> UamInstance:
    """Two ports at a distance, one aircraft."""
    base = load_instance("lax-dtla:aircraft=1")
    return replace(base, distance_mi=distance * (1 - np.eye(2)), **changes)  # type: ignore[arg-type]


def test_leg_of_25_miles() -> None:
    """25 mi at 74.5 mph take 1208.05 s, 55 kWh at 2.2 kWh/mi, 22 min of 150 kW."""
    instance = two_ports(25.0)
    assert instance.flight_s.tolist() == [[0, 1209], [1209, 0]]
    assert instance.block_s.tolist() == [[0, 360 + 1209 + 360], [1929, 0]]
    assert instance.leg_wh.tolist() == [[0, 55_000], [55_000, 0]]
    assert charge_seconds(instance.aircraft, 55_000, 110_000) == 1320


@pytest.mark.parametrize(
    ("distance", "energy"), [(0.1, 220), (10.0, 22_000), (10.0001, 22_001), (50.0, 110_000)]
)
def test_energy_is_rounded_up(distance: float, energy: int) -> None:
    """To whole Wh, but no product of round numbers gains one (2200 * 0.1 is a hair above 220)."""
    assert two_ports(distance).leg_wh[0, 1] == energy


@pytest.mark.parametrize(("distance", "kwh"), [(5.0, 10.0), (20.0, 25.0), (30.0, 31.5)])
def test_energy_of_two_rates(distance: float, kwh: float) -> None:
    """5 kWh + 1 kWh/mi up to 20 mi, then 0.65 kWh/mi: the study of Los Angeles."""
    legs = AIRCRAFT_TYPES["lax-study"].leg_wh(np.array([distance]))
    assert legs.tolist() == [1000 * kwh]


def test_range_ends_at_50_miles() -> None:
    """110 kWh take an aircraft 50 mi and no further, less with a reserve or a lower top level."""
    base = load_instance("random-5x20")
    assert np.array_equal(base.flyable, (base.distance_mi > 0) & (base.distance_mi <= 50.0))
    reserve = base.with_aircraft(reserve_wh=22_000)
    assert np.array_equal(reserve.flyable, (base.distance_mi > 0) & (base.distance_mi <= 40.0))
    level = replace(base, charge_levels=(0.5, 0.8))
    assert np.array_equal(level.flyable, reserve.flyable)
    assert level.level_wh.tolist() == [55_000, 88_000]


def test_no_leg_ends_where_no_charger_is_near() -> None:
    """To a vertistop an aircraft must have enough left for the way to a charger."""
    distance = np.array([[0, 30, 10], [30, 0, 15], [10, 15, 0]], dtype=float)
    three = replace(
        load_instance("random-3x3"),
        distance_mi=distance,
        charge_slots=[6, 0, 6],
        start_port=[0] * 3,
    )
    assert three.onward_wh().tolist() == [0, 33_000, 0]
    assert three.flyable.tolist() == [
        [False, True, True], [True, False, True], [True, True, False],
    ]  # fmt: skip
    short = replace(three, start_wh=[95_000] * 3).with_aircraft(battery_wh=95_000)
    assert not short.flyable[0, 1]  # 66 kWh there and 33 kWh on are too much
    assert short.flyable[2, 1]


@given(
    start=st.integers(0, 104_000), more=st.integers(1, 104_500),
    power=st.sampled_from([100_000, 150_000, 350_000]),
)  # fmt: skip
def test_taper_is_the_integral(start: int, more: int, power: int) -> None:
    """The closed form is the integral of 1 / P(e), P falling linearly above a fifth of 110 kWh."""
    end = min(start + more, 104_500)
    craft = AircraftType(charge_w=power, charge_curve="taper")
    edges = np.linspace(start, end, 20_001)
    middle = (edges[1:] + edges[:-1]) / 2 / 110_000
    watts = np.where(middle <= 0.2, 1.0, 1.0 - (middle - 0.2) / 0.8) * power
    seconds = float(((end - start) / 20_000 * 3600 / watts).sum())
    assert seconds - 0.01 * seconds / 100 <= charge_seconds(craft, start, end) <= seconds + 1.01


def test_taper_of_the_study_of_los_angeles() -> None:
    """16, 24 and 28 levels of 2.5 % above the reserve take 16.8, 33.6 and 50.2 min (published)."""
    craft = AIRCRAFT_TYPES["lax-study"]
    minutes = [charge_seconds(craft, 32_000, wh) / 60 for wh in (96_000, 128_000, 144_000)]
    assert minutes == pytest.approx([16.8, 33.6, 50.2], abs=0.25)


def test_charges_add_up() -> None:
    """Nothing takes no time, constant power takes it in proportion, rounded up."""
    craft = AircraftType()
    assert charge_seconds(craft, 500, 500) == charge_seconds(craft, 500, 400) == 0
    assert charge_seconds(craft, 0, 1) == 1
    assert charge_seconds(craft, 0, 110_000) == 2640
    assert isinstance(charge_seconds(craft, np.int64(0), np.int64(9)), int)


def test_sizes() -> None:
    """Bins and ticks are rounded up; slots are of either kind."""
    instance = load_instance("random-5x20:horizon_s=40000,bin_s=1800,wait_s=900")
    assert (instance.num_bins, instance.num_waits, instance.num_levels) == (23, 45, 1)
    assert (instance.num_ports, instance.num_aircraft) == (5, 20)
    assert instance.slots.tolist() == [16] * 5
    assert "20 aircraft of 4 seats between 5 vertiports" in str(instance)


def test_instances_are_values() -> None:
    """Equal by content, through pickling too; arrays cannot be written; no hash."""
    other = replace(BASE, demand=BASE.demand * 2)
    assert pickle.loads(pickle.dumps(BASE)) == BASE
    assert replace(BASE, ports=list(BASE.ports)) == BASE  # type: ignore[arg-type]
    assert other != BASE
    assert BASE.with_aircraft(seats=3) != BASE
    assert BASE.with_disturbance(downtime_s=60) != BASE
    assert BASE != "random-5x20"
    for name in ("demand", "leg_wh", "flyable", "level_wh"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(BASE, name)[0] = 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(BASE)
