"""Checks of the values of instances that the families share."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError


def is_number(value: object) -> bool:
    """Whether a value is a finite number (true and false are not).

    Args:
        value: Anything.

    Returns:
        The answer.
    """
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Whether a value is a whole number of an integer type (true and false are not).

    Args:
        value: Anything.

    Returns:
        The answer.
    """
    if isinstance(value, bool | np.bool_):
        return False
    try:
        operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def check_number(where: str, field: str, value: Any, low: float, high: float) -> None:  # noqa: ANN401 (users may pass anything)
    """Refuse what is no number between two others."""
    if not is_number(value) or not low <= value <= high:
        raise InvalidInstanceError(
            f"{where}: {field} is {value!r}; it must be a number between {low:g} and {high:g}."
        )


def check_whole(where: str, field: str, value: Any, low: int, high: int) -> None:  # noqa: ANN401
    """Refuse what is no whole number between two others."""
    if not is_whole(value) or not low <= value <= high:
        raise InvalidInstanceError(
            f"{where}: {field} is {value!r}; it must be a whole number between {low} and {high}."
        )


def check_name(what: str, name: Any) -> None:  # noqa: ANN401
    """Refuse a name that is no text."""
    if not isinstance(name, str) or not name:
        raise InvalidInstanceError(f"The name of the {what} is {name!r}; give a text.")


def check_strings(where: str, names: Sequence[Any]) -> None:
    """Refuse lists with anything but texts."""
    for index, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise InvalidInstanceError(f"{where}[{index}] is {name!r}; give a text.")


def check_unique(where: str, names: Sequence[str]) -> None:
    """Refuse names that stand twice."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInstanceError(f"{where} name {twice!r} twice; rename one.")
