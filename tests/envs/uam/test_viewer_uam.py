"""Pictures of a fleet of air taxis: what is drawn, where, and in which files."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest

from dispatchlab.baselines.uam.rollout import begin, run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.uam.aircraft import AircraftType, charge_seconds
from dispatchlab.envs.uam.dynamics.layout import CHARGE_WH, HELD
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.envs.uam.schedule import (
    CHARGE_END_S,
    CHARGE_START_S,
    DEPART_S,
    LAND_S,
    UamSchedule,
)
from dispatchlab.envs.uam.viewer import (
    cut,
    day_figure,
    profit_curve,
    profit_figure,
    render_ansi,
    render_rgb,
    write_day,
)
from dispatchlab.envs.uam.viewer.day import (
    boarding_times,
    demand_bars,
    grid_times,
    port_numbers,
)
from dispatchlab.envs.uam.viewer.fleet import CHARGING, DOWN, FLYING, LEAVING, QUEUED, Fleet
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
from dispatchlab.envs.uam.viewer.shades import CHARGER, FREE, OUT_OF_SERVICE, SLATE, shade
from dispatchlab.envs.uam.viewer.words import clock, describe
from tests.envs.uam.uam_strategies import CRAFT, tiny

Played = tuple[UamInstance, UamRealisation, UamSchedule]


def _day(name: str, seed: int = 0, rule: str = "lookahead") -> tuple[Played, Outcome]:
    """A day of a preset, and what it came to."""
    instance = load_instance(name)
    realisation = draw(np.random.default_rng(seed), instance)
    (outcome,) = run_dispatcher(UamRule(rule), [(instance, realisation)])
    assert outcome.schedule is not None
    return (instance, realisation, outcome.schedule), outcome


def _by_hand(craft: AircraftType = CRAFT) -> Played:
    """Two flights, one charger at the end: 0 flies and charges, 1 follows, queues and charges.

    3 miles are 3000 Wh and 180 s, with a minute for take-off and landing each; take-offs are 120 s
    late. Passengers 0 and 1 fly, 2 leaves, 3 waits.
    """
    instance, realisation = tiny(
        [(0, 1, 0, 600), (0, 1, 0, 900), (0, 1, 60, 700), (1, 0, 500, 3000)],
        starts=[(0, 10_000), (0, 8_000)], craft=craft, park_slots=[2, 2], charge_slots=[1, 1],
        delay={(0, 0): 120}, charge_levels=[0.9],
    )  # fmt: skip
    full = craft.battery_wh * 9 // 10
    ends = [420 + charge_seconds(craft, 7000, full)]
    ends.append(ends[0] + charge_seconds(craft, 5000, full))
    legs = [[0, 0, 1, 0, 120, 0, 420, 420, ends[0], 10_000, full, 2],
            [1, 0, 1, 0, 180, 0, 480, ends[0], ends[1], 8_000, full, 0]]  # fmt: skip
    return instance, realisation, UamSchedule(1000, np.array(legs), np.zeros((0, 3)))


@pytest.fixture(scope="module")
def busy() -> tuple[Played, Outcome]:
    """Two hours of 12 aircraft between 4 vertiports."""
    return _day("random-4x12:horizon_s=7200,rho=1.2")


def test_where_aircraft_are() -> None:
    """Parked, late, linear on the way, charging, queued, and charging in turn."""
    moments = Fleet(*_by_hand()).at([0, 150, 270, 420, 470, 500])
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
    fleet, enter, land = Fleet(*_by_hand(craft)), 120, 420
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


def test_outages_show_on_the_ground_only() -> None:
    """An aircraft in its outage is out of service once it neither flies nor charges."""
    instance, realisation, schedule = _by_hand()
    broken = UamRealisation(
        realisation.request_s, realisation.leaves_s, realisation.pair_offset,
        realisation.takeoff_delay_s, realisation.closed, [200, -1], [3000, -1],
    )  # fmt: skip
    stage = Fleet(instance, broken, schedule).at([300, 430, 900]).stage
    assert stage[:, 0].tolist() == [FLYING, CHARGING, DOWN]
    image = render_rgb(instance, broken, schedule)
    assert (image == OUT_OF_SERVICE).all(axis=2).any()


def test_numbers_by_hand() -> None:
    """Who boards, waits and has left; slots and chargers; dollars."""
    played = instance, _, schedule = _by_hand()
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
    played, outcome = _day(name)
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


def test_ansi(busy: tuple[Played, Outcome]) -> None:
    """A line per vertiport with what is taken and who departs; the width is kept."""
    played = _by_hand()
    lines = render_ansi(*played[:2], cut(played[2], 150)).splitlines()
    assert "at 06:02" in lines[0]
    assert lines[1].startswith("06:02  1 flying, 1 taking off; mean charge 88 %")
    assert lines[3].split() == ["A", "0/3", "0/1", "0", "1", ">B", "10%", ">B", "soon"]
    assert lines[4].split() == ["B", "2/3", "0/1", "0", "0"]
    later = render_ansi(*played[:2], cut(played[2], 450)).splitlines()
    assert later[4].split() == ["B", "2/3", "1/1", "0", "0", "▇"]
    instance, realisation, schedule = busy[0]
    for width in (40, 80, 160):
        for time in (0, 1800, 7200):
            text = render_ansi(instance, realisation, cut(schedule, time), width=width)
            assert max(map(len, text.splitlines())) <= width


def _has(image: npt.NDArray[np.uint8], ink: tuple[int, int, int]) -> bool:
    return bool((image == ink).all(axis=2).any())


def test_rgb(busy: tuple[Played, Outcome]) -> None:
    """Slots, chargers, who waits and charges in their colours; any size, the same every time."""
    instance, realisation, schedule = busy[0]
    part = cut(schedule, 3600)
    image = render_rgb(instance, realisation, part)
    assert (image.shape, image.dtype) == ((600, 900, 3), np.uint8)
    for ink in (FREE, CHARGER, SLATE, shade(1.0)):
        assert _has(image, ink)
    np.testing.assert_array_equal(image, render_rgb(instance, realisation, part))
    assert (image != render_rgb(instance, realisation, cut(schedule, 3700))).any()
    assert render_rgb(instance, realisation, part, size=(300, 90)).shape == (90, 300, 3)
    assert not _has(image, OUT_OF_SERVICE)


def test_rgb_of_a_large_fleet() -> None:
    """80 aircraft between 16 vertiports, at once in their colours."""
    (instance, realisation, schedule), _ = _day("random-16x80")
    image = render_rgb(instance, realisation, cut(schedule, 9000), size=(1200, 800))
    assert image.shape == (800, 1200, 3)
    assert _has(image, SLATE)


def test_colours_of_charges() -> None:
    """Three stops, and nothing outside of them."""
    assert shade(-1.0) == shade(0.0)
    assert shade(2.0) == shade(1.0)
    assert len({shade(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)}) == 5


def _named(figure: object, name: str) -> list[object]:
    return [trace for trace in figure.data if trace.name == name]  # type: ignore[attr-defined]


def test_day_figure(busy: tuple[Played, Outcome]) -> None:
    """The figure's numbers are the schedule's; a frame for every time, all of them alike."""
    pytest.importorskip("plotly")
    played, outcome = busy
    instance, _, schedule = played
    others = {"<b>": (np.array([0, 7200]), np.array([0.0, 5.0]))}
    figure = day_figure(*played, title="a <b>", name="me", others=others, bound_usd=9e3)
    (mine,), (other,), (bound,) = (_named(figure, n) for n in ("me", "&lt;b&gt;", "bound"))
    assert mine.y[-1] == pytest.approx(outcome.profit_usd, abs=0.006)
    start = instance.clock_start_s * 1000
    assert (mine.x[0], mine.x[-1]) == (start, start + 7_200_000)
    assert (other.y[-1], set(bound.y)) == (5.0, {9e3})
    served, left = (_named(figure, name)[0] for name in ("served", "left"))
    assert sum(n for n in served.customdata[::5]) == outcome.served
    assert sum(n for n in left.customdata[::5]) == outcome.requests - outcome.served
    (expected,) = _named(figure, "expected")
    assert sum(expected.y) == pytest.approx(instance.demand.sum(), abs=0.5)
    times = grid_times(schedule)
    moments = Fleet(*played).at(times)
    (mean,) = _named(figure, "mean")
    battery = instance.aircraft.battery_wh
    assert mean.y == pytest.approx((100 * moments.wh.mean(axis=1) / battery).tolist(), abs=0.06)
    (single,) = _named(figure, "single aircraft")
    assert {k for k in single.customdata if k is not None} == set(range(instance.num_aircraft))
    assert figure.layout.title.text == "a &lt;b&gt;"
    assert len(figure.frames) == len(times) == len(figure.layout.sliders[0].steps)
    assert {len(frame.data) for frame in figure.frames} == {len(figure.frames[0].traces)}
    last = figure.frames[-1]
    text = " ".join(str(trace.text) for trace in last.data)
    assert f"{outcome.served:,} of {outcome.requests:,} passengers served" in text
    assert {trace.type for trace in figure.data} == {"scatter"}


def test_frames_follow_the_fleet(busy: tuple[Played, Outcome]) -> None:
    """In every frame as many aircraft fly, stand and are expected as at that time."""
    pytest.importorskip("plotly")
    figure = day_figure(*busy[0])
    moments = look_at(busy[0]).moments
    for index, frame in enumerate(figure.frames):
        up = int((moments.stage[index] >= LEAVING).sum())
        lines, hubs, stand, expected, down, flying, _ = frame.data[:7]
        assert len(flying.x) == len(expected.x) == up == len(flying.marker.angle)
        assert len(stand.x) + len(down.x) + up == len(moments.stage[index])
        assert len(lines.x) == 3 * up
        assert "slots free" in hubs.customdata[0]
        battery = busy[0][0].aircraft.battery_wh
        some = np.flatnonzero(moments.stage[index] >= LEAVING)
        share = np.rint(100 * moments.wh[index, some] / battery)
        assert list(flying.marker.color) == share.tolist()


def test_size_of_a_large_day() -> None:
    """A day of 80 aircraft stays below 3 MB; every frame has its time."""
    pytest.importorskip("plotly")
    played, _ = _day("random-16x80")
    figure = day_figure(*played)
    assert len(figure.to_json()) < 3_000_000
    assert len(figure.frames) == 145
    rows = [trace for trace in figure.data if trace.name == "chargers in use"]
    told = [text for text in rows[0].customdata if text is not None]
    assert len(told) == 16 * (145 + 2)
    assert "of 6 chargers in use, V0" in told[0]


def test_days_without_anything(tmp_path: Path) -> None:
    """The first moment, and a day on which nobody flies or comes, are drawn as well."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    instance, realisation = tiny([], starts=[(0, 10_000)])
    for now in (0, 3600):
        played = instance, realisation, UamSchedule(now, np.zeros((0, 12)), np.zeros((0, 3)))
        figure = day_figure(*played)
        assert len(figure.frames) == (0 if now == 0 else 13)
        (mine,) = _named(figure, "this day")
        assert set(mine.y) == {0.0}
        write_day(tmp_path / f"{now}.png", *played)
        assert render_rgb(*played).shape == (600, 900, 3)
        assert "1 parked" in render_ansi(*played)
        assert profit_curve(instance, played[2])[1][-1] == 0.0


