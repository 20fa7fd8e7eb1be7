"""Copies inside kernels: an assignment of slices would allocate, for fear that they overlap."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import kernel


@kernel
def copy_vector(to: npt.NDArray[np.generic], source: npt.NDArray[np.generic]) -> None:
    """Make a vector equal to another of any type."""
    for i in range(to.shape[0]):
        to[i] = source[i]


@kernel
def copy_matrix(to: npt.NDArray[np.generic], source: npt.NDArray[np.generic]) -> None:
    """Make a matrix equal to another of any type."""
    for i in range(to.shape[0]):
        for j in range(to.shape[1]):
            to[i, j] = source[i, j]
