"""What files of played episodes, of any family, have in common."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.fields import Fields, as_list, as_whole, load_object, shorten
from dispatchlab.envs.core.files import write_atomically

EpisodeT = TypeVar("EpisodeT")


def write_parts(path: str | Path, head: Mapping[str, Any], parts: Mapping[str, str]) -> None:
    """Write an episode.

    Args:
        path: The file, whose extension is ``.json``; replaced only once the new one is complete.
        head: Values by key.
        parts: JSON texts by key, which follow.

    Raises:
        InstanceFormatError: If the extension is another one.
    """
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise InstanceFormatError(
            f"The schedule file {path} has the extension {path.suffix!r}; use .json."
        )
    texts = {**{key: json.dumps(value) for key, value in head.items()}, **parts}
    lines = ",\n".join(f"{json.dumps(key)}: {text.strip()}" for key, text in texts.items())
    write_atomically(path, "{\n" + lines + "\n}\n")


def dump_columns(columns: Mapping[str, Any]) -> str:
    """JSON text of numbers and arrays of whole numbers, with a line for each.

    Args:
        columns: They, by name.

    Returns:
        The text of an object.
    """
    lines = [
        f"{json.dumps(name)}: {json.dumps(np.asarray(values).tolist())}"
        for name, values in columns.items()
    ]
    return "{" + ",\n ".join(lines) + "}"


def whole_column(data: Fields, key: str) -> npt.NDArray[np.int64]:
    """Read a list of whole numbers.

    Args:
        data: The object that has it.
        key: Name of the field.

    Returns:
        The numbers.
    """
    return np.array(data.wholes(key), dtype=np.int64)


def whole_rows(data: Fields, key: str, width: int) -> npt.NDArray[np.int64]:
    """Read a list of rows of whole numbers.

    Args:
        data: The object that has it.
        key: Name of the field.
        width: Numbers in a row.

    Returns:
        ``(rows, width)`` numbers.

    Raises:
        InstanceFormatError: If a row is longer or shorter, or has something else.
    """
    rows = []
    for index, row in enumerate(data.entries(key)):
        where = f"{data.path(key)}[{index}]"
        require_count(where, as_list(row, where), width)
        rows.append([as_whole(value, where) for value in row])
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def read_episode(path: str | Path, parse: Callable[[str], EpisodeT]) -> EpisodeT:
    """Read an episode.

    Args:
        path: A file.
        parse: Makes an episode of its text.

    Returns:
        The episode.

    Raises:
        InstanceFormatError: If there is no such file, or it does not follow the layout.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise InstanceFormatError(f"There is no schedule file {str(path)!r}; check the path.")
    try:
        return parse(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InstanceFormatError(f"{path} is not a text file in UTF-8: {error.reason}.") from None
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{path} is no schedule of this release: {error}") from None


def load_episode(text: str, name: str, version: int, what: str) -> Fields:
    """The fields of an episode.

    Args:
        text: Content of a file.
        name: Name of the format.
        version: The version that is read.
        what: What such a file holds, for errors.

    Returns:
        The fields.

    Raises:
        InstanceFormatError: If the file has another format or version.
    """
    data = load_object(text)
    if data.data.get("format") != name:
        raise InstanceFormatError(f'it lacks "format": "{name}"; give a file of {what}.')
    if data.data.get("version") != version:
        raise InstanceFormatError(
            f"the field 'version' is {shorten(data.data.get('version'))}, but this release reads "
            f"version {version}; write the file again or update dispatchlab."
        )
    return data


def claims_format(path: str | Path, name: str) -> bool:
    """Whether a file claims to hold an episode; it need not be valid.

    Args:
        path: Any path.
        name: Name of the format.

    Returns:
        True for JSON files with the name of the format near their beginning.
    """
    path = Path(path)
    if path.suffix.lower() != ".json" or not os.path.isfile(path):
        return False
    with path.open("rb") as file:
        return json.dumps(name).encode() in file.read(1000)


def require_count(where: str, found: Any, count: int) -> None:  # noqa: ANN401 (anything with a length)
    """Refuse a list of another length.

    Args:
        where: Name of the field.
        found: The list.
        count: The length.

    Raises:
        InstanceFormatError: If it is longer or shorter.
    """
    if len(found) != count:
        raise InstanceFormatError(
            f"the field {where!r} has {len(found)} entries, but {count} belong there; the file "
            "is truncated or of another instance."
        )
