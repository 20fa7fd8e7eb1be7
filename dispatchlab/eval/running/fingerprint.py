"""Fingerprints: hashes of the content of values, the same in every process."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


def fingerprint(*values: Any) -> str:
    """Hash values by their content.

    Args:
        values: Numbers, texts, None, numpy arrays, and dataclasses, mappings, sequences and sets
            of such.

    Returns:
        64 hexadecimal digits.

    Raises:
        TypeError: If there is anything else in them.
    """
    digest = hashlib.sha256()
    for piece in _pieces(values):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def _pieces(value: Any) -> Iterator[bytes]:  # noqa: ANN401 (see above)
    """The content of a value, with marks that keep apart what is built differently."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str | bytes):
        yield f"{type(value).__name__}:{value!r}".encode("utf-8", "surrogatepass")
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"array:{value.dtype.str}:{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    else:
        parts = _parts(value)
        yield f"{type(value).__name__}:{len(parts)}".encode()
        for part in parts:
            yield from _pieces(part)


def _parts(value: Any) -> list[Any]:  # noqa: ANN401 (see above)
    """What a value is made of, in an order that does not depend on chance."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(item.name, getattr(value, item.name)) for item in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return sorted(value.items(), key=lambda item: repr(item[0]))
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, list | tuple):
        return list(value)
    raise TypeError(f"A {type(value).__name__} has no fingerprint; use plain data and arrays.")
