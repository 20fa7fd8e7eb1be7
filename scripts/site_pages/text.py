"""Markdown from docstrings and tables."""

import inspect
import re
from collections.abc import Iterable, Sequence

_SECTIONS = {
    "Args": "Arguments",
    "Attributes": "Attributes",
    "Returns": "Returns",
    "Raises": "Raises",
}
_HEADING = re.compile(rf"({'|'.join(_SECTIONS)}):$")
_ENTRY = re.compile(r"    (\*{0,2}[A-Za-z_]\w*): (.*)$")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars inside cells are escaped, line ends become spaces.

    Args:
        headings: Of the columns.
        rows: Cells, turned into text.

    Returns:
        The table, with an empty line behind it.
    """
    lines = [_row(headings), _row(["---"] * len(headings)), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def docstring(thing: object) -> str:
    """The docstring of a class, function or module as Markdown.

    Args:
        thing: What has the docstring. Sections of Google's style become lists; doctests lose
            nothing but the name of their language.

    Returns:
        The text, which ends with a line end.
    """
    text = (inspect.getdoc(thing) or "").replace("```python\n>>>", "```pycon\n>>>")
    lines: list[str] = []
    section = False
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            section = heading[1] in ("Args", "Attributes", "Raises")
            lines += [f"**{_SECTIONS[heading[1]]}**", ""]
        elif section and (entry := _ENTRY.match(line)):
            lines.append(f"- `{entry[1]}`: {entry[2]}")
        else:
            section = section and (not line or line.startswith(" "))
            lines.append(f"  {line.strip()}" if section and line.strip() else _unindent(line))
    return "\n".join(lines) + "\n"


def first_line(thing: object) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def code(value: object) -> str:
    """A value as inline code; nothing where there is none."""
    return f"`{value}`" if str(value) else ""


def _unindent(line: str) -> str:
    """What stands behind ``Returns:`` is indented there, which Markdown would take for code."""
    return line[4:] if line.startswith("    ") else line


def _row(cells: Sequence[object]) -> str:
    texts = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(texts)} |"
