"""What pictures of a fleet of air taxis are made of: who is where, and when, and how many."""

from dataclasses import replace

import numpy as np
import pytest

from dispatchlab.baselines.uam.rollout import begin
from dispatchlab.envs.uam.aircraft import charge_seconds
from dispatchlab.envs.uam.dynamics.layout import CHARGE_WH, HELD
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.envs.uam.realisation import draw
from dispatchlab.envs.uam.schedule import CHARGE_END_S, CHARGE_START_S, DEPART_S
from dispatchlab.envs.uam.viewer import cut, profit_curve
from dispatchlab.envs.uam.viewer.day import boarding_times, demand_bars, port_numbers
from dispatchlab.envs.uam.viewer.fleet import CHARGING, FLYING, LEAVING, QUEUED, Fleet
from dispatchlab.envs.uam.viewer.places import (
    HEIGHT,
    LETTER_HEIGHT,
    LETTER_WIDTH,
    WIDTH,
    plan_map,
    put_marks,
    slot_places,
)
from dispatchlab.envs.uam.viewer.scene import look_at
from dispatchlab.envs.uam.viewer.words import clock, describe
from tests.envs.uam.uam_days import Played, by_hand, played_day
from tests.envs.uam.uam_strategies import CRAFT


@pytest.fixture(scope="module")
def busy() -> tuple[Played, Outcome]:
    """Two hours of 12 aircraft between 4 vertiports."""
    return played_day("random-4x12:horizon_s=7200,rho=1.2")


def test_where_aircraft_are() -> None:
    """Parked, late, linear on the way, charging, queued, and charging in turn."""
    moments = Fleet(*by_hand()).at([0, 150, 270, 420, 470, 500])
    assert moments.stage[:, 0].tolist() == [LEAVING, FLYING, FLYING, *[CHARGING] * 3]
    assert moments.stage[:, 1].tolist() == [LEAVING, LEAVING, FLYING, FLYING, FLYING, QUEUED]
    assert moments.way[:, 0].tolist() == pytest.approx([0, 0.1, 0.5, 1, 1, 1])
    assert moments.wh[:4, 0].tolist() == pytest.approx([10_000, 9_700, 8_500, 7_000])
    assert moments.wh[5].tolist() == pytest.approx([7_000 + 80 / 120 * 2_000, 5_000])
    assert moments.passengers[:, 0].tolist() == [2, 2, 2, 0, 0, 0]
    assert (moments.port == 1).all()


def test_energy_curve_of_a_taper() -> None:
    """The line passes through the energies between which `charge_seconds` counts."""
    craft = replace(CRAFT, charge_curve="taper", charge_w=60_000)
    fleet, enter, land = Fleet(*by_hand(craft)), 120, 420
    for target in (7500, 8000, 8900):
        at = land + charge_seconds(craft, 7000, target)
        assert fleet.at([at]).wh[0, 0] == pytest.approx(target, abs=12)
    times, energy = fleet.energy_curve(0, 1000)
    assert {enter, land, 1000} <= set(times.tolist())
    assert energy[-1] == 9000
    assert (np.diff(energy[times >= land]) >= 0).all()
    rises = np.diff(energy[(times >= land) & (energy < 9000)]) / np.diff(
        times[(times >= land) & (energy < 9000)]
    )
    assert (np.diff(rises) < 0).all()


def test_numbers_by_hand() -> None:
    """Who boards, waits and has left; slots and chargers; dollars."""
    played = instance, _, schedule = by_hand()
    assert boarding_times(*played).tolist() == [0, 0, -1, -1]
    demand = demand_bars(*played)
    assert [column.tolist() for column in demand[:3]] == [[2, 0], [1, 0], [1, 0]]
    times = np.array([0, 60, 499, 500, 700])
    fleet = Fleet(*played)
    ports = port_numbers(fleet, fleet.at(times), schedule, times)
    assert ports.waiting.tolist() == [[0, 0], [1, 0], [1, 0], [1, 1], [0, 1]]
    assert ports.held.tolist() == [[0, 2]] * 5
    assert ports.charging[:, 1].tolist() == [0, 0, 1, 1, 1]
    assert ports.queued[:, 1].tolist() == [0, 0, 1, 1, 0]
    steps, profit = profit_curve(instance, schedule)
    # two fares of 10, two flights of 3 miles at 0.5 and 3 kWh at 0.25
    assert (steps.tolist(), profit.tolist()) == ([0, 1000], [15.5, 15.5])
    assert "profit $16, 2 of 4 passengers served by 2 flights, at 06:16" in describe(*played)
    assert clock(instance, 3_600.0) == "07:00"


@pytest.mark.parametrize("name", ["random-4x12:horizon_s=7200", "lax-dtla:arrivals=spread"])
def test_numbers_of_a_played_day(name: str) -> None:
    """The last profit is the outcome's, to the last bit; nobody boards unseen, nothing is full."""
    played, outcome = played_day(name)
    instance, _, schedule = played
    times, profit = profit_curve(instance, schedule)
    assert (times[0], times[-1], profit[-1]) == (0, instance.horizon_s, outcome.profit_usd)
    demand = demand_bars(*played)
    assert demand.served.sum() == outcome.served
    assert (demand.served + demand.lost).sum() == outcome.requests
    assert demand.waiting.sum() == 0
    scene = look_at(played)
    assert (scene.ports.held <= instance.slots).all()
    assert (scene.ports.charging <= instance.charge_slots).all()
    assert scene.ports.held.sum(axis=1).tolist() == [instance.num_aircraft] * len(scene.times)
    assert scene.moments.wh.min() >= 0
    assert scene.moments.wh.max() <= instance.aircraft.battery_wh


