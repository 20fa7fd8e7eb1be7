"""Readers and writers of task graphs and whole SoC problems.

========== ========== ================================================================
format     extension  what it holds
========== ========== ================================================================
json       ``.json``  everything: chip, task graphs, injection, noise
========== ========== ================================================================
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.soc.formats import json_text
from dispatchlab.envs.soc.instance import SocInstance

__all__ = ["FORMATS", "dump_instance", "parse_instance", "read_instance", "write_instance"]


class Format(NamedTuple):
    """Reader and writer of one text format."""

    parse: Callable[[str, str], SocInstance]
    dump: Callable[[SocInstance], str]


FORMATS = {"json": Format(json_text.parse, json_text.dump)}


def read_instance(path: str | os.PathLike[str], format: str | None = None) -> SocInstance:
    """Read an instance file."""
    text = Path(path).read_text(encoding="utf-8")
    return parse_instance(text, format or "json", Path(path).stem)


def parse_instance(text: str, format: str, name: str = "instance") -> SocInstance:
    """Parse the text of an instance."""
    try:
        return FORMATS[format].parse(text, name)
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{name} (read as {format}): {error}") from error


def dump_instance(instance: SocInstance, format: str) -> str:
    """Text of an instance in a format."""
    return FORMATS[format].dump(instance)


def write_instance(
    instance: SocInstance, path: str | os.PathLike[str], format: str | None = None
) -> Path:
    """Write an instance file."""
    return write_atomically(path, dump_instance(instance, format or "json"))
