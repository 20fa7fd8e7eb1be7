"""Charts in plain text: the letters that stand for jobs, and lines that keep a width."""

import string
from collections.abc import Sequence

# Letters that look alike in two alphabets appear once.
_LETTERS = (
    string.ascii_uppercase
    + string.ascii_lowercase
    + string.digits
    + "ΓΔΘΛΞΠΣΦΨΩαβδεζηθλμξπσφψωБДЖИЛЦЧШЩЫЭЮЯ"
)


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
