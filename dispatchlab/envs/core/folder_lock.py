"""Folders that one process at a time may work in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from dispatchlab.envs.core.errors import DispatchlabError


@contextmanager
def locked_folder(path: Path, lock: str, holder: str) -> Iterator[None]:
    """Make a folder if need be, and keep every other process from working in it.

    The system gives the lock back if this process is killed.

    Args:
        path: The folder.
        lock: Name of the file in it that is locked.
        holder: What holds the lock of such a folder, for messages: ``"search"``.

    Raises:
        DispatchlabError: If another process works in it, or it cannot be made or written.
    """
    held = FileLock(path / lock, blocking=False)
    try:
        path.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except Timeout:
        raise DispatchlabError(
            f"The folder {str(path)!r} is in use by another {holder}; wait for its end, or name "
            "another folder."
        ) from None
    except (FileExistsError, NotADirectoryError):
        raise DispatchlabError(
            f"{str(path)!r} is, or lies in, a file; name a folder for the {holder}."
        ) from None
    except OSError as error:
        raise DispatchlabError(
            f"The folder {str(path)!r} cannot be written ({error.strerror or error}); name "
            f"another folder for the {holder}."
        ) from None
    try:
        yield
    finally:
        held.release()
