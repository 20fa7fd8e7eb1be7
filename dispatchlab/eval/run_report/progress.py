"""The numbers of a run over its decisions, from ``progress.csv``."""

import csv
import math
from pathlib import Path

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import whole_lines
from dispatchlab.train.teachers.base import FloatArray
from dispatchlab.train.writers import TIMESTEPS

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
    if not path.exists():
        return Progress({})
    try:
        header, *rows = list(csv.reader(whole_lines(path))) or [[]]
    except csv.Error as error:
        raise DispatchlabError(
            f"{str(path)!r} is no table: {error}; restore the file or remove it."
        ) from error
    if TIMESTEPS not in header or len(set(header)) < len(header):
        raise DispatchlabError(
            f"{str(path)!r} has no header with a column {TIMESTEPS!r}: restore the file or remove "
            "it."
        )
    numbers = [_row(path, number, row, len(header)) for number, row in enumerate(rows, start=2)]
    table = np.array(numbers, np.float64).reshape(len(numbers), len(header))
    return Progress({name: table[:, index] for index, name in enumerate(header)})


def _row(path: Path, number: int, cells: list[str], width: int) -> list[float]:
    try:
        if len(cells) == width:
            return [float(cell) if cell else math.nan for cell in cells]
    except ValueError:
        pass
    raise DispatchlabError(
        f"Line {number} of {str(path)!r} does not hold {width} numbers: restore the file or remove "
        "it."
    )
