"""Strict reading of parsed JSON: every error names the field and what it should hold."""

import json
from collections.abc import Mapping
from dataclasses import MISSING
from dataclasses import fields as dataclass_fields
from typing import Any

from dispatchlab.envs.core.checks import first_twice, is_number, is_text, shorten
from dispatchlab.envs.core.errors import InstanceFormatError

__all__ = [
    "Fields",
    "as_list",
    "as_number",
    "as_text",
    "as_whole",
    "load_json",
    "load_object",
    "load_objects",
    "plain_numbers",
    "shorten",
    "values_of",
]


class Fields:
    """A JSON object, and where in the file it stands."""

    def __init__(self, data: object, where: str) -> None:
        """Check that it is an object."""
        if not isinstance(data, dict):
            what = f"the field {where!r}" if where else "the file"
            raise InstanceFormatError(f"{what} holds {shorten(data)}; write an object {{...}}.")
        self.data: dict[str, Any] = data
        self.where = where

    def path(self, key: str) -> str:
        """Full name of a field of this object."""
        return f"{self.where}.{key}" if self.where else key

    def has(self, key: str) -> bool:
        """Whether a field is there and not null."""
        return self.data.get(key) is not None

    def get(self, key: str) -> Any:  # noqa: ANN401 (any JSON value)
        """The value of a field that must be there."""
        if key not in self.data:
            raise InstanceFormatError(f"the field {self.path(key)!r} is missing; add it.")
        return self.data[key]

    def child(self, key: str) -> "Fields":
        """An object inside."""
        return Fields(self.get(key), self.path(key))

    def children(self, key: str) -> list["Fields"]:
        """A list of objects inside."""
        return [Fields(v, f"{self.path(key)}[{i}]") for i, v in enumerate(self.entries(key))]

    def entries(self, key: str) -> list[Any]:
        """A list of anything."""
        return as_list(self.get(key), self.path(key))

    def text(self, key: str) -> str:
        """A text that is not empty."""
        return as_text(self.get(key), self.path(key))

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        return [as_text(v, f"{self.path(key)}[{i}]") for i, v in enumerate(self.entries(key))]

    def number(self, key: str) -> float:
        """A finite number."""
        return as_number(self.get(key), self.path(key))

    def numbers(self, key: str) -> list[float]:
        """A list of finite numbers."""
        return [as_number(v, f"{self.path(key)}[{i}]") for i, v in enumerate(self.entries(key))]

    def whole(self, key: str) -> int:
        """A whole number."""
        return as_whole(self.get(key), self.path(key))

    def wholes(self, key: str) -> list[int]:
        """A list of whole numbers."""
        return [as_whole(v, f"{self.path(key)}[{i}]") for i, v in enumerate(self.entries(key))]

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.get(key)
        if not isinstance(value, bool):
            where = self.path(key)
            raise InstanceFormatError(
                f"the field {where!r} is {shorten(value)}; write true or false."
            )
        return value

    def require_format(self, name: str, version: int) -> None:
        """Refuse files of another format or version."""
        if self.data.get("format") != name:
            raise InstanceFormatError(f'it is JSON, but lacks "format": "{name}"; add it.')
        if self.data.get("version") != version:
            raise InstanceFormatError(
                f"the field 'version' is {shorten(self.data.get('version'))}, but this release "
                f"reads version {version}; write the file again or update dispatchlab."
            )

    def only(self, *known: str) -> None:
        """Refuse fields that have no meaning here."""
        stray = next((key for key in self.data if key not in known), None)
        if stray is not None:
            raise InstanceFormatError(f"the field {self.path(stray)!r} is unknown; remove it.")


def load_object(text: str) -> Fields:
    """Parse JSON text that holds an object.

    Args:
        text: Content of a file.

    Returns:
        Its fields.

    Raises:
        InstanceFormatError: If it is no JSON object, or a key stands twice.
    """
    return Fields(load_json(text), "")


def load_objects(text: str) -> list[Fields]:
    """Parse JSON text that holds a list of objects.

    Args:
        text: Content of a file.

    Returns:
        The fields of each.

    Raises:
        InstanceFormatError: If it is no such list, or a key stands twice.
    """
    data = load_json(text)
    if not isinstance(data, list):
        raise InstanceFormatError(f"the file holds {shorten(data)}; write a list [...].")
    return [Fields(entry, f"[{index}]") for index, entry in enumerate(data)]


def values_of(kind: Any, data: Fields, leave: tuple[str, ...] = ()) -> dict[str, Any]:  # noqa: ANN401 (a dataclass)
    """Values of the fields of a dataclass, each read as its annotation says.

    Args:
        kind: The dataclass; its fields are texts, whole numbers and numbers.
        data: The object; it may leave out what has a default.
        leave: Fields that the caller reads.

    Returns:
        The values by name.

    Raises:
        InstanceFormatError: If a field is missing, unknown or of another kind.
    """
    read = {str: data.text, int: data.whole, float: data.number}
    known = [item for item in dataclass_fields(kind) if item.name not in leave]
    data.only(*(item.name for item in known), *leave)
    for item in known:
        if item.default is MISSING:
            data.get(item.name)
    return {item.name: read[item.type](item.name) for item in known if item.name in data.data}  # type: ignore[index]


def plain_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with numbers of numpy as those of Python, which JSON can hold."""
    return {key: value.item() if hasattr(value, "item") else value for key, value in values.items()}


def as_list(value: object, where: str) -> list[Any]:
    """The value if it is a list, else an error."""
    if not isinstance(value, list):
        raise InstanceFormatError(f"the field {where!r} is {shorten(value)}; write a list.")
    return value


def as_text(value: object, where: str) -> str:
    """The value if it is a text that is not empty, else an error."""
    if not is_text(value):
        raise InstanceFormatError(f"the field {where!r} is {shorten(value)}; write a text.")
    return str(value)


def as_number(value: object, where: str) -> float:
    """The value if it is a finite number, else an error; true and false are none."""
    if not is_number(value):
        raise InstanceFormatError(f"the field {where!r} is {shorten(value)}; write a number.")
    return value  # type: ignore[return-value]


def as_whole(value: object, where: str) -> int:
    """The value if it is a whole number of a sensible size, else an error."""
    if type(value) is not int or abs(value) >= 2**62:
        raise InstanceFormatError(
            f"the field {where!r} is {shorten(value)}; write a whole number below 2^62."
        )
    return value


def load_json(text: str) -> Any:  # noqa: ANN401 (any JSON value)
    """Parse JSON text.

    Args:
        text: Content of a file.

    Returns:
        The value.

    Raises:
        InstanceFormatError: If it is no JSON, or a key stands twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InstanceFormatError):
            raise
        raise InstanceFormatError(f"it is no valid JSON: {error}; complete the file.") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = shorten(first_twice([key for key, _ in pairs]))
        raise InstanceFormatError(f"the field {twice} stands twice; remove one.")
    return found
