"""The contract of a reader: a value or one readable error, in bounded time and memory."""

import contextlib
import resource
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import dispatchlab
from dispatchlab.envs.core.errors import DispatchlabError

SECONDS = 10
MORE_BYTES = 1 << 30
LONGEST = 1500  # characters of a message
_PACKAGE = str(Path(dispatchlab.__file__).parent)


class TooSlowError(BaseException):
    """A reader has not come back in time; no reader may catch this."""


class UnreadableError(Exception):
    """A message is empty, very long, or cannot be printed on one line."""


class Finding(NamedTuple):
    """How an input breaks the contract.

    Attributes:
        key: Kind of error and where in the package; equal for inputs that meet the same fault.
        report: The traceback.
    """

    key: str
    report: str


@contextlib.contextmanager
def little_memory(more: int = MORE_BYTES) -> Iterator[None]:
    """Let the process allocate so many bytes more than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def little_time(seconds: float = SECONDS) -> Iterator[None]:
    """Raise `TooSlowError` after so many seconds of processor time, however busy the machine is."""
    before = signal.signal(signal.SIGPROF, _late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def refusal(read: Callable[[], object]) -> str | None:
    """Call a reader; the message of the package's own error, or None if there was none."""
    try:
        read()
    except DispatchlabError as error:
        message = str(error)
        if not message or len(message) > LONGEST or not message.isprintable():
            raise UnreadableError(f"{len(message)} characters: {message[:200]!r}") from error
        return message
    return None


def try_input(target: Callable[[bytes], None], data: bytes) -> Finding | None:
    """Give a target an input, and say how it broke the contract if it did."""
    try:
        with little_time(), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            target(data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a reader may raise is what is looked for
        return Finding(_key(error), "".join(traceback.format_exception(error))[-4000:])
    return None


def _key(error: BaseException) -> str:
    frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
    own = [f for f in frames if f.filename.startswith(_PACKAGE)] or frames
    last = own[-1]
    return f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"


def _late(number: int, frame: FrameType | None) -> None:
    raise TooSlowError
