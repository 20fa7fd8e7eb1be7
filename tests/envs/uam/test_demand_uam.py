"""Shapes of the demand, its load, fares and prices."""

import math
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.uam.days import build
from dispatchlab.envs.uam.demand import PROFILES, bin_hours, load_of, profile_shape
from dispatchlab.envs.uam.demand_files import Bins, read_demand
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.recipe import DayRecipe
from dispatchlab.envs.uam.tariffs import fare_table, price_table

HOURS = bin_hours(24, 1800, 21_600)
BUSY = np.array([True, True, False, False])


def test_hours() -> None:
    """Bins are seen at their middle, and midnight begins a new day."""
    assert HOURS[[0, 5, 23]].tolist() == [6.25, 8.75, 17.75]
    assert bin_hours(3, 3600, 82_800).tolist() == [23.5, 0.5, 1.5]


def test_two_peaks() -> None:
    """Towards busy ports in the morning, from them in the afternoon, among them in both."""
    shape = profile_shape("two-peaks", np.array([8.5, 16.5, 12.5]), BUSY, np.ones((4, 4)))
    assert shape[:, 2, 0] == pytest.approx([1.85, 0.35, 0.35], abs=1e-5)
    assert shape[:, 0, 2] == pytest.approx([0.35, 1.85, 0.35], abs=1e-5)
    assert shape[:, 0, 1] == pytest.approx([1.55, 1.55, 0.35], abs=1e-5)
    assert shape[:, 2, 3] == pytest.approx([0.35, 0.35, 0.35])
    assert (shape[:, range(4), range(4)] == 0).all()
    one_sd = profile_shape("two-peaks", np.array([9.25]), BUSY, 2 * np.ones((4, 4)))
    assert one_sd[0, 2, 0] == pytest.approx(2 * (0.35 + 1.5 * math.exp(-0.5)))
    flat = profile_shape("two-peaks", HOURS, BUSY, np.ones((4, 4)), peak=0.0)
    assert set(np.unique(flat)) == {0.0, 0.35}


def test_other_profiles() -> None:
    """The mixture has its peaks near 8 and 16 h, the table its own numbers; uniform is flat."""
    fine = np.arange(6, 21, 0.05)
    mixture = profile_shape("aam-sim", fine, BUSY, np.ones((4, 4)))[:, 0, 1]
    assert fine[mixture[: len(fine) // 2].argmax()] == pytest.approx(8.0, abs=0.2)
    ratio = mixture[np.abs(fine - 8).argmin()] / mixture[np.abs(fine - 12).argmin()]
    eight = 1 / 2 + math.exp(-8) / 2 + math.exp(-0.5 * (4 / 6) ** 2) / 6
    noon = 2 * math.exp(-2) / 2 + 1 / 6
    assert ratio == pytest.approx(eight / noon)
    table = profile_shape("lax-dtla", HOURS, np.array([False, True]), np.ones((2, 2)))
    assert table[[0, 1, 2, 23], 0, 1].tolist() == [31, 31, 28, 30]
    assert table[[0, 1, 2, 23], 1, 0].tolist() == [34, 34, 25, 30]
    uniform = profile_shape("uniform", HOURS, BUSY, 5 * np.ones((4, 4)))
    assert uniform.sum() == 24 * 12
    with pytest.raises(InvalidInstanceError, match="profile is 'lax-dtla', which has two ports"):
        profile_shape("lax-dtla", HOURS, BUSY, np.ones((4, 4)))
    with pytest.raises(InvalidInstanceError, match="profile is 'flat'; choose one of two-peaks"):
        profile_shape("flat", HOURS, BUSY, np.ones((4, 4)))


def test_published_load() -> None:
    """The hourly table as it is: 313 and 309 passengers in 12 h, a load of 0.73 for 8 aircraft."""
    day = build(
        DayRecipe("l", network="lax-dtla", num_ports=2, aircraft=8, profile="lax-dtla", rho=None)
    )
    assert day.demand.sum(axis=0) == pytest.approx(np.array([[0, 313], [309, 0]]))
    # 720 s, 8.9 mi at 74.5 mph, 2.2 kWh/mi at 150 kW
    cycle = 720 + math.ceil(day.distance_mi[0, 1] / 74.5 * 3600)
    cycle += math.ceil(math.ceil(2200 * day.distance_mi[0, 1]) * 3600 / 150_000)
    assert load_of(day) == pytest.approx(622 / (8 * 4 * 43_200 / cycle))


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "lax-dtla"])
@pytest.mark.parametrize("rho", [0.6, 2.5])
def test_loads(profile: str, rho: float) -> None:
    """Demand is scaled to the load, worked out here again; nobody wants to fly out of range."""
    day = load_instance(f"dfw-10:rho={rho},profile={profile},aircraft=20,seats=6")
    flyable = (day.distance_mi > 0) & (day.distance_mi <= 50)
    assert not flyable.all(where=~np.eye(10, dtype=bool))
    assert ((day.demand > 0) == flyable).all()
    total = cycles = 0.0
    for i, j in np.argwhere(flyable):
        passengers = day.demand[:, i, j].sum()
        flight = math.ceil(day.distance_mi[i, j] / 74.5 * 3600)
        charge = math.ceil(math.ceil(2200 * day.distance_mi[i, j]) * 3600 / 150_000)
        total += passengers
        cycles += passengers * (360 + flight + 360 + charge)
    assert total / (20 * 6 * 43_200 / (cycles / total)) == pytest.approx(rho)
    assert load_of(day) == pytest.approx(rho)


