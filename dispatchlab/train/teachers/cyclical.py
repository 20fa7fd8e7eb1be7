"""The cyclical curriculum: from easy tasks to all, back to easy ones, and so on."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dispatchlab.train.teachers.base import FloatArray, PointTeacher
from dispatchlab.train.teachers.checks import require, require_at_least
from dispatchlab.train.teachers.difficulty import read_directions, slab
from dispatchlab.train.teachers.regions import Region, box


def next_fraction(
    previous: float, current: float, *, start: float, end: float, ratio: float
) -> float:
    """The fraction that follows two others in the cycle (Kesgin and Amasyali 2022, Algorithm 1).

    Args:
        previous: The fraction before the current one.
        current: The current one.
        start: Smallest fraction.
        end: Largest fraction.
        ratio: Of two neighbours, below 1.

    Returns:
        The next fraction.
    """
    if current == start or (previous < current and current != end):
        return min(current / ratio, end)
    return max(current * ratio, start)


class Cyclical(PointTeacher):
    """Opens and closes the range of difficulty in cycles.

    The cyclical curriculum of Kesgin and Amasyali 2022 (arXiv:2202.05531) trains on a share of the
    data that rises from 1/4 to all of it and falls again. Here the share is that of each
    parameter's range, from the easy end; a stage takes as many plays as its share of an epoch.

    Attributes:
        fraction: Share that is open now.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        directions: Sequence[int] | None = None,
        start: float = 0.25,
        end: float = 1.0,
        ratio: float = 0.5,
        epoch: int = 1000,
        seed: int = 0,
    ) -> None:
        """Start with the smallest share.

        Args:
            dimensions: d.
            directions: For each dimension +1 (harder upwards), -1 (harder downwards) or 0 (always
                open); None is +1 everywhere.
            start: Smallest share.
            end: Largest share.
            ratio: Of two neighbours in the cycle.
            epoch: Plays of a stage in which all is open (ours; the paper has passes over data).
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        require(
            0.0 < start <= end <= 1.0,
            f"start and end are {start} and {end} but must rise between 0 and 1; change one.",
        )
        require(0.0 < ratio < 1.0, f"ratio is {ratio} but must be above 0 and below 1; change it.")
        require_at_least("epoch", epoch, 1)
        self._directions = read_directions(directions, dimensions)
        self._start, self._end, self._ratio = start, end, ratio
        self._epoch = epoch
        self._previous = self.fraction = start
        self._plays = 0

    def regions(self) -> list[Region]:
        """The open part."""
        return [box(*slab(0.0, self.fraction, self._directions), 1.0)]

    def summary(self) -> dict[str, float]:
        """The share that is open."""
        return {"fraction": self.fraction}

    def state_dict(self) -> dict[str, Any]:
        """The generator and the place in the cycle."""
        place = {"previous": self._previous, "fraction": self.fraction, "plays": self._plays}
        return super().state_dict() | place

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._previous, self.fraction = state["previous"], state["fraction"]
        self._plays = state["plays"]

    def _choose(self) -> FloatArray:
        if self._plays >= math.ceil(self.fraction * self._epoch):
            following = next_fraction(
                self._previous,
                self.fraction,
                start=self._start,
                end=self._end,
                ratio=self._ratio,
            )
            self._previous, self.fraction, self._plays = self.fraction, following, 0
        self._plays += 1
        return self.rng.uniform(*slab(0.0, self.fraction, self._directions))
