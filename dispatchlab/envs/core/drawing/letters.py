"""Charts in plain text: the letters that stand for jobs, and lines that keep a width."""

import string
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

# Letters that look alike in two alphabets appear once.
_LETTERS = (
    string.ascii_uppercase
    + string.ascii_lowercase
    + string.digits
    + "ΓΔΘΛΞΠΣΦΨΩαβδεζηθλμξπσφψωБДЖИЛЦЧШЩЫЭЮЯ"
)


class Timed(Protocol):
    """Something that lasts."""

    @property
    def start(self) -> int:
        """When it begins."""
        ...

    @property
    def end(self) -> int:
        """When it ends."""
        ...


AnyTimed = TypeVar("AnyTimed", bound=Timed)


def cover(
    bars: Sequence[AnyTimed], columns: int, scale: float, low: int = 0
) -> list[list[tuple[float, AnyTimed]]]:
    """For each column, how much of it each bar covers (0 to 1).

    Args:
        bars: What lasts.
        columns: Width of the chart.
        scale: Columns per time unit.
        low: Time at the left.

    Returns:
        Shares and bars.
    """
    cells: list[list[tuple[float, AnyTimed]]] = [[] for _ in range(columns)]
    for bar in bars:
        left, right = (bar.start - low) * scale, (bar.end - low) * scale
        for column in range(max(0, int(left)), min(columns, int(right) + 1)):
            share = min(right, column + 1) - max(left, column)
            if share > 0:
                cells[column].append((share, bar))
    return cells


def axis(columns: int, step: int, label: Callable[[int], str]) -> str:
    """The numbers below a chart.

    Args:
        columns: Width of the chart.
        step: Columns from number to number.
        label: The number of a column.

    Returns:
        A line.
    """
    marks = [(column, label(column)) for column in range(0, columns, step)]
    return "".join(m.ljust(step) for column, m in marks if column + len(m) <= columns + 1).rstrip()


def letter(group: int) -> str:
    """The letter of a job or activity; they repeat after some hundred."""
    return _LETTERS[group % len(_LETTERS)]


def clip(text: str, width: int) -> str:
    """The text, its end replaced by an ellipsis where it is too long."""
    return text if len(text) <= width else text[: width - 1] + "…"


def wrap_entries(entries: Sequence[str], width: int, *, most: int = 2) -> list[str]:
    """Put short texts side by side.

    Args:
        entries: What a legend consists of.
        width: Most characters in a line.
        most: Most lines; what does not fit is left out with an ellipsis.

    Returns:
        The lines that are not empty.
    """
    lines = [""]
    for entry in entries:
        if lines[-1] and len(lines[-1]) + len(entry) + 5 > width:
            if len(lines) == most:
                lines[-1] += " ..."
                break
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + entry
    return [line for line in lines if line]
