"""Pictures of an edge and a cloud at work: what is drawn, where, and in which files."""

import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from dispatchlab.baselines.edge.rollout import run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.dynamics.apply import NUM_VERBS
from dispatchlab.envs.edge.dynamics.layout import POINTED, TASK
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.metrics import utility_curve
from dispatchlab.envs.edge.realisation import EdgeRealisation, draw
from dispatchlab.envs.edge.schedule import CLOUD, DROP, DROPPED_COST, EDGE, IN_CLOUD, EdgeSchedule
from dispatchlab.envs.edge.verify import verify
from dispatchlab.envs.edge.viewer import (
    hardest_window,
    render_ansi,
    render_rgb,
    timeline_figure,
    utility_figure,
    write_timeline,
)
from dispatchlab.envs.edge.viewer.layout import latest_window, lay_out
from dispatchlab.envs.edge.viewer.network_band import network_band
from dispatchlab.envs.edge.viewer.raster import LATE
from tests.envs.edge.edge_strategies import tiny

Played = tuple[EdgeInstance, EdgeRealisation, EdgeSchedule]
# arrival, model, time on the edge and in the cloud; call 1 is late, 2 and 4 overlap
TASKS = [(0, 0, 40, 60), (0, 1, 20, 90), (10, 0, 40, 60), (10, 1, 20, 30), (20, 0, 40, 60),
         (20, 1, 20, 30)]  # fmt: skip
VERBS = {0: EDGE, 1: CLOUD, 2: CLOUD, 3: DROP, 4: CLOUD, 5: EDGE}


def _play(decisions: int = 100, latency: tuple[int, ...] = (0,)) -> Played:
    """The first decisions of an episode of `TASKS`; all of it by default."""
    instance, realisation = tiny(TASKS, latency=latency)
    dynamics = Dynamics(1, EdgeLimits.of(instance)._replace(waiting=6, calls=6))
    dynamics.load(0, instance, realisation)
    dynamics.reset()
    while decisions and not dynamics.done()[0]:
        task = int(dynamics.state.row[0, POINTED])
        pool = dynamics.state.pool[0, :, TASK].tolist()
        legal = np.flatnonzero(dynamics.legal()[0])
        action = legal[0] if task < 0 else pool.index(task) * NUM_VERBS + VERBS[task]
        assert dynamics.step(np.array([action]))[0] == 0
        decisions -= 1
    return instance, realisation, dynamics.schedule(0)


@pytest.fixture(scope="module")
def busy() -> Played:
    """Ten seconds of four drones whose network gets worse, with late, dropped and edge results."""
    instance = load_instance("4d-a:network=trapezium,duration_ms=10000")
    realisation = draw(np.random.default_rng(0), instance)
    schedule = run_dispatcher(EdgeRule("dem"), [(instance, realisation)])[0].schedule
    assert schedule is not None
    return instance, realisation, schedule


def test_the_schedules_of_these_tests_are_feasible(busy: Played) -> None:
    """The pictures below are of something that can happen."""
    verify(*busy)
    verify(*_play())
    verify(*_play(3), complete=False)


def test_lanes_and_lines() -> None:
    """The edge on top, calls of a model on as many lines as overlap, drops at the bottom."""
    chart = lay_out(*_play())
    assert [lane.label for lane in chart.lanes] == [
        "edge", "cloud a", "cloud b", "dropped, expired",
    ]  # fmt: skip
    bars = {bar.task: bar for bar in chart.bars}
    assert (bars[0].start, bars[0].end, bars[0].due) == (0, 40, 100)
    assert (bars[5].start, bars[5].end, bars[5].top) == (40, 60, bars[0].top)
    assert bars[2].top < bars[4].top < bars[1].top
    assert [task for task, bar in bars.items() if bar.is_late] == [1]
    assert [(mark.task, mark.time, mark.outcome) for mark in chart.marks] == [(3, 10, DROPPED_COST)]
    ends = [lane.top + lane.height for lane in chart.lanes]
    assert ends[:-1] == [lane.top for lane in chart.lanes[1:]]
    assert ends[-1] == chart.height


def test_bars_never_overlap(busy: Played) -> None:
    """Neither on the edge nor on the line of a call; each stays within its lane."""
    chart = lay_out(*busy)
    lines: dict[float, int] = {}
    for bar in chart.bars:
        assert bar.start >= lines.get(bar.top, 0)
        lines[bar.top] = bar.end
        lane = chart.lanes[0 if bar.place != IN_CLOUD else 1 + bar.model]
        assert lane.top <= bar.top
        assert bar.top + bar.height <= lane.top + lane.height + 1e-9


