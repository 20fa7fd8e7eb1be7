"""Contest: the best objectives so far, and who cannot beat them any more."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Contest:
    """Ends what cannot win: rows whose lower bound has reached the best objective of its instance.

    For environments whose ``objectives()`` is a proven lower bound until the end, which in job
    shops it is where nothing is random.

    Attributes:
        instance: ``(B,)`` number of the instance that each row plays.
        record: ``(I,)`` least objective of each instance so far, infinite where there is none.
        expired: Whether it is too late to go on; asked before every step.
    """

    instance: IntArray
    record: FloatArray
    expired: Callable[[], bool] = lambda: False

    @classmethod
    def of_one(
        cls, rows: int, *, record: float = np.inf, expired: Callable[[], bool] = lambda: False
    ) -> "Contest":
        """A contest of rows that all play the same instance.

        Args:
            rows: Number of rows.
            record: Objective to beat.
            expired: See the class.

        Returns:
            The contest.
        """
        return cls(np.zeros(rows, np.int64), np.array([record]), expired)

    def enter(self, rows: IntArray, objectives: FloatArray) -> None:
        """Take note of rows that have finished.

        Args:
            rows: Their numbers.
            objectives: ``(B,)`` of which theirs count.
        """
        np.minimum.at(self.record, self.instance[rows], objectives[rows])

    def lost(self, bounds: FloatArray) -> BoolArray:
        """Rows that cannot beat the record, or all of them when it is too late.

        A row that can only draw has lost as well: among equals the first to finish wins.

        Args:
            bounds: ``(B,)`` lower bound on the objective that a row will have.

        Returns:
            ``(B,)``.
        """
        return (bounds >= self.record[self.instance]) | self.expired()
