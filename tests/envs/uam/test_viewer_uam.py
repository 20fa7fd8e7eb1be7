"""Pictures of a fleet of air taxis: what is drawn, where, and in which files."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import LAND_S, UamSchedule
from dispatchlab.envs.uam.schedule_files import UamEpisode, write_schedule
from dispatchlab.envs.uam.viewer import (
    cut,
    day_figure,
    profit_curve,
    profit_figure,
    render_ansi,
    render_rgb,
    write_day,
)
from dispatchlab.envs.uam.viewer.day import demand_bars, grid_times
from dispatchlab.envs.uam.viewer.fleet import CHARGING, DOWN, FLYING, LEAVING, Fleet
from dispatchlab.envs.uam.viewer.places import plan_map, put_marks
from dispatchlab.envs.uam.viewer.scene import look_at
from dispatchlab.envs.uam.viewer.shades import CHARGER, FREE, OUT_OF_SERVICE, SLATE, shade
from dispatchlab.eval.compare import compare
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.methods.parse_uam import make_uam_methods
from dispatchlab.eval.uam_cases import uam_cases
from tests.envs.uam.uam_days import Played, by_hand, played_day
from tests.envs.uam.uam_strategies import tiny
from tests.test_cli import fails, run


@pytest.fixture(scope="module")
def busy() -> tuple[Played, Outcome]:
    """Two hours of 12 aircraft between 4 vertiports."""
    return played_day("random-4x12:horizon_s=7200,rho=1.2")


def test_outages_show_on_the_ground_only() -> None:
    """An aircraft in its outage is out of service once it neither flies nor charges."""
    instance, realisation, schedule = by_hand()
    broken = UamRealisation(
        realisation.request_s, realisation.leaves_s, realisation.pair_offset,
        realisation.takeoff_delay_s, realisation.closed, [200, -1], [3000, -1],
    )  # fmt: skip
    stage = Fleet(instance, broken, schedule).at([300, 430, 900]).stage
    assert stage[:, 0].tolist() == [FLYING, CHARGING, DOWN]
    image = render_rgb(instance, broken, schedule)
    assert (image == OUT_OF_SERVICE).all(axis=2).any()


def test_ansi(busy: tuple[Played, Outcome]) -> None:
    """A line per vertiport with what is taken and who departs; the width is kept."""
    played = by_hand()
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
    (instance, realisation, schedule), _ = played_day("random-16x80")
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
    played, _ = played_day("random-16x80")
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
    instance, realisation, schedule = by_hand()
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


def test_command(tmp_path: Path) -> None:
    """`dispatchlab render` draws a day as text or as a file, up to a time, from a file too."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    name = "random-3x4:horizon_s=3600"
    text = run("render", name, "--method", "greedy", "--seed", 1, "--until", 1800)
    assert "at 06:30" in text
    page = tmp_path / "day.html"
    run("render", name, "--method", "greedy", "--out", page)
    content = page.read_text()
    assert "by greedy" in content
    assert all(f'"name":"{rule}"' in content for rule in ("greedy", "lookahead", "nearest"))
    played, _ = played_day(name)
    write_schedule(tmp_path / "s.json", UamEpisode(*played, method="mine"))
    run("render", tmp_path / "s.json", "--out", tmp_path / "s.png", "--until", 900)
    assert (tmp_path / "s.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--graph", "x"], "--graph x is not for air taxis"),
        (["--since", "5"], "name a time with --until"),
        (["--until", "-1"], "--until is -1"),
        (["--method", "nobody"], "Unknown method 'nobody'"),
    ],
)
def test_command_refuses(words: list[str], reason: str) -> None:
    """What does not go together ends in one sentence."""
    assert reason in fails("render", "random-3x4", *words)


def test_charts_of_a_comparison() -> None:
    """A report has the profit of all methods, and the day of the best one to play."""
    pytest.importorskip("plotly")
    cases = uam_cases(["random-3x4:horizon_s=3600"], seeds=2, bound=False)
    methods = ("stay", "greedy", "lookahead")
    comparison = compare(make_uam_methods(methods), cases)
    charts = eval_family("uam").charts(comparison, 6)
    profit, day = charts.figures
    assert {trace.name for trace in profit.data} == set(methods)
    runs = [r for r in comparison.runs if r.seed == 0]
    by_method = {trace.name: trace.y[-1] for trace in profit.data}
    assert by_method == {r.method: pytest.approx(-r.objective) for r in runs}
    best = min(runs, key=lambda r: r.objective)
    assert best.method in day.layout.title.text
    assert {trace.name for trace in day.data} >= set(methods)
    assert "The first of 2 days" in charts.note
    assert len(eval_family("uam").charts(comparison, 0).figures) == 1
