"""Work and answers on their way between processes: errors travel like answers."""

import traceback
from collections.abc import Callable
from typing import Any

import cloudpickle

from dispatchlab.envs.core.errors import DispatchlabError, first_line


def answer(work: Callable[[Any], object], message: bytes) -> bytes:
    """Do a task that came from another process.

    Args:
        work: What does tasks in this process.
        message: The task, pickled.

    Returns:
        Its answer, pickled; or the exception that it ended with.
    """
    try:
        return _packed(work(load(message, "a task")))
    except Exception as error:  # the other process raises it
        return _packed(error, traceback.format_exc())


def load(data: bytes, what: str) -> Any:  # noqa: ANN401 - whatever it is
    """Read what another process has pickled.

    Args:
        data: The bytes.
        what: It is, for the error.

    Returns:
        The object.

    Raises:
        DispatchlabError: It cannot be made in this process.
    """
    try:
        return cloudpickle.loads(data)
    except Exception as error:
        raise DispatchlabError(
            f"A worker process cannot read {what} ({type(error).__name__}: {first_line(error)}): "
            "make everything that belongs to it importable there."
        ) from error


def unpack(message: bytes) -> Any:  # noqa: ANN401 - whatever the answer is
    """Read what `answer` has sent.

    Args:
        message: The bytes.

    Returns:
        The answer.

    Raises:
        Exception: What the task ended with.
    """
    value, told = cloudpickle.loads(message)
    if isinstance(value, Exception):
        raise value from RuntimeError(f"in a worker process:\n{told}")
    return value


def _packed(value: object, told: str = "") -> bytes:
    if not told:
        plain: bytes = cloudpickle.dumps((value, told))
        return plain
    try:
        packed: bytes = cloudpickle.dumps((value, told))
        cloudpickle.loads(packed)
    except Exception:  # some exceptions cannot be pickled, or not be unpickled
        packed = cloudpickle.dumps((RuntimeError(f"{type(value).__name__}: {value}"), told))
    return packed
