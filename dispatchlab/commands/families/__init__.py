"""Families of episodes on the command line; each module is imported when it is needed."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatchlab.commands.families.base import StreamCommands

# in the order in which names and files are tried
STREAMS = ("edge", "uam", "soc")

__all__ = ["STREAMS", "stream_commands"]


def stream_commands(name: str) -> "StreamCommands":
    """What commands do with a family.

    Args:
        name: One of `STREAMS`.

    Returns:
        Its commands.
    """
    family: StreamCommands = import_module(f"{__name__}.{name}").COMMANDS
    return family
