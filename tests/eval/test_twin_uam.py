"""The SimPy twin of the air-taxi fleet: days written out by hand, and the checker as its judge."""

import sys
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dispatchlab.eval.twin
from dispatchlab.envs.core.errors import InfeasibleScheduleError, MissingExtraError
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.verify import verify
from dispatchlab.eval.twin import UamTwin
from dispatchlab.eval.twin.uam_world import World
from tests.envs.uam.uam_strategies import CRAFT, Case, random_policy, tiny, uam_cases

# 3 miles: 3000 Wh, 60 + 180 + 60 s and 1.50 $; 2 seats at 10 $ and 0.75 $ for energy in the first
# half hour, 20 $ and 2.25 $ in the second; full at 10,000 Wh, with 1000 Wh in 60 s
A, B, FULL = 0, 1, 10_000
Row = tuple[int, int, int]


def _replay(case: Case, *rows: Row, profit: float) -> list[list[int]]:
    """The legs of a day, which must pass the checker."""
    twin = UamTwin(*case)
    schedule = twin.replay(rows)
    assert twin.profit == pytest.approx(profit, abs=1e-9)
    verify(*case, schedule, profit=profit)
    assert schedule.decisions.tolist() == [list(row) for row in rows]
    assert schedule.now_s == 3600
    return schedule.legs.tolist()


# -- one aircraft ---------------------------------------------------------------------------------


def test_one_aircraft_to_and_fro() -> None:
    """Two of three passengers board, one comes late, one gives up; then it flies empty.

    Profits: 2 * 10 - 1.5 - 0.75, then 10 - 2.25, -2.25, and -1.5 - 2.25 for a landing at 1860.
    """
    case = tiny([(A, B, 0, 600)] * 3 + [(B, A, 500, 2000)], starts=[(A, FULL)])
    legs = _replay(
        case, (0, 0, B), (480, 0, B), (600, 0, A), (1080, 0, B), (1560, 0, A),
        profit=17.75 + 7.75 - 2.25 - 3.75,
    )  # fmt: skip
    assert legs == [
        [0, A, B, 0, 0, 0, 300, 300, 480, 10_000, 10_000, 2],
        [0, B, A, 600, 600, 0, 900, 900, 1080, 10_000, 10_000, 1],
        [0, A, B, 1080, 1080, 0, 1380, 1380, 1560, 10_000, 10_000, 0],
        [0, B, A, 1560, 1560, 0, 1860, 1860, 2040, 10_000, 10_000, 0],
    ]


def test_who_is_not_named_waits_for_the_next_tick() -> None:
    """Unnamed at 480, the aircraft can be named at 600 and not before."""
    case = tiny([], starts=[(A, FULL)])
    legs = _replay(case, (0, 0, B), (600, 0, A), profit=-4.5)
    assert [leg[3] for leg in legs] == [0, 600]
    with pytest.raises(InfeasibleScheduleError, match="Decision 1 at 500 s for aircraft 0"):
        UamTwin(*case).replay([(0, 0, B), (500, 0, A)])


def test_passengers_come_before_and_leave_before_a_departure() -> None:
    """At 600 one has just come, and one has just left."""
    case = tiny([(A, B, 600, 900), (A, B, 0, 600)], starts=[(A, FULL)])
    assert _replay(case, (600, 0, B), profit=10 - 2.25)[0][11] == 1


def test_take_off_delays_are_those_of_the_port_and_the_tick() -> None:
    """Decided at 487, after the tick at 300: 100 s late at B.

    A landing that is delayed from 1500 to 1825 is billed at the price at 1500.
    """
    delay = {(A, 0): 7, (B, 1): 100, (A, 1): 999}
    case = tiny([], starts=[(A, FULL)], delay=delay)
    legs = _replay(case, (0, 0, B), (487, 0, A), profit=-4.5)
    assert [leg[3:9] for leg in legs] == [[0, 7, 0, 307, 307, 487], [487, 587, 0, 887, 887, 1067]]
    case = tiny([], starts=[(B, FULL)], delay={(B, 4): 325})
    assert _replay(case, (1200, 0, A), profit=-2.25)[0][4:7] == [1525, 0, 1825]


def test_an_outage_counts_where_the_aircraft_would_decide() -> None:
    """Down from 100 to 700 it flies and charges on, and decides next at 700, between ticks."""
    case = tiny([], starts=[(A, FULL)], down={0: (100, 700)})
    legs = _replay(case, (0, 0, B), (700, 0, A), profit=-4.5)
    assert [leg[3:9] for leg in legs] == [[0, 0, 0, 300, 300, 480], [700, 700, 0, 1000, 1000, 1180]]
    case = tiny([], starts=[(A, FULL)], down={0: (0, 3600)})
    assert _replay(case, profit=0.0) == []


