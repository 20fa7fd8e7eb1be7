"""An interactive timeline of an edge and a cloud: zoom, hover, and models that can be hidden."""

from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.drawing.figures import (
    base_layout,
    escape,
    line_across,
    range_slider,
    time_axis,
)
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    DROPPED_COST,
    DROPPED_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    NOT_YET,
    ON_EDGE,
    OUTCOMES,
    EdgeSchedule,
)
from dispatchlab.envs.edge.viewer.layout import Bar, Chart, Mark, describe, lay_out
from dispatchlab.envs.edge.viewer.network_band import Band, network_band

if TYPE_CHECKING:
    import plotly.graph_objects as go

LATE = "#be1e2d"
SYMBOLS = {
    DROPPED_TIME: "triangle-down", DROPPED_COST: "triangle-down-open",
    EXPIRED_EDGE: "x", EXPIRED_CLOUD: "x-thin-open",
}  # fmt: skip
_MS = 1000.0
_LANE_PIXELS, _FRAME_PIXELS, _MAX_PIXELS = 46, 300, 1600
_FIRST_BARS = 250  # shown before anybody zooms
_NUMBERED = 0.006  # share of the first view from which on bars have numbers
_FILLING = 0.84  # share of its line that a bar takes
_BAND = (0.0, 0.13)  # of the height
_TIMELINE = (0.18, 1.0)
_HOVER = (
    "<b>%{customdata[0]}</b>, task %{customdata[1]} of drone %{customdata[2]}<br>"
    "%{customdata[3]}<br>arrived %{customdata[4]}, %{customdata[5]}<br>"
    "deadline %{customdata[6]}: %{customdata[7]}<extra></extra>"
)


