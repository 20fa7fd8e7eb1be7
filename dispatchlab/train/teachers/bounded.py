"""Bounded: a dictionary that forgets its oldest entries."""

from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")

# Far more than environments: plays that are still open beyond that have been abandoned.
MOST_OPEN = 1 << 16


class Bounded(dict[KeyT, ValueT]):
    """A dictionary of at most so many entries; a new one drives out the one entered first.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        """Start empty."""
        super().__init__()
        self._most = most

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        """Enter or replace."""
        super().__setitem__(key, value)
        if len(self) > self._most:
            del self[next(iter(self))]
