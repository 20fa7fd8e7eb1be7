"""What ``reset(options=...)`` may say, checked before anything is touched."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError

Task = Mapping[str, float]


class ResetOptions(NamedTuple):
    """Checked options.

    Attributes:
        rows: Rows to start over.
        tasks: Task of each of these rows, or None where the generator draws.
        problem: ``(instance, realisation)`` to play in all of them, or None.
    """

    rows: npt.NDArray[np.int64]
    tasks: list[Task | None]
    problem: tuple[Any, Any] | None


def parse_options(options: Mapping[str, Any] | None, batch: int) -> ResetOptions:
    """Check reset options.

    Args:
        options: ``task``, ``problem`` and ``reset_mask``, all optional.
        batch: B.

    Returns:
        The rows to reset and what to play in them.

    Raises:
        DispatchlabError: If an option is unknown, of the wrong shape, or contradicts another.
    """
    if options is not None and not isinstance(options, Mapping):
        raise DispatchlabError(f"The reset options are {options!r}; give a mapping or None.")
    given = dict(options or {})
    mask, task, problem = (given.pop(key, None) for key in ("reset_mask", "task", "problem"))
    if given:
        raise DispatchlabError(
            f"The reset option {next(iter(given))!r} is unknown; choose among 'task', 'problem' "
            "and 'reset_mask'."
        )
    if task is not None and problem is not None:
        raise DispatchlabError("Both a task and a problem were given to reset(); keep one.")
    rows = _rows(mask, batch)
    return ResetOptions(rows, _tasks(task, len(rows)), _problem(problem))


def _rows(mask: npt.ArrayLike | None, batch: int) -> npt.NDArray[np.int64]:
    if mask is None:
        return np.arange(batch)
    array = np.asarray(mask)
    if array.shape != (batch,) or array.dtype != bool:
        raise DispatchlabError(
            f"The reset_mask has shape {array.shape} and type {array.dtype}; give {batch} booleans."
        )
    return np.flatnonzero(array)


def _tasks(task: object, count: int) -> list[Task | None]:
    if task is None or isinstance(task, Mapping):
        return [task] * count
    if not isinstance(task, (list, tuple)) or not all(isinstance(t, Mapping) for t in task):
        raise DispatchlabError(f"The task is {task!r}; give a mapping, or one mapping per row.")
    if len(task) != count:
        raise DispatchlabError(f"{len(task)} tasks were given for {count} rows; give one each.")
    return list(task)


def _problem(problem: object) -> tuple[Any, Any] | None:
    if problem is not None and not (isinstance(problem, tuple) and len(problem) == 2):
        raise DispatchlabError(
            f"The problem is a {type(problem).__name__}; give a pair (instance, realisation), "
            "with None for the expected realisation."
        )
    return problem
