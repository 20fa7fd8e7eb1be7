"""Files with expected passengers: a CSV row for each bin and ordered pair of vertiports.

The header has ``bin`` (0 for the first) or ``time`` (``HH:MM``, the time of day at which a bin
begins), ``origin``, ``destination``, ``passengers`` and optionally ``fare_usd``. Other columns are
not read. Every bin of every pair must be there.
"""

import math
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.csv_rows import Row, number_cell, only_column, read_rows
from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import shorten
from dispatchlab.envs.core.files import read_text

FloatArray = npt.NDArray[np.float64]

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_BINS = {"bin": None, "time": None}
DAY_S = 86_400


class Bins(NamedTuple):
    """How a day is cut into bins.

    Attributes:
        num: T.
        length_s: Of each bin.
        clock_start_s: Time of day at which the first one begins.
    """

    num: int
    length_s: int
    clock_start_s: int


def read_demand(
    path: str | os.PathLike[str], ports: tuple[str, ...], bins: Bins
) -> tuple[FloatArray, FloatArray | None]:
    """Read a table of demand.

    Args:
        path: The ``.csv`` file.
        ports: ``(N,)`` names of the vertiports.
        bins: The bins of the day.

    Returns:
        ``(T, N, N)`` expected passengers, and fares in dollars, None if the file has none.

    Raises:
        InstanceFormatError: If the file cannot be read, a pair or a bin of it is missing or stands
            twice, a port or a bin is unknown, or a number is negative or none.
    """
    if not isinstance(path, str | os.PathLike):
        raise InstanceFormatError(f"demand is {path!r}; give the path of a CSV file.")
    name = Path(path).name
    try:
        return _parse(read_text(path, "a table of demand"), ports, bins)
    except InstanceFormatError as error:
        raise InstanceFormatError(f"{name} (read as a table of demand): {error}") from error


def _parse(
    text: str, ports: tuple[str, ...], bins: Bins
) -> tuple[FloatArray, FloatArray | None]:  # fmt: skip
    names, rows = read_rows(text)
    when = only_column(names, _BINS)
    for column in ("origin", "destination", "passengers"):
        only_column(names, {column: None})
    index = {port: number for number, port in enumerate(ports)}
    demand = np.full((bins.num, len(ports), len(ports)), math.nan)
    fares = np.zeros_like(demand) if "fare_usd" in names else None
    for number, row in enumerate(rows, start=2):
        place = (
            _bin(row, when, number, bins),
            _port(row, "origin", number, index),
            _port(row, "destination", number, index),
        )
        passengers = number_cell(row, "passengers", number)
        if not math.isnan(demand[place]):
            raise InstanceFormatError(
                f"row {number}: {when} {row[when]} from {row['origin']} to {row['destination']} "
                "stands twice; remove one."
            )
        if place[1] == place[2] and passengers:
            raise InstanceFormatError(
                f"row {number}: passengers is {row['passengers']} from {row['origin']} to itself; "
                "write 0 or remove the row."
            )
        demand[place] = passengers
        if fares is not None:
            fares[place] = number_cell(row, "fare_usd", number)
    _check_complete(demand, ports)
    return np.nan_to_num(demand), fares


def _check_complete(demand: FloatArray, ports: tuple[str, ...]) -> None:
    gaps = np.argwhere(np.isnan(demand) & ~np.eye(len(ports), dtype=np.bool_))
    if len(gaps):
        time, origin, destination = gaps[0]
        raise InstanceFormatError(
            f"bin {time} from {ports[origin]!r} to {ports[destination]!r} is missing; add a row, "
            "with 0 passengers if nobody flies."
        )


def _bin(row: Row, column: str, number: int, bins: Bins) -> int:
    """The bin of a row, by number or by the time of day at which it begins."""
    text = (row[column] or "").strip()
    if column == "bin":
        index = int(text) if text.isdecimal() and len(text) < 10 else -1
    else:
        match = _TIME.fullmatch(text)
        seconds = 3600 * int(match[1]) + 60 * int(match[2]) if match else -1
        since = (seconds - bins.clock_start_s) % DAY_S
        index = since // bins.length_s if match and not since % bins.length_s else -1
    if not 0 <= index < bins.num:
        first, last = _clock(bins, 0), _clock(bins, bins.num - 1)
        known = (
            f"0 to {bins.num - 1}" if column == "bin" else f"the start of a bin, {first} to {last}"
        )
        raise InstanceFormatError(f"row {number}: {column} is {shorten(text)}; write {known}.")
    return index


def _clock(bins: Bins, index: int) -> str:
    minutes = (bins.clock_start_s + index * bins.length_s) % DAY_S // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _port(row: Row, column: str, number: int, index: dict[str, int]) -> int:
    name = (row[column] or "").strip()
    if name not in index:
        raise InstanceFormatError(
            f"row {number}: {column} is {shorten(name)}, which is no vertiport; choose one of "
            f"{', '.join(index)}."
        )
    return index[name]
