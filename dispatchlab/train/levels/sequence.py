"""SequenceForm: levels as sequences of integers, for generators that write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Level


@dataclass(frozen=True, slots=True)
class SequenceForm:
    """A level in ``length`` integers: a bin for every dimension, then edits, then padding.

    0 is the padding, 1 to ``bins`` are the bins, and the edits follow. Every sequence of integers
    means some level: what stands at the wrong place is repaired. The seed has no place in it.

    Attributes:
        dimensions: d.
        edit_tokens: How many different edits there are.
        bins: Into how many values a coordinate is rounded, 0 and 1 among them.
        max_edits: Most edits of a level; of more the first remain.

    Raises:
        DispatchlabError: If there are fewer than two bins, or a number is negative.
    """

    dimensions: int
    edit_tokens: int = 0
    bins: int = 11
    max_edits: int = 8
    pad: ClassVar[int] = 0

    def __post_init__(self) -> None:
        """Check the sizes."""
        least = {"dimensions": 0, "edit_tokens": 0, "bins": 2, "max_edits": 0}
        for name, low in least.items():
            value = getattr(self, name)
            if value < low:
                raise DispatchlabError(f"{name} is {value}; give at least {low}.")

    @property
    def length(self) -> int:
        """Integers of a sequence."""
        return self.dimensions + self.max_edits

    @property
    def vocabulary(self) -> int:
        """How many different integers there are."""
        return 1 + self.bins + self.edit_tokens

    def encode(self, level: Level) -> tuple[int, ...]:
        """The sequence of a level.

        Args:
            level: Its point is rounded to the nearest bins.

        Returns:
            `length` integers below `vocabulary`.

        Raises:
            DispatchlabError: If the level has another number of dimensions, or an unknown edit.
        """
        if len(level.point) != self.dimensions:
            raise DispatchlabError(
                f"The level has {len(level.point)} coordinates; give {self.dimensions} of them."
            )
        stray = [token for token in level.edits if not 0 <= token < self.edit_tokens]
        if stray:
            raise DispatchlabError(
                f"The level has the edit {stray[0]}; edits are numbered from 0, and there are "
                f"{self.edit_tokens} of them."
            )
        point = [1 + round(min(max(x, 0.0), 1.0) * (self.bins - 1)) for x in level.point]
        edits = [1 + self.bins + token for token in sorted(level.edits)[: self.max_edits]]
        return (*point, *edits, *[self.pad] * (self.max_edits - len(edits)))

    def decode(self, sequence: Sequence[int], seed: int = 0) -> Level:
        """The level that a sequence means, whatever it holds.

        A dimension without a bin gets the middle one. Behind the dimensions only edits count, in
        rising order; if there are too many of them the first to stand there remain.

        Args:
            sequence: Any integers.
            seed: Of the level.

        Returns:
            A level that `encode` takes.
        """
        given = [int(value) for value in sequence]
        head, tail = given[: self.dimensions], given[self.dimensions :]
        head += [self.pad] * (self.dimensions - len(head))
        first = 1 + self.bins
        edits = [value - first for value in tail if first <= value < self.vocabulary]
        return Level(
            tuple(self._coordinate(value) for value in head),
            seed,
            tuple(sorted(edits[: self.max_edits])),
        )

    def _coordinate(self, value: int) -> float:
        """What a bin stands for."""
        is_bin = 1 <= value <= self.bins
        return (value - 1) / (self.bins - 1) if is_bin else (self.bins // 2) / (self.bins - 1)
