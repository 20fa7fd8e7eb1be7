"""Where the episodes of an environment come from: one instance, or a generator."""

import os
from collections.abc import Callable
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError


def choose_source(
    instance: Any, generator: Any, *, default: str, kind: type,  # noqa: ANN401 (checked here)
    fixed: Callable[[Any], Any], make: Callable[[str], Any], example: str,
) -> Any:  # fmt: skip  # noqa: ANN401 (each family has its own)
    """The generator that two arguments of an environment ask for.

    Args:
        instance: A name, a path, an instance or None.
        generator: A string, an object with ``sample()`` or None.
        default: The instance that is played if neither is given.
        kind: Class of the family's instances.
        fixed: Makes a generator of one instance.
        make: Makes the generator that a string names.
        example: Such a string, for errors.

    Returns:
        The generator.

    Raises:
        DispatchlabError: Both were given, or one is nothing of the kind.
    """
    if instance is not None and generator is not None:
        raise DispatchlabError(
            f"Both instance={instance!r} and generator={generator!r} were given; keep one."
        )
    if isinstance(generator, str):
        return make(generator)
    if generator is not None:
        if hasattr(generator, "sample"):
            return generator
        raise DispatchlabError(
            f"The generator is a {type(generator).__name__}; give a string such as {example!r} or "
            "an object with sample()."
        )
    if instance is not None and not isinstance(instance, (str, os.PathLike, kind)):
        raise DispatchlabError(
            f"The instance is a {type(instance).__name__}; give a name, a path or a "
            f"{kind.__name__}."
        )
    return fixed(default if instance is None else instance)