def test_the_present_hides_the_future() -> None:
    """What still runs ends at the present, and nothing that is to come is drawn."""
    instance, realisation, schedule = _play(3)
    chart = lay_out(instance, realisation, schedule)
    assert schedule.now_ms == 10
    assert {(bar.task, bar.end, bar.is_running) for bar in chart.bars} == {
        (0, 10, True), (1, 10, True),
    }  # fmt: skip
    assert "edge |" in render_ansi(instance, realisation, schedule)


def test_windows() -> None:
    """Only what touches the window; an empty one is refused."""
    played = _play()
    assert {bar.task for bar in lay_out(*played, 50, 65).bars} == {1, 2, 4, 5}
    assert latest_window(played[0], played[2])[0] == 0
    for since, until in ((30, 30), (-1, 5)):
        with pytest.raises(DispatchlabError, match="is empty"):
            lay_out(*played, since, until)


def test_ansi() -> None:
    """Letters on the edge, counts of calls, marks for late and dropped tasks, what waits."""
    played = _play()
    text = render_ansi(*played, width=110, since_ms=0, until_ms=100)
    lines = dict(line.rsplit("|", 2)[:2] for line in text.splitlines() if "|" in line)
    edge, a, b, lost = (lines[next(k for k in lines if k.strip() == name)]
                        for name in ("edge", "cloud a", "cloud b", "lost b"))  # fmt: skip
    assert (edge.count("A"), edge.count("B")) == (40, 20)
    assert (a.count("1"), a.count("2")) == (20, 50)
    assert b.rstrip("·").endswith("1!")
    assert lost.index("-") == 10
    assert "66.7 % on time" in text
    assert "A=a B=b" in text


def test_waiting_tasks_are_listed() -> None:
    """Behind what has been decided about them."""
    instance, realisation, schedule = _play()
    open_ = np.full_like(schedule.outcome, -1)
    half = EdgeSchedule(
        now_ms=10, outcome=open_, place=open_, start_ms=open_, end_ms=open_,
        decisions=[[0, 0, 0, EDGE, -1], [0, 0, 1, 2, 50]],
    )  # fmt: skip
    assert "queued > A  deferred > B  new > AB" in render_ansi(instance, realisation, half)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_ansi_keeps_its_width(busy: Played, width: int) -> None:
    """No line is longer than asked for."""
    assert max(map(len, render_ansi(*busy, width=width).splitlines())) <= width


def test_rgb(busy: Played) -> None:
    """Bars in the colours of their models, late ones with a red end; any size, any time."""
    image = render_rgb(*busy, since_ms=4000, until_ms=8000)
    assert image.shape == (500, 900, 3)
    for shade in (*(colour(model) for model in (0, 1, 2, 4, 5)), LATE):
        assert (image == shade).all(axis=2).any()
    calm = render_rgb(*_play(3))
    assert not (calm == LATE).all(axis=2).any()
    assert render_rgb(*busy, size=(300, 90)).shape == (90, 300, 3)


def test_network_band(busy: Played) -> None:
    """Latency is a line between samples, bandwidth a step; the hardest minute is found."""
    instance, realisation, _ = busy
    band = network_band(realisation, 0, 10_000)
    assert band.label == "extra latency, ms"
    assert band.value[np.searchsorted(band.time_ms, 3000)] == 400
    assert hardest_window(realisation, 2000, 10_000) == (2000, 4000)
    trace = draw(np.random.default_rng(0), load_instance("2d-p:network=4g,duration_ms=20000"))
    band = network_band(trace, 1000, 5000)
    assert band.is_step
    assert band.value.tolist() == (trace.bandwidth_kbps[1:6] / 1000).tolist()
    low, high = hardest_window(trace, 4000, 20_000)
    assert high - low == 4000
    worst = int(np.argmin(trace.bandwidth_kbps[:21]))
    assert low <= 1000 * worst <= high
    calm = draw(np.random.default_rng(0), load_instance("2d-p:duration_ms=20000"))
    assert hardest_window(calm, 4000, 20_000) == (0, 4000)
    assert instance.network.peak_ms == 400


