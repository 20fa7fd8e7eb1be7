"""Compiled kernels in numba's caches are renewed when anything that went into them changes."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numba
import numpy as np
import pytest

from dispatchlab.envs.core import compiling
from dispatchlab.envs.core.fingerprints import fingerprint, watch_dependencies

CALLED = """
from dispatchlab.envs.core.compiling import {decorator}

FACTOR = {factor}

@{decorator}
def grow(x: int) -> int:
    return x * FACTOR + {more}
"""
CALLING = """
from called import grow
from dispatchlab.envs.core.compiling import entry_kernel

@entry_kernel
def play(x: int) -> int:
    return grow(x)

print(play(10), sum(play.stats.cache_hits.values()))
"""


class Pair(NamedTuple):
    """Two numbers."""

    first: int
    second: int


@numba.njit
def _inner(x: int) -> int:
    return x + OFFSET


@numba.njit
def _outer(x: int, pair: Pair) -> int:
    return _inner(x) + pair.first + len(TABLE)


OFFSET = 3
TABLE = np.arange(4)


@pytest.mark.parametrize("decorator", ["kernel", "inlined_kernel"])
def test_changes_elsewhere_are_seen(tmp_path: Path, decorator: str) -> None:
    """A kernel follows changes of a kernel and of a constant of another module; else it is kept."""
    (tmp_path / "calling.py").write_text(CALLING)
    told = []
    for factor, more in ((1, 0), (1, 0), (2, 0), (2, 5)):
        (tmp_path / "called.py").write_text(
            CALLED.format(decorator=decorator, factor=factor, more=more)
        )
        told.append(_run(tmp_path))
    assert told == ["10 0", "10 1", "20 0", "25 0"]


def _run(folder: Path) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"),
                   "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "calling.py"], cwd=folder, env={**environment, "PYTHONPATH": path},
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OFFSET", 4),
        ("TABLE", np.arange(4) + 1),
        ("_inner", numba.njit(lambda x: x - OFFSET)),
        ("_inner", numba.njit(error_model="numpy")(_inner.py_func)),
    ],
)
def test_fingerprint_has_what_a_kernel_uses(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    """Constants, arrays, called kernels and their options count."""
    before = fingerprint(_outer)
    assert fingerprint(_outer) == before
    monkeypatch.setitem(globals(), name, value)
    assert fingerprint(_outer) != before


def test_fingerprint_has_the_fields_of_tuples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code finds a field by its place, so an exchange of two fields counts."""
    before = fingerprint(_outer)
    monkeypatch.setattr(Pair, "_fields", ("second", "first"))
    assert fingerprint(_outer) != before


def test_other_caches_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without numba's cache, or with one that works in another way, kernels are still made."""
    watch_dependencies(SimpleNamespace())
    other = SimpleNamespace(_cache=SimpleNamespace())
    watch_dependencies(other)
    assert not vars(other._cache)
    monkeypatch.setattr(compiling.numba, "njit", lambda **_: lambda function: function)
    assert compiling.entry_kernel(_run) is _run
