"""Readers and writers of the field's instance files.

========== ========================== ====================================================
format     usual extension            problems
========== ========================== ====================================================
standard   ``.jsp``, ``.txt``, none   job shops; JSPLIB and OR-Library text, machines from 0
taillard   ``.txt``                   job shops; a matrix of times and one of machines, from 1
fjs        ``.fjs``                   flexible job shops (Brandimarte)
psplib     ``.sm``, ``.mm``           projects with renewable resources (RCPSP)
json       ``.json``                  everything a `CpEncoding` holds
========== ========================== ====================================================
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.jobshop.formats import fjs, json_text, psplib, standard, taillard_text
from dispatchlab.envs.jobshop.formats.detect import detect_format, format_of_extension
from dispatchlab.envs.jobshop.instance import CpEncoding

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

    parse: Callable[[str, str], CpEncoding]
    dump: Callable[[CpEncoding], str]


FORMATS = {
    "standard": Format(standard.parse, standard.dump),
    "taillard": Format(taillard_text.parse, taillard_text.dump),
    "fjs": Format(fjs.parse, fjs.dump),
    "psplib": Format(psplib.parse, psplib.dump),
    "json": Format(json_text.parse, json_text.dump),
}


def read_instance(path: str | os.PathLike[str], format: str | None = None) -> CpEncoding:
    """Read an instance file.

    Args:
        path: The file; its stem becomes the instance's name (JSON files carry their own).
        format: One of `FORMATS`; found out from the extension and the content by default.

    Returns:
        The validated encoding.

    Raises:
        InstanceFormatError: If the file cannot be read or does not follow the format.
    """
    text = _read_text(Path(path))
    return parse_instance(text, format or detect_format(text, Path(path).suffix), Path(path).stem)


def parse_instance(text: str, format: str, name: str = "instance") -> CpEncoding:
    """Parse the text of an instance.

    Args:
        text: Content of an instance file.
        format: One of `FORMATS`.
        name: Name shown in tables and errors.

    Returns:
        The validated encoding.

    Raises:
        InstanceFormatError: If the text does not follow the format.
    """
    parse = _format(format).parse
    try:
        return parse(text, name)
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{name} (read as {format}): {error}") from error


def dump_instance(encoding: CpEncoding, format: str) -> str:
    """Text of an instance in a format.

    Args:
        encoding: The instance.
        format: One of `FORMATS`.

    Returns:
        The text; `parse_instance` makes an equal encoding of it.

    Raises:
        InstanceFormatError: If the format cannot express the instance.
    """
    return _format(format).dump(encoding)


def write_instance(
    encoding: CpEncoding, path: str | os.PathLike[str], format: str | None = None
) -> Path:
    """Write an instance file; an existing file is replaced only by a complete new one.

    Args:
        encoding: The instance.
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
            f"The extension {suffix!r} of {str(path)!r} belongs to no format; use .jsp, .fjs, "
            f".sm or .json, or pass format= with one of {', '.join(FORMATS)}."
        )
    return write_atomically(path, dump_instance(encoding, chosen))


def _format(format: str) -> Format:
    if format not in FORMATS:
        raise InstanceFormatError(
            f"The format {format!r} is unknown; choose one of {', '.join(FORMATS)}."
        )
    return FORMATS[format]


def _read_text(path: Path) -> str:
    """Content of a text file; what is not one is named."""
    shown = repr(str(path))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InstanceFormatError(f"There is no file {shown}; check the path.") from None
    except IsADirectoryError:
        raise InstanceFormatError(f"{shown} is a folder; name a file inside it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InstanceFormatError(f"{shown} cannot be read: {reason}; check the path.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Old benchmark files carry authors' names in Latin-1.
        text = data.decode("latin-1")
    if any(ord(c) < 32 and c not in "\t\n\r\f\v\x1a" for c in text):
        raise InstanceFormatError(f"{shown} holds binary data; name a text file.")
    if not text.strip():
        raise InstanceFormatError(f"{shown} is empty; it should hold an instance.")
    return text