def test_timeline_figure(busy: Played) -> None:
    """A trace of bars per model and verdict, deadlines as ticks and on hover, a slider."""
    pytest.importorskip("plotly")
    instance, _, schedule = busy
    figure = timeline_figure(*busy, title="a <b>")
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert sum(len(trace.x) for trace in bars) == int((schedule.place >= 0).sum())
    late = [trace for trace in bars if trace.marker.pattern.shape == "/"]
    assert sum(len(trace.x) for trace in late) == int((schedule.outcome >= 6).sum())
    assert {trace.marker.color for trace in bars} <= {css(colour(model)) for model in range(6)}
    assert "late by" in " ".join(str(row[7]) for trace in late for row in trace.customdata)
    ticks = [t for t in figure.data if t.type == "scatter" and t.marker.symbol == "line-ns"]
    assert sum(len(t.x) for t in ticks if t.x[0] is not None) == int((schedule.place >= 0).sum())
    marks = [t for t in figure.data if t.text is not None and any("dropped" in x for x in t.text)]
    assert sum(len(t.x) for t in marks) == int(np.isin(schedule.outcome, (2, 3, 4, 5)).sum())
    assert figure.layout.xaxis.rangeslider.visible
    assert figure.layout.title.text == "a &lt;b&gt;"
    assert list(figure.layout.yaxis.ticktext)[1:3] == ["cloud HV", "cloud DEV"]
    network = next(trace for trace in figure.data if trace.yaxis == "y2")
    assert max(network.y) == instance.network.peak_ms


def test_utility_figure(busy: Played) -> None:
    """A line per method that ends at its utility, and the bound; long curves are thinned."""
    pytest.importorskip("plotly")
    curve = utility_curve(*busy)
    long = (np.arange(10_000), np.arange(10_000.0))
    figure = utility_figure({"dem": curve, "<b>": long}, 1e6)
    dem, other, bound = figure.data
    assert dem.y[-1] == curve[1][-1]
    assert len(other.x) <= 1501
    assert (other.y[-1], other.name) == (9999.0, "&lt;b&gt;")
    assert set(bound.y) == {1e6}
    assert len(utility_figure({"dem": curve}).data) == 1


@pytest.mark.parametrize("suffix", ["html", "png", "svg", "pdf"])
def test_files(busy: Played, tmp_path: Path, suffix: str) -> None:
    """Every format is written; print gives the same bytes again."""
    pytest.importorskip("plotly")
    pytest.importorskip("matplotlib")
    path, again = tmp_path / f"t.{suffix}", tmp_path / f"again.{suffix}"
    write_timeline(path, *busy, title="costs $5 and $6")
    content = path.read_bytes()
    begins = {"html": b"<!DOCTYPE html>", "png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert content.startswith(begins[suffix])
    if suffix == "html":
        assert b"rangeslider" in content
        assert b'src="http' not in content
    else:
        write_timeline(again, *busy, title="costs $5 and $6")
        assert again.read_bytes() == content


def test_files_of_other_networks(tmp_path: Path) -> None:
    """Bandwidth, tiny windows and schedules without anything are drawn as well."""
    pytest.importorskip("matplotlib")
    instance = load_instance("2d-p:network=4g,duration_ms=3000")
    realisation = draw(np.random.default_rng(1), instance)
    schedule = run_dispatcher(EdgeRule("random"), [(instance, realisation)])[0].schedule
    assert schedule is not None
    write_timeline(tmp_path / "a.png", instance, realisation, schedule)
    write_timeline(tmp_path / "b.png", *_play(0))
    write_timeline(tmp_path / "c.png", instance, realisation, schedule, since_ms=1, until_ms=2)
    with pytest.raises(DispatchlabError, match=r"\.gif"):
        write_timeline(tmp_path / "d.gif", *_play())


def test_render_modes() -> None:
    """The environment draws itself, at every step, without an optional package."""
    code = (
        "import gymnasium as gym, dispatchlab, sys\n"
        "for mode in ('ansi', 'rgb_array'):\n"
        "    env = gym.make('dispatchlab/EdgeCloud-v0', instance='2d-p:duration_ms=1000',\n"
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
    """Frames keep their size while time goes on."""
    env = gym.make(
        "dispatchlab/EdgeCloud-4G-v0", instance="2d-p:duration_ms=2000", render_mode="rgb_array"
    )
    env.reset(seed=0)
    shapes, done = set(), False
    while not done:
        shapes.add(np.asarray(env.render()).shape)
        done = env.step(int(env.unwrapped.action_masks().argmax()))[2]  # type: ignore[attr-defined]
    assert shapes == {(500, 900, 3)}


def test_missing_plotly(busy: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra that brings Plotly."""
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[viz\]"):
        timeline_figure(*busy)
    with pytest.raises(MissingExtraError, match=r"dispatchlab\[viz\]"):
        utility_figure({})
