"""Parts of an environment that may be given as objects or by name."""

from collections.abc import Mapping
from typing import TypeVar

from dispatchlab.envs.core.errors import DispatchlabError

PartT = TypeVar("PartT")


def find_part(what: str, name: object, parts: Mapping[str, PartT]) -> PartT:
    """The part that is registered under a name.

    Args:
        what: What kind of part it is, for the error.
        name: The name.
        parts: The registered ones.

    Returns:
        The part.

    Raises:
        DispatchlabError: If there is none of that name.
    """
    if not isinstance(name, str) or name not in parts:
        raise DispatchlabError(f"Unknown {what} {name!r}; choose one of {', '.join(parts)}.")
    return parts[name]
