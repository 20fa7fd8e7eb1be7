"""Edits: small changes of problems, each with a number of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

DraftT = TypeVar("DraftT")


@dataclass(frozen=True, slots=True)
class Edit(Generic[DraftT]):
    """A change that depends on nothing but what it changes.

    Attributes:
        words: What it does.
        apply: Makes the changed copy, or returns what it was given if there is nothing to change.
    """

    words: str
    apply: Callable[[DraftT], DraftT]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list of any length: the same share of it, however long it is.

    Attributes:
        index: From 0 on.
        of: How many places there are.
    """

    index: int
    of: int

    def pick(self, count: int) -> int:
        """Index in a list of that length, which must not be empty."""
        return self.index * count // self.of

    def __str__(self) -> str:
        """For words, counted from 1."""
        return f"{self.index + 1} of {self.of}"


def places(count: int) -> list[Place]:
    """So many places, in order."""
    return [Place(index, count) for index in range(count)]
