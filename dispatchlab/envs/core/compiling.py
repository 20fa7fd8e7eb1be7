"""How the kernels are compiled and called."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

from dispatchlab.envs.core.fingerprints import watch_dependencies

# no reference counting: kernels own nothing, and counting the arrays of the tuples they hand to
# one another costs 25 times what they do; numpy's error model: no branch at every division
_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False, "error_model": "numpy"}
_INNER: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
P = ParamSpec("P")
T = TypeVar("T")


def kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a kernel that other kernels call."""
    return _compile(function, _INNER)


def inlined_kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a small kernel into its callers: a call costs more than it does."""
    return _compile(function, {"inline": "always", **_INNER})


def entry_kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a kernel that Python calls: the loop over the rows."""
    return _compile(function, _OPTIONS)


def free_kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a kernel that Python calls and that lets other threads run meanwhile."""
    return _compile(function, {"nogil": True, **_OPTIONS})


class QuickCall:
    """A kernel whose arguments have the same types at every call.

    numba looks at every array of every tuple to find the code that fits, which takes longer than
    a step of one environment. Here the first call finds it, and nobody looks at later ones: an
    array of another type, or one that is not C-contiguous, would be misread.

    Args:
        entry: An `entry_kernel`.
    """

    def __init__(self, entry: Callable[..., None]) -> None:
        """Know no types yet."""
        self._entry: Any = entry
        self._code: Callable[..., None] | None = None

    def __call__(self, *args: Any) -> None:
        """Call the kernel."""
        if self._code is None:
            self._code = self._compiled(args)
        self._code(*args)

    def _compiled(self, args: tuple[Any, ...]) -> Callable[..., None]:
        """The code for such arguments; the function itself if NUMBA_DISABLE_JIT is set."""
        if not hasattr(self._entry, "overloads"):
            plain: Callable[..., None] = self._entry
            return plain
        types = tuple(map(numba.typeof, args))
        self._entry.compile(types)
        code: Callable[..., None] = self._entry.overloads[types].entry_point
        return code


def _compile(function: Callable[P, T], options: dict[str, Any]) -> Callable[P, T]:
    made: Callable[P, T] = numba.njit(**options)(function)
    watch_dependencies(made)
    return made
