"""Checks that the validation of all SoC data shares."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError

MAX_US = 10**11


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


def check_name(what: str, name: Any) -> None:  # noqa: ANN401 (users may pass anything)
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


def check_shape(
    where: str, field: str, array: npt.NDArray[Any], shape: tuple[int, ...]
) -> None:  # fmt: skip
    """Refuse an array of another shape."""
    if array.shape != shape:
        raise InvalidInstanceError(
            f"{where} has {field} of shape {array.shape}; it must be {shape} to fit its "
            "pe_names and kernels."
        )
