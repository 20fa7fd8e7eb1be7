"""Reading and writing mappings as YAML."""

import os
from collections import Counter
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
    twice = None
    try:
        data = yaml.load(text, loader)
        if isinstance(data, dict):
            twice = _repeated_key(yaml.compose(text, loader))
    except (yaml.YAMLError, RecursionError, *_UNCHECKED):
        data = None
    if not isinstance(data, dict):
        raise DispatchlabError(
            f"{os.fspath(path)!r} does not hold {holds} in YAML: write one 'key: value' on each "
            "line."
        )
    if twice is not None:
        raise DispatchlabError(f"{os.fspath(path)!r} has the key {twice!r} twice: keep one.")
    return {str(key): value for key, value in data.items()}


def _repeated_key(mapping: Any) -> str | None:  # noqa: ANN401 (a node of PyYAML)
    """A key that stands twice, of which YAML would keep the last."""
    counts = Counter(str(key.value) for key, _ in mapping.value)
    return next((key for key, count in counts.items() if count > 1), None)


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
