"""Checks that the validation of all SoC data shares."""

from typing import Any

import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError

MAX_US = 10**11


def check_shape(
    where: str, field: str, array: npt.NDArray[Any], shape: tuple[int, ...]
) -> None:  # fmt: skip
    """Refuse an array of another shape."""
    if array.shape != shape:
        raise InvalidInstanceError(
            f"{where} has {field} of shape {array.shape}; it must be {shape} to fit its "
            "pe_names and kernels."
        )
