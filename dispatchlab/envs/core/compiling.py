"""How the kernels are compiled."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

# no reference counting: kernels own nothing, and counting the arrays of the tuples they hand to
# one another costs 25 times what they do; numpy's error model: no branch at every division
_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "error_model": "numpy"}
_INNER: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
P = ParamSpec("P")
T = TypeVar("T")


def kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a kernel that other kernels call."""
    return numba.njit(**_INNER)(function)


def inlined_kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a small kernel into its callers: a call costs more than it does."""
    return numba.njit(inline="always", **_INNER)(function)


def entry_kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a kernel that Python calls: the loop over the rows."""
    return numba.njit(**_OPTIONS)(function)
