"""What Ctrl-C and SIGTERM do to a long command: it says how to go on, and ends as shells expect."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def telling(tell: Callable[[KeyboardInterrupt], str]) -> Iterator[None]:
    """Let the first signal unwind what runs inside, and a second one end the process at once.

    Args:
        tell: What to say once everything is closed.

    Raises:
        Exit: After a signal, with the status that shells give it: 130 or 143.
    """
    came: signal.Signals = signal.SIGINT

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal came
        came = signal.Signals(number)
        for one in before:
            signal.signal(one, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = _replaceable()
    for one in before:
        signal.signal(one, interrupt)
    try:
        yield
    except KeyboardInterrupt as error:
        typer.echo(tell(error), err=True)
        raise typer.Exit(128 + came) from error
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _replaceable() -> "dict[signal.Signals, signal._HANDLER]":
    """Handlers of the signals that are not ignored, as nohup and shells want it for some jobs."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    found = {one: signal.getsignal(one) for one in SIGNALS}
    return {one: handler for one, handler in found.items() if handler is not signal.SIG_IGN}
