"""Budget: wall time that the parts of a search share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_GROWTH = 8


class Budget:
    """A time limit, and what each part has taken of it.

    Args:
        limit_s: Seconds for everything; they begin now.
        clock: Tells the time in seconds.

    Attributes:
        parts: Seconds by part.
    """

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.perf_counter) -> None:
        """Start the clock."""
        self._limit_s, self._clock = limit_s, clock
        self._begin = clock()
        self.parts: dict[str, float] = {}

    def spent(self) -> float:
        """Seconds so far."""
        return self._clock() - self._begin

    def left(self, share: float = 1.0) -> float:
        """Seconds until a share of the limit is over; negative once it is.

        Args:
            share: From 0 to 1.

        Returns:
            The seconds.
        """
        return share * self._limit_s - self.spent()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens under the name of a part.

        Args:
            name: The part; several times add up.
        """
        begin = self._clock()
        try:
            yield
        finally:
            self.parts[name] = self.parts.get(name, 0.0) + self._clock() - begin


def next_batch(left_s: float, rows: int, took_s: float, most: int) -> int:
    """How many samples to take at once in the time that is left.

    A row of a larger batch costs no more than one of a smaller batch, so what the last one took
    tells how many will be done in time; but one that was much smaller tells little.

    Args:
        left_s: Seconds that are left.
        rows: Samples in the last batch.
        took_s: Seconds it took.
        most: Upper limit.

    Returns:
        A number of samples; 0 where not a single one would be done in time.
    """
    most = min(most, _GROWTH * rows)
    if left_s <= 0:
        return 0
    return most if took_s <= 0 else min(most, int(left_s * rows / took_s))
