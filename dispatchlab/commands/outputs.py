"""What commands write: checked before the work begins, and never half."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.files import write_atomically

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

STDOUT = "-"
CHARTS = (".html", ".png", ".svg", ".pdf")
SCHEDULES = (".json", ".csv")
_PERIOD_S = 600.0  # over which a progress bar averages: single runs can take minutes
_WIDE = 160  # columns where nobody's terminal limits them
_NEEDS = {".html": "plotly", ".png": "matplotlib", ".svg": "matplotlib", ".pdf": "matplotlib"}


def console(*, err: bool = False) -> "Console":
    """A console as wide as the terminal, or wide enough for every column in a file or pipe.

    Args:
        err: Write to stderr.

    Returns:
        A console of rich.
    """
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, width=None if stream.isatty() else _WIDE, highlight=False)


def progress() -> "Progress":
    """A progress bar on stderr with the time left; it vanishes at the end.

    Returns:
        A progress bar of rich.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    screen = console(err=True)
    return Progress(
        *columns,
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        speed_estimate_period=_PERIOD_S,
        disable=not screen.is_terminal,
    )


def check_target(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse a file that could not be written after the work is done.

    Args:
        path: File to write later.
        suffixes: Extensions that are known.

    Raises:
        DispatchlabError: If the extension is unknown or the place cannot be written.
        MissingExtraError: If the format needs a package that is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise DispatchlabError(
            f"The file {str(path)!r} has the extension {path.suffix!r}; use {', '.join(suffixes)}."
        )
    if set(CHARTS) <= set(suffixes):
        require_renderer(suffix)
    if obstacle := _obstacle(path):
        raise DispatchlabError(f"Cannot write {str(path)!r}: {obstacle}.")


def _obstacle(path: Path) -> str:
    """What keeps a file from being written, and the remedy."""
    folder = path.resolve().parent
    if path.is_dir():
        return "it is a folder; name a file"
    if not folder.exists():
        return f"the folder {str(folder)!r} does not exist; create it first"
    if not folder.is_dir():
        return f"{str(folder)!r} is a file; choose another path"
    if not os.access(folder, os.W_OK):
        return f"the folder {str(folder)!r} is write-protected; choose another path"
    return ""


def require_renderer(suffix: str) -> None:
    """Refuse a chart whose library is not installed.

    Args:
        suffix: Extension of the file; schedules need no library.

    Raises:
        MissingExtraError: If the library is missing.
    """
    from importlib.util import find_spec

    package = _NEEDS.get(suffix)
    if package is not None and find_spec(package) is None:
        raise MissingExtraError(package, "viz")


def check_folder(path: Path) -> None:
    """Refuse a folder that could not be created or written; nothing is created yet.

    Args:
        path: The folder; it may exist.

    Raises:
        DispatchlabError: If a file is in the way or the place cannot be written.
    """
    existing = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise DispatchlabError(
            f"Cannot write into the folder {str(path)!r}: {str(existing)!r} is a file or cannot be "
            "written; choose another path."
        )


def emit(target: Path | None, text: str) -> None:
    """Write text to a file, or to stdout where the file is ``-``.

    Args:
        target: File, ``-`` or None for nothing.
        text: The content.
    """
    if target is None:
        return
    if str(target) == STDOUT:
        sys.stdout.write(text)
    else:
        write_atomically(target, text)


def draw_to(out: Path | None, text: Callable[[], str], write: Callable[[Path], object]) -> None:
    """Draw as text on stdout or in a ``.txt`` file, else as a picture.

    Args:
        out: The file, or None for stdout.
        text: Gives the lines, without a newline behind the last.
        write: Writes a picture into a file.
    """
    if out is None or out.suffix.lower() == ".txt":
        emit(out or Path(STDOUT), text() + "\n")
    else:
        write(out)


def check_text_target(target: Path | None, suffix: str) -> None:
    """Like `check_target` for `emit`.

    Args:
        target: File, ``-`` or None.
        suffix: The extension it must have.
    """
    if target is not None and str(target) != STDOUT:
        check_target(target, (suffix,))
