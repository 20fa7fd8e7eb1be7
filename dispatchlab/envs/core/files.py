"""Reading and writing files so that nobody ever meets half a file."""

import contextlib
import os
import secrets
from pathlib import Path

from dispatchlab.envs.core.errors import DispatchlabError, InstanceFormatError


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a whole file or nothing: into a temporary neighbour first, then renamed.

    Args:
        path: The file to create or replace; its folder must exist.
        content: Text (written as UTF-8 with Unix line ends) or bytes.

    Returns:
        The path written.

    Raises:
        DispatchlabError: If the path cannot be written.
    """
    target = Path(path)
    real = target.resolve()
    if real.is_dir():
        raise DispatchlabError(f"Cannot write {str(target)!r}: it is a folder; name a file.")
    if not real.parent.is_dir():
        raise DispatchlabError(
            f"Cannot write {str(target)!r}: the folder {str(real.parent)!r} does not exist; "
            "create it first."
        )
    data = content.encode("utf-8") if isinstance(content, str) else content
    draft = real.with_name(f".{real.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(real)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DispatchlabError(
            f"Cannot write {str(target)!r}: {reason}; choose another path or free it."
        ) from error
    finally:
        # Also after an interrupt: a leftover draft would look like a result.
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return target


def require_json(path: str | os.PathLike[str]) -> None:
    """Refuse to write an instance to a path that does not end in ``.json``.

    Args:
        path: The path.

    Raises:
        InstanceFormatError: If it has another extension.
    """
    suffix = Path(path).suffix
    if suffix.lower() != ".json":
        raise InstanceFormatError(
            f"The extension {suffix!r} of {str(path)!r} belongs to no format of this family; use "
            ".json."
        )


def whole_lines(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a text that is being appended to, or was when its writer was killed.

    Args:
        path: The file.

    Returns:
        Its lines, but for one at the end that was never finished; none if there is no such file.
    """
    target = Path(path)
    if not target.exists():
        return []
    return target.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]


def read_text(path: str | os.PathLike[str], holds: str = "an instance") -> str:
    """Content of a text file.

    Args:
        path: The file.
        holds: What should be in it, for the error if it is empty.

    Returns:
        Its text, without a byte order mark.

    Raises:
        InstanceFormatError: If it cannot be read, is empty or no UTF-8 text.
    """
    shown = repr(str(path))
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InstanceFormatError(f"There is no file {shown}; check the path.") from None
    except IsADirectoryError:
        raise InstanceFormatError(f"{shown} is a folder; name a file inside it.") from None
    except UnicodeDecodeError:
        raise InstanceFormatError(f"{shown} is no UTF-8 text; name a text file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InstanceFormatError(f"{shown} cannot be read: {reason}; check the path.") from error
    if not text.strip():
        raise InstanceFormatError(f"{shown} is empty; it should hold {holds}.")
    return text
