"""Reading CSV files with a header: every error names the row and the column."""

import csv
import io
import math
from collections.abc import Mapping

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import shorten

Row = dict[str, str | None]
MOST = 1e300


def read_rows(text: str) -> tuple[list[str], list[Row]]:
    """The header and the rows of a CSV file.

    Args:
        text: Content of the file.

    Returns:
        The names of the columns, and each row as a dictionary; the first row has number 2 in the
        file. Spaces around names are dropped.

    Raises:
        InstanceFormatError: If it is no valid CSV.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        header = next(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InstanceFormatError(f"it is no valid CSV: {error}; repair it.") from error
    rows = [{str(name).strip(): value for name, value in line.items()} for line in lines]
    return [name.strip() for name in header], rows


def only_column(names: list[str], choices: Mapping[str, object]) -> str:
    """The one of several columns that a header has.

    Args:
        names: The header.
        choices: Names of the columns.

    Returns:
        The name.

    Raises:
        InstanceFormatError: If it has none of them, or several.
    """
    found = [name for name in names if name in choices]
    if len(found) != 1:
        has = " and ".join(found) if found else f"neither of them but {shorten(names)}"
        raise InstanceFormatError(
            f"the header must have one column {' or '.join(choices)}, and has {has}; name one so."
        )
    return found[0]


def number_cell(
    row: Mapping[str, str | None], column: str, number: int, most: float = MOST
) -> float:
    """A number that is not negative.

    Args:
        row: A row.
        column: The column.
        number: Of the row, for the error.
        most: The largest number.

    Returns:
        The number.

    Raises:
        InstanceFormatError: If it is none, negative, too large or NaN.
    """
    text = row[column]
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InstanceFormatError(
            f"row {number}: {column} is {shorten(text)}; write a number that is not negative."
        )
    if value > most:
        raise InstanceFormatError(
            f"row {number}: {column} is {shorten(text)}; write {most:g} at most."
        )
    return value
