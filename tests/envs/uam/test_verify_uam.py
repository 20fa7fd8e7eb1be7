"""The independent checker of air-taxi schedules against hand-made and random violations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.uam.schedule import (
    BEFORE_WH,
    CHARGE_END_S,
    CHARGE_START_S,
    DEPART_S,
    DESTINATION,
    ENTER_S,
    LAND_S,
    LANE,
    LEG_COLUMNS,
    ORIGIN,
    PASSENGERS,
    TARGET_WH,
    UamSchedule,
)
from dispatchlab.envs.uam.verify import verify
from dispatchlab.eval.twin import UamTwin
from tests.envs.uam.uam_strategies import CRAFT, Case, random_policy, tiny, uam_cases

Changes = dict[tuple[int, int], int]  # of legs, by row and column
Row = tuple[int, int, int]
A, B, FULL = 0, 1, 10_000
# 3000 Wh and 300 s per flight; to 5000 Wh (level 0) or 10,000 (1), 1000 Wh in 60 s; actions 0 and 1
# go to A, 2 and 3 to B
LEGS = [
    [0, A, B, 0, 0, 0, 300, 300, 480, FULL, FULL, 2],
    [1, A, B, 0, 60, 0, 360, 480, 660, FULL, FULL, 1],
    [2, B, B, 0, 0, -1, 0, 0, 60, 4000, 5000, 0],
    [2, B, A, 60, 80, 0, 380, 380, 560, 5000, 5000, 0],
    [0, B, A, 1000, 1000, 0, 1300, -1, -1, FULL, 0, 0],
]
ROWS: list[Row] = [(0, 0, 3), (0, 1, 3), (60, 2, 0), (480, 0, 2), (600, 0, 2), (1000, 0, 0)]


def _day(**fields: Any) -> tuple[Case, UamSchedule]:
    """A day of three aircraft.

    Aircraft 0 and 1 fly to B one after the other and queue there; 2 charges, as it must, and
    flies to A. Aircraft 0 waits at 480 and 600, is down when it could decide next, at 900, and
    flies back at 1000.
    """
    passengers = [(A, B, 0, 600)] * 3
    options: dict[str, Any] = {
        "starts": [(A, FULL), (A, FULL), (B, 4000)], "park_slots": [2, 2],
        "charge_levels": (0.5, 1.0), "delay": {(B, 0): 20}, "down": {0: (850, 1000)},
        "closed": ((1, B, A),),
    } | fields  # fmt: skip
    return tiny(passengers, **options), UamSchedule(3600, np.array(LEGS), np.array(ROWS))


def _violations(case: Case, schedule: UamSchedule, **options: Any) -> tuple[str, ...]:
    """The sentences that the checker raises with."""
    with pytest.raises(InfeasibleScheduleError) as caught:
        verify(*case, schedule, **options)
    return caught.value.violations


def _changed(schedule: UamSchedule, changes: Changes, *rows: Row) -> UamSchedule:
    """A copy with other entries of legs, and other decisions if there are any."""
    legs = schedule.legs.copy()
    for where, value in changes.items():
        legs[where] = value
    return replace(schedule, legs=legs, decisions=np.array(rows) if rows else schedule.decisions)


def test_the_right_schedule_passes() -> None:
    """The day follows the model, as the twin plays it, and brings 3 * 10 - 4 * 2.25 $."""
    case, schedule = _day()
    verify(*case, schedule, profit=21.0)
    twin = UamTwin(*case)
    np.testing.assert_array_equal(twin.replay(ROWS).legs, LEGS)
    assert twin.profit == pytest.approx(21.0)


def test_a_part_of_a_day_passes() -> None:
    """At 400, at 480 before the decision there and after it: some charges are not known yet."""
    case, schedule = _day()
    early = {(1, CHARGE_START_S): -1, (1, CHARGE_END_S): -1}
    for now, changes, rows in ((400, early, 3), (480, {}, 3), (480, {}, 4)):
        part = _changed(schedule, changes, *ROWS[:rows])
        part = replace(part, now_s=now, legs=part.legs[:4])
        verify(*case, part, profit=23.25, complete=False)
        assert f"The schedule is of time {now} s, but a complete day ends at 3600 s." in (
            _violations(case, part)
        )


def test_wrong_profit() -> None:
    """The reported profit is compared, with a tolerance of a millionth."""
    case, schedule = _day()
    verify(*case, schedule, profit=21.0 + 1e-5)
    assert _violations(case, schedule, profit=22.0) == (
        "The profit up to 3600 s is 21, but 22 was reported (1 too high).",
    )


def test_ranges() -> None:
    """What does not exist is refused before anything else is checked."""
    case, schedule = _day()
    changes = {(0, 0): 3, (1, DESTINATION): 2, (2, ORIGIN): -1, (3, DEPART_S): 3600, (4, LANE): 1}
    rows = [(-1, 0, 3), (0, 3, 3), (60, 2, 4)]
    assert _violations(case, replace(_changed(schedule, changes, *rows), now_s=3601)) == (
        "The schedule is of time 3601 s, but it must be 0 to the end of the day at 3600 s.",
        "Leg 0 has aircraft 3, but it must be 0 to 2.",
        "Leg 2 has origin -1, but it must be 0 to 1.",
        "Leg 1 has destination 2, but it must be 0 to 1.",
        "Leg 3 has departure 3600, but it must be 0 to 3599.",
        "Leg 4 has lane 1, but it must be -1 to 0.",
        "Decision 0 has time -1, but it must be 0 to 3599.",
        "Decision 1 has aircraft 3, but it must be 0 to 2.",
        "Decision 2 has action 4, but it must be 0 to 3.",
    )


def test_a_realisation_of_another_instance() -> None:
    """A realisation that does not fit is reported as it is when it is loaded."""
    case, schedule = _day()
    other = tiny([], starts=[(A, FULL)])[1]
    assert "down_from_s" in _violations((case[0], other), schedule)[0]


LEG_0, LEG_1 = "Leg 0 (aircraft 0, 'A' to 'B', 0 s)", "Leg 1 (aircraft 1, 'A' to 'B', 0 s)"
LEG_2, LEG_3 = "Leg 2 (aircraft 2, charge at 'B', 0 s)", "Leg 3 (aircraft 2, 'B' to 'A', 60 s)"
LEG_4 = "Leg 4 (aircraft 0, 'B' to 'A', 1000 s)"


def _departs(time: int) -> tuple[Changes, list[Row]]:
    """Leg 4 at another time, with its decision."""
    changes = {(4, DEPART_S): time, (4, ENTER_S): time, (4, LAND_S): time + 300}
    return changes, sorted([*ROWS[:5], (time, 0, 0)])


CHAINS: list[tuple[str, Changes, list[Row], str]] = [
    (
        "not where it landed",
        {(4, ORIGIN): A, (4, DESTINATION): B},
        ROWS,
        "Leg 4 (aircraft 0, 'A' to 'B', 1000 s) starts at 'A', but after leg 0 aircraft 0 is at "
        "'B'.",
    ),
    (
        "not where it starts",
        {(2, ORIGIN): A, (2, DESTINATION): A},
        ROWS,
        "Leg 2 (aircraft 2, charge at 'A', 0 s) starts at 'A', but at the start of the day "
        "aircraft 2 is at 'B'.",
    ),
    (
        "energy",
        {(4, BEFORE_WH): 9000},
        ROWS,
        f"{LEG_4} starts with 9000 Wh, 1000 too little: after leg 0 aircraft 0 has 10000 Wh.",
    ),
    (
        "energy in the morning",
        {(0, BEFORE_WH): 11_000},
        ROWS,
        f"{LEG_0} starts with 11000 Wh, 1000 too much: at the start of the day aircraft 0 has "
        "10000 Wh.",
    ),
    (
        "while it charges",
        *_departs(479),
        "Leg 4 (aircraft 0, 'B' to 'A', 479 s) departs at 479 s, 1 before aircraft 0 has charged "
        "at 480 s.",
    ),
    (
        "while it waits",
        *_departs(700),
        "Leg 4 (aircraft 0, 'B' to 'A', 700 s) departs at 700 s, but aircraft 0 waits until 900 s.",
    ),
    (
        "while it is down",
        *_departs(900),
        "Leg 4 (aircraft 0, 'B' to 'A', 900 s) departs at 900 s, but aircraft 0 is down from 850 "
        "to 1000 s.",
    ),
    (
        "before it lands",
        {(4, 0): 2, (4, DEPART_S): 370},
        ROWS,
        "Leg 4 (aircraft 2, 'B' to 'A', 370 s) departs at 370 s, 190 before aircraft 2 has charged "
        "at 560 s.",
    ),
    (
        "not charged up to a level",
        {(4, TARGET_WH): 8000},
        ROWS,
        f"{LEG_4} charges to 8000 Wh, but the charge levels are 5000, 10000 Wh.",
    ),
    (
        "nothing to charge",
        {(4, TARGET_WH): 5000},
        ROWS,
        f"{LEG_4} charges to 5000 Wh, but it lands with 7000 Wh.",
    ),
    (
        "neither",
        {(2, TARGET_WH): 0, (2, CHARGE_START_S): -1, (2, CHARGE_END_S): -1},
        ROWS,
        f"{LEG_2} neither flies nor charges.",
    ),
    (
        "flies for no flight",
        {(2, ENTER_S): 3},
        ROWS,
        f"{LEG_2} has take-off 3, but without a flight it must be 0.",
    ),
    (
        "lane for no flight",
        {(2, LANE): 0},
        ROWS,
        f"{LEG_2} has lane 0, but without a flight it must be -1.",
    ),
    (
        "passengers for no flight",
        {(2, PASSENGERS): 1},
        ROWS,
        f"{LEG_2} has passengers 1, but without a flight it must be 0.",
    ),
]
FLIGHTS: list[tuple[str, Changes, str]] = [
    (
        "before the delay",
        {(3, ENTER_S): 79},
        f"{LEG_3} takes off at 79 s, 1 before its delay of 20 s is over.",
    ),
    ("too late", {(3, ENTER_S): 81}, f"{LEG_3} takes off at 81 s, 1 after it can into lane 0."),
    (
        "separation",
        {(1, ENTER_S): 59},
        f"{LEG_1} takes off at 59 s, 1 too close to the one before it in lane 0 at 0 s: the "
        "separation is 60 s.",
    ),
    (
        "no lane",
        {(0, LANE): -1},
        f"{LEG_0} takes off into lane -1, but lane 0 was entered longest ago.",
    ),
    (
        "lands early",
        {(4, LAND_S): 1299},
        f"{LEG_4} lands at 1299 s, 1 too early: it takes off at 1000 s and takes 300 s.",
    ),
    (
        "lands late",
        {(4, LAND_S): 1301},
        f"{LEG_4} lands at 1301 s, 1 too late: it takes off at 1000 s and takes 300 s.",
    ),
    (
        "more passengers than wait",
        {(1, PASSENGERS): 2},
        f"{LEG_1} carries 2 passengers, 1 more than it must: 1 wait, and there are 2 seats.",
    ),
    (
        "more passengers than seats",
        {(0, PASSENGERS): 3},
        f"{LEG_0} carries 3 passengers, 1 more than it must: 3 wait, and there are 2 seats.",
    ),
    (
        "passengers left behind",
        {(0, PASSENGERS): 1},
        f"{LEG_0} carries 1 passengers, 1 fewer than it must: 3 wait, and there are 2 seats.",
    ),
    (
        "charger in use",
        {(1, CHARGE_START_S): 470, (1, CHARGE_END_S): 650},
        f"{LEG_1} charges from 470 s, 10 before it gets one of the 1 chargers of 'B', first come, "
        "first served.",
    ),
    (
        "out of turn",
        {(0, CHARGE_START_S): 540, (0, CHARGE_END_S): 720,
         (1, CHARGE_START_S): 360, (1, CHARGE_END_S): 540},
        f"{LEG_1} charges from 360 s, 360 before it gets one of the 1 chargers of 'B', first come, "
        "first served.",
    ),
    (
        "idle charger",
        {(3, CHARGE_START_S): 390, (3, CHARGE_END_S): 570},
        f"{LEG_3} charges from 390 s, 10 after it has a charger at 380 s.",
    ),
    (
        "never charged",
        {(1, CHARGE_START_S): -1, (1, CHARGE_END_S): -1},
        f"{LEG_1} does not charge, although from 480 s it has a charger.",
    ),
    (
        "charged in flight",
        {(3, CHARGE_START_S): 370, (3, CHARGE_END_S): 550},
        f"{LEG_3} charges from 370 s, 10 before it is at the charger at 380 s.",
    ),
    (
        "long charge",
        {(3, CHARGE_END_S): 561},
        f"{LEG_3} has charged at 561 s, 1 too late: it starts at 380 s and takes 180 s from 2000 "
        "to 5000 Wh.",
    ),
    (
        "short charge",
        {(3, CHARGE_END_S): 559},
        f"{LEG_3} has charged at 559 s, 1 too early: it starts at 380 s and takes 180 s from 2000 "
        "to 5000 Wh.",
    ),
    (
        "end of no charge",
        {(3, CHARGE_START_S): -1},
        f"{LEG_3} has charged at 560 s, but never starts to.",
    ),
    (
        "charge without a target",
        {(4, CHARGE_START_S): 1300, (4, CHARGE_END_S): 1400},
        f"{LEG_4} has a charge from 1300 to 1400 s, but no target to charge to.",
    ),
]  # fmt: skip
IN_ORDER = "but decisions must be in the order of time, port and aircraft."
DECISIONS: list[tuple[str, list[Row], str]] = [
    (
        "no decision",
        ROWS[:5],
        f"{LEG_4} was not decided on: without a decision an aircraft stays, and charges to the "
        "lowest level of 5000 Wh at most.",
    ),
    (
        "another level",
        [(0, 0, 2), *ROWS[1:]],
        "Decision 0 at 0 s for aircraft 0 is to fly to 'B', but by the legs it is to fly to 'B' "
        "and charge to 10000 Wh.",
    ),
    (
        "another port",
        [(0, 0, 0), *ROWS[1:]],
        "Decision 0 at 0 s for aircraft 0 is to wait, but by the legs it is to fly to 'B' and "
        "charge to 10000 Wh.",
    ),
    (
        "no leg",
        [*ROWS[:4], (600, 0, 0), ROWS[5]],
        "Decision 4 at 600 s for aircraft 0 is to fly to 'A', but by the legs it is to wait.",
    ),
    (
        "nothing to charge where it is",
        [*ROWS[:4], (600, 0, 3), ROWS[5]],
        "Decision 4 at 600 s for aircraft 0 is to charge to level 1 (10000 Wh) at 'B', which is "
        "not possible with 10000 Wh there and 1 chargers.",
    ),
    (
        "out of order",
        [ROWS[1], ROWS[0], *ROWS[2:]],
        "Decision 1 at 0 s for aircraft 0 at 'A' comes after one at 0 s for aircraft 1 at 'A', "
        + IN_ORDER,
    ),
    (
        "ports out of order",
        [(0, 2, 2), *ROWS],
        "Decision 1 at 0 s for aircraft 0 at 'A' comes after one at 0 s for aircraft 2 at 'B', "
        + IN_ORDER,
    ),
    (
        "twice",
        [ROWS[0], *ROWS],
        "Decision 1 at 0 s for aircraft 0 at 'A' comes after one at 0 s for aircraft 0 at 'A', "
        + IN_ORDER,
    ),
    (
        "in flight",
        [*ROWS[:3], (200, 2, 2), *ROWS[3:]],
        "Decision 3 at 200 s for aircraft 2 is not possible then, 360 before aircraft 2 has "
        "charged at 560 s.",
    ),
    (
        "in the queue",
        [*ROWS[:3], (400, 1, 2), *ROWS[3:]],
        "Decision 3 at 400 s for aircraft 1 is not possible then, 260 before aircraft 1 has "
        "charged at 660 s.",
    ),
    (
        "in an outage",
        [*ROWS[:5], (900, 0, 2), ROWS[5]],
        "Decision 5 at 900 s for aircraft 0 is not possible then, but aircraft 0 is down from 850 "
        "to 1000 s.",
    ),
    (
        "between ticks",
        [*ROWS[:4], (500, 0, 2), *ROWS[4:]],
        "Decision 4 at 500 s for aircraft 0 is not possible then, but aircraft 0 waits until 600 "
        "s.",
    ),
]


@pytest.mark.parametrize(("changes", "rows", "why"), [c[1:] for c in CHAINS],
                         ids=[c[0] for c in CHAINS])  # fmt: skip
def test_wrong_chains(changes: Changes, rows: list[Row], why: str) -> None:
    """A leg starts where, when and with what its aircraft was left, and charges to a level."""
    case, schedule = _day()
    assert why in _violations(case, _changed(schedule, changes, *rows))


@pytest.mark.parametrize(("changes", "why"), [c[1:] for c in FLIGHTS], ids=[c[0] for c in FLIGHTS])
def test_wrong_flights_and_charges(changes: Changes, why: str) -> None:
    """Each change of a right schedule is reported, with the amount."""
    case, schedule = _day()
    assert why in _violations(case, _changed(schedule, changes))


@pytest.mark.parametrize(("rows", "why"), [c[1:] for c in DECISIONS], ids=[c[0] for c in DECISIONS])
def test_wrong_decisions(rows: list[Row], why: str) -> None:
    """Decisions come when they can, in order, and lead to the legs."""
    case, schedule = _day()
    assert why in _violations(case, replace(schedule, decisions=np.array(rows)))


def test_who_must_charge_may_be_named() -> None:
    """Naming aircraft 2, which charges anyway, changes nothing."""
    case, schedule = _day()
    verify(*case, replace(schedule, decisions=np.array([*ROWS[:2], (0, 2, 2), *ROWS[2:]])))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"closed": ((0, A, B),)}, f"{LEG_1} departs at 0 s, when the route is closed."),
        ({"park_slots": [2, 1]},
         f"{LEG_1} finds no slot: 2 of 2 at 'B' are held by the aircraft 0, 2."),
        ({"reserve": "charger"},
         f"{LEG_1} finds no charger: all 1 at 'B' are taken or awaited by the aircraft 0."),
        ({"craft": replace(CRAFT, reserve_wh=2500)},
         f"{LEG_3} lands with 2000 Wh, 500 below the reserve of 2500 Wh: it starts with 5000 and "
         "takes 3000 Wh."),
        ({"craft": replace(CRAFT, seats=1)},
         f"{LEG_0} carries 2 passengers, 1 more than it must: 3 wait, and there are 1 seats."),
        ({"charge_slots": [1, 0]}, f"{LEG_2} charges, but 'B' has no charger."),
        ({"corridors": 2}, f"{LEG_1} takes off into lane 0, but lane 1 was entered longest ago."),
        ({"delay": {(B, 0): 21}},
         f"{LEG_3} takes off at 80 s, 1 before its delay of 21 s is over."),
        ({"down": {2: (60, 100)}},
         f"{LEG_3} departs at 60 s, but aircraft 2 is down from 60 to 100 s."),
    ],
)  # fmt: skip
def test_the_schedule_in_another_world(fields: dict[str, Any], why: str) -> None:
    """Closures, slots, chargers, reserves, seats, lanes, delays and outages are those given."""
    _, schedule = _day()
    assert why in _violations(_day(**fields)[0], schedule)


def test_stranded() -> None:
    """With 5000 Wh it can fly to where there is no charger, but not back."""
    legs = [[0, A, B, 0, 0, 0, 300, -1, -1, 5000, 0, 0]]
    schedule = UamSchedule(3600, np.array(legs), np.array([(0, 0, 2)]))
    case = tiny([], starts=[(A, 5000)], charge_slots=[1, 0], charge_levels=(0.4, 1.0))
    assert _violations(case, schedule) == (
        f"{LEG_0} is stranded: it lands with 2000 Wh where there is no charger, and the flight to "
        "the nearest takes 3000 Wh, which leaves -1000 of a reserve of 0 Wh.",
    )


def test_legs_out_of_order() -> None:
    """Legs are in the order of time, port and aircraft, as they were decided."""
    case, schedule = _day()
    assert (
        f"{LEG_0.replace('Leg 0', 'Leg 1')} comes after leg 0 (aircraft 1, from 'A', 0 s), but "
        "legs must be in the order of time, port and aircraft."
    ) in _violations(case, replace(schedule, legs=schedule.legs[[1, 0, 2, 3, 4]]))


def test_who_stays_below_the_lowest_level_charges() -> None:
    """Without its charge aircraft 2 just stands there."""
    case, schedule = _day()
    rows = np.array([*ROWS[:2], *ROWS[3:]])
    changed = replace(schedule, legs=schedule.legs[[0, 1, 4]], decisions=rows)
    assert _violations(case, changed) == (
        "Aircraft 2 stays at 'B' at 0 s with 4000 Wh, 1000 below the lowest charge level, but it "
        "does not charge.",
    )


def test_beyond_the_time_of_the_schedule() -> None:
    """Nothing departs, is decided or begins to charge after the time that was played up to."""
    case, schedule = _day()
    found = _violations(case, replace(schedule, now_s=479), complete=False)
    for why in (
        f"{LEG_4} departs at 1000 s, beyond 479 s, which was played up to.",
        "Decision 3 at 480 s for aircraft 0 is beyond 479 s, which was played up to.",
        f"{LEG_1} charges from 480 s, beyond 479 s, which was played up to.",
    ):
        assert why in found


@settings(max_examples=200, deadline=None)
@given(uam_cases(), st.integers(0, 999), st.data())
def test_any_other_number_is_found(case: Case, seed: int, data: st.DataObject) -> None:
    """No entry of the legs, no action and no time of a right schedule can be another one."""
    schedule = UamTwin(*case).run(random_policy(seed))
    assume(len(schedule.legs))
    step = data.draw(st.sampled_from((-300, -60, -1, 1, 60, 300)))
    if data.draw(st.booleans()):
        row = data.draw(st.integers(0, len(schedule.legs) - 1))
        column = data.draw(st.integers(0, len(LEG_COLUMNS) - 1))
        wrong = _changed(schedule, {(row, column): int(schedule.legs[row, column]) + step})
    else:
        row = data.draw(st.integers(0, len(schedule.decisions) - 1))
        rows = schedule.decisions.copy()
        count = case[0].num_ports * case[0].num_levels
        assume(step % count)
        rows[row, 2] = (rows[row, 2] + step) % count
        wrong = replace(schedule, decisions=rows)
    assert _violations(case, wrong)
