"""Work and answers on their way between processes: errors travel like answers."""

import traceback
from collections.abc import Callable
from typing import Any

import cloudpickle


def answer(work: Callable[[Any], object], message: bytes) -> bytes:
    """Do a task that came from another process.

    Args:
        work: What does tasks in this process.
        message: The task, pickled.

    Returns:
        Its answer, pickled; or the exception that it ended with.
    """
    try:
        return _packed(work(cloudpickle.loads(message)))
    except Exception as error:  # the other process raises it
        return _packed(error, traceback.format_exc())


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
