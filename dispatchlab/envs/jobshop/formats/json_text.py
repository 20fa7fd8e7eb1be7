"""Our own JSON: every field of a `CpEncoding`, with a version."""

import json
from typing import Any

import numpy as np

from dispatchlab.envs.core.checks import is_text
from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import as_text, load_json, shorten
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import ARRAY_FIELDS, CpEncoding

FORMAT = "dispatchlab-cp-encoding"
VERSION = 1

_NAMES = ("activity_names", "resource_names")
_KEYS = ("format", "version", "name", "objective", *ARRAY_FIELDS, *_NAMES)


def parse(text: str, name: str) -> CpEncoding:
    """Read JSON text.

    Args:
        text: Content of a file.
        name: Name of the instance where the file has none.

    Returns:
        The encoding.

    Raises:
        InstanceFormatError: If the text is no such JSON.
    """
    data = load_json(text)
    _check_keys(data)
    arrays = {field: _integers(field, data[field]) for field in ARRAY_FIELDS}
    return CpEncoding(
        name=as_text(data["name"], "name") if "name" in data else name,
        objective=data["objective"],
        activity_names=_strings("activity_names", data),
        resource_names=_strings("resource_names", data),
        **arrays,
    )


def dump(encoding: CpEncoding) -> str:
    """Write JSON text, one field per line.

    Args:
        encoding: Any instance.

    Returns:
        The text.
    """
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": encoding.name}
    data["objective"] = encoding.objective
    data |= {field: getattr(encoding, field).tolist() for field in ARRAY_FIELDS}
    data |= {field: list(getattr(encoding, field)) for field in _NAMES}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _check_keys(data: Any) -> None:  # noqa: ANN401 (any JSON value)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InstanceFormatError(f'it is JSON, but lacks "format": "{FORMAT}".')
    if data.get("version") != VERSION:
        raise InstanceFormatError(
            f"it has version {shorten(data.get('version'))}, but this release reads version "
            f"{VERSION}; write it again or update dispatchlab."
        )
    missing = [key for key in ("objective", *ARRAY_FIELDS) if key not in data]
    if missing:
        raise InstanceFormatError(f"the field {missing[0]!r} is missing; add it.")
    unknown = [key for key in data if key not in _KEYS]
    if unknown:
        raise InstanceFormatError(f"the field {shorten(unknown[0])} is unknown; remove it.")


def _integers(field: str, values: object) -> IntArray:
    """An int64 vector; true and false are not taken for 1 and 0."""
    if not isinstance(values, list):
        raise InstanceFormatError(f"the field {field!r} is no list; write a list of integers.")
    for index, value in enumerate(values):
        if type(value) is not int or abs(value) >= 2**62:
            raise InstanceFormatError(
                f"entry {index} of {field!r} is {shorten(value)}; write an integer below 2^62."
            )
    return np.array(values, dtype=np.int64)


def _strings(field: str, data: dict[str, Any]) -> tuple[str, ...]:
    values = data.get(field, [])
    if not isinstance(values, list) or not all(map(_is_name, values)):
        raise InstanceFormatError(f"the field {field!r} must be a list of names.")
    return tuple(values)


def _is_name(value: object) -> bool:
    return value == "" or is_text(value)
