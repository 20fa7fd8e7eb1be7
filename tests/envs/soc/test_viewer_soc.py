"""Pictures of chips at work and of task graphs: what is drawn, where, and in which files."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from typer.testing import CliRunner

from dispatchlab.baselines.soc.planners import make_planner
from dispatchlab.baselines.soc.rollout import run_dispatcher, run_planner
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.cli import app
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.soc.instance import Chip, Injection, SocInstance, TaskGraph
from dispatchlab.envs.soc.library import graph_names, load_instance, single_job
from dispatchlab.envs.soc.ranks import critical_path
from dispatchlab.envs.soc.realisation import SocRealisation, draw
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.schedule_files import SocEpisode, write_schedule
from dispatchlab.envs.soc.verify import verify
from dispatchlab.envs.soc.viewer import (
    gantt_figure,
    graph_figure,
    render_ansi,
    render_graph_ansi,
    render_rgb,
    write_gantt,
    write_graph,
)
from dispatchlab.envs.soc.viewer.deliveries import Delivery, Wait, trace_data
from dispatchlab.envs.soc.viewer.graph_facts import CRITICAL
from dispatchlab.envs.soc.viewer.layers import lay_out_graph, layers_of
from dispatchlab.envs.soc.viewer.layout import describe, latest_window, lay_out
from dispatchlab.envs.soc.viewer.raster import LOST


@pytest.fixture
def instance() -> SocInstance:
    """Two elements; a task whose output two others need, one of them on the CPU only."""
    chip = Chip("duo", ("P0", "P1"), np.array([0, 1]), ("CPU", "P"), ("a", "b"),
                np.array([[4, 2], [6, -1]]), np.ones((2, 2)))  # fmt: skip
    fork = TaskGraph.build("fork", ("a", "a", "b"), [(0, 1, 2.0), (0, 2, 3.0)], ("s", "t", "<u>"))
    stream = Injection("lossy", 5.0, max_jobs=2, horizon_us=20, warmup_us=3, prefill=False)
    return SocInstance("duo", chip, (fork,), injection=stream)


@pytest.fixture
def schedule() -> SocSchedule:
    """At 11 µs: a task of job 0 still runs, two of job 1 wait behind it, and job 2 was lost."""
    return SocSchedule(
        now_us=11, graph=[0, 0, 0], arrival_us=[1, 4, 9], injected_us=[1, 4, -1],
        lost=[False, False, True], pe=[[1, 1, 0], [1, 0, 0], [-1, -1, -1]],
        mapped_us=[[1, 3, 3], [4, 7, 7], [-1, -1, -1]],
        order=[[0, 1, 2], [3, 4, 5], [-1, -1, -1]],
        start_us=[[1, 3, 6], [5, -1, -1], [-1, -1, -1]],
        end_us=[[3, 5, 12], [7, -1, -1], [-1, -1, -1]],
    )  # fmt: skip


def _played(name: str, rule: str = "etf") -> tuple[SocInstance, SocSchedule]:
    """A whole episode of a preset."""
    problem = load_instance(name)
    episode = (problem, draw(np.random.default_rng(0), problem))
    schedule = run_dispatcher(SocRule(rule), [episode])[0].schedule
    assert schedule is not None
    return problem, schedule


def test_the_schedule_of_these_tests_is_feasible(
    instance: SocInstance, schedule: SocSchedule
) -> None:
    """The pictures below are of something that can happen."""
    gaps = np.array([1, 3, 5, 100])
    verify(instance, SocRealisation(gaps, np.zeros(4), np.ones((4, 3))), schedule, check_eager=True)


def test_ansi_golden(instance: SocInstance, schedule: SocSchedule) -> None:
    """Arrivals, letters for jobs, a mark for the loss, the queue behind the lane, and the axis."""
    assert render_ansi(instance, schedule, until_us=12).splitlines() == [
        "duo: 0 jobs complete, 2 in the system, 1 lost, at 11 µs",
        "  jobs |   A        B              ×        |",
        "CPU P0 |··················AAAAAAAAAAAAAAA···| > BB",
        "    P1 |···AAAAAAAAAAAABBBBBB···············|",
        "        0           4           8",
        "A=0 fork B=1 fork",
    ]


@pytest.mark.parametrize("name", ["top-1", "wifi-tx20", "pulse-doppler:horizon_us=3000"])
@pytest.mark.parametrize("width", [60, 120])
def test_ansi_keeps_the_width(name: str, width: int) -> None:
    """However long the episode, no line is wider than asked, and every element has one."""
    problem, schedule = _played(name)
    for window in ({}, {"since_us": 0}):
        lines = render_ansi(problem, schedule, width=width, **window).splitlines()
        assert max(map(len, lines)) <= width
        assert sum("|" in line for line in lines) == problem.chip.num_pes + 1


def test_bars_end_at_the_present(instance: SocInstance, schedule: SocSchedule) -> None:
    """No picture tells when a running task will end; what is outside the window is left out."""
    bars = lay_out(instance, schedule).bars
    assert [(bar.job, bar.task, bar.start, bar.end) for bar in bars] == [
        (0, 0, 1, 3), (0, 1, 3, 5), (1, 0, 5, 7), (0, 2, 6, 11),
    ]  # fmt: skip
    assert [bar.is_running for bar in bars] == [False, False, False, True]
    late = lay_out(instance, schedule, 5, 6)
    assert [(bar.job, bar.task) for bar in late.bars] == [(1, 0)]
    assert [visit.job for visit in late.visits] == [0, 1]


def test_headline(instance: SocInstance, schedule: SocSchedule) -> None:
    """Completed jobs come with their mean latency."""
    done = replace(schedule, now_us=13)
    assert describe(instance, done) == (
        "duo: 1 job complete, mean latency 11.0 µs, 1 in the system, 1 lost, at 13 µs"
    )


def test_empty_windows_are_refused(instance: SocInstance, schedule: SocSchedule) -> None:
    """The error names the window."""
    with pytest.raises(DispatchlabError, match="from 9 to 9 µs is empty"):
        render_ansi(instance, schedule, since_us=9, until_us=9)


def test_the_window_follows_the_present() -> None:
    """Its width stays the same while the episode goes on, so that frames of a video fit."""
    problem, schedule = _played("top-1")
    windows = [latest_window(problem, replace(schedule, now_us=t)) for t in (0, 10, 500, 5000)]
    assert len({high - low for low, high in windows}) == 1
    assert [high for _, high in windows[2:]] == [500, 5000]


def test_lanes_are_grouped_by_cluster(instance: SocInstance, schedule: SocSchedule) -> None:
    """Elements of a cluster stand together, whatever their numbers."""
    mixed = Chip("mixed", ("A", "B", "C"), np.array([0, 1, 0]), ("x", "y"), ("a", "b"),
                 np.array([[4, 2, 4], [6, 6, 6]]), np.ones((3, 3)))  # fmt: skip
    chart = lay_out(replace(instance, chip=mixed), schedule)
    assert [lane.pe for lane in chart.lanes] == [0, 2, 1]
    assert [lane.pe for lane in chart.lane_of] == [0, 1, 2]
    assert chart.lanes[2].top - chart.lanes[1].top > chart.lanes[1].top - chart.lanes[0].top


def test_deliveries(instance: SocInstance, schedule: SocSchedule) -> None:
    """Data moves at the end of a task, or when the receiver is mapped; what stays does not."""
    moved, waits = trace_data(instance, schedule, [0, 1])
    assert moved == [
        Delivery(0, 1, 1, 0, 3, 6), Delivery(1, 0, 1, 0, 7, 9), Delivery(1, 1, 1, 0, 7, 10),
    ]  # fmt: skip
    assert waits[0, 0] == Wait(1, 1)
    assert waits[0, 2] == Wait(3, 6)
    late = np.array(schedule.mapped_us)
    late[0, 2] = 5
    moved, waits = trace_data(instance, replace(schedule, mapped_us=late), [0])
    assert moved == [Delivery(0, 1, 1, 0, 5, 8)]
    assert waits[0, 2] == Wait(3, 8)


def test_deliveries_through_the_memory(instance: SocInstance, schedule: SocSchedule) -> None:
    """All data goes through a shared memory, in two legs, even on one element."""
    memory = np.array([[1.0, 1.0], [3.0, 1.0]])
    chip = replace(instance.chip, memory_bandwidth=memory)
    moved, waits = trace_data(replace(instance, chip=chip), schedule, [0])
    assert moved == [Delivery(0, 0, 1, 1, 3, 5), Delivery(0, 1, 1, 0, 2, 6)]
    assert waits[0, 2] == Wait(4, 6)


@pytest.mark.parametrize("name", ["top-mix", "wifi-tx20:horizon_us=12000"])
@pytest.mark.parametrize("method", ["etf", "heft"])
def test_tasks_never_start_before_their_data(name: str, method: str) -> None:
    """What the pictures say of whole episodes, of rules and of plans, is in order."""
    problem = load_instance(name)
    episode = (problem, draw(np.random.default_rng(0), problem))
    if method == "heft":
        schedule = run_planner(make_planner("heft"), [episode])[0].schedule
    else:
        schedule = run_dispatcher(SocRule(method), [episode])[0].schedule
    assert schedule is not None
    _, waits = trace_data(problem, schedule, np.flatnonzero(~schedule.lost).tolist())
    started = [(key, wait) for key, wait in waits.items() if schedule.start_us[key] >= 0]
    assert len(started) == (schedule.start_us >= 0).sum()
    assert all(w.ready <= w.stamp <= schedule.start_us[key] for key, w in started)


@pytest.mark.parametrize("size", [(900, 500), (320, 200), (40, 30)])
def test_rgb_shape_is_constant(
    instance: SocInstance, schedule: SocSchedule, size: tuple[int, int]
) -> None:
    """Early, late and tiny images all have the shape that was asked for."""
    nothing = {name: np.full((0, 3), -1) for name in ("pe", "mapped_us", "order", "start_us",
                                                      "end_us")}  # fmt: skip
    empty = SocSchedule(now_us=0, graph=[], arrival_us=[], injected_us=[], lost=[], **nothing)
    for now in (empty, schedule):
        image = render_rgb(instance, now, size=size)
        assert image.shape == (size[1], size[0], 3)
        assert image.dtype == np.uint8


def test_rgb_draws_bars_to_scale(instance: SocInstance, schedule: SocSchedule) -> None:
    """Areas of the colours are as the times: 2 + 2 + 5 µs of job 0, 2 of job 1; the loss is red."""
    image = render_rgb(instance, schedule, since_us=0)
    first, second = ((image == colour(job)).all(axis=2).sum() for job in (0, 1))
    assert first / second == pytest.approx(9 / 2, rel=0.08)
    assert (image == LOST).all(axis=2).any()
    assert (render_rgb(instance, schedule, since_us=0) == image).all()


def test_the_environment_renders() -> None:
    """Both render modes work at every step."""
    for mode in ("ansi", "rgb_array"):
        env = gym.make("dispatchlab/SoC-v0", render_mode=mode)
        env.reset(seed=0)
        env.step(env.unwrapped.action_masks().argmax())
        picture = env.render()
        assert ("top-1" in picture) if mode == "ansi" else picture.shape == (500, 900, 3)
        env.close()


def test_figure_has_a_trace_per_job(instance: SocInstance, schedule: SocSchedule) -> None:
    """Bars carry the whole story for the hover text; arrivals, losses and transfers follow."""
    figure = gantt_figure(instance, schedule)
    names = [trace.name for trace in figure.data]
    assert names == ["job 0", "job 1", "arrivals", "lost jobs", "transfers"]
    assert all(trace.legendrank == 1 for trace in figure.data[2:])  # seen without scrolling
    assert list(figure.data[0].base) == [1, 3, 6]
    assert list(figure.data[0].x) == [2, 2, 5]
    assert list(figure.data[0].customdata[2]) == [
        0, "fork", "2: &lt;u&gt;", "b", "P0 (CPU)", 3, 3, 6, "?", "still running",
        "arrived 1, not complete",
    ]  # fmt: skip
    lanes = list(figure.layout.yaxis.tickvals)
    assert list(figure.layout.yaxis.ticktext) == ["<i>jobs</i>", "CPU P0", "P1"]
    assert list(figure.data[4].x)[:2] == [3, 6]
    assert list(figure.data[4].y)[:2] == [lanes[2], lanes[1]]
    assert list(figure.data[3].x) == [9]
    assert figure.layout.shapes[-1].x1 == instance.injection.warmup_us
    assert figure.layout.xaxis.rangeslider.visible


def test_figure_shows_who_waits_for_a_place() -> None:
    """Jobs behind the cap have a line from arrival to injection, and their latency in words."""
    problem = replace(
        single_job("Top_1"),
        injection=Injection("batch", max_jobs=1, num_jobs=2, horizon_us=None, prefill=False),
    )
    episode = (problem, draw(np.random.default_rng(0), problem))
    schedule = run_dispatcher(SocRule("etf"), [episode])[0].schedule
    assert schedule is not None
    figure = gantt_figure(problem, schedule)
    line = next(trace for trace in figure.data if trace.name == "waiting for a place")
    assert list(line.x)[:2] == [0, 80]
    story = figure.data[1].customdata[0][-1]
    assert story == "arrived 0, in work from 80, complete 160, latency 160 µs"


def test_figure_of_a_long_stream() -> None:
    """Many jobs share a trace per type, the first view is a part, transfers are hidden at first."""
    problem, schedule = _played("wifi-tx20:horizon_us=20000")
    figure = gantt_figure(problem, schedule)
    assert {"WiFi_Transmitter", "WiFi_Receiver"} <= {trace.name for trace in figure.data}
    left, right = figure.layout.xaxis.range
    assert 9000 < left < 10000
    assert right - left < 8000
    assert figure.data[-1].name == "transfers"
    assert figure.data[-1].visible == "legendonly"
    part = gantt_figure(problem, schedule, since_us=10_500, until_us=11_000)
    assert max(x for trace in part.data[:2] for x in trace.base) < 11_000


@pytest.mark.parametrize("name", graph_names())
def test_graph_layout(name: str) -> None:
    """Arcs lead to the right, and no two tasks of a layer come closer than one row."""
    graph = single_job(name).graphs[0]
    drawing = lay_out_graph(graph)
    assert drawing.x.tolist() == layers_of(graph)
    assert len(drawing.routes) == len(graph.arc_from)
    for route in drawing.routes:
        columns = [x for x, _ in route.points]
        assert columns == list(range(int(columns[0]), int(columns[-1]) + 1))
        assert route.points[0] == (drawing.x[graph.arc_from[route.arc]],
                                   drawing.y[graph.arc_from[route.arc]])  # fmt: skip
    for column in range(drawing.width):
        rows = np.sort(drawing.y[drawing.x == column])
        assert (np.diff(rows) > 1 - 1e-9).all()


def test_chains_are_drawn_without_crossings() -> None:
    """The five chains of the receiver run straight beside each other."""
    drawing = lay_out_graph(single_job("WiFi_Receiver").graphs[0])
    for first in range(1, 30, 6):
        chain = drawing.y[first : first + 6]
        assert np.ptp(chain) < 0.05


def test_graph_figure() -> None:
    """Ranks and times stand in the hover text, the published critical path is red."""
    problem = single_job("Top_1")
    figure = graph_figure(problem, "Top_1")
    traces = {trace.name: trace for trace in figure.data}
    points = {row[0]: (row, trace.marker.line.color[i], trace.marker.size[i])
              for name, trace in traces.items() if name.startswith("fastest")
              for i, row in enumerate(trace.customdata)}  # fmt: skip
    assert len(points) == 10
    row, ink, _ = points["0: task_1"]
    assert list(row[1:6]) == ["task_1", "CPU1 14, CPU2 16, CPU3 9", 13.0, pytest.approx(108), 0.0]
    assert ink == css(CRITICAL)
    red = [label for label, (_, ink, _) in points.items() if ink == css(CRITICAL)]
    path = critical_path(problem, 0).tolist()
    assert sorted(red) == sorted(f"{task}: task_{task + 1}" for task in path)
    assert points["1: task_2"][2] > points["7: task_8"][2]
    assert sorted(map(int, traces["volumes"].text)) == sorted(problem.graphs[0].volume.tolist())
    assert list(traces["critical path"].x).count(None) == len(path) - 1


def test_graph_text() -> None:
    """One line per task, by layer, with the published upward ranks."""
    lines = render_graph_ansi(single_job("Top_1")).splitlines()
    assert lines[0].startswith("Top_1: 10 tasks, 15 arcs, critical path 108.0 µs")
    assert lines[2].split() == [
        "0", "0*", "task_1", "9", "13.0", "108.0", "0.0", "1:18", "2:12", "3:9", "4:11", "5:14",
    ]  # fmt: skip
    assert len(lines) == 12


def test_unknown_graph() -> None:
    """The error lists what there is."""
    with pytest.raises(DispatchlabError, match="no task graph 'x'; choose one of Top_1"):
        graph_figure(load_instance("top-1"), "x")


def test_html_is_self_contained(
    tmp_path: Path, instance: SocInstance, schedule: SocSchedule
) -> None:
    """The pages bring Plotly with them, load nothing, and escape what users named."""
    write_gantt(tmp_path / "a.html", instance, schedule, title="<&>")
    write_graph(tmp_path / "b.html", instance)
    for page in (tmp_path / "a.html", tmp_path / "b.html"):
        text = page.read_text(encoding="utf-8")
        assert "Plotly.newPlot" in text
        assert "<script src" not in text
        assert 'src="http' not in text
        assert "<link" not in text
        assert "<u>" not in text.split("Plotly.newPlot(")[-1]
    assert "<title>&lt;&amp;&gt;</title>" in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("suffix", "signature"), [(".png", b"\x89PNG\r\n"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_static_files(
    tmp_path: Path, instance: SocInstance, schedule: SocSchedule, suffix: str, signature: bytes
) -> None:
    """Each format has its signature, and the same picture gives the same bytes."""
    contents = []
    for name in ("a", "b"):
        write_gantt(tmp_path / (name + suffix), instance, schedule)
        write_graph(tmp_path / ("g" + name + suffix), instance, "fork")
        contents.append([(tmp_path / (n + suffix)).read_bytes() for n in (name, "g" + name)])
    assert all(content.startswith(signature) for content in contents[0])
    assert contents[0] == contents[1]


def test_large_pictures(tmp_path: Path) -> None:
    """Hundreds of tasks and thousands of bars fit into a picture."""
    problem, schedule = _played("pulse-doppler:horizon_us=20000")
    write_gantt(tmp_path / "a.png", problem, schedule)
    write_graph(tmp_path / "b.png", problem)
    assert (tmp_path / "a.png").stat().st_size > 50_000
    assert (tmp_path / "b.png").stat().st_size > 50_000


@pytest.mark.parametrize(("package", "suffix"), [("plotly", ".html"), ("matplotlib", ".png")])
def test_missing_extra(
    tmp_path: Path, instance: SocInstance, schedule: SocSchedule, package: str, suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Without the drawing library the error names the extra."""
    for module in [m for m in sys.modules if m.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    for write in (lambda p: write_gantt(p, instance, schedule), lambda p: write_graph(p, instance)):
        with pytest.raises(MissingExtraError, match=rf"'{package}'.*dispatchlab\[viz\]"):
            write(tmp_path / f"a{suffix}")


def test_import_loads_no_drawing_library() -> None:
    """The viewer can be imported where Plotly and Matplotlib are not installed."""
    code = (
        "import sys, dispatchlab.envs.soc.viewer; "
        "print([m for m in ('plotly', 'matplotlib', 'torch', 'ortools') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _render(*words: str | Path) -> tuple[int, str]:
    """Exit code and output of ``dispatchlab render``."""
    result = CliRunner().invoke(app, ["render", *map(str, words)])
    return result.exit_code, result.output


def test_render_command(tmp_path: Path, instance: SocInstance, schedule: SocSchedule) -> None:
    """Task graphs, schedules of rules and planners, and schedule files; as text and as files."""
    assert "critical path 108.0 µs" in _render("top-1")[1]
    assert "mean latency" in _render("top-1:horizon_us=500", "--method", "etf")[1]
    assert "mean latency 80.0" in _render("job:Top_1", "--method", "heft")[1]
    assert "1 job complete" in _render("job:Top_1", "--method", "lookahead-etf")[1]
    for name in ("graph.png", "graph.txt"):
        assert _render("job:Top_2", "--out", tmp_path / name) == (0, f"wrote {tmp_path / name}\n")
    gaps = np.array([1, 3, 5, 100])
    what = SocRealisation(gaps, np.zeros(4), np.ones((4, 3)))
    file = tmp_path / "s.json"
    write_schedule(file, SocEpisode(instance, what, schedule, planned=False))
    assert "1 lost, at 11 µs" in _render(file)[1]
    code, _ = _render(file, "--out", tmp_path / "s.html", "--since", 2, "--until", 8)
    assert code == 0
    assert (tmp_path / "s.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["soc16-mix", "--out", "a.png"], "choose one with --graph"),
        (["top-1", "--method", "nobody"], "nobody"),
        (["top-1", "--method", "etf", "--graph", "Top_1"], "leave out either"),
        (["top-1", "--since", "5"], "add --method"),
        (["ft06", "--graph", "x"], "for chips and edges"),
        (["top-1", "--policy", "run", "--method", "etf"], "leave one of them out"),
    ],
)
def test_render_command_refuses(words: list[str], reason: str) -> None:
    """What does not go together ends in one sentence."""
    code, text = _render(*words)
    assert code == 1
    assert reason in text