def test_the_present_hides_the_future(busy: tuple[Played, Outcome]) -> None:
    """Of an unfinished day nothing is drawn behind the present but what was expected."""
    pytest.importorskip("plotly")
    instance, realisation, schedule = busy[0]
    part = cut(schedule, 3000)
    assert (part.legs[:, LAND_S] > 3000).any()
    figure = day_figure(instance, realisation, part)
    now = (instance.clock_start_s + 3000) * 1000
    curves = ("this day", "mean", "single aircraft", "chargers in use")
    for name in curves:
        (trace,) = _named(figure, name)
        assert max(x for x in trace.x if x is not None) == now
    assert figure.layout.xaxis2.range[1] == (instance.clock_start_s + 7200) * 1000
    (waiting,) = _named(figure, "waiting")
    assert sum(waiting.customdata[::5]) == demand_bars(instance, realisation, part).waiting.sum()
    assert figure.layout.sliders[0].active == len(figure.frames) - 1


def test_profit_figure(busy: tuple[Played, Outcome]) -> None:
    """A line per method that ends at its profit, and the bound."""
    pytest.importorskip("plotly")
    (instance, _, schedule), outcome = busy
    figure = profit_figure(instance, {"a": profit_curve(instance, schedule)}, 1e4)
    mine, bound = figure.data
    assert mine.y[-1] == outcome.profit_usd
    assert set(bound.y) == {1e4}
    assert figure.layout.xaxis.type == "date"
    assert len(profit_figure(instance, {"a": profit_curve(instance, schedule)}).data) == 1


