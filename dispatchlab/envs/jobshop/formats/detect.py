"""Find out which format a text follows, from its extension and content."""

import re

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.jobshop.formats.numbers import content_lines, is_number, skip_title

_EXTENSIONS = {
    ".fjs": "fjs", ".sm": "psplib", ".mm": "psplib", ".json": "json",
    ".jsp": "standard", ".std": "standard", ".txt": "standard", "": "standard",
}  # fmt: skip
_AMBIGUOUS = (".txt", "", ".std", ".jsp")


def format_of_extension(suffix: str) -> str | None:
    """Format that is written for an extension, or None."""
    return _EXTENSIONS.get(suffix.lower())


def detect_format(text: str, suffix: str = "") -> str:
    """Name of the format of a text.

    An extension that belongs to one format decides. Otherwise: braces mean JSON, a section
    ``PRECEDENCE RELATIONS`` means PSPLIB, a line ``Times`` or two matrices mean Taillard, and
    rows that count their own operations mean fjs; the rest is standard.

    Args:
        text: Content of the file.
        suffix: Extension of the file, with its dot.

    Returns:
        One of the names in `dispatchlab.envs.jobshop.formats.FORMATS`.
    """
    known = format_of_extension(suffix)
    if known is not None and suffix.lower() not in _AMBIGUOUS:
        return known
    if text.lstrip().startswith("{"):
        return "json"
    if re.search(r"^[^\S\n]*precedence relations", text, re.IGNORECASE | re.MULTILINE):
        return "psplib"
    if re.search(r"^[^\S\n]*times[^\S\n]*$", text, re.IGNORECASE | re.MULTILINE):
        return "taillard"
    return _detect_rows(text)


def _detect_rows(text: str) -> str:
    """Tell the three formats of bare numbers apart by the shape of their rows."""
    try:
        lines = skip_title(content_lines(text))
    except InstanceFormatError:
        return "standard"
    rows = [line.split() for _, line in lines]
    if len(rows[0]) < 2 or not all(is_number(t) for row in rows for t in row[:1]):
        return "standard"
    jobs, machines = int(float(rows[0][0])), rows[0][1]
    width = int(float(machines)) if is_number(machines) else 0
    lengths = [len(row) for row in rows[1:]]
    if len(lengths) == 2 * jobs and set(lengths) == {width}:
        return "taillard"
    if len(lengths) != jobs or set(lengths) == {2 * width}:
        return "standard"
    return "fjs" if all(_is_fjs_row(row) for row in rows[1:]) else "standard"


def _is_fjs_row(row: list[str]) -> bool:
    """Whether a row is a count of operations, each a count of machine-duration pairs."""
    if not all(is_number(token) for token in row):
        return False
    numbers = [int(float(token)) for token in row]
    at = 1
    for _ in range(numbers[0]):
        if at >= len(numbers) or numbers[at] < 1:
            return False
        at += 1 + 2 * numbers[at]
    return at == len(numbers)
