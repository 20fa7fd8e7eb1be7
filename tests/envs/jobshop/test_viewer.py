"""Gantt charts: what is drawn, where, and in which files."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.drawing.palette import colour, text_colour
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.viewer import gantt_figure, render_ansi, render_rgb, write_gantt
from dispatchlab.envs.jobshop.viewer.layout import describe, lay_out
from tests.naive import naive_schedule


@pytest.fixture
def shop() -> CpEncoding:
    """Two jobs on two machines."""
    return CpEncoding.build(
        [[(3, [(0, 1)])], [(2, [(1, 1)])], [(2, [(1, 1)])], [(4, [(0, 1)])]],
        [1, 1],
        [(0, 1), (2, 3)],
        job=[0, 0, 1, 1],
        name="2x2",
    )


@pytest.fixture
def plan() -> Schedule:
    """An optimal schedule of the two jobs."""
    return Schedule(start=[0, 3, 0, 3], end=[3, 5, 2, 7], mode=[0, 1, 2, 3])


@pytest.fixture
def project() -> CpEncoding:
    """Six activities on a resource of capacity 4, one without any resource, one milestone."""
    demands = [1, 1, 1, 1, 2, 3]
    acts = [[(d, [(0, q)])] for d, q in zip([2, 5, 1, 4, 2, 2], demands, strict=True)]
    return CpEncoding.build(
        [*acts, [(3, [])], [(0, [])]], [4], name="project", resource_names=("Crew <A>",)
    )


@pytest.fixture
def project_plan() -> Schedule:
    """In this schedule activity 4 finds two free units that are not adjacent."""
    return Schedule(
        start=[0, 0, 1, 1, 2, 5, 1, 7], end=[2, 5, 2, 5, 4, 7, 4, 7], mode=list(range(8))
    )


def _large(jobs: int, machines: int) -> tuple[CpEncoding, Schedule]:
    """A random job shop and a naive schedule of it."""
    rng = np.random.default_rng(7)
    size = jobs * machines
    acts = [[(int(rng.integers(1, 99)), [(int(r), 1)])] for _ in range(jobs)
            for r in rng.permutation(machines)]  # fmt: skip
    arcs = [(a, a + 1) for a in range(size - 1) if (a + 1) % machines]
    encoding = CpEncoding.build(
        acts, [1] * machines, arcs, job=[a // machines for a in range(size)]
    )
    return encoding, naive_schedule(encoding, rng)


def _broken(encoding: CpEncoding) -> Realisation:
    """A breakdown of machine 0 from 3 to 5, and one of machine 1 after everything."""
    nominal = Realisation.nominal(encoding)
    return Realisation(
        nominal.mode_duration, nominal.job_arrival, np.array([0, 1, 2]),
        np.array([3, 90]), np.array([5, 99]),
    )  # fmt: skip


NOTHING = Schedule(start=[-1] * 4, end=[-1] * 4, mode=[-1] * 4)


def test_ansi_golden(shop: CpEncoding, plan: Schedule) -> None:
    """Three columns per time unit, letters for jobs, an axis and the current time."""
    assert render_ansi(shop, plan, now=5).splitlines() == [
        "2x2: makespan 7",
        "R0 |AAAAAAAAABBBBBBBBBBBB|",
        "R1 |BBBBBB···AAAAAA······|",
        "    0           4",
        "                   ^ now 5",
        "A=J0 B=J1",
    ]


def test_ansi_of_an_unfinished_schedule(shop: CpEncoding) -> None:
    """The headline counts what is scheduled, and the axis reaches the current time."""
    partial = Schedule(start=[0, -1, -1, -1], end=[3, -1, -1, -1], mode=[0, -1, -1, -1])
    lines = render_ansi(shop, partial, now=4).splitlines()
    assert lines[0] == "2x2: 1 of 4 activities, makespan so far 3"
    assert lines[1] == "R0 |AAAAAAAAA···|"
    assert lines[4] == "                ^ now 4"
    assert render_ansi(shop, NOTHING).splitlines()[1] == "R0 |···|"


def test_ansi_marks_overlaps(shop: CpEncoding) -> None:
    """Two activities at once on a machine show as an exclamation mark."""
    wrong = Schedule(start=[0, 3, 0, 2], end=[3, 5, 2, 6], mode=[0, 1, 2, 3])
    assert "R0 |AAAAAA!!!BBBBBBBBB|" in render_ansi(shop, wrong)


def test_ansi_shows_usage(project: CpEncoding, project_plan: Schedule) -> None:
    """A cumulative resource is drawn by usage, and the rest by activity."""
    lines = render_ansi(project, project_plan).splitlines()
    assert lines[1] == "Crew <A> (capacity 4) |▄▄▄█████████▄▄▄▆▆▆▆▆▆|"
    assert lines[2] == "          no resource |···GGGGGGGGG·········|"


@pytest.mark.parametrize(("jobs", "machines", "width"), [(6, 6, 60), (100, 20, 100), (15, 15, 30)])
def test_ansi_keeps_the_width(jobs: int, machines: int, width: int) -> None:
    """However large the instance, no line is wider than asked, and every resource has one."""
    encoding, schedule = _large(jobs, machines)
    lines = render_ansi(encoding, schedule, width=width, now=schedule.makespan).splitlines()
    assert max(map(len, lines)) <= width
    assert f"now {schedule.makespan} ^" in "".join(lines)
    assert sum("|" in line for line in lines) == machines


@pytest.mark.parametrize("size", [(900, 500), (320, 200), (40, 30)])
def test_rgb_shape_is_constant(shop: CpEncoding, plan: Schedule, size: tuple[int, int]) -> None:
    """Empty, complete and tiny images all have the shape that was asked for."""
    for schedule in (NOTHING, plan):
        image = render_rgb(shop, schedule, size=size)
        assert image.shape == (size[1], size[0], 3)
        assert image.dtype == np.uint8
    huge = Schedule(start=[2**40, -1, -1, -1], end=[2**40 + 3, -1, -1, -1], mode=[0, -1, -1, -1])
    assert render_rgb(shop, huge, size=size).shape == (size[1], size[0], 3)


def test_rgb_draws_bars_to_scale(shop: CpEncoding, plan: Schedule) -> None:
    """Areas of the colours are as the processing times of the jobs: 5 and 6."""
    image = render_rgb(shop, plan)
    first, second = ((image == colour(job)).all(axis=2).sum() for job in (0, 1))
    assert first / second == pytest.approx(5 / 6, rel=0.02)
    assert (render_rgb(shop, plan) == image).all()


def test_rgb_of_a_large_instance() -> None:
    """A hundred jobs on twenty machines still show every colour."""
    image = render_rgb(*_large(100, 20))
    seen = {tuple(pixel) for pixel in np.unique(image.reshape(-1, 3), axis=0).tolist()}
    assert {colour(group) for group in range(24)} <= seen


def test_palette_is_distinct_and_legible() -> None:
    """24 different colours, each with text of at least 3:1 contrast (WCAG, large text)."""
    colours = [colour(group) for group in range(24)]
    assert len(set(colours)) == 24
    assert colour(24) == colours[0]
    for background in colours:
        pair = sorted(_luminance(c) for c in (background, text_colour(background)))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 3


def _luminance(rgb: tuple[int, int, int]) -> float:
    """Relative luminance as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in
              (channel / 255 for channel in rgb)]  # fmt: skip
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def test_bars_never_overlap(project: CpEncoding, project_plan: Schedule) -> None:
    """Every unit of a cumulative resource holds one activity at a time; demands are complete."""
    chart = lay_out(project, project_plan)
    held = np.zeros((4, 7), int)
    for bar in chart.bars:
        if bar.row == 0:
            held[bar.low : bar.high, bar.start : bar.end] += 1
    assert held.max() == 1
    assert held.sum(axis=0).tolist() == [2, 4, 4, 4, 2, 3, 3]
    assert len([bar for bar in chart.bars if bar.activity == 4]) == 2
    assert [row.label for row in chart.rows] == ["Crew <A> (capacity 4)", "no resource"]


