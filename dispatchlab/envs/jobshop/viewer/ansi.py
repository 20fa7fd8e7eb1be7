"""A Gantt chart in plain text, for terminals and logs."""

import itertools
import math

from dispatchlab.envs.core.drawing.letters import axis, clip, cover, letter, wrap_entries
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.viewer.layout import Bar, Chart, Row, describe, lay_out

_LEVELS = "▁▂▃▄▅▆▇█"
_IDLE, _OVERLOAD = "·", "!"
_MAX_COLUMNS_PER_UNIT = 3
_MIN_COLUMNS = 10
_ROUNDING = 1e-9

Cell = list[tuple[float, Bar]]  # share of the column, and the bar that covers it


def render_ansi(
    encoding: CpEncoding, schedule: Schedule, *, width: int = 100, now: int | None = None
) -> str:
    """Draw one line per resource; each job (or activity, if there is one job) is a letter.

    A cumulative resource shows how much of its capacity is in use, from ``▁`` to ``█``. Too many
    activities at once appear as ``!``.

    Args:
        encoding: The instance.
        schedule: A schedule of it, complete or not.
        width: Most characters in a line.
        now: A time to mark below the axis.

    Returns:
        Lines without a trailing newline.
    """
    chart = lay_out(encoding, schedule)
    horizon = max(chart.horizon, now or 0)
    labels = [clip(row.label, max(4, width // 4)) for row in chart.rows]
    margin = max(map(len, labels), default=0)
    room = max(_MIN_COLUMNS, width - margin - 3)
    per_unit = max(1, min(_MAX_COLUMNS_PER_UNIT, room // horizon))
    per_column = -(-horizon // room)  # time units in a column; 1 where per_unit exceeds 1
    columns = -(-horizon * per_unit // per_column)
    scale = per_unit / per_column
    lines = [clip(describe(encoding, schedule), width)]
    for index, (row, label) in enumerate(zip(chart.rows, labels, strict=True)):
        bars = [bar for bar in chart.bars if bar.row == index]
        cells = cover(bars, columns, scale)
        text = _usage(row, cells) if row.capacity > 1 else _letters(chart, cells, scale)
        text = _mark_overloads(row, bars, text, scale)
        lines.append(f"{label:>{margin}} |{text}|")
    step = per_unit * -(-max(10, len(str(horizon)) + 2) // per_unit)
    lines.append(
        " " * (margin + 2)
        + axis(columns, step, lambda column: str(column * per_column // per_unit))
    )
    if now is not None:
        lines.append(_arrow(margin + 2 + int(now * scale), f"now {now}", width))
    return "\n".join([*lines, *_legend(chart, width)])


def _letters(chart: Chart, cells: list[Cell], scale: float) -> str:
    """The group that covers most of each column."""
    text = []
    for cell in cells:
        if not cell or sum(share for share, _ in cell) < 0.5:
            # A short activity alone in a wide column is still worth a letter.
            text.append(_letter(chart, cell) if cell and scale < 1 else _IDLE)
        else:
            text.append(_letter(chart, cell))
    return "".join(text)


def _letter(chart: Chart, cell: Cell) -> str:
    _, bar = max(cell, key=lambda entry: entry[0])
    return letter(chart.group[bar.activity])


def _usage(row: Row, cells: list[Cell]) -> str:
    """Mean usage of the capacity in each column."""
    text = []
    for cell in cells:
        used = sum(share * (bar.high - bar.low) for share, bar in cell) / row.capacity
        level = min(len(_LEVELS), math.ceil(used * len(_LEVELS) - _ROUNDING))
        text.append(_LEVELS[level - 1] if used > 0 else _IDLE)
    return "".join(text)


def _mark_overloads(row: Row, bars: list[Bar], cells: str, scale: float) -> str:
    """Put a mark wherever the activities together exceed the capacity."""
    if row.resource < 0 or all(bar.high <= row.capacity for bar in bars):
        return cells
    times = sorted({time for bar in bars for time in (bar.start, bar.end)})
    marked = list(cells)
    for begin, until in itertools.pairwise(times):
        used = sum(bar.high - bar.low for bar in bars if bar.start <= begin < bar.end)
        if used > row.capacity:
            first, last = int(begin * scale), math.ceil(until * scale - _ROUNDING)
            marked[first:last] = _OVERLOAD * (last - first)
    return "".join(marked)


def _arrow(position: int, text: str, width: int) -> str:
    """A mark at a position, with the text on the side that has room for it."""
    if position + 2 + len(text) <= width:
        return " " * position + f"^ {text}"
    return f"{text} ^".rjust(position + 1)


def _legend(chart: Chart, width: int) -> list[str]:
    """What the letters stand for, in at most two lines."""
    shown = sorted({chart.group[b.activity] for b in chart.bars if chart.rows[b.row].capacity == 1})
    entries = [f"{letter(group)}={chart.group_names[group]}" for group in shown]
    return wrap_entries(entries, width)
