"""The batch of rows: a day by hand, what is legal, and what it refuses."""

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.limits import UamLimits
from tests.envs.uam.uam_strategies import Case, Passenger, tiny

WHOLE_DAY = 3600


def _start(case: Case, **options: str) -> Dynamics:
    dynamics = Dynamics(1, UamLimits.of(case[0]), **options)  # type: ignore[arg-type]
    dynamics.load(0, *case)
    dynamics.reset()
    return dynamics


def _play(dynamics: Dynamics, *actions: int) -> None:
    for action in actions:
        assert dynamics.step(np.array([action]))[0] == 0


def _waiting(count: int, origin: int = 0) -> list[Passenger]:
    return [(origin, 1 - origin, 0, WHOLE_DAY)] * count


def test_a_leg_by_hand() -> None:
    """3 miles: 300 s and 3000 Wh; two of three board; 180 s of charge; then the flight back.

    Fares 2 * 10, costs 3 * 0.5 + 3 * 0.25 at the price of the first half hour; the flight back is
    empty and costs the same.
    """
    dynamics = _start(tiny(_waiting(3), starts=[(0, 10_000)]))
    _play(dynamics, 1)
    assert dynamics.now(0) == 480
    assert dynamics.objective()[0] == pytest.approx(-(20 - 1.5 - 0.75))
    terms = dynamics.reward_terms(0)
    assert terms["revenue"] == 20
    assert terms["served"] == 2
    _play(dynamics, 0)
    assert dynamics.objective()[0] == pytest.approx(-(20 - 2 * 1.5 - 2 * 0.75))
    assert dynamics.flights()[0].tolist() == [2, 1]
    legs = dynamics.schedule(0).legs
    assert legs.tolist() == [
        [0, 0, 1, 0, 0, 0, 300, 300, 480, 10_000, 10_000, 2],
        [0, 1, 0, 480, 480, 0, 780, 780, 960, 10_000, 10_000, 0],
    ]


def test_the_fare_is_of_the_departure_and_the_price_of_the_landing() -> None:
    """At 1500 s a leg of 300 s lands in the second half hour, whose energy costs 0.75."""
    dynamics = _start(tiny(_waiting(1), starts=[(0, 10_000)]))
    while dynamics.now(0) < 1500:
        _play(dynamics, 0)
    _play(dynamics, 1)
    assert dynamics.objective()[0] == pytest.approx(-(10 - 1.5 - 3 * 0.75))


def test_lanes_keep_aircraft_apart() -> None:
    """One lane and 60 s of separation: the second enters a minute after the first."""
    case = tiny(_waiting(4), starts=[(0, 10_000), (0, 10_000)], delay={(0, 0): 30})
    dynamics = _start(case)
    _play(dynamics, 1, 1)
    assert dynamics.schedule(0).legs[:, 4].tolist() == [30, 90]


def test_one_charger_serves_in_the_order_of_landing() -> None:
    """Landed at 300 and 360, 180 s each: the second starts when the first is done."""
    dynamics = _start(tiny([], starts=[(0, 10_000), (0, 10_000)]))
    _play(dynamics, 1, 1)
    while len(dynamics.schedule(0).decisions) < 4:
        _play(dynamics, 1)
    assert dynamics.schedule(0).legs[:, 6:9].tolist() == [[300, 300, 480], [360, 480, 660]]


def test_full_ports_and_empty_batteries_are_out_of_reach() -> None:
    """Two slots at B are taken, so nobody else may fly there; 2 kWh do not do for 3 miles."""
    full = _start(tiny([], starts=[(0, 10_000), (1, 10_000), (1, 10_000)]), stop_at="every")
    assert full.reasons(0) == ["legal", "no slot is free there"]
    flat = _start(tiny([], starts=[(0, 2_000)]), stop_at="every")
    assert flat.reasons(0) == ["legal", "the battery would not do"]


def test_closed_routes_open_in_the_next_bin() -> None:
    """Closed in the first half hour: not asked before 1800 s, since staying is all there is."""
    dynamics = _start(tiny(_waiting(1), starts=[(0, 10_000)], closed=((0, 0, 1),)))
    assert dynamics.now(0) == 1800
    assert dynamics.reasons(0) == ["legal", "legal"]


def test_staying_charges_what_is_missing() -> None:
    """4 kWh are missing: staying charges for 240 s, and only then is the aircraft asked again."""
    dynamics = _start(tiny([], starts=[(0, 6_000)]))
    _play(dynamics, 0)
    assert dynamics.now(0) == 240
    assert dynamics.schedule(0).legs.tolist() == [[0, 0, 0, 0, 0, -1, 0, 0, 240, 6000, 10_000, 0]]


def test_those_alike_wait_together() -> None:
    """Three full aircraft at A: one is asked, and its waiting is that of all; every asks all."""
    case = tiny([], starts=[(0, 10_000), (0, 10_000)])
    together, each = _start(case), _start(case, stop_at="every")
    _play(together, 0)
    _play(each, 0)
    assert together.now(0) == 300
    assert each.now(0) == 0


def test_the_day_ends_and_flights_under_way_count() -> None:
    """Waiting through the hour: eleven ticks after the start, then it is over."""
    dynamics = _start(tiny(_waiting(1), starts=[(0, 10_000)]))
    _play(dynamics, *[0] * 11)
    assert dynamics.now(0) == 3300
    _play(dynamics, 1)
    assert dynamics.done()[0]
    assert dynamics.now(0) == WHOLE_DAY
    assert dynamics.reward_terms(0)["served"] == 1
    assert dynamics.step(np.array([0]))[0] == 2


def test_outages_ground_an_aircraft() -> None:
    """Out of service for the first 1000 s: asked when it is back, at 1000 s."""
    dynamics = _start(tiny(_waiting(1), starts=[(0, 10_000)], down={0: (0, 1000)}))
    assert dynamics.now(0) == 1000


def test_impatient_passengers_leave() -> None:
    """One leaves at 300 s, when the aircraft that has waited that long departs without it."""
    dynamics = _start(tiny([(0, 1, 0, 300), (0, 1, 200, 900)], starts=[(0, 10_000)]))
    _play(dynamics, 0, 1)
    assert dynamics.reward_terms(0)["served"] == 1


def test_larger_problems_are_refused() -> None:
    """The error says what is too large."""
    small = tiny([], starts=[(0, 10_000)])
    dynamics = _start(small)
    with pytest.raises(InvalidInstanceError, match=r"2 aircraft, but .* at most 1"):
        dynamics.load(0, *tiny([], starts=[(0, 10_000), (1, 10_000)]))
    with pytest.raises(InvalidInstanceError, match=r"51 passengers, but .* at most 50"):
        dynamics.load(0, *tiny(_waiting(51), starts=[(0, 10_000)]))


def test_unknown_stops_are_refused() -> None:
    """One sentence with the value and what there is."""
    with pytest.raises(DispatchlabError, match="Unknown stop_at 'never'; choose choices or every"):
        _start(tiny([], starts=[(0, 10_000)]), stop_at="never")


def test_nobody_passes_the_trivial_bound() -> None:
    """Full aircraft on the shortest legs all day are more than any day brings."""
    dynamics = _start(tiny(_waiting(50), starts=[(0, 10_000)]))
    while not dynamics.done()[0]:
        _play(dynamics, 1 - int(dynamics.state.craft[0, 0, 1]))
    assert 0 > dynamics.objective()[0] > dynamics.initial_bound()[0]