def test_overload_is_stacked_on_top(shop: CpEncoding) -> None:
    """A wrong schedule widens the row instead of hiding a bar behind another."""
    wrong = Schedule(start=[0, 3, 0, 2], end=[3, 5, 2, 6], mode=[0, 1, 2, 3])
    chart = lay_out(shop, wrong)
    assert [(bar.low, bar.high) for bar in chart.bars if bar.row == 0] == [(0, 1), (1, 2)]
    assert [row.height for row in chart.rows] == [1.5, 1.0]


def test_headline_names_the_objective() -> None:
    """Other objectives than the makespan stand beside it."""
    encoding = CpEncoding.build([[(3, [])]], [], name="x", objective="total_flow_time", release=[2])
    assert describe(encoding, Schedule(start=[2], end=[5], mode=[0])) == (
        "x: makespan 5, total flow time 3"
    )


def test_figure_has_a_trace_per_job(shop: CpEncoding, plan: Schedule) -> None:
    """Bars carry start, duration and the whole story for the hover text."""
    figure = gantt_figure(shop, plan, realisation=_broken(shop))
    assert [trace.name for trace in figure.data] == ["J0", "J1", "breakdown"]
    first = figure.data[0]
    assert list(first.base) == [0, 3]
    assert list(first.x) == [3, 2]
    assert list(first.customdata[1]) == ["activity 1", "job 0", 5, 2, "1 of 1", "R1"]
    assert list(figure.data[2].base) == [3]
    assert figure.layout.title.text == "2x2: makespan 7"
    assert figure.layout.xaxis.title.text == "time"
    assert list(figure.layout.yaxis.ticktext) == ["R0", "R1"]