def test_a_tick_in_an_outage_is_put_off() -> None:
    """It waits from 0, misses the tick at 300, and decides at 301 and then at 600."""
    case = tiny([], starts=[(A, FULL)], down={0: (299, 301)})
    _replay(case, (0, 0, A), (301, 0, A), (600, 0, A), (900, 0, B), profit=-2.25)
    with pytest.raises(InfeasibleScheduleError, match="300 s for aircraft 0"):
        UamTwin(*case).replay([(0, 0, A), (300, 0, B)])


def test_the_day_ends() -> None:
    """What departs before 3600 counts; a charge that would start then is not begun."""
    case = tiny([(A, B, 0, 9999)] * 2, starts=[(A, FULL), (B, FULL)])
    legs = _replay(
        case, (3300, 0, B), (3300, 1, B), profit=2 * 20 - 1.5 - 2.25
    )  # fmt: skip
    assert legs == [[0, A, B, 3300, 3300, 0, 3600, -1, -1, 10_000, 10_000, 2]]
    case = tiny([], starts=[(A, 1000)], delay={(A, 11): 1})
    legs = _replay(case, (0, 0, A), (3300, 0, B), profit=-3.75)
    assert legs[0] == [0, A, A, 0, 0, -1, 0, 0, 540, 1000, 10_000, 0]
    assert legs[1][4:9] == [3301, 0, 3601, -1, -1]


# -- charge levels --------------------------------------------------------------------------------


LEVELS = {"charge_levels": (0.5, 1.0)}  # actions: 0 and 1 to A, 2 and 3 to B


def test_charge_levels() -> None:
    """It lands with 7000, above level 0; then with 4000, below it; then charges to level 1."""
    case = tiny([], starts=[(A, FULL)], **LEVELS)
    legs = _replay(case, (0, 0, 2), (300, 0, 0), (660, 0, 1), (960, 0, 3), profit=-3 * 2.25)
    assert legs == [
        [0, A, B, 0, 0, 0, 300, -1, -1, 10_000, 0, 0],
        [0, B, A, 300, 300, 0, 600, 600, 660, 7000, 5000, 0],
        [0, A, A, 660, 660, -1, 660, 660, 960, 5000, 10_000, 0],
        [0, A, B, 960, 960, 0, 1260, 1260, 1440, 10_000, 10_000, 0],
    ]


def test_below_the_lowest_level_a_stay_is_a_charge() -> None:
    """With 4000 Wh in the morning, unnamed: 1000 Wh up to level 0, by 60."""
    case = tiny([], starts=[(A, 4000)], **LEVELS)
    legs = _replay(case, (60, 0, 3), profit=-2.25)
    assert legs == [
        [0, A, A, 0, 0, -1, 0, 0, 60, 4000, 5000, 0],
        [0, A, B, 60, 60, 0, 360, 360, 840, 5000, 10_000, 0],
    ]


def test_a_tapered_charge() -> None:
    """From 7000 to 9500 of 10,000 Wh: 8000 Wh * ln(3000 / 500) at 60 kW are 860.04 s.

    From 1000 to 4000: 60 s up to the knee at 2000, then 480 s * ln(8000 / 6000) = 138.09 s.
    """
    craft = replace(CRAFT, charge_curve="taper")
    case = tiny([], starts=[(A, FULL), (B, 1000)], craft=craft, charge_levels=(0.4, 0.95),
                charge_slots=[1, 2])  # fmt: skip
    legs = _replay(case, (0, 0, 3), profit=-2.25)
    assert [leg[7:9] for leg in legs] == [[300, 300 + 861], [0, 60 + 139]]


# -- several aircraft -----------------------------------------------------------------------------


def test_one_lane_and_one_charger() -> None:
    """The second takes off 60 s later, gets the passenger who is left, and waits to charge."""
    case = tiny([(A, B, 0, 600)] * 3, starts=[(A, FULL), (A, FULL)])
    legs = _replay(case, (0, 0, B), (0, 1, B), profit=3 * 10 - 2 * 2.25)
    assert legs == [
        [0, A, B, 0, 0, 0, 300, 300, 480, 10_000, 10_000, 2],
        [1, A, B, 0, 60, 0, 360, 480, 660, 10_000, 10_000, 1],
    ]


