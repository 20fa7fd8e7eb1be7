"""Help texts from docstrings."""

import inspect
from collections.abc import Callable
from typing import Any


def help_of(command: Callable[..., Any]) -> str:
    """The docstring of a command with one line per paragraph, so that any terminal can wrap it.

    Args:
        command: A function with a docstring.

    Returns:
        The text.
    """
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
