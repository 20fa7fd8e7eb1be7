"""Help texts that any terminal can wrap."""

import inspect
from collections.abc import Callable
from typing import Any


def help_of(command: Callable[..., Any]) -> str:
    """The docstring of a command as `unwrap` gives it.

    Args:
        command: A function with a docstring.

    Returns:
        The text.
    """
    return unwrap(command.__doc__ or "")


def unwrap(text: str) -> str:
    """A text with one line per paragraph, so that any terminal can wrap it.

    Args:
        text: Paragraphs between empty lines, indented or not.

    Returns:
        The text.
    """
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