def test_figure_escapes_names(project: CpEncoding, project_plan: Schedule) -> None:
    """Names are text, whatever they look like."""
    figure = gantt_figure(project, project_plan, title="a <b>")
    assert figure.layout.title.text == "a &lt;b&gt;"
    assert figure.layout.yaxis.ticktext[0] == "Crew &lt;A&gt; (capacity 4)"
    assert len(figure.data) == 1


def test_figure_of_a_large_instance() -> None:
    """2000 bars are a hundred traces, one per job."""
    figure = gantt_figure(*_large(100, 20))
    assert len(figure.data) == 100
    assert sum(len(trace.x) for trace in figure.data) == 2000


def test_html_is_self_contained(tmp_path: Path, shop: CpEncoding, plan: Schedule) -> None:
    """The page brings Plotly with it and loads nothing."""
    write_gantt(tmp_path / "a.html", shop, plan, title="<&>")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<title>&lt;&amp;&gt;</title>" in page
    assert "Plotly.newPlot" in page
    assert "<script src" not in page
    assert 'src="http' not in page
    assert "<link" not in page


@pytest.mark.parametrize(
    ("suffix", "signature"), [(".png", b"\x89PNG\r\n"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_static_files(
    tmp_path: Path, shop: CpEncoding, plan: Schedule, suffix: str, signature: bytes
) -> None:
    """Each format has its signature, and the same schedule gives the same bytes."""
    contents = []
    for name in ("a", "b"):
        write_gantt(tmp_path / (name + suffix), shop, plan, realisation=_broken(shop))
        contents.append((tmp_path / (name + suffix)).read_bytes())
    assert contents[0].startswith(signature)
    assert contents[0] == contents[1]


@pytest.mark.parametrize("suffix", [".html", ".png"])
def test_unusual_charts(
    tmp_path: Path, shop: CpEncoding, project: CpEncoding, project_plan: Schedule, suffix: str
) -> None:
    """Empty schedules, cumulative resources and formula-like names are drawn too."""
    write_gantt(tmp_path / f"empty{suffix}", shop, NOTHING)
    write_gantt(tmp_path / f"project{suffix}", project, project_plan, title=r"$\frac$ 5$")
    assert (tmp_path / f"empty{suffix}").stat().st_size > 1000
    assert (tmp_path / f"project{suffix}").stat().st_size > 1000


def test_large_png(tmp_path: Path) -> None:
    """2000 bars fit into a picture."""
    write_gantt(tmp_path / "a.png", *_large(100, 20))
    assert (tmp_path / "a.png").stat().st_size > 50_000


def test_unknown_extension(tmp_path: Path, shop: CpEncoding, plan: Schedule) -> None:
    """The error lists what can be written, and nothing is."""
    with pytest.raises(DispatchlabError, match=r"'\.gif'; use \.html, \.png, \.svg or \.pdf\."):
        write_gantt(tmp_path / "a.gif", shop, plan)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("package", "suffix"), [("plotly", ".html"), ("matplotlib", ".png")])
def test_missing_extra(
    tmp_path: Path, shop: CpEncoding, plan: Schedule, package: str, suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Without the drawing library the error names the extra."""
    for module in [m for m in sys.modules if m.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"'{package}'.*dispatchlab\[viz\]"):
        write_gantt(tmp_path / f"a{suffix}", shop, plan)


def test_import_loads_no_drawing_library() -> None:
    """The viewer can be imported where Plotly and Matplotlib are not installed."""
    code = (
        "import sys, dispatchlab.envs.jobshop.viewer; "
        "print([m for m in ('plotly', 'matplotlib', 'torch', 'ortools') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
