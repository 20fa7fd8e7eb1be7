"""Checks of the values of instances that the families share."""

import math
import operator
import reprlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError


class _Repr(reprlib.Repr):
    """`repr` that looks at no more of a value than fits a line, however deep or large it is."""

    def __init__(self) -> None:
        """Set how much is looked at."""
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 30
        self.maxstring = self.maxlong = self.maxother = 200

    def repr_int(self, x: int, level: int) -> str:
        """Python refuses to write integers of more than some thousand digits."""
        return super().repr_int(x, level) if x.bit_length() < 4096 else "a huge integer"


_REPR = _Repr()


def shorten(value: object) -> str:
    """A value for an error message, not longer than a line."""
    shown = _REPR.repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def first_twice(names: Sequence[str]) -> str | None:
    """The first of some names that stands twice among them, if any does."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def is_text(value: object) -> bool:
    """Whether a value is a text that is not empty and can be written to a file.

    Args:
        value: Anything.

    Returns:
        The answer; JSON can hold halves of surrogate pairs, which no encoding can.
    """
    if not isinstance(value, str) or not value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_number(value: object) -> bool:
    """Whether a value is a finite number (true and false are not).

    Args:
        value: Anything.

    Returns:
        The answer.
    """
    if isinstance(value, bool | np.bool_):
        return False
    if not isinstance(value, int | float | np.integer | np.floating):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


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
            f"{where}: {field} is {shorten(value)}; it must be a number between {low:g} and "
            f"{high:g}."
        )


def check_whole(where: str, field: str, value: Any, low: int, high: int) -> None:  # noqa: ANN401
    """Refuse what is no whole number between two others."""
    if not is_whole(value) or not low <= value <= high:
        raise InvalidInstanceError(
            f"{where}: {field} is {shorten(value)}; it must be a whole number between {low} and "
            f"{high}."
        )


def check_name(what: str, name: Any) -> None:  # noqa: ANN401
    """Refuse a name that is no text."""
    if not is_text(name):
        raise InvalidInstanceError(f"The name of the {what} is {shorten(name)}; give a text.")


def check_strings(where: str, names: Sequence[Any]) -> None:
    """Refuse lists with anything but texts."""
    for index, name in enumerate(names):
        if not is_text(name):
            raise InvalidInstanceError(f"{where}[{index}] is {shorten(name)}; give a text.")


def check_unique(where: str, names: Sequence[str]) -> None:
    """Refuse names that stand twice."""
    twice = first_twice(names)
    if twice is not None:
        raise InvalidInstanceError(f"{where} name {twice!r} twice; rename one.")
