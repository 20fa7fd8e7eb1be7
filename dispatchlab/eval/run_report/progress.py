"""The numbers of a run over its decisions, from ``progress.csv``."""

from pathlib import Path

import numpy as np

from dispatchlab.train.progress_table import TIMESTEPS, read_table
from dispatchlab.train.teachers.base import FloatArray

EVAL = "eval/"
Series = tuple[list[float], list[float]]  # decisions, values


class Progress:
    """Columns of equal length; a number that was not measured is NaN.

    Attributes:
        columns: By name.
    """

    def __init__(self, columns: dict[str, FloatArray]) -> None:
        """Keep the columns."""
        self.columns = columns

    def series(self, name: str) -> Series:
        """Decisions and values of a column, where it has values."""
        values = self.columns.get(name, np.zeros(0))
        known = np.isfinite(values)
        if not known.any():
            return [], []
        return self.columns[TIMESTEPS][known].tolist(), values[known].tolist()

    def validation(self) -> dict[str, dict[str, Series]]:
        """Scores by validation set and method."""
        found: dict[str, dict[str, Series]] = {}
        for column in self.columns:
            if column.startswith(EVAL):
                group, _, method = column[len(EVAL) :].rpartition("/")
                found.setdefault(group, {})[method] = self.series(column)
        return found


def read_progress(path: Path) -> Progress:
    """Read the file; half a last line, as a killed run leaves, is left out.

    Args:
        path: The file.

    Returns:
        Its columns; none if there is no such file yet.

    Raises:
        DispatchlabError: If it is no such table.
    """
    header, rows = read_table(path)
    numbers = [[float(cell or "nan") for cell in row] for row in rows]
    table = np.array(numbers, np.float64).reshape(len(numbers), len(header))
    return Progress({name: table[:, index] for index, name in enumerate(header)})
