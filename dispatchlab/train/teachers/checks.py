"""Checks of the settings of teachers."""

from collections.abc import Sequence

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import FloatArray


def require(holds: bool, message: str) -> None:
    """Stop unless a condition holds.

    Args:
        holds: The condition.
        message: A sentence with the wrong value and the remedy.

    Raises:
        DispatchlabError: It does not hold.
    """
    if not holds:
        raise DispatchlabError(message)


def require_fraction(name: str, value: float) -> None:
    """Stop unless a setting is in [0, 1].

    Raises:
        DispatchlabError: It is not.
    """
    require(0.0 <= value <= 1.0, f"{name} is {value} but must be between 0 and 1; change it.")


def require_at_least(name: str, value: float, least: float) -> None:
    """Stop unless a setting is finite and large enough.

    Raises:
        DispatchlabError: It is not.
    """
    require(
        least <= value < float("inf"), f"{name} is {value} but must be {least} or more; change it."
    )


def require_positive(name: str, value: float) -> None:
    """Stop unless a setting is finite and above zero.

    Raises:
        DispatchlabError: It is not.
    """
    require(0.0 < value < float("inf"), f"{name} is {value} but must be above 0; change it.")


def per_dimension(name: str, value: float | Sequence[float], dimensions: int) -> FloatArray:
    """A setting with one number in [0, 1] for each dimension.

    Args:
        name: What the setting is called.
        value: The numbers, or one for all dimensions.
        dimensions: d.

    Returns:
        ``(d,)`` a fresh array.

    Raises:
        DispatchlabError: The numbers are too few, too many or out of range.
    """
    given = np.asarray(value, np.float64)
    shaped = given.ndim == 0 or given.shape == (dimensions,)
    require(
        shaped and bool(np.all((given >= 0.0) & (given <= 1.0))),
        f"{name} is {value} but must be one number between 0 and 1, or {dimensions} of them.",
    )
    return np.full(dimensions, given) if given.ndim == 0 else given.copy()
