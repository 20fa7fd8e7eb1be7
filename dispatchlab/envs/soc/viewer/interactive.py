"""An interactive Gantt chart of a chip: zoom, hover, and a legend that hides and shows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.drawing.figures import escape
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule
from dispatchlab.envs.soc.viewer.deliveries import Delivery, Wait, trace_data
from dispatchlab.envs.soc.viewer.gantt_frame import first_range, frame_of
from dispatchlab.envs.soc.viewer.layout import Bar, Chart, Visit, describe, lay_out
from dispatchlab.envs.soc.viewer.raster import LOST

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MAX_LEGEND = 40  # jobs with a legend entry of their own; beyond, their types have one
_MAX_TRANSFERS = 400  # beyond, they are hidden at first
_NUMBERED = 0.007  # share of the first view from which on bars have numbers
_BAR_HEIGHT = 0.82
_ABOVE_JOBS = 1  # place in the legend; 1000 is the default
_HOVER = (
    "<b>job %{customdata[0]}: %{customdata[1]}</b><br>task %{customdata[2]}<br>"
    "kernel %{customdata[3]}<br>on %{customdata[4]}<br>"
    "ready %{customdata[5]}, mapped %{customdata[6]}, data there %{customdata[7]}<br>"
    "start %{base}, end %{customdata[8]} µs (%{customdata[9]})<br>"
    "job: %{customdata[10]}<extra></extra>"
)


def gantt_figure(
    instance: SocInstance, schedule: SocSchedule, *, title: str | None = None,
    since_us: int | None = None, until_us: int | None = None,
) -> "go.Figure":  # fmt: skip
    """Build the chart as a Plotly figure.

    One lane per processing element, bars coloured by job; arrivals and losses in the lane on top;
    data on its way between elements as thin lines; the warm-up shaded. A slider below selects
    the time range.

    Args:
        instance: The instance.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and what the schedule is worth by default.
        since_us: Begin of what is drawn, 0 by default.
        until_us: End of what is drawn, the schedule's time by default.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    chart = lay_out(instance, schedule, since_us, until_us)
    jobs = [visit.job for visit in chart.visits if not visit.is_lost]
    moved, waits = trace_data(instance, schedule, jobs)
    moved = [d for d in moved if d.leaves < chart.high and d.arrives > chart.low]
    traces = [go.Bar(**trace) for trace in _bar_traces(instance, schedule, chart, waits)]
    traces += [go.Scatter(**trace) for trace in _job_traces(instance, schedule, chart)]
    if moved:
        traces.append(go.Scatter(**_transfer_trace(instance, schedule, chart, moved)))
    figure = go.Figure(traces)
    headline = escape(title or describe(instance, schedule))
    figure.update_layout(**frame_of(instance, chart, headline))
    return figure


def _bar_traces(
    instance: SocInstance, schedule: SocSchedule, chart: Chart,
    waits: dict[tuple[int, int], Wait],
) -> list[dict[str, Any]]:  # fmt: skip
    """One trace per job, or per type of job where there are too many."""
    by_job = len({bar.job for bar in chart.bars}) <= _MAX_LEGEND
    stories = {visit.job: _story(visit) for visit in chart.visits}
    types = schedule.graph.tolist()
    members: dict[int, list[Bar]] = {}
    for bar in chart.bars:
        members.setdefault(bar.job if by_job else types[bar.job], []).append(bar)
    left, right = first_range(chart, instance.injection.warmup_us)
    numbered = _NUMBERED * (right - left)  # shorter bars would have unreadable ones
    traces = []
    for key, bars in sorted(members.items()):
        shape = instance.graphs[types[bars[0].job]]
        rows = [_hover(instance, schedule, bar, waits, stories[bar.job]) for bar in bars]
        name = f"job {key}" if by_job else shape.name
        group = {"legendgrouptitle": {"text": escape(shape.name)}} if by_job else {}
        traces.append(
            _bar_trace(chart, bars, numbered)
            | {"name": escape(name), "customdata": rows, "legendgroup": escape(shape.name)}
            | group
        )
    return traces


def _bar_trace(chart: Chart, bars: list[Bar], numbered: float) -> dict[str, Any]:
    fills = [colour(bar.job) for bar in bars]
    return {
        "orientation": "h",
        "base": [bar.start for bar in bars],
        "x": [bar.end - bar.start for bar in bars],
        "y": [chart.lane_of[bar.pe].top + 0.5 for bar in bars],
        "width": _BAR_HEIGHT,
        "marker": {"color": [css(f) for f in fills], "line": {"color": "white", "width": 0.6}},
        "text": [str(bar.task) if bar.end - bar.start >= numbered else "" for bar in bars],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"color": [css(text_colour(f)) for f in fills]},
        "hovertemplate": _HOVER,
    }