def test_lanes_are_entered_in_the_order_of_decision() -> None:
    """The first is delayed by 500 s; the second, decided at 300 without delay, comes after it."""
    case = tiny([], starts=[(A, FULL), (A, FULL)], delay={(A, 0): 500})
    legs = _replay(case, (0, 0, B), (300, 1, B), profit=-4.5)
    assert [leg[3:7] for leg in legs] == [[0, 500, 0, 800], [300, 560, 0, 860]]


def test_the_lane_that_was_entered_longest_ago_is_taken() -> None:
    """Two lanes, 400 s: the third flight follows in lane 0, the fourth in lane 1."""
    case = tiny([], starts=[(A, FULL)] * 4, corridors=2, separation_s=400,
                park_slots=[3, 3])  # fmt: skip
    legs = _replay(case, (0, 0, B), (0, 1, B), (300, 2, B), (600, 3, B), profit=-9.0)
    assert [leg[3:6] for leg in legs] == [[0, 0, 0], [0, 0, 1], [300, 400, 0], [600, 600, 1]]
    assert [leg[6:9] for leg in legs] == [
        [300, 300, 480], [300, 480, 660], [700, 700, 880], [900, 900, 1080],
    ]  # fmt: skip


def test_the_slot_of_an_earlier_departure_is_free_at_once() -> None:
    """A has one slot, which aircraft 1 can fly to as soon as aircraft 0 has left it."""
    case = tiny([], starts=[(A, FULL), (B, FULL)], park_slots=[0, 1])
    legs = _replay(case, (0, 0, B), (0, 1, A), profit=-4.5)
    assert [leg[1:5] for leg in legs] == [[A, B, 0, 0], [B, A, 0, 0]]


def test_who_lands_takes_a_free_charger_before_who_decides() -> None:
    """At 300 aircraft 1 lands and charges; aircraft 0, which is asked then, charges after it."""
    case = tiny([], starts=[(B, 6000), (A, FULL)], **LEVELS)
    legs = _replay(case, (0, 1, 3), (0, 0, 2), (300, 0, 3), profit=-2.25)
    assert [(leg[0], *leg[7:9]) for leg in legs] == [(1, 300, 480), (0, 480, 720)]


def test_of_those_who_queue_since_the_same_time_the_first_is_first() -> None:
    """Aircraft 1 lands and aircraft 0 decides at 300, while 2 charges: 0 is served first."""
    case = tiny([], starts=[(B, 6000), (A, FULL), (B, 1000)], park_slots=[1, 2], **LEVELS)
    legs = _replay(case, (0, 1, 3), (0, 2, 3), (300, 0, 3), profit=-2.25)
    assert [(leg[0], *leg[7:9]) for leg in legs] == [(1, 780, 960), (2, 0, 540), (0, 540, 780)]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "rows", "why"),
    [
        (tiny([], starts=[(A, FULL)]), [(0, 0, 2)], "actions are 0 to 1"),
        (tiny([], starts=[(A, FULL)], closed=((0, A, B),)), [(1500, 0, B)], "route is closed"),
        (tiny([], starts=[(A, FULL)], closed=((0, A, B),)), [(1800, 0, B)], ""),
        (tiny([], starts=[(A, FULL)], closed=((1, A, B),)), [(1800, 0, B)], "route is closed"),
        (tiny([], starts=[(A, 2999)]), [(0, 0, B)], "the energy is too low"),
        (tiny([], starts=[(A, 3999)], craft=replace(CRAFT, reserve_wh=1000)), [(0, 0, B)],
         "the energy is too low"),
        (tiny([], starts=[(A, 4000)], craft=replace(CRAFT, reserve_wh=1000)), [(0, 0, B)], ""),
        (tiny([], starts=[(A, 5999)], charge_slots=[1, 0]), [(0, 0, B)], "would be stranded"),
        (tiny([], starts=[(A, 6000)], charge_slots=[1, 0]), [(0, 0, B)], ""),
        (tiny([], starts=[(A, FULL), (B, FULL), (B, FULL)]), [(0, 0, B)], "no slot is free"),
        (tiny([], starts=[(A, FULL), (A, FULL), (B, FULL)]), [(0, 0, B), (0, 1, B)],
         "no slot is free"),
        (tiny([], starts=[(A, FULL), (B, 1000)], reserve="charger"), [(300, 0, B)],
         "no charger is free"),
        (tiny([], starts=[(A, FULL), (B, 1000)], reserve="charger"), [(600, 0, B)], ""),
        (tiny([], starts=[(A, FULL), (A, FULL)], reserve="charger"), [(0, 0, B), (0, 1, B)],
         "no charger is free"),
        (tiny([], starts=[(A, 6000), (B, 6000)], park_slots=[1, 2], charge_slots=[1, 0],
              reserve="charger"), [(0, 0, B)], ""),
        (tiny([], starts=[(A, FULL)], **LEVELS), [(0, 0, 1)], "nothing to charge to that level"),
        (tiny([], starts=[(A, FULL)], charge_slots=[1, 0], **LEVELS), [(0, 0, 3)],
         "nothing to charge to that level"),
        (tiny([], starts=[(A, FULL)]), [(3600, 0, B)], "does not come up"),
        (tiny([], starts=[(A, FULL)]), [(0, 0, B), (300, 0, A)], "Decision 1 at 300 s"),
        (tiny([], starts=[(A, FULL), (B, FULL)]), [(0, 1, B), (0, 0, B)],
         "Decision 1 at 0 s for aircraft 0, before 0 more, does not come up"),
        (tiny([], starts=[(A, FULL)], down={0: (0, 301)}), [(300, 0, B)], "does not come up"),
    ],
)  # fmt: skip
def test_impossible_decisions_are_refused(case: Case, rows: list[Row], why: str) -> None:
    """What is not legal, or does not come up then, is refused, and what just is legal is not."""
    if not why:
        assert len(UamTwin(*case).replay(rows).legs) > 0
        return
    with pytest.raises(InfeasibleScheduleError, match=why):
        UamTwin(*case).replay(rows)


