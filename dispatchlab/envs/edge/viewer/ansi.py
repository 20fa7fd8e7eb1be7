"""An edge and a cloud at work in plain text."""

import numpy as np

from dispatchlab.envs.core.drawing.letters import clip, cover, letter, wrap_entries
from dispatchlab.envs.core.drawing.pixels import ticks
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    DEFER,
    DROPPED_COST,
    DROPPED_TIME,
    EDGE,
    NOT_YET,
    ON_EDGE,
    EdgeSchedule,
)
from dispatchlab.envs.edge.viewer.layout import Bar, Chart, describe, latest_window, lay_out
from dispatchlab.envs.edge.viewer.network_band import network_band

_IDLE, _LATE, _DROPPED, _EXPIRED, _NOTHING = "·", "!", "-", "×", " "
_MANY = "+"
_LEVELS = " ▁▂▃▄▅▆▇█"
_MIN_COLUMNS = 10


def render_ansi(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule, *,
    width: int = 100, since_ms: int | None = None, until_ms: int | None = None,
) -> str:  # fmt: skip
    """Draw the edge as a line of letters, one for each model, and count the calls of the cloud.

    A digit is the number of calls in flight, ``!`` a late result; in the last lines of a model
    stand ``-`` for a dropped task and ``×`` for one that expired.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs, and what the network does.
        schedule: A schedule of it, complete or not.
        width: Most characters in a line.
        since_ms: Begin of what is drawn.
        until_ms: End of what is drawn; without either the last few seconds.

    Returns:
        Lines without a trailing newline.
    """
    if since_ms is None and until_ms is None:
        since_ms, until_ms = latest_window(instance, schedule)
    chart = lay_out(instance, realisation, schedule, since_ms, until_ms)
    names = [clip(model.name, max(4, width // 6)) for model in instance.models]
    margin = max(len("network"), *(len(name) + len("cloud ") for name in names))
    columns = max(_MIN_COLUMNS, width - margin - 3)
    scale = columns / (chart.high - chart.low)
    rows = [("edge", _edge(chart, columns, scale))]
    for model, name in enumerate(names):
        rows.append((f"cloud {name}", _calls(chart, model, columns, scale)))
    gone = {model: _gone(chart, model, columns, scale) for model in range(len(names))}
    rows += [(f"lost {names[model]}", line) for model, line in gone.items() if line.strip()]
    rows.append(("network", _network(realisation, chart, columns)))
    legend = [f"{letter(model)}={name}" for model, name in enumerate(names)]
    band = network_band(realisation, chart.low, chart.high)
    legend += [f"{_LATE} late", f"network: {band.label}, at most {band.value.max():g}"]
    return "\n".join([
        clip(describe(instance, realisation, schedule), width),
        *(f"{label:>{margin}} |{line}|" for label, line in rows),
        clip(" " * (margin + 2) + _axis(chart, columns, scale), width),
        *_waiting(realisation, schedule, width),
        *wrap_entries([clip(entry, width) for entry in legend], width),
    ])  # fmt: skip


def _edge(chart: Chart, columns: int, scale: float) -> str:
    """The model that fills most of each column; late results end with a mark."""
    bars = [bar for bar in chart.bars if bar.place == ON_EDGE]
    text = [
        letter(max(cell, key=lambda entry: entry[0])[1].model) if cell else _IDLE
        for cell in cover(bars, columns, scale, chart.low)
    ]
    _mark_late(text, bars, chart, scale)
    return "".join(text)


def _calls(chart: Chart, model: int, columns: int, scale: float) -> str:
    """How many calls of a model are in flight."""
    bars = [bar for bar in chart.bars if bar.place != ON_EDGE and bar.model == model]
    flying = np.zeros(columns, np.int64)
    for bar in bars:
        first, last = (int((time - chart.low) * scale) for time in (bar.start, bar.end))
        flying[max(0, first) : max(0, first, last)] += 1
    text = [_IDLE if n == 0 else (str(n) if n < 10 else _MANY) for n in flying.tolist()]
    _mark_late(text, bars, chart, scale)
    return "".join(text)


def _mark_late(text: list[str], bars: list[Bar], chart: Chart, scale: float) -> None:
    for bar in bars:
        column = int((bar.end - chart.low) * scale)
        if bar.is_late and 0 <= column - 1 < len(text):
            text[column - 1] = _LATE


def _gone(chart: Chart, model: int, columns: int, scale: float) -> str:
    """A mark where a task was dropped or expired; the last one of a column stays."""
    text = [_NOTHING] * columns
    for mark in chart.marks:
        column = min(columns - 1, int((mark.time - chart.low) * scale))
        if mark.model == model:
            is_dropped = mark.outcome in (DROPPED_TIME, DROPPED_COST)
            text[column] = _DROPPED if is_dropped else _EXPIRED
    return "".join(text)


def _network(realisation: EdgeRealisation, chart: Chart, columns: int) -> str:
    """The network as a line of blocks, the highest for the largest value shown."""
    band = network_band(realisation, chart.low, chart.high)
    times = chart.low + (np.arange(columns) + 0.5) * (chart.high - chart.low) / columns
    if band.is_step:
        value = band.value[np.searchsorted(band.time_ms, times, side="right") - 1]
    else:
        value = np.interp(times, band.time_ms, band.value)
    level = np.rint(value / max(1e-9, float(band.value.max())) * (len(_LEVELS) - 1))
    return "".join(_LEVELS[int(step)] for step in level)


def _axis(chart: Chart, columns: int, scale: float) -> str:
    """Round times at their columns."""
    text = ""
    for tick in ticks(chart.low, chart.high, columns // (len(str(chart.high)) + 4)):
        column = int((tick - chart.low) * scale)
        if not text or len(text) < column:
            text = text.ljust(column) + str(tick)
    return f"{text} ms"


def _waiting(realisation: EdgeRealisation, schedule: EdgeSchedule, width: int) -> list[str]:
    """The models of the tasks that wait, in the order of their arrival."""
    waits = (schedule.outcome == NOT_YET) & (schedule.place == NOT_YET)
    waits &= realisation.arrival_ms <= schedule.now_ms
    tasks = np.flatnonzero(waits)
    about = schedule.decisions[np.isin(schedule.decisions[:, 2], tasks)]
    verbs: dict[int, int] = dict(about[:, 2:4].tolist())
    groups: dict[str, str] = {"queued": "", "deferred": "", "new": ""}
    for task in tasks.tolist():
        state = {EDGE: "queued", DEFER: "deferred"}.get(verbs.get(task, NOT_YET), "new")
        groups[state] += letter(int(realisation.model[task]))
    shown = [f"{state} > {models}" for state, models in groups.items() if models]
    return [clip("  ".join(shown), width)] if shown else []