def _hover(
    instance: SocInstance, schedule: SocSchedule, bar: Bar,
    waits: dict[tuple[int, int], Wait], story: str,
) -> tuple[str | int, ...]:  # fmt: skip
    """What `_HOVER` shows about a bar."""
    shape = instance.graphs[int(schedule.graph[bar.job])]
    wait = waits.get((bar.job, bar.task))
    label = f"{bar.task}: {shape.task_names[bar.task]}"
    lasts = "still running" if bar.is_running else f"{bar.end - bar.start} µs long"
    chip = instance.chip
    where = f"{chip.pe_names[bar.pe]} ({chip.cluster_names[chip.cluster[bar.pe]]})"
    return (
        bar.job, escape(shape.name), escape(label), escape(shape.kernels[bar.task]),
        escape(where), wait.ready if wait else "?", int(schedule.mapped_us[bar.job, bar.task]),
        wait.stamp if wait else "?", "?" if bar.is_running else bar.end, lasts, story,
    )  # fmt: skip


def _story(visit: Visit) -> str:
    """A job's stay in the system in words."""
    text = f"arrived {visit.arrival}"
    if visit.is_lost:
        return f"{text}, lost"
    if visit.injected == NOT_YET:
        return f"{text}, waits for a place"
    if visit.injected != visit.arrival:
        text += f", in work from {visit.injected}"
    if visit.completed == NOT_YET:
        return f"{text}, not complete"
    return f"{text}, complete {visit.completed}, latency {visit.completed - visit.arrival} µs"


def _job_traces(
    instance: SocInstance, schedule: SocSchedule, chart: Chart
) -> list[dict[str, Any]]:  # fmt: skip
    """Marks of arrivals and losses, and lines of jobs that wait for a place."""
    came = [v for v in chart.visits if chart.low <= v.arrival <= chart.high]
    names = [graph.name for graph in instance.graphs]
    traces = []
    for label, visits, symbol in (
        ("arrivals", [v for v in came if not v.is_lost], "triangle-down"),
        ("lost jobs", [v for v in came if v.is_lost], "x"),
    ):
        if visits:
            fills = [css(LOST) if v.is_lost else css(colour(v.job)) for v in visits]
            about = [(v.job, escape(names[schedule.graph[v.job]]), _story(v)) for v in visits]
            traces.append({
                "mode": "markers", "name": label, "legendrank": _ABOVE_JOBS,
                "x": [v.arrival for v in visits],
                "y": [0.5] * len(visits), "customdata": about,
                "marker": {"symbol": symbol, "size": 9, "color": fills,
                           "line": {"color": "#333", "width": 0.5}},
                "hovertemplate": "<b>job %{customdata[0]}: %{customdata[1]}</b><br>"
                                 "%{customdata[2]}<extra></extra>",
            })  # fmt: skip
    backlog = [v for v in chart.visits if not v.is_lost and v.injected != v.arrival]
    if backlog:
        ends = [chart.high if v.injected == NOT_YET else v.injected for v in backlog]
        spans = [(v.arrival, until) for v, until in zip(backlog, ends, strict=True)]
        traces.append(
            _lines([(a, 0.5, b, 0.5) for a, b in spans], "waiting for a place", "#777", 2.0)
        )
    return traces


def _transfer_trace(
    instance: SocInstance, schedule: SocSchedule, chart: Chart, moved: list[Delivery]
) -> dict[str, Any]:  # fmt: skip
    """Thin lines from where and when data leaves to where and when it is there."""
    ends, texts = [], []
    for d in moved:
        source, target = (chart.lane_of[pe].top + 0.5 for pe in (d.source, d.target))
        ends.append((d.leaves, source, d.arrives, target))
        shape = instance.graphs[int(schedule.graph[d.job])]
        text = (
            f"job {d.job}: {shape.arc_from[d.arc]} to {shape.arc_to[d.arc]}, volume "
            f"{shape.volume[d.arc]:g}<br>from {d.leaves} to {d.arrives} µs"
        )
        texts += [text, text, ""]
    return _lines(ends, "transfers", "rgba(60,60,60,0.55)", 0.8) | {
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "hoverinfo": None,
        "visible": True if len(moved) <= _MAX_TRANSFERS else "legendonly",
    }


def _lines(
    ends: Sequence[tuple[float, float, float, float]], name: str, ink: str, width: float
) -> dict[str, Any]:
    """Separate line segments in one trace."""
    return {
        "mode": "lines",
        "name": name,
        "legendrank": _ABOVE_JOBS,
        "x": [x for x0, _, x1, _ in ends for x in (x0, x1, None)],
        "y": [y for _, y0, _, y1 in ends for y in (y0, y1, None)],
        "line": {"color": ink, "width": width},
        "hoverinfo": "skip",
    }
