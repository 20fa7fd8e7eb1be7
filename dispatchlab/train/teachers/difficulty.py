"""Difficulty along the axes of the unit cube, given by hand."""

from collections.abc import Sequence

import numpy as np

from dispatchlab.train.teachers.base import FloatArray, IntArray
from dispatchlab.train.teachers.checks import require


def read_directions(directions: int | Sequence[int] | None, dimensions: int) -> IntArray:
    """Check the directions in which tasks become harder.

    Args:
        directions: For each dimension +1 (harder upwards), -1 (harder downwards) or 0 (it has no
            effect); a number is for one dimension, None is +1 everywhere.
        dimensions: d.

    Returns:
        ``(d,)`` the directions.

    Raises:
        DispatchlabError: There are too few, too many or others.
    """
    given = [1] * dimensions if directions is None else list(np.atleast_1d(directions))
    require(
        len(given) == dimensions and set(given) <= {-1, 0, 1},
        f"directions are {directions} but must be {dimensions} numbers out of -1, 0 and 1.",
    )
    return np.array(given, np.int64)


def slab(easiest: float, hardest: float, directions: IntArray) -> tuple[FloatArray, FloatArray]:
    """The box of the points that are neither too easy nor too hard in any dimension.

    Args:
        easiest: Lowest difficulty, from 0 to 1.
        hardest: Highest difficulty, from 0 to 1.
        directions: ``(d,)`` see `read_directions`.

    Returns:
        ``(d,)`` the lowest and the highest corner; a dimension without effect is open.
    """
    low = np.select([directions > 0, directions < 0], [easiest, 1.0 - hardest], 0.0)
    high = np.select([directions > 0, directions < 0], [hardest, 1.0 - easiest], 1.0)
    return low, high
