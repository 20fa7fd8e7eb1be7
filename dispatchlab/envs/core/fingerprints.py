"""Fingerprints of kernels, by which numba's caches are kept up to date.

numba compiles a cached kernel anew when the file that it is in changes. But its code also holds
that of the kernels it calls and the constants it reads, wherever they come from.
"""

import hashlib
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import numpy as np


def watch_dependencies(kernel: Any) -> None:  # noqa: ANN401 (numba has no public type for it)
    """Let numba compile a kernel anew when anything that has gone into its code changes.

    Where numba's caches work in another way, they stay as they are.

    Args:
        kernel: A dispatcher that has not been called yet.
    """
    cache: Any = getattr(kernel, "_cache", None)
    find_key = getattr(cache, "_index_key", None)
    if find_key is not None:
        # called when code is loaded or saved: by then all that the kernel calls is defined
        cache._index_key = lambda *key: (*find_key(*key), fingerprint(kernel))


def fingerprint(kernel: Any) -> str:  # noqa: ANN401 (see above)
    """What the code of a kernel is made from.

    Args:
        kernel: A dispatcher.

    Returns:
        A hash of its instructions and options, of those of the kernels it calls, of the constants
        they read, and of the fields of the tuples they are given.
    """
    parts: dict[str, str] = {}
    waiting = [kernel]
    while waiting:
        one = waiting.pop()
        function = _function(one)
        name = f"{function.__module__}.{function.__qualname__}"
        if name in parts:
            continue
        used = dict(_used(function))
        parts[name] = repr((
            _instructions(function.__code__),
            getattr(one, "targetoptions", None),
            [(key, _value(item)) for key, item in used.items() if _function(item) is None],
        ))  # fmt: skip
        waiting += [item for item in used.values() if _function(item) is not None]
    return hashlib.sha256(repr(sorted(parts.items())).encode()).hexdigest()


def _function(value: Any) -> Any:  # noqa: ANN401 (whatever a name may stand for)
    """The Python function of a kernel or a function, None for anything else."""
    return value if isinstance(value, FunctionType) else getattr(value, "py_func", None)


def _used(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What the names in a function and its annotations stand for."""
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents
    yield from function.__annotations__.items()


def _names(code: CodeType) -> list[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return sorted({*code.co_names, *(name for one in inner for name in _names(one))})


def _instructions(code: CodeType) -> Any:  # noqa: ANN401 (nested tuples)
    constants = [_instructions(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    return code.co_code, code.co_names, constants


def _value(value: Any) -> Any:  # noqa: ANN401 (whatever a name may stand for)
    """Something to compare; what has an address in it makes numba compile anew, to be safe."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return getattr(value, "_fields", None), repr(value)
