"""Reading the values of settings from texts, with errors of one sentence."""

import ast
import difflib
import inspect
import math
import operator
from collections.abc import Collection, Iterable
from dataclasses import fields
from itertools import pairwise
from typing import Any

from dispatchlab.envs.core.checks import shorten
from dispatchlab.envs.core.errors import DispatchlabError

_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def parse_value(key: str, value: Any, example: Any) -> Any:  # noqa: ANN401 - of the example's type
    """Turn a text or a value from YAML into the type of an example.

    Args:
        key: Name of the setting, for the error.
        value: The text or value.
        example: Any valid value of the setting.

    Returns:
        The value, of the example's type.

    Raises:
        DispatchlabError: The value cannot be of that type.
    """
    if isinstance(example, bool):
        return _flag(key, value)
    if isinstance(example, int):
        return _whole(key, value)
    if isinstance(example, float):
        return _number(key, value)
    if isinstance(example, tuple):
        parts = value.split(",") if isinstance(value, str) else value
        if isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts):
            return tuple(part.strip() for part in parts if part.strip())
    elif isinstance(value, str):
        return value.strip()
    raise DispatchlabError(f"{key} is {shorten(value)}: give text.")


def split_settings(text: str, what: str, known: Collection[str]) -> dict[str, str]:
    """The settings behind the name of a part.

    Args:
        text: ``NAME:setting=value,...``.
        what: What it names, for errors: ``"schedule"``.
        known: The settings that there are.

    Returns:
        Texts of the values.

    Raises:
        DispatchlabError: A setting has no value, is not known, or stands twice.
    """
    name, _, rest = (part.strip() for part in text.partition(":"))
    settings: dict[str, str] = {}
    for pair in filter(None, (piece.strip() for piece in rest.split(","))):
        key, _, value = (piece.strip() for piece in pair.partition("="))
        if not value:
            raise DispatchlabError(
                f"The option {pair!r} of the {what} {text!r} has no value: write option=value."
            )
        if key not in known:
            raise DispatchlabError(f"The {what} {name!r} has no {key!r}: {closest(key, known)}.")
        if key in settings:
            raise DispatchlabError(f"The option {key!r} stands twice in {text!r}: remove one.")
        settings[key] = value
    return settings


def check_least(config: Any) -> None:  # noqa: ANN401 (any dataclass)
    """Refuse settings of a stage that are too small: counts have to be 1 at least, others 0.

    Args:
        config: A dataclass of numbers; a ``seed`` may be 0.

    Raises:
        DispatchlabError: With the first that is too small.
    """
    for field in fields(config):
        value = getattr(config, field.name)
        least = 1 if field.type in (int, "int") and field.name != "seed" else 0
        if not least <= value:
            raise DispatchlabError(f"{field.name} is {value}: give a number of at least {least}.")


def closest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the names that resemble it, or all."""
    known = list(known)
    similar = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(similar)}" if similar else f"use one of {', '.join(known)}"


def field_docs(cls: type) -> dict[str, str]:
    """Docstrings of the fields of a dataclass: the texts below them.

    Args:
        cls: A class whose source is at hand.

    Returns:
        Text by field name, on one line.
    """
    body = ast.parse(inspect.getsource(cls)).body[0]
    docs: dict[str, str] = {}
    nodes = body.body if isinstance(body, ast.ClassDef) else []
    for field, text in pairwise(nodes):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            docs[field.target.id] = " ".join(str(text.value.value).split())
    return docs


def _flag(key: str, value: Any) -> bool:  # noqa: ANN401 - checked here
    """A truth value."""
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    if word not in _WORDS:
        raise DispatchlabError(f"{key} is {shorten(value)}: give true or false.")
    return _WORDS[word]


def _whole(key: str, value: Any) -> int:  # noqa: ANN401 - checked here
    """A whole number; 1e6 and 1_000_000 are welcome."""
    try:
        # A float would round what has more than 15 digits.
        return int(value) if isinstance(value, str) else operator.index(_not_flag(value))
    except (TypeError, ValueError):
        number = _number(key, value)
    if number != int(number):
        raise DispatchlabError(f"{key} is {shorten(value)}: give a whole number.")
    return int(number)


def _number(key: str, value: Any) -> float:  # noqa: ANN401 - checked here
    """A finite number."""
    try:
        number = float(_not_flag(value))
    except OverflowError:
        number = math.inf
    except (TypeError, ValueError):
        raise DispatchlabError(f"{key} is {shorten(value)}: give a number.") from None
    if not math.isfinite(number):
        raise DispatchlabError(f"{key} is {shorten(value)}: give a finite number.")
    return number


def _not_flag(value: Any) -> Any:  # noqa: ANN401 - any but a truth value
    """The value; a truth value is no number, though Python counts with it."""
    if isinstance(value, bool):
        raise TypeError
    return value
