"""Benchmark instances by name, and the best objective values known for them."""

import difflib
import gzip
import json
import os
import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.jobshop.formats import parse_instance, read_instance
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.taillard import seeds_table, taillard_instance

_FAMILIES = ("ft", "la", "abz", "orb", "swv", "yn", "ta", "mk", "edata", "demo")
_LISTING = "`dispatchlab envs --instances` lists them"
_DATA = files("dispatchlab.envs.jobshop") / "data"


class Bounds(NamedTuple):
    """Best-known bounds on the makespan; equal where the optimum is proven."""

    lower: int
    upper: int


class _Entry(NamedTuple):
    """An instance kept as text."""

    format: str
    text: str


def load_instance(name_or_path: str | os.PathLike[str] | CpEncoding) -> CpEncoding:
    """The instance of a benchmark name or of a file.

    Args:
        name_or_path: A name of `instance_names`, for example ``"ft06"`` or ``"ta01"``, or the path
            of a file in one of the `dispatchlab.envs.jobshop.formats`. An encoding is returned
            as it is.

    Returns:
        The encoding; benchmarks are loaded once and shared, for they cannot be changed.

    Raises:
        InstanceFormatError: If there is neither such a benchmark nor such a file, or the file
            does not follow its format.
    """
    if isinstance(name_or_path, CpEncoding):
        return name_or_path
    key = os.fspath(name_or_path)
    if key.lower() in _index():
        return _load_named(key.lower())
    if os.path.exists(key) or os.sep in key or Path(key).suffix:
        return read_instance(key)
    close = _similar(key.lower(), _index())
    hint = f"did you mean {close}" if close else _LISTING
    raise InstanceFormatError(
        f"There is no benchmark instance named {key!r}; {hint}, or give the path of a file."
    )


def instance_names(prefix: str = "") -> list[str]:
    """Names of the benchmark instances, family by family.

    Args:
        prefix: Keep the names that begin with it.

    Returns:
        The names.
    """
    return [name for name in _index() if name.startswith(prefix.lower())]


def instance_set(name: str) -> list[str]:
    """Names of the instances of a benchmark set.

    Args:
        name: A family: ``ft``, ``la``, ``abz``, ``orb``, ``swv``, ``yn``, ``ta``, ``mk``
            (Brandimarte) or ``edata`` (Hurink); with a size to keep only the instances of so many
            jobs and machines: ``ta15x15``, ``la10x5``.

    Returns:
        The names.

    Raises:
        InvalidInstanceError: If there is no such set.
    """
    match = re.fullmatch(r"([a-z]+)([0-9]+x[0-9]+)?", name.lower())
    family, size = match.groups() if match else ("", None)
    members = [n for n, (f, s) in _index().items() if f == family and size in (None, s)]
    if not members:
        sets = dict.fromkeys(x for f, s in _index().values() for x in (f, f + s))
        close = _similar(name.lower(), sets)
        hint = f"did you mean {close}, or " if close else ""
        raise InvalidInstanceError(
            f"There is no benchmark set named {name!r}; {hint}choose one of "
            f"{', '.join(_FAMILIES)}, with or without a size such as ta15x15."
        )
    return members


def instance_sets() -> dict[str, list[str]]:
    """The benchmark sets, family by family.

    Returns:
        The names of the instances by the name of their family.
    """
    return {family: instance_set(family) for family in _FAMILIES}


def best_known(name: str) -> Bounds | None:
    """Best-known bounds of a benchmark instance.

    Args:
        name: Name of the instance.

    Returns:
        The bounds on its makespan, or None where none are shipped.
    """
    return _bounds().get(name.lower())


def _similar(name: str, known: Collection[str]) -> str:
    """Names that resemble one: la1 is most likely la01."""
    padded = re.sub(r"[0-9]+", lambda digits: digits[0].zfill(2), name)
    close = difflib.get_close_matches(name, known, n=4, cutoff=0.5)
    return ", ".join(dict.fromkeys([padded, *close] if padded in known else close))


@cache
def _load_named(name: str) -> CpEncoding:
    if name in seeds_table():
        return taillard_instance(*seeds_table()[name], name=name)
    entry = _texts()[name]
    return parse_instance(entry.text, entry.format, name)


@cache
def _texts() -> dict[str, _Entry]:
    """Text of every instance that is not generated from seeds."""
    packed = json.loads(gzip.decompress((_DATA / "classics.json.gz").read_bytes()))
    texts = {name: _Entry(**entry) for name, entry in packed.items()}
    demo = (_DATA / "demo-rcpsp.sm").read_text(encoding="utf-8")
    return texts | {"demo-rcpsp": _Entry("psplib", demo)}


@cache
def _index() -> dict[str, tuple[str, str]]:
    """Family and size of every instance, in the order in which they are listed."""
    index = {name: _classify(name, entry) for name, entry in _texts().items()}
    index |= {name: ("ta", f"{s.jobs}x{s.machines}") for name, s in seeds_table().items()}
    order = sorted(index, key=lambda name: (_FAMILIES.index(index[name][0]), _natural(name)))
    return {name: index[name] for name in order}


def _classify(name: str, entry: _Entry) -> tuple[str, str]:
    if entry.format == "psplib":
        return "demo", ""
    jobs, machines = entry.text.split(maxsplit=2)[:2]
    family = "edata" if name.endswith("_edata") else name.rstrip("0123456789")
    return family, f"{jobs}x{machines}"


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts orb2 before orb10."""
    return [(int(part or 0), "") if part.isdigit() else (-1, part)
            for part in re.split(r"([0-9]+)", name)]  # fmt: skip


@cache
def _bounds() -> dict[str, Bounds]:
    table = json.loads((_DATA / "best_known.json").read_text(encoding="utf-8"))
    return {name: Bounds(*pair) for name, pair in table.items()}
