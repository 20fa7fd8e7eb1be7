"""Presets, their settings, and the names that belong to this family."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.edge.library import instance_names as edge_names
from dispatchlab.envs.edge.library import is_edge_problem
from dispatchlab.envs.soc.library import instance_names as soc_names
from dispatchlab.envs.uam.aircraft import AIRCRAFT_TYPES
from dispatchlab.envs.uam.demand import load_of
from dispatchlab.envs.uam.instance import AircraftType, Disturbance
from dispatchlab.envs.uam.instance_files import write_instance
from dispatchlab.envs.uam.library import (
    instance_names,
    is_preset,
    is_uam_problem,
    load_instance,
    with_settings,
)


@pytest.mark.parametrize(
    ("name", "ports", "aircraft"),
    [("random-5x20", 5, 20), ("random-8x40", 8, 40), ("random-12x60", 12, 60),
     ("random-16x80", 16, 80), ("bay-10", 10, 50), ("dfw-10", 10, 50), ("nyc-9", 9, 45),
     ("lax-dtla", 2, 8), ("random-3x7", 3, 7), ("random-40x200", 40, 200)],
)  # fmt: skip
def test_presets(name: str, ports: int, aircraft: int) -> None:
    """Sizes, the default load, and the constants of the published problem (0.1 h, 110 kWh, ...)."""
    day = load_instance(name)
    assert (day.name, day.num_ports, day.num_aircraft) == (name, ports, aircraft)
    assert load_of(day) == pytest.approx(1.2)
    assert day.aircraft == AircraftType(4, 110_000, 0, 74.5, 360, 360, 0.0, 2200.0)
    assert day.disturbance == Disturbance(360, 1800, 0.005, 0)
    assert (day.horizon_s, day.bin_s, day.wait_s, day.clock_start_s) == (43_200, 1800, 300, 21_600)
    assert set(day.park_slots.tolist()) == {10}
    assert set(day.charge_slots.tolist()) == {6}
    assert set(day.price_usd_per_kwh.tolist()) == {0.2}
    assert 0 <= day.expected_delay_s.min() <= day.expected_delay_s.max() <= 360
    assert 0 <= day.closure_prob.min() <= day.closure_prob.max() <= 0.05
    assert (day.closure_prob.diagonal() == 0).all()
    assert day.flyable.any(axis=0).all()
    assert day.flyable.any(axis=1).all()
    assert (day.start_wh == 110_000).all()


def test_names() -> None:
    """Presets are listed, upper case will do, and the same name gives the same day."""
    assert instance_names()[:4] == ["random-5x20", "random-8x40", "random-12x60", "random-16x80"]
    assert instance_names("B") == ["bay-10"]
    assert load_instance("BAY-10") is load_instance("bay-10")
    assert load_instance("Random-08X40") == load_instance("random-8x40:seed=0")
    assert load_instance(load_instance("nyc-9")) is load_instance("nyc-9")
    assert is_preset("random-2x1")
    assert not is_preset("random-8x40:rho=1")


def test_seeds() -> None:
    """A seed decides the layout; other settings leave it as it is."""
    one, other = load_instance("random-8x40:seed=1"), load_instance("random-8x40:seed=2")
    assert not np.array_equal(one.x_mi, other.x_mi)
    same = load_instance("random-8x40:seed=1,rho=2.5,aircraft=60,delay=0,profile=uniform")
    assert np.array_equal(one.distance_mi, same.distance_mi)
    assert np.array_equal(one.closure_prob, same.closure_prob)
    bay = load_instance("bay-10:seed=1")
    assert np.array_equal(bay.distance_mi, load_instance("bay-10").distance_mi)
    assert not np.array_equal(bay.closure_prob, load_instance("bay-10").closure_prob)


@pytest.mark.parametrize("name", ["random-8x40:seed=4", "FILE"])
def test_settings_of_any_instance(name: str, tmp_path: Path) -> None:
    """What leaves the day as it is can be set on presets and on files, with the same effect."""
    base = load_instance("random-8x40:seed=4")
    if name == "FILE":
        name = str(write_instance(base, tmp_path / "x.json"))
    colon = "," if ":" in name else ":"
    day = load_instance(
        f"{name}{colon}wait_s=900,corridors=3,separation_s=90,patience_s=600,arrivals=spread,"
        "reserve=charger,op_cost_usd_per_mi=0,charge_levels=0.5+0.8+1.0,price=tou,rho=0.6,"
        "delay=3,closure=2,downtime=4,downtime_s=3600,charge_w=300000"
    )
    assert (day.wait_s, day.corridors, day.separation_s, day.patience_s) == (900, 3, 90, 600)
    assert (day.arrivals, day.reserve, day.op_cost_usd_per_mi) == ("spread", "charger", 0)
    assert day.charge_levels == (0.5, 0.8, 1.0)
    assert day.price_usd_per_kwh[[0, 23]] == pytest.approx([0.6 * 0.1482, 1.5 * 0.1482])
    assert load_of(day) == pytest.approx(0.6)
    assert np.array_equal(day.expected_delay_s, 3 * base.expected_delay_s)
    assert np.allclose(day.closure_prob, 2 * base.closure_prob)
    assert day.disturbance == Disturbance(1080, 5400, 0.02, 3600)
    assert day.aircraft == AircraftType(charge_w=300_000)
    assert np.allclose(day.fare_usd, base.fare_usd)


def test_no_disturbance() -> None:
    """Zero switches a disturbance off."""
    day = load_instance("bay-10:delay=0,closure=0,downtime=0")
    assert day.disturbance == Disturbance(0, 0, 0.0, 0)
    assert day.expected_delay_s.sum() == day.closure_prob.sum() == 0


def test_settings_that_make_the_day_anew() -> None:
    """Slots, vertistops, fleet, hours and demand."""
    day = load_instance(
        "random-8x40:vertistops=0.25,park=7,charge=4,aircraft=30,horizon_s=21600,bin_s=900,"
        "fare_rule=floor-1.5,profile=uniform,seats=2,rho=1"
    )
    assert sorted(day.charge_slots.tolist()) == [0, 0, 4, 4, 4, 4, 4, 4]
    assert set(day.park_slots.tolist()) == {7}
    assert (day.num_aircraft, day.num_bins, day.aircraft.seats) == (30, 24, 2)
    off = day.distance_mi > 0
    assert np.array_equal(day.fare_usd[3][off], np.floor(1.5 * day.distance_mi[off]))
    assert load_of(day) == pytest.approx(1.0)
    assert load_instance("random-4x8:vertistops=1").charge_slots.tolist().count(6) == 1
    small = load_instance("random-4x8:area_mi=10")
    assert small.distance_mi.max() < 10 * np.sqrt(2)


@pytest.mark.parametrize("kind", sorted(AIRCRAFT_TYPES))
@pytest.mark.parametrize("name", ["random-8x40", "bay-10", "nyc-9", "dfw-10"])
def test_types_of_aircraft(name: str, kind: str) -> None:
    """Each type flies each network; tapered charging stops at 95 %; fields may differ."""
    day = load_instance(f"{name}:aircraft_type={kind.upper()},seats=6")
    tapered = kind in ("joby-s4", "lax-study")
    assert day.charge_levels == ((0.95,) if tapered else (1.0,))
    assert day.aircraft.seats == 6
    assert day.aircraft.cruise_mph == AIRCRAFT_TYPES[kind].cruise_mph
    assert (day.start_wh == day.level_wh[-1]).all()
    assert load_of(day) == pytest.approx(1.2)
    later = with_settings(load_instance(name), {"aircraft_type": kind})
    assert later.charge_levels == day.charge_levels
    assert later.start_wh.max() == later.aircraft.battery_wh


def test_ranges_of_the_sources() -> None:
    """Joby: 150 mi on a battery; AAM-SIM: 5 + 5 + 10 % for 10 min at 150 mph."""
    joby, sim = AIRCRAFT_TYPES["joby-s4"], AIRCRAFT_TYPES["aam-sim"]
    assert joby.leg_wh(np.array([150.0]))[0] == pytest.approx(160_000, rel=1e-3)
    assert sim.leg_wh(np.array([25.0])).tolist() == [0.2 * 140_000]


def test_demand_of_a_file(tmp_path: Path) -> None:
    """A table replaces the demand, unscaled unless a load is given; its fares count."""
    rows = [
        f"{b},{i},{j},{2 + b % 2}" for b in range(24) for i, j in (("LAX", "DTLA"), ("DTLA", "LAX"))
    ]
    table = tmp_path / "d.csv"
    table.write_text("\n".join(["bin,origin,destination,passengers", *rows]))
    day = load_instance(f"lax-dtla:demand={table}")
    assert day.demand[:2].tolist() == [[[0, 2], [2, 0]], [[0, 3], [3, 0]]]
    assert load_instance(f"lax-dtla:demand={table},rho=0.5").demand.sum() != 120
    finished = with_settings(load_instance("lax-dtla"), {"demand": str(table)})
    assert np.array_equal(finished.demand, day.demand)
    assert np.array_equal(finished.fare_usd, load_instance("lax-dtla").fare_usd)
    fares = [f"{row},{7}" for row in rows]
    table.write_text("\n".join(["bin,origin,destination,passengers,fare_usd", *fares]))
    assert load_instance(f"lax-dtla:demand={table}").fare_usd[4, 0, 1] == 7.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("bay10", "no air-taxi instance named 'bay10'; did you mean bay-10"),
        ("zebra", "choose one of random-5x20, .* or give the path of a file"),
        ("missing.json", "There is no file 'missing.json'"),
        ("random-1x4", "num_ports is 1; it must be a whole number between 2"),
        ("random-4x0", "aircraft is 0; it must be a whole number between 1"),
        ("random-2x33", "aircraft is 33, but the ports have 32 slots; raise park or charge"),
        ("bay-10:colour=red", "'bay-10' has no setting 'colour'; there are aircraft, seed, rho"),
        ("bay-10:area_mi=9", "area_mi has no effect on 'bay-10'"),
        ("bay-10:rho=-1", "rho is '-1'; it must be a number between 0 and 50"),
        ("bay-10:rho=51", "rho is 51; it must be a number between 0 and 50"),
        ("bay-10:rho=0.5-1", r"rho is \(0.5, 1\)"),
        ("bay-10:aircraft_type=jet", "Unknown aircraft_type 'jet'; choose one of cityairbus"),
        ("bay-10:profile=lax-dtla", "profile is 'lax-dtla', which has two ports"),
        ("bay-10:vertistops=2", "vertistops is 2; it must be a number between 0 and 1"),
        ("bay-10:charge_levels=0.5+x", r"charge_levels\[1\] is 'x'"),
        ("bay-10:battery_wh=20000", "in 1000 tries no layout was found in which a charge to 20000"),
        ("bay-10:demand=3", "demand is 3; give the path of a CSV file"),
        ("bay-10:demand=no.csv", "There is no file 'no.csv'"),
        ("bay-10:delay=fast", "delay is 'fast'"),
        ("bay-10:horizon_s=soon", "horizon_s is 'soon'"),
        ("bay-10:wait_s=700", "bin_s is 1800; give a multiple of wait_s"),
        ("bay-10:price=free", "price is 'free'; give dollars per kWh or 'tou'"),
    ],
)
def test_bad_names(given: str, message: str) -> None:
    """What cannot be loaded says why in one sentence."""
    with pytest.raises(DispatchlabError, match=message):
        load_instance(given)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"aircraft": 9}, "aircraft would make the day of 'bay-10' anew.*random-8x40:aircraft=9"),
        ({"seed": 1}, "seed would make"),
        ({"colour": 1}, "no setting 'colour'"),
        ({"rho": -1}, "rho is -1"),
        ({"delay": "x"}, "delay is 'x'"),
        ({"battery_wh": "x"}, "aircraft.battery_wh is 'x'"),
    ],
)
def test_finished_days(settings: dict[str, Any], message: str) -> None:
    """A finished day cannot be made anew; the name of a preset can."""
    with pytest.raises(InvalidInstanceError, match=message):
        with_settings(load_instance("bay-10"), settings)
    assert with_settings("bay-10", {"aircraft": 9}).num_aircraft == 9


def test_no_demand_to_scale() -> None:
    """A load cannot be had from nothing."""
    with pytest.raises(
        InvalidInstanceError, match=r"rho is 1\.0, but 'bay-10' has no demand on legs"
    ):
        with_settings(load_instance("bay-10:rho=0"), {"rho": 1.0})


def test_family(tmp_path: Path) -> None:
    """Names, near names and files of this family are told from those of others."""
    mine = write_instance(load_instance("lax-dtla"), tmp_path / "mine.json")
    yes = ["bay-10", "DFW-10", "random-7x9", "random-8x40:rho=1", "random8x40", "bay10", str(mine),
           f"{mine}:rho=0.6", "random-8-40:rho=0.6", "random-8x999999"]  # fmt: skip
    no = ["ft06", "4d-a", "soc16-mix", "bay-10.json", "x.csv", str(tmp_path), "random"]
    assert [name for name in yes if not is_uam_problem(name)] == []
    assert [name for name in no if is_uam_problem(name)] == []
    assert not any(is_edge_problem(name) for name in yes)
    assert not any(is_uam_problem(name) for name in [*soc_names(), *edge_names()])
