"""Every contradiction in an instance is one sentence that names the field and the value."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.uam.instance import AircraftType, UamInstance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.metrics import metrics
from dispatchlab.envs.uam.realisation import nominal
from dispatchlab.envs.uam.schedule import LEG_COLUMNS, UamSchedule
from dispatchlab.envs.uam.viewer.fleet import Fleet

BASE = load_instance("random-5x20")


def changed(name: str, index: tuple[int, ...], value: float) -> dict[str, Any]:
    """One entry of a table replaced."""
    table = np.array(getattr(BASE, name), dtype=float)
    table[index] = value
    return {name: table}


def gap() -> list[Any]:
    """The demand as lists, without one of its entries."""
    table = BASE.demand.tolist()
    table[3][0][1] = None
    return table


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name of the instance is ''; give a text"),
        ({"ports": ("A",)}, "has 1 ports; give 2 at least"),
        ({"ports": ("A", "B", "C", "D", "A")}, "ports name 'A' twice; rename one"),
        ({"ports": ("A", "B", "C", "D", 5)}, r"ports\[4\] is 5; give a text"),
        ({"ports": ("A", "B", "C")}, r"x_mi has shape \(5,\); give \(3,\), for there are 3 ports"),
        (changed("x_mi", (1,), np.nan), r"x_mi\[1\] is nan; it must be between"),
        (changed("y_mi", (2,), np.inf), r"y_mi\[2\] is inf"),
        ({"x_mi": [1, "a", 2, 3, 4]}, r"x_mi\[1\] is 'a'; give numbers"),
        ({"x_mi": "abc"}, "x_mi is 'abc'; give numbers"),
        ({"x_mi": [True] * 5}, r"x_mi\[0\] is True; give numbers"),
        ({"distance_mi": [[0, 1], [1]]}, r"distance_mi\[1\] is \[1\]; give a plain table, with ro"),
        ({"demand": gap()}, r"demand\[3, 0, 1\] is None; give numbers"),
        (changed("distance_mi", (0, 1), -3.0), r"distance_mi\[0, 1\] is -3.0"),
        (changed("distance_mi", (0, 1), 0.0), r"distance_mi\[0, 1\] is 0.0; make it above 0"),
        (changed("distance_mi", (2, 2), 4.0), r"distance_mi\[2, 2\] is 4.0; make it 0, the way"),
        (changed("park_slots", (0,), 1.5), r"park_slots\[0\] is 1.5; give a whole number"),
        (changed("charge_slots", (3,), -1), r"charge_slots\[3\] is -1"),
        ({"charge_slots": [0] * 5}, "charge_slots is 0 at every port; give at least one"),
        (changed("expected_delay_s", (1,), -60), r"expected_delay_s\[1\] is -60"),
        (changed("start_port", (0,), 5), r"start_port\[0\] is 5; it must be between 0 and 4"),
        ({"start_port": [], "start_wh": []}, r"start_port has shape \(0,\); give 1 to 10000"),
        ({"start_port": [2] * 20}, "20 aircraft start at 'V2', which has 10 park_slots and 6 char"),
        (changed("start_wh", (4,), 110_001), r"start_wh\[4\] is 110001, more than aircraft.bat"),
        (changed("start_wh", (4,), -1), r"start_wh\[4\] is -1; it must be between 0 and"),
        (changed("demand", (3, 0, 1), -0.5), r"demand\[3, 0, 1\] is -0.5"),
        (changed("demand", (3, 0, 1), np.nan), r"demand\[3, 0, 1\] is nan"),
        (changed("demand", (3, 1, 1), 2.0), r"demand\[3, 1, 1\] is 2.0; nobody flies from a port"),
        ({"demand": BASE.demand[:5]}, r"demand has shape \(5, 5, 5\); give \(24, 5, 5\)"),
        (changed("fare_usd", (0, 0, 1), -5.0), r"fare_usd\[0, 0, 1\] is -5.0"),
        (changed("price_usd_per_kwh", (7,), -0.1), r"price_usd_per_kwh\[7\] is -0.1"),
        (changed("closure_prob", (0, 1), 1.5), r"closure_prob\[0, 1\] is 1.5; .* 0 and 1"),
        (changed("closure_prob", (2, 2), 0.5), r"closure_prob\[2, 2\] is 0.5; no route leads from"),
        ({"demand": (1 - np.eye(5)) * np.full((24, 1, 1), 3e4)}, "1.44e.07 passengers a day"),
        ({"op_cost_usd_per_mi": -1.0}, "op_cost_usd_per_mi is -1.0"),
        ({"horizon_s": 0}, "horizon_s is 0"),
        ({"wait_s": 700}, "bin_s is 1800; give a multiple of wait_s, which is 700"),
        ({"corridors": 0}, "corridors is 0"),
        ({"separation_s": -1}, "separation_s is -1"),
        ({"clock_start_s": 90_000}, "clock_start_s is 90000"),
        ({"arrivals": "often"}, "arrivals is 'often'; choose one of batch, spread"),
        ({"reserve": "both"}, "reserve is 'both'; choose one of slot, charger"),
        ({"charge_levels": ()}, "charge_levels has 0 levels; give 1 to"),
        ({"charge_levels": (0.8, 0.5)}, r"charge_levels\[1\] is 0.5, not above the 0.8"),
        ({"charge_levels": (0.8, 1.2)}, r"charge_levels\[1\] is 1.2; it must be .* 0.01 and 1"),
        ({"aircraft": AircraftType(charge_curve="taper")}, r"charge_levels\[0\] is 1.0; .*0.95"),
        ({"aircraft": "big"}, "aircraft is 'big'; give a AircraftType"),
        ({"disturbance": None}, "disturbance is None; give a Disturbance"),
    ],
)  # fmt: skip
def test_fields(changes: dict[str, Any], message: str) -> None:
    """Shapes, ranges and options."""
    with pytest.raises(InvalidInstanceError, match=message):
        replace(BASE, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seats": 0}, "aircraft.seats is 0"),
        ({"cruise_mph": 0.0}, "aircraft.cruise_mph is 0.0"),
        ({"near_wh_per_mi": float("nan")}, "aircraft.near_wh_per_mi is nan"),
        ({"near_mi": -1.0}, "aircraft.near_mi is -1.0"),
        ({"charge_w": 0}, "aircraft.charge_w is 0"),
        ({"charge_curve": "wild"}, "charge_curve is 'wild'; choose one of constant, taper"),
        ({"reserve_wh": 110_000}, "reserve_wh is 110000, not below battery_wh 110000; lower it"),
        ({"near_wh_per_mi": 90_000.0}, "battery_wh is 110000, of which .* but the shortest leg"),
    ],
)
def test_aircraft(changes: dict[str, Any], message: str) -> None:
    """Fields of the aircraft, and batteries too small to fly at all."""
    with pytest.raises(InvalidInstanceError, match=message):
        BASE.with_aircraft(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"delay_spread_s": -1}, "disturbance.delay_spread_s is -1"),
     ({"delay_max_s": 0.5}, "disturbance.delay_max_s is 0.5"),
     ({"downtime_prob": 2.0}, "disturbance.downtime_prob is 2.0")],
)  # fmt: skip
def test_disturbance(changes: dict[str, Any], message: str) -> None:
    """Fields of the disturbance."""
    with pytest.raises(InvalidInstanceError, match=message):
        BASE.with_disturbance(**changes)


def triangle(charge_slots: list[int], far: float, **changes: Any) -> UamInstance:
    """Two ports 10 mi apart and a third one far from both."""
    distance = np.array([[0, 10, far], [10, 0, far], [far, far, 0]], dtype=float)
    return replace(
        load_instance("random-3x3"), distance_mi=distance, charge_slots=charge_slots,
        start_port=[0, 0, 0], **changes,
    )  # fmt: skip


def test_what_cannot_be_reached() -> None:
    """A port out of range, a vertistop too far from chargers, a start without enough energy."""
    assert triangle([6, 6, 6], 50.0).flyable.all(where=~np.eye(3, dtype=bool))
    with pytest.raises(InvalidInstanceError, match=r"from ports\[2\], 'V2', no other port can be"):
        triangle([6, 6, 6], 50.1)
    with pytest.raises(InvalidInstanceError, match=r"charge_slots\[2\] is 0, and from 'V2' no por"):
        triangle([6, 6, 0], 50.1)
    with pytest.raises(InvalidInstanceError, match=r"start_wh\[1\] is 21999, but from 'V0', which"):
        triangle([0, 6, 6], 20.0, start_wh=[110_000, 21_999, 110_000])


def test_reserve_counts_in_the_range() -> None:
    """With 22 kWh in reserve 40 mi is the longest leg."""
    craft = AircraftType(reserve_wh=22_000)
    assert triangle([6, 6, 6], 40.0, aircraft=craft).flyable[0, 2]
    with pytest.raises(InvalidInstanceError, match="no other port can be reached"):
        triangle([6, 6, 6], 40.1, aircraft=craft)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("aircraft", 20, "aircraft 20, but in random-5x20 it is 0 to 19; take the schedule of"),
        ("origin", -2, "origin -2, but in random-5x20 it is 0 to 4"),
        ("destination", 99, "destination 99, but in random-5x20 it is 0 to 4"),
        ("depart_s", -10_000, "depart_s -10000, but in random-5x20 it is 0 to 43199"),
        ("depart_s", 10**17, "depart_s 100000000000000000, but"),
    ],
)
def test_schedules_of_other_instances(column: str, value: int, message: str) -> None:
    """What pictures and figures are made from must be of the instance, if not feasible."""
    leg = dict(zip(LEG_COLUMNS, [0, 0, 1, 0, 60, 0, 900, -1, -1, 110_000, 0, 0], strict=True))
    good = UamSchedule(43_200, np.array([list(leg.values())]), np.zeros((0, 3)))
    assert metrics(BASE, nominal(BASE), good)["flights"] == 1.0
    leg[column] = value
    bad = UamSchedule(43_200, np.array([list(leg.values())]), np.zeros((0, 3)))
    for use in (metrics, Fleet):
        with pytest.raises(DispatchlabError, match=rf"'legs\[0\]' has {message}"):
            use(BASE, nominal(BASE), bad)