# -- the twin's own options -----------------------------------------------------------------------


def test_a_disturbance_is_one_more_process() -> None:
    """A charger is out of order from 200 to 400, and from 500 on flights take 100 s longer."""

    def trouble(world: World) -> Generator[Any, Any, None]:
        yield world.env.timeout(200)
        assert world.ports[B].chargers is not None
        with world.ports[B].chargers.request(priority=-1) as charger:
            yield charger
            yield world.env.timeout(200)
        yield world.env.timeout(100)
        world.block_s += 100

    case = tiny([], starts=[(A, FULL)])
    legs = UamTwin(*case, [trouble]).replay([(0, 0, B), (580, 0, A)]).legs.tolist()
    assert [leg[3:9] for leg in legs] == [[0, 0, 0, 300, 400, 580], [580, 580, 0, 980, 980, 1160]]


def test_the_play_stops_before_a_decision() -> None:
    """Until aircraft 1 is asked at 300: the first leg is known, its charge is not."""
    case = tiny([], starts=[(A, FULL), (A, FULL)])
    schedule = UamTwin(*case).replay([(0, 0, B)], until=(300, 1))
    verify(*case, schedule, profit=-2.25, complete=False)
    assert (schedule.now_s, schedule.legs.tolist()) == (
        300, [[0, A, B, 0, 0, 0, 300, 300, 480, 10_000, 10_000, 0]],
    )  # fmt: skip
    schedule = UamTwin(*case).replay([(0, 0, B)], until=(0, 1))
    assert (schedule.now_s, schedule.legs[0, 6:9].tolist()) == (0, [300, -1, -1])


def test_without_simpy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import works; playing names what to install."""
    for name in ("uam_decisions", "uam_world", "uam_parts", "moment"):
        monkeypatch.delitem(sys.modules, f"dispatchlab.eval.twin.{name}", raising=False)
        monkeypatch.delattr(dispatchlab.eval.twin, name, raising=False)
    monkeypatch.setitem(sys.modules, "simpy", None)
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[twin\]"):
        UamTwin(*tiny([], starts=[(A, FULL)])).replay([])


@settings(max_examples=150, deadline=None)
@given(uam_cases(), st.integers(0, 999), st.sampled_from((0.0, 0.02)), st.sampled_from((0.0, 0.3)))
def test_random_policies_pass_the_checker(
    case: Case, seed: int, stop: float, unnamed: float
) -> None:
    """Whatever is decided, the schedule follows the rules, and is the same when replayed."""
    twin = UamTwin(*case)
    schedule = twin.run(random_policy(seed, stop=stop, unnamed=unnamed))
    profit, over = twin.profit, schedule.now_s == case[0].horizon_s
    verify(*case, schedule, profit=profit, complete=over)
    if not over:
        return
    again = twin.replay(schedule.decisions.tolist())
    assert twin.profit == profit
    for name in UamSchedule.__slots__:
        np.testing.assert_array_equal(getattr(again, name), getattr(schedule, name), name)