@pytest.mark.parametrize("suffix", ["html", "png", "svg", "pdf"])
def test_files(busy: tuple[Played, Outcome], tmp_path: Path, suffix: str) -> None:
    """Every format is written; print gives the same bytes again."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    path, again = tmp_path / f"t.{suffix}", tmp_path / f"again.{suffix}"
    write_day(path, *busy[0], title="costs $5 and $6", bound_usd=1e4)
    content = path.read_bytes()
    begins = {"html": b"<!DOCTYPE html>", "png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert content.startswith(begins[suffix])
    if suffix == "html":
        assert b"addFrames" in content
        assert b'src="http' not in content
        assert b"Plotly.animate('gantt', null)" not in content
    else:
        write_day(again, *busy[0], title="costs $5 and $6", bound_usd=1e4)
        assert again.read_bytes() == content


def test_wrong_schedules_and_files(tmp_path: Path) -> None:
    """A schedule of another instance and an unknown extension are refused, in a sentence."""
    instance, realisation, schedule = _by_hand()
    legs = schedule.legs.copy()
    legs[1, 0] = 7
    other = UamSchedule(1000, legs, schedule.decisions)
    with pytest.raises(DispatchlabError, match=r"'legs\[1\]' has aircraft 7"):
        render_rgb(instance, realisation, other)
    with pytest.raises(DispatchlabError, match=r"\.gif"):
        write_day(tmp_path / "d.gif", instance, realisation, schedule)


def test_vertistops_and_full_ports() -> None:
    """A vertiport without chargers has no arc; a wrong schedule with too many aircraft is drawn."""
    instance, realisation = tiny(
        [], starts=[(0, 10_000)], park_slots=[1, 1], charge_slots=[1, 0], miles=3
    )
    flat = [[0, 0, 1, 0, 0, 0, 300, -1, -1, 10_000, 0, 0]]
    schedule = UamSchedule(3600, np.array(flat), np.zeros((0, 3)))
    marks = put_marks(instance, plan_map(instance), Fleet(instance, realisation, schedule).at(
        [3600]), 0)  # fmt: skip
    assert [len(taken) for taken in marks.slot] == [2, 1]
    crowd, nothing = tiny([], starts=[(0, 10_000), (0, 10_000)])
    legs = np.array([[k, 0, 1, 0, 0, 0, 300, -1, -1, 10_000, 0, 0] for k in (0, 1)])
    tight = replace(crowd, park_slots=[1, 0], charge_slots=[1, 1])
    assert render_rgb(tight, nothing, UamSchedule(400, legs, np.zeros((0, 3)))).any()


def test_render_modes() -> None:
    """The environment draws itself, at every step, without an optional package."""
    code = (
        "import gymnasium as gym, dispatchlab, sys\n"
        "for mode in ('ansi', 'rgb_array'):\n"
        "    env = gym.make('dispatchlab/UAM-v0', generator='random-3x4:horizon_s=3600',\n"
        "                   render_mode=mode)\n"
        "    env.reset(seed=0)\n"
        "    for _ in range(4):\n"
        "        env.step(int(env.unwrapped.action_masks().argmax()))\n"
        "        assert len(env.render()) > 10\n"
        "heavy = {'torch', 'ortools', 'plotly', 'matplotlib', 'simpy'}\n"
        "print(heavy & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_frames_of_an_episode() -> None:
    """Frames keep their size while time goes on, and change."""
    env = gym.make(
        "dispatchlab/UAM-v0", generator="random-3x4:horizon_s=1800", render_mode="rgb_array"
    )
    env.reset(seed=0)
    frames, done = [np.asarray(env.render())], False
    while not done:
        mask = env.unwrapped.action_masks()  # type: ignore[attr-defined]
        done = env.step(int(np.flatnonzero(mask)[-1]))[2]
        frames.append(np.asarray(env.render()))
    assert {frame.shape for frame in frames} == {(600, 900, 3)}
    assert (frames[0] != frames[-1]).any()


def test_missing_plotly(busy: tuple[Played, Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra that brings Plotly."""
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[viz\]"):
        day_figure(*busy[0])
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[viz\]"):
        profit_figure(busy[0][0], {})