def timeline_figure(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule, *,
    title: str | None = None, since_ms: int | None = None, until_ms: int | None = None,
) -> "go.Figure":  # fmt: skip
    """Build the timeline as a Plotly figure.

    One lane for the edge and one for the cloud of each model, where calls that overlap lie on
    lines of their own; a tick at every deadline, late results hatched in red; what was dropped or
    expired at the bottom; the network's latency or bandwidth below. A slider selects the time.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs, and what the network does.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and what the schedule is worth by default.
        since_ms: Begin of what is drawn, 0 by default.
        until_ms: End of what is drawn, the schedule's time by default.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        DispatchlabError: If the window is empty.
        MissingExtraError: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    chart = lay_out(instance, realisation, schedule, since_ms, until_ms)
    band = network_band(realisation, chart.low, chart.high)
    figure = go.Figure([go.Scatter(**_network_trace(band))])
    for model, facts in enumerate(instance.models):
        name = escape(facts.name)
        shared = {"legendgroup": name, "name": name}
        bars = [bar for bar in chart.bars if bar.model == model]
        for is_late in (False, True):
            some = [bar for bar in bars if bar.is_late == is_late]
            if some or not is_late:
                trace = _bar_trace(chart, some, is_late)
                rows = [_hover(instance, realisation, schedule, bar) for bar in some]
                figure.add_trace(go.Bar(**trace, **shared, customdata=rows, showlegend=not is_late))
        figure.add_trace(go.Scatter(**_deadline_trace(bars, model), **shared, showlegend=False))
        marks = [mark for mark in chart.marks if mark.model == model]
        figure.add_trace(
            go.Scatter(**_mark_trace(realisation, marks, model), **shared, showlegend=False)
        )
    _add_key(figure)
    headline = escape(title or describe(instance, realisation, schedule))
    figure.update_layout(**_frame(chart, band, headline))
    return figure


def _bar_trace(chart: Chart, bars: list[Bar], is_late: bool) -> dict[str, Any]:
    """Runs and calls of a model, those in time or those that are late."""
    first, last = _first_range(chart)
    fill = colour(bars[0].model) if bars else (0, 0, 0)
    hatch = {"shape": "/", "size": 6, "solidity": 0.3, "fgcolor": "white"} if is_late else {}
    return {
        "orientation": "h",
        "base": [bar.start / _MS for bar in bars],
        "x": [(bar.end - bar.start) / _MS for bar in bars],
        "y": [bar.top + bar.height / 2 for bar in bars],
        "width": [bar.height * _FILLING for bar in bars],
        "marker": {
            "color": css(fill), "pattern": hatch,
            "line": {"color": LATE if is_late else "white", "width": 1.8 if is_late else 0.5},
        },
        "text": [_number(bar, (last - first) * _MS) for bar in bars],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
        "insidetextfont": {"color": css(text_colour(fill))},
        "hovertemplate": _HOVER,
    }  # fmt: skip


def _number(bar: Bar, shown_ms: float) -> str:
    """The task in bars that are wide enough."""
    return str(bar.task) if bar.end - bar.start >= _NUMBERED * shown_ms * len(str(bar.task)) else ""


def _hover(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule, bar: Bar
) -> tuple[str | int, ...]:  # fmt: skip
    """What `_HOVER` shows about a bar."""
    on_edge = bar.place == ON_EDGE
    began = f"{'started' if on_edge else 'sent'} {_seconds(bar.start)}"
    ran = f"{bar.end - bar.start} ms so far" if bar.is_running else f"{bar.end - bar.start} ms"
    spare = bar.due - bar.end
    verdict = f"{spare} ms to spare" if spare >= 0 else f"late by {-spare} ms"
    return (
        escape(instance.models[bar.model].name), bar.task, int(realisation.drone[bar.task]),
        f"on the edge for {ran}" if on_edge else f"in the cloud for {ran}",
        _seconds(int(realisation.arrival_ms[bar.task])), began, _seconds(bar.due),
        "not yet" if schedule.outcome[bar.task] == NOT_YET and spare >= 0 else verdict,
    )  # fmt: skip


def _deadline_trace(bars: list[Bar], model: int) -> dict[str, Any]:
    """A tick at every deadline: below the edge, or on the line of the call."""
    return {
        "mode": "markers",
        "x": [bar.due / _MS for bar in bars],
        "y": [bar.top + bar.height + 0.17 if bar.place == ON_EDGE else bar.top + bar.height / 2
              for bar in bars],
        "marker": {"symbol": "line-ns", "size": 8,
                   "line": {"width": 1.6,
                            "color": [LATE if b.is_late else css(colour(model)) for b in bars]}},
        "text": [f"deadline of task {bar.task}: {_seconds(bar.due)}" for bar in bars],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _mark_trace(realisation: EdgeRealisation, marks: list[Mark], model: int) -> dict[str, Any]:
    """What was dropped or expired, by how."""
    return {
        "mode": "markers",
        "x": [mark.time / _MS for mark in marks],
        "y": [mark.middle for mark in marks],
        "marker": {"symbol": [SYMBOLS[mark.outcome] for mark in marks], "size": 8,
                   "color": css(colour(model)), "line": {"color": css(colour(model)), "width": 1}},
        "text": [f"task {mark.task} of drone {realisation.drone[mark.task]}: "
                 f"{OUTCOMES[mark.outcome].replace('_', ' ')} at {_seconds(mark.time)}, arrived "
                 f"{_seconds(int(realisation.arrival_ms[mark.task]))}" for mark in marks],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _network_trace(band: Band) -> dict[str, Any]:
    return {
        "x": (band.time_ms / _MS).tolist(),
        "y": band.value.tolist(),
        "yaxis": "y2",
        "mode": "lines",
        "line": {"shape": "hv" if band.is_step else "linear", "color": "#555", "width": 1.2},
        "fill": "tozeroy",
        "fillcolor": "rgba(110,110,130,0.22)",
        "name": band.label,
        "showlegend": False,
        "hovertemplate": f"%{{y:g}} ({escape(band.label)}) at %{{x}} s<extra></extra>",
    }


def _add_key(figure: "go.Figure") -> None:
    """Legend entries that explain the marks."""
    late = {"symbol": "square", "color": "white", "line": {"color": LATE, "width": 2}}
    entries = [("late", late)] + [
        (OUTCOMES[outcome].replace("_", " "), {"symbol": symbol, "color": "#555"})
        for outcome, symbol in SYMBOLS.items()
    ]
    entries.append(("deadline", {"symbol": "line-ns", "line": {"width": 1.6, "color": "#555"}}))
    for name, marker in entries:
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=name, legendgroup="key",
            marker={"size": 9, **marker},
        )  # fmt: skip


def _first_range(chart: Chart) -> list[float]:
    """All of the window, or as much of it as can be told apart, in s."""
    last = chart.high
    if len(chart.bars) > _FIRST_BARS:
        last = max(chart.low + 1, chart.bars[_FIRST_BARS - 1].start)
    margin = 0.01 * (last - chart.low)
    return [(chart.low - margin) / _MS, (last + margin) / _MS]


def _frame(chart: Chart, band: Band, title: str) -> dict[str, Any]:
    pixels = min(_MAX_PIXELS, _FRAME_PIXELS + _LANE_PIXELS * chart.height)
    highest = max(1.0, float(band.value.max()))
    return {
        **base_layout(title, pixels),
        "legend": {"itemsizing": "constant", "groupclick": "togglegroup", "tracegroupgap": 6},
        "xaxis": {
            **time_axis("time (s)", _first_range(chart)),
            "anchor": "y2",
            "rangeslider": range_slider(chart.low / _MS, chart.high / _MS),
        },
        "yaxis": {
            "domain": _TIMELINE,
            "range": [chart.height, 0],
            "tickvals": [lane.top + lane.height / 2 for lane in chart.lanes],
            "ticktext": [escape(lane.label) for lane in chart.lanes],
            "automargin": True, "showgrid": False, "zeroline": False, "fixedrange": True,
        },
        "yaxis2": {
            "domain": _BAND, "range": [0, 1.05 * highest], "fixedrange": True, "nticks": 3,
            "title": {"text": escape(band.label).replace(", ", "<br>"), "font": {"size": 11}},
            "automargin": True,
        },
        "shapes": [line_across(lane.top, "#d4d4da") for lane in chart.lanes],
    }  # fmt: skip


def _seconds(time_ms: int) -> str:
    return f"{time_ms / _MS:.3f} s"
