"""An interactive Gantt chart: zoom, hover, and a legend that hides and shows jobs."""

from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.drawing.figures import base_layout, escape, line_across, time_axis
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.viewer.layout import Bar, Chart, describe, lay_out

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MAX_LEGEND = 120
_ROW_PIXELS, _FRAME_PIXELS, _MIN_PIXELS, _MAX_PIXELS = 30, 130, 320, 1600
_HOVER = (
    "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>start %{base}, end %{customdata[2]}<br>"
    "duration %{customdata[3]}<br>mode %{customdata[4]}<br>%{customdata[5]}<extra></extra>"
)


def gantt_figure(
    encoding: CpEncoding,
    schedule: Schedule,
    *,
    title: str | None = None,
    realisation: Realisation | None = None,
) -> "go.Figure":
    """Build the chart as a Plotly figure.

    Args:
        encoding: The instance.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and the makespan by default.
        realisation: Where given, breakdowns are shaded.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        MissingExtraError: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    chart = lay_out(encoding, schedule, realisation)
    traces = [go.Bar(**trace) for trace in _traces(encoding, schedule, chart)]
    if chart.outages:
        traces.append(go.Bar(**_outage_trace(chart)))
    figure = go.Figure(traces)
    figure.update_layout(
        **_layout(chart, escape(title or describe(encoding, schedule, realisation)))
    )
    return figure


def _traces(encoding: CpEncoding, schedule: Schedule, chart: Chart) -> list[dict[str, Any]]:
    """One trace per job, so that the legend can hide it; a single one where there are too many."""
    by_job = 1 < encoding.num_jobs <= _MAX_LEGEND
    members: dict[int, list[Bar]] = {}
    for bar in chart.bars:
        members.setdefault(chart.group[bar.activity] if by_job else 0, []).append(bar)
    return [
        _trace(encoding, schedule, chart, bars)
        | {"name": escape(chart.group_names[group]), "showlegend": by_job}
        for group, bars in sorted(members.items())
    ]


def _trace(
    encoding: CpEncoding, schedule: Schedule, chart: Chart, bars: list[Bar]
) -> dict[str, Any]:
    fills = [colour(chart.group[bar.activity]) for bar in bars]
    return {
        "orientation": "h",
        "base": [bar.start for bar in bars],
        "x": [bar.end - bar.start for bar in bars],
        "y": [bar.top + bar.height / 2 for bar in bars],
        "width": [bar.height for bar in bars],
        "marker": {"color": [css(f) for f in fills], "line": {"color": "white", "width": 0.6}},
        "text": [escape(chart.bar_names[bar.activity]) for bar in bars],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"color": [css(text_colour(f)) for f in fills]},
        "customdata": [_hover(encoding, schedule, chart, bar) for bar in bars],
        "hovertemplate": _HOVER,
    }


def _hover(
    encoding: CpEncoding, schedule: Schedule, chart: Chart, bar: Bar
) -> tuple[str | int, ...]:
    """What `_HOVER` shows about a bar."""
    activity = bar.activity
    names = encoding.activity_names
    name = escape(names[activity]) if names else f"activity {activity}"
    first, behind = encoding.mode_ptr[activity : activity + 2].tolist()
    mode = f"{schedule.mode[activity] - first + 1} of {behind - first}"
    where = escape(chart.rows[bar.row].label)
    return (
        name, f"job {encoding.job[activity]}", bar.end, bar.end - bar.start, mode, where,
    )  # fmt: skip


def _outage_trace(chart: Chart) -> dict[str, Any]:
    rows = [chart.rows[outage.row] for outage in chart.outages]
    return {
        "orientation": "h",
        "name": "breakdown",
        "showlegend": True,
        "base": [outage.start for outage in chart.outages],
        "x": [outage.end - outage.start for outage in chart.outages],
        "y": [row.top + row.height / 2 for row in rows],
        "width": [row.height for row in rows],
        "marker": {
            "color": "rgba(40,40,40,0.25)",
            "pattern": {"shape": "/", "size": 5, "fgcolor": "rgba(40,40,40,0.8)"},
            "line": {"width": 0},
        },
        "customdata": [outage.end for outage in chart.outages],
        "hovertemplate": "breakdown from %{base} to %{customdata}<extra></extra>",
    }


def _layout(chart: Chart, title: str) -> dict[str, Any]:
    pixels = min(_MAX_PIXELS, max(_MIN_PIXELS, _FRAME_PIXELS + _ROW_PIXELS * chart.height))
    return {
        **base_layout(title, pixels),
        "uniformtext": {"mode": "hide", "minsize": 8},
        "xaxis": {**time_axis("time", [0, chart.horizon * 1.01]), "minallowed": 0},
        "yaxis": {
            "range": [chart.height, 0],
            "tickvals": [row.top + row.height / 2 for row in chart.rows],
            "ticktext": [escape(row.label) for row in chart.rows],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
        "shapes": [line_across(row.top, "#e4e4e8") for row in chart.rows[1:]],
    }
