"""Reading ``progress.csv``: whoever continues or shows a run gets all of it, or hears why not."""

import csv
from pathlib import Path

from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.files import whole_lines

TIMESTEPS = "timesteps"


def read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header and the rows; half a last line, as a killed run leaves, is left out.

    Args:
        path: The file.

    Returns:
        The names of the columns, and the cells of each row: numbers, or empty. Nothing if there is
        no such file yet.

    Raises:
        CheckpointError: If it is no such table.
    """
    if not path.exists():
        return [], []
    try:
        header, *rows = list(csv.reader(whole_lines(path))) or [[]]
    except csv.Error as error:
        raise CheckpointError(
            f"{str(path)!r} is no table: {error}; restore the file or remove it."
        ) from error
    if TIMESTEPS not in header or len(set(header)) < len(header):
        raise CheckpointError(
            f"{str(path)!r} has no header with a column {TIMESTEPS!r}: restore the file or remove "
            "it."
        )
    for number, row in enumerate(rows, start=2):
        told = dict(zip(header, row, strict=False))
        if len(row) != len(header) or not all(map(_is_number, row)) or not _is_whole(told):
            raise CheckpointError(
                f"Line {number} of {str(path)!r} does not hold {len(header)} numbers: restore the "
                "file or remove it."
            )
    return header, rows


def _is_whole(row: dict[str, str]) -> bool:
    """Whether a row says how many decisions it is of."""
    return row[TIMESTEPS].isdecimal()


def _is_number(cell: str) -> bool:
    """Whether a cell is empty or a number."""
    try:
        float(cell or "0")
    except ValueError:
        return False
    return True
