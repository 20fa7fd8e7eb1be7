"""How the kernels are compiled."""

from collections.abc import Callable
from typing import Any

import numba

# no reference counting: kernels own nothing, and counting the arrays of the tuples they hand to
# one another costs 25 times what they do; numpy's error model: no branch at every division
_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "error_model": "numpy"}
_INNER: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
Kernel = Callable[..., Any]


def kernel(function: Kernel) -> Kernel:
    """Compile a kernel that other kernels call."""
    return numba.njit(**_INNER)(function)  # type: ignore[no-any-return]


def inlined_kernel(function: Kernel) -> Kernel:
    """Compile a small kernel into its callers: a call costs more than it does."""
    return numba.njit(inline="always", **_INNER)(function)  # type: ignore[no-any-return]


def entry_kernel(function: Kernel) -> Kernel:
    """Compile a kernel that Python calls: the loop over the rows."""
    return numba.njit(**_OPTIONS)(function)  # type: ignore[no-any-return]