def test_moments_are_those_of_the_dynamics() -> None:
    """Slots that are held, and the energy of all that neither fly nor charge, at every decision."""
    instance = load_instance("random-3x6:horizon_s=14400")
    realisation = draw(np.random.default_rng(1), instance)
    dynamics = begin([(instance, realisation)], stop_at="every")
    rng, compared = np.random.default_rng(0), 0
    while not dynamics.done()[0]:
        schedule = dynamics.schedule(0)
        fleet, times = Fleet(instance, realisation, schedule), np.array([schedule.now_s])
        moments = fleet.at(times)
        ports = port_numbers(fleet, moments, schedule, times)
        held = dynamics.state.port[0, : instance.num_ports, HELD]
        assert ports.held[0].tolist() == held.tolist()
        rests = ~np.isin(moments.stage[0], (CHARGING, FLYING, LEAVING))
        energy = dynamics.state.craft[0, : instance.num_aircraft, CHARGE_WH]
        assert moments.wh[0, rests].tolist() == energy[rests].tolist()
        compared += int(rests.sum())
        dynamics.step(rng.choice(np.flatnonzero(dynamics.legal()[0]), 1))
    assert compared > 50


def test_cut(busy: tuple[Played, Outcome]) -> None:
    """A day up to a time has no later legs, charges or decisions; what comes first is the same."""
    (instance, realisation, schedule), _ = busy
    part = cut(schedule, 3000)
    assert part.now_s == 3000
    assert part.legs[:, DEPART_S].max() <= 3000
    assert part.legs[:, CHARGE_START_S].max() <= 3000
    assert ((part.legs[:, CHARGE_END_S] < 0) == (part.legs[:, CHARGE_START_S] < 0)).all()
    assert part.decisions[:, 0].max() <= 3000
    assert cut(schedule, 10**6) is schedule
    whole, early = (Fleet(instance, realisation, s).at([0, 1500, 3000]) for s in (schedule, part))
    for one, other in zip(whole, early, strict=True):
        np.testing.assert_array_equal(one, other)
    demand = demand_bars(instance, realisation, part)
    come = int((realisation.request_s <= 3000).sum())
    assert demand.served.sum() + demand.waiting.sum() + demand.lost.sum() == come
    assert demand.waiting.sum() > 0


@pytest.mark.parametrize("name", ["random-16x80", "lax-dtla", "dfw-10", "bay-10", "nyc-9"])
def test_plan_of_the_map(name: str) -> None:
    """Rings have room, names lie within the map and cover neither rings nor each other."""
    instance = load_instance(name)
    places = plan_map(instance)
    away = np.hypot(*(a[:, None] - a for a in (places.x, places.y)))
    assert away[~np.eye(instance.num_ports, dtype=bool)].min() > 2.6
    half = np.array([[len(n) * LETTER_WIDTH / 2, LETTER_HEIGHT / 2] for n in places.names])
    label = np.column_stack((places.label_x, places.label_y))
    assert (np.abs(label - [WIDTH / 2, HEIGHT / 2]) <= [WIDTH / 2 + 0.1, HEIGHT / 2 + 0.1]).all()
    ports = np.column_stack((places.x, places.y))
    for i in range(instance.num_ports):
        for j in range(instance.num_ports):
            onto_ring = (np.abs(label[i] - ports[j]) < half[i] + 0.9).all()
            onto_name = (np.abs(label[i] - label[j]) < half[i] + half[j] - 0.05).all()
            assert not onto_ring
            assert not onto_name or i == j
    order = [np.argsort(instance.x_mi).tolist(), np.argsort(places.x).tolist()]
    assert order[0] == order[1] or instance.num_ports > 2


def test_marks(busy: tuple[Played, Outcome]) -> None:
    """Aircraft fly on lines from ring to ring, stand in slots of their own, chargers first."""
    scene = look_at(busy[0])
    instance = busy[0][0]
    for index in range(len(scene.times)):
        marks = put_marks(instance, scene.places, scene.moments, index)
        stage, port = scene.moments.stage[index], scene.moments.port[index]
        assert (marks.is_up == np.isin(stage, (FLYING, LEAVING))).all()
        seen = [k for taken in marks.slot for k in taken if k >= 0]
        assert sorted(seen) == list(range(instance.num_aircraft))
        for n, taken in enumerate(marks.slot):
            assert len(taken) == instance.slots[n]
            assert all(port[k] == n for k in taken if k >= 0)
            charging = {slot for slot, k in enumerate(taken) if k >= 0 and stage[k] == CHARGING}
            assert all(slot < instance.charge_slots[n] for slot in charging)
            x, _, _ = slot_places(scene.places, n, len(taken))
            assert all(marks.x[k] == x[s] for s, k in enumerate(taken) if k >= 0 and stage[k] < 4)
    k = int(np.flatnonzero(scene.moments.stage[5] == FLYING)[0])
    marks = put_marks(instance, scene.places, scene.moments, 5)
    to = scene.moments.port[5, k]
    away = np.array([scene.places.x[to] - marks.x[k], scene.places.y[to] - marks.y[k]])
    turn = np.degrees(np.arctan2(*away))
    assert abs((marks.heading[k] - turn + 180) % 360 - 180) < 30
