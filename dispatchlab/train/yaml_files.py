"""Reading and writing mappings as YAML."""

import os
from collections.abc import Mapping
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.files import read_text

# What PyYAML lets escape for dates that are none and for scalars that do not fit their tag.
_UNCHECKED = (ArithmeticError, AttributeError, LookupError, ValueError)


def dump_yaml(data: Mapping[str, Any]) -> str:
    """A mapping as text.

    Args:
        data: Plain values.

    Returns:
        YAML, with the keys in their order.
    """
    text: str = import_yaml().safe_dump(dict(data), sort_keys=False, width=100)
    return text


def load_yaml(
    path: str | os.PathLike[str], *, holds: str = "a mapping", as_texts: bool = False
) -> dict[str, Any]:
    """The mapping in a file.

    Args:
        path: The file.
        holds: What should be in it, for errors.
        as_texts: Leave all values texts, for readers that know their types better than YAML.

    Returns:
        Its content.

    Raises:
        DispatchlabError: It cannot be read, is no mapping, or has a key twice.
    """
    yaml = import_yaml()
    text = read_text(path, holds)
    loader = yaml.BaseLoader if as_texts else yaml.SafeLoader
    twice, where = None, ""
    try:
        data = yaml.load(text, loader)
        if isinstance(data, dict):
            twice = _repeated_key(yaml.compose(text, loader))
    except (yaml.YAMLError, RecursionError, *_UNCHECKED) as error:
        data, where = None, _place(error)
    if not isinstance(data, dict):
        raise DispatchlabError(
            f"{os.fspath(path)!r} does not hold {holds} in YAML{where}: write one 'key: value' "
            "on each line."
        )
    if twice is not None:
        raise DispatchlabError(f"{os.fspath(path)!r} has the key {twice}: keep one.")
    return {str(key): value for key, value in data.items()}


def key_lines(path: str | os.PathLike[str]) -> dict[str, int]:
    """Where the keys of a mapping stand, for errors about their values.

    Args:
        path: A file that `load_yaml` reads.

    Returns:
        Lines, from 1.
    """
    yaml = import_yaml()
    mapping = yaml.compose(read_text(path), yaml.BaseLoader)
    return {str(key.value): key.start_mark.line + 1 for key, _ in mapping.value}


def _repeated_key(mapping: Any) -> str | None:  # noqa: ANN401 (a node of PyYAML)
    """A key that stands twice, of which YAML would keep the last, and where."""
    lines: dict[str, int] = {}
    for key, _ in mapping.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in lines:
            return f"{name!r} twice, in lines {lines[name]} and {line}"
        lines[name] = line
    return None


def _place(error: Exception) -> str:
    """In which line YAML ends, and why, as far as the parser says so."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return ""
    return f" (line {mark.line + 1}: {getattr(error, 'problem', None) or 'it ends there'})"


def import_yaml() -> Any:  # noqa: ANN401 - a module
    """PyYAML, which comes with the agents.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtraError("yaml", "agents") from error
    return yaml
