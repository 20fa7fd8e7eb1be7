"""What a text may name besides a preset: a file, one of both with settings, or nothing."""

import difflib
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.ranges import parse_options

InstanceT = TypeVar("InstanceT")


def load_unnamed(
    given: str, *, read: Callable[[str], InstanceT],
    change: Callable[[str, Mapping[str, Any]], InstanceT], names: Collection[str], what: str,
) -> InstanceT:  # fmt: skip
    """The instance of a text that is not the name of a preset.

    Args:
        given: The path of a file, or a preset or a path with settings behind a colon.
        read: Reads a file.
        change: The instance of a preset or a path, with settings.
        names: The presets, for the error.
        what: What is sought, for the error.

    Returns:
        The instance.

    Raises:
        InstanceFormatError: If there is no such file, or it does not follow its format.
        InvalidInstanceError: If a setting is unknown or out of range.
    """
    if os.path.isfile(given):  # also of what can be no path
        return read(given)
    name, colon, settings = given.partition(":")
    if colon and "=" in settings:
        return change(name, parse_options(given, settings))
    if os.path.exists(given) or os.sep in given or Path(given).suffix:
        return read(given)
    close = ", ".join(_similar(name, names, 0.6))
    hint = f"did you mean {close}" if close else f"choose one of {', '.join(names)}"
    raise InstanceFormatError(
        f"There is no {what} named {given!r}; {hint}, or give the path of a file."
    )


def path_of(given: str) -> Path:
    """The path in a text, without the settings that may follow it.

    Args:
        given: A path, with settings behind a colon or not.

    Returns:
        The path of a file if there is one, and the text before the settings otherwise.
    """
    before, _, settings = given.partition(":")
    return Path(before if "=" in settings and not os.path.isfile(given) else given)


def is_misspelt(name: str, names: Collection[str]) -> bool:
    """Whether a name that is no preset's was most likely meant to be one.

    Args:
        name: What was given, upper case or not.
        names: The presets.

    Returns:
        True if one of them is very similar.
    """
    return bool(_similar(name, names, 0.8))


def _similar(name: str, names: Collection[str], cutoff: float) -> list[str]:
    return difflib.get_close_matches(name.lower(), names, n=3, cutoff=cutoff)
