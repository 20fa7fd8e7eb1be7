"""What a teacher chose over a run, from ``curriculum.jsonl``."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import whole_lines
from dispatchlab.train.teachers.base import BoolArray, FloatArray

ItemT = TypeVar("ItemT")
MOST = 1e300  # beyond it, rounding would overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The episodes that ended in a rollout, as far as they were kept, and what guides the teacher.

    Attributes:
        timesteps: Decisions so far.
        points: ``(n, d)`` tasks in the unit cube.
        edits: Tokens of each level played.
        scores: ``(n,)`` from 0 to 1; NaN if unknown.
        regrets: ``(n,)`` relative; NaN where nobody asked.
        learns: ``(n,)`` whether the student learned from it.
        regions: Gaussians (``mean``, ``cov``) or boxes (``low``, ``high``) with a ``weight`` each.
        masses: Levels that are kept: ``key``, ``point``, ``edits``, ``score``, ``mass``.
    """

    timesteps: int
    points: FloatArray
    edits: list[tuple[int, ...]]
    scores: FloatArray
    regrets: FloatArray
    learns: BoolArray
    regions: list[dict[str, Any]]
    masses: list[dict[str, Any]]


def read_rollouts(path: Path, dimensions: int) -> list[Rollout]:
    """Read the file; half a last line, as a killed run leaves, is left out.

    Args:
        path: The file.
        dimensions: d.

    Returns:
        One record a line; none if there is no such file.

    Raises:
        DispatchlabError: If a line is damaged or of another task space.
    """
    rollouts = []
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            rollouts.append(_rollout(json.loads(line), dimensions))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise DispatchlabError(
                f"Line {number} of {str(path)!r} is no record of episodes with {dimensions} task "
                "parameters: restore the file, or remove it to leave the teacher out."
            ) from None
    return rollouts


def thinned(items: Sequence[ItemT], most: int) -> list[ItemT]:
    """At most so many items, evenly spread, the last one among them."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]


def grouped(items: Sequence[ItemT], most: int) -> list[list[ItemT]]:
    """The items in at most so many consecutive groups of about the same size."""
    count = min(most, len(items))
    cuts = [round(i * len(items) / count) for i in range(count + 1)] if count else [0]
    return [list(items[a:b]) for a, b in pairwise(cuts)]


def _rollout(line: dict[str, Any], d: int) -> Rollout:
    episodes = [(p, e, s, r, learns) for p, e, s, r, learns in line["episodes"]]
    return Rollout(
        timesteps=int(line["timesteps"]),
        points=np.array([p for p, *_ in episodes], np.float64).reshape(len(episodes), d),
        edits=[tuple(int(token) for token in e) for _, e, *_ in episodes],
        scores=_numbers([s for _, _, s, _, _ in episodes]),
        regrets=_numbers([r for *_, r, _ in episodes]),
        learns=np.array([bool(learns) for *_, learns in episodes], np.bool_),
        regions=[_region(region, d) for region in line.get("regions", ())],
        masses=[_mass(level, d) for level in line.get("masses", ())],
    )


def _numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([math.nan if value is None else float(value) for value in values])


def _region(region: dict[str, Any], d: int) -> dict[str, Any]:
    known = {"weight": _finite(region["weight"], ())}
    if "mean" in region:
        return known | {
            "mean": _finite(region["mean"], (d,)),
            "cov": _finite(region["cov"], (d, d)),
        }
    return known | {"low": _finite(region["low"], (d,)), "high": _finite(region["high"], (d,))}


def _mass(level: dict[str, Any], d: int) -> dict[str, Any]:
    return {
        "key": str(level["key"]),
        "point": _finite(level["point"], (d,)),
        "edits": [int(token) for token in level["edits"]],
        "score": float(level["score"]),
        "mass": _finite(level["mass"], ()),
    }


def _finite(value: object, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - a number or nested list
    """Finite numbers of a shape, with six digits."""
    array = np.array(value, np.float64)
    if array.shape != shape or not (np.abs(array) < MOST).all():  # NaN is not
        raise ValueError
    return np.round(array, 6).tolist()
