"""Readers and writers of task graphs and whole SoC problems.

========== ================= =============================================================
format     usual extension   what it holds
========== ================= =============================================================
json       ``.json``         everything: chip, task graphs, stream and noise
wfformat   ``.json``         a recorded workflow (WfCommons WfFormat 1.3 to 1.6); read only
stg        ``.stg``          a standard task graph, with or without communication costs
dot        ``.dot``, ``.gv`` a task graph for Graphviz, with its execution times
========== ================= =============================================================

The last three have no stream, and wfformat and stg no chip: they are read as one job on an idle
chip, which is the format's default unless a ``chip``, ``speeds`` or a ``bandwidth`` is given.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.files import read_text, write_atomically
from dispatchlab.envs.soc.formats import dot, json_text, stg, wfformat
from dispatchlab.envs.soc.formats.assumed import Assumed
from dispatchlab.envs.soc.formats.detect import detect_format, format_of_extension
from dispatchlab.envs.soc.instance import Chip, SocInstance

__all__ = [
    "FORMATS",
    "detect_format",
    "dump_instance",
    "parse_instance",
    "read_instance",
    "write_instance",
]


class Format(NamedTuple):
    """Reader and writer of one text format."""

    parse: Callable[[str, str, Assumed], SocInstance]
    dump: Callable[[SocInstance], str] | None


def _parse_own(text: str, name: str, assumed: Assumed) -> SocInstance:
    if assumed != Assumed():
        raise InstanceFormatError("it has a chip; leave out chip, speeds and bandwidth.")
    return json_text.parse(text, name)


FORMATS = {
    "json": Format(_parse_own, json_text.dump),
    "wfformat": Format(wfformat.parse, None),
    "stg": Format(stg.parse, stg.dump),
    "dot": Format(dot.parse, dot.dump),
}


def read_instance(
    path: str | os.PathLike[str], format: str | None = None, *, chip: Chip | None = None,
    speeds: Sequence[float] | None = None, bandwidth: float | None = None,
) -> SocInstance:  # fmt: skip
    """Read an instance file.

    Args:
        path: The file; its stem becomes the instance's name where the file has none.
        format: One of `FORMATS`; found out from the extension and the content by default.
        chip: Chip to put a task graph on; its table must have the graph's kernels.
        speeds: Or how fast each processing element is, relative to the file's times.
        bandwidth: Volume per µs between any two of them.

    Returns:
        The validated instance.

    Raises:
        InstanceFormatError: If the file cannot be read or does not follow the format.
    """
    text = read_text(path)
    chosen = format or detect_format(text, Path(path).suffix)
    name = Path(path).stem
    return _parse(text, chosen, name, Path(path).name, Assumed(chip, speeds, bandwidth))


def parse_instance(
    text: str, format: str, name: str = "instance", *, chip: Chip | None = None,
    speeds: Sequence[float] | None = None, bandwidth: float | None = None,
) -> SocInstance:  # fmt: skip
    """Parse the text of an instance.

    Args:
        text: Content of an instance file.
        format: One of `FORMATS`.
        name: Name shown in tables and errors.
        chip: See `read_instance`, as for the others.
        speeds: How fast each processing element is.
        bandwidth: Volume per µs between any two of them.

    Returns:
        The validated instance.

    Raises:
        InstanceFormatError: If the text does not follow the format.
    """
    return _parse(text, format, name, name, Assumed(chip, speeds, bandwidth))


def dump_instance(instance: SocInstance, format: str) -> str:
    """Text of an instance in a format.

    Args:
        instance: The instance.
        format: One of `FORMATS`, but not wfformat.

    Returns:
        The text.

    Raises:
        InstanceFormatError: If the format cannot express the instance.
    """
    dump = _format(format).dump
    if dump is None:
        raise InstanceFormatError(
            f"The format {format!r} is only read; write json, which holds everything."
        )
    return dump(instance)


def write_instance(
    instance: SocInstance, path: str | os.PathLike[str], format: str | None = None
) -> Path:
    """Write an instance file; an existing file is replaced only by a complete new one.

    Args:
        instance: The instance.
        path: The file to write.
        format: One of `FORMATS`; by default the one of the path's extension.

    Returns:
        The path written.

    Raises:
        InstanceFormatError: If the format is unknown or cannot express the instance.
        DispatchlabError: If the path cannot be written.
    """
    suffix = Path(path).suffix
    chosen = format or format_of_extension(suffix)
    if chosen is None:
        raise InstanceFormatError(
            f"The extension {suffix!r} of {str(path)!r} belongs to no format; use .json, .stg or "
            ".dot, or pass format= with one of json, stg, dot."
        )
    return write_atomically(path, dump_instance(instance, chosen))


def _parse(text: str, format: str, name: str, shown: str, assumed: Assumed) -> SocInstance:
    parse = _format(format).parse
    try:
        assumed.check()
        return parse(text, name, assumed)
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{shown} (read as {format}): {error}") from error


def _format(format: str) -> Format:
    if format not in FORMATS:
        raise InstanceFormatError(
            f"The format {format!r} is unknown; choose one of {', '.join(FORMATS)}."
        )
    return FORMATS[format]