def test_what_follows_from_the_fleet() -> None:
    """Twice the fleet has twice the passengers at the same load, of the same shape."""
    one, two = load_instance("bay-10:aircraft=30"), load_instance("bay-10:aircraft=60")
    assert np.allclose(two.demand, 2 * one.demand)
    assert np.allclose(two.fare_usd, one.fare_usd)
    assert np.array_equal(one.expected_delay_s, two.expected_delay_s)
    nobody = load_instance("bay-10:rho=0")
    assert nobody.demand.sum() == load_of(nobody) == 0.0


def test_fares() -> None:
    """5 $ and 0.64 $/mi, times 1 + ln(Q / mean) / 2 between 1 and 3; flat; 1.5 $/mi cut."""
    distance = np.array([[0.0, 10.0], [25.5, 0.0]])
    demand = np.zeros((3, 2, 2))
    demand[:, 0, 1], demand[:, 1, 0] = [1.0, 1.0, 8.0], [2.0, 0.0, 3.0]  # mean of five: 3
    fares = fare_table("demand", 5.0, 0.64, distance, demand)
    assert fares[:, 0, 1] == pytest.approx([11.4, 11.4, 5 + 6.4 * (1 + math.log(8 / 3) / 2)])
    assert fares[:, 1, 0] == pytest.approx([5 + 0.64 * 25.5] * 3)
    assert (fares[:, [0, 1], [0, 1]] == 0).all()
    assert fare_table("flat", 2.0, 1.0, distance, demand)[2].tolist() == [[0, 12], [27.5, 0]]
    assert fare_table("floor-1.5", 5.0, 1.0, distance, demand)[0].tolist() == [[0, 15], [38, 0]]
    steep = np.ones((200, 2, 2))
    steep[0] = 1e6
    assert fare_table("demand", 0.0, 1.0, distance, steep)[0, 0, 1] == 30.0
    with pytest.raises(InvalidInstanceError, match="fare_rule is 'free'; choose one of demand"):
        fare_table("free", 5.0, 0.64, distance, demand)


def test_prices() -> None:
    """Constant, or by time of use: 0.1482 $ times 0.6, 1.05 from 14 h and 1.5 from 16 h."""
    assert price_table(0.2, HOURS).tolist() == [0.2] * 24
    tou = price_table("tou", np.array([6.25, 13.9, 14.0, 16.0, 20.9, 21.0, 23.0]))
    base = 0.1482
    low, middle, high = 0.6 * base, 1.05 * base, 1.5 * base
    assert tou == pytest.approx([low, low, middle, high, high, middle, low])
    for wrong in (-0.1, "cheap", True, math.nan):
        with pytest.raises(InvalidInstanceError, match=r"price is .*; give dollars per kWh or"):
            price_table(wrong, HOURS)


BINS = Bins(2, 1800, 21_600)
GOOD = """bin, origin,destination,passengers,fare_usd,note
0,A,B,1.5,10,x
1,A,B,0,11,
0,B,A,2,12,
1,B,A,4,13,
"""


def read(path: Path, text: str) -> tuple[np.ndarray, np.ndarray | None]:
    """What a file of that text holds."""
    file = path / "table.csv"
    file.write_text(text)
    return read_demand(file, ("A", "B"), BINS)


def test_tables(tmp_path: Path) -> None:
    """Bins by number or time of day, in any order, with fares or without."""
    demand, fares = read(tmp_path, GOOD)
    assert demand.tolist() == [[[0, 1.5], [2, 0]], [[0, 0], [4, 0]]]
    assert fares is not None
    assert fares.tolist() == [[[0, 10], [12, 0]], [[0, 11], [13, 0]]]
    rows = ["06:30,B,A,4", "6:00,A,B,1.5", "06:30,A,B,0", "06:00,B,A,2", "06:00,A,A,0"]
    again, none = read(tmp_path, "\n".join(["time,origin,destination,passengers", *rows]))
    assert np.array_equal(again, demand)
    assert none is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1,B,A,4,13,\n", "", "bin 1 from 'B' to 'A' is missing; add a row, with 0 passengers"),
        ("0,B,A,2", "0,B,A,nan", "row 4: passengers is 'nan'; write a number that is not neg"),
        ("0,B,A,2", "0,B,A,-2", "row 4: passengers is '-2'; write a number that is not neg"),
        ("0,B,A,2", "0,B,A,", "row 4: passengers is ''; write a number"),
        ("1,A,B,0,11", "1,A,B,0,-11", "row 3: fare_usd is '-11'"),
        ("0,A,B", "0,A,C", "row 2: destination is 'C', which is no vertiport; choose one of A, B"),
        ("0,A,B", "0,,B", "row 2: origin is '', which is no vertiport"),
        ("0,A,B", "2,A,B", "row 2: bin is '2'; write 0 to 1"),
        ("0,A,B", "x,A,B", "row 2: bin is 'x'; write 0 to 1"),
        ("0,A,B", "1,B,A", "row 5: bin 1 from B to A stands twice; remove one"),
        ("0,A,B,1.5", "0,A,A,1.5", "row 2: passengers is 1.5 from A to itself"),
        ("passengers", "people", "must have one column passengers, and has neither"),
        ("bin", "hour", "must have one column bin or time, and has neither"),
        ("0,A,B,1.5", '0,"A,B,1.5', "no valid CSV"),
    ],
)
def test_bad_tables(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each error names the file, the row and what is wrong."""
    with pytest.raises(DispatchlabError, match=rf"^table.csv \(read as a table .*{message}"):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_bad_times(tmp_path: Path) -> None:
    """A time that begins no bin says which do."""
    for time in ("06:15", "07:00", "late"):
        text = f"time,origin,destination,passengers\n{time},A,B,1\n"
        with pytest.raises(DispatchlabError, match="write the start of a bin, 06:00 to 06:30"):
            read(tmp_path, text)
