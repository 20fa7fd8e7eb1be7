"""Files with bandwidth traces, and how they become one value per second.

Two layouts are read:

* CSV with a header: ``time_s`` or ``time_ms``, ``bandwidth_kbps`` or ``bandwidth_mbps``, and
  optionally ``latency_ms``; other columns are not read. A row holds until the next one.
* JSON: a list of ``{"duration_ms": ..., "bandwidth_kbps": ..., "latency_ms": ...}``, the layout of
  UMass-LIDS/sabre.

Where there is no latency it is that of the nominal network.
"""

import math
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.csv_rows import number_cell, only_column, read_rows
from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.fields import Fields, load_objects, shorten
from dispatchlab.envs.core.files import read_text
from dispatchlab.envs.edge.network import BandwidthTrace
from dispatchlab.envs.edge.networks import NOMINAL_LATENCY_MS

FloatArray = npt.NDArray[np.float64]

MAX_STEPS = 3  # a row that holds for more than this many usual ones is taken for a gap
MAX_SECONDS = 1_000_000
MAX_CELL = 1e15  # of any column: beyond it, sums over the rows would lose whole units
SUFFIXES = (".csv", ".json")
_TIMES = {"time_s": 1000.0, "time_ms": 1.0}
_BANDWIDTHS = {"bandwidth_mbps": 1000.0, "bandwidth_kbps": 1.0}


def read_trace(path: str | os.PathLike[str]) -> BandwidthTrace:
    """Read a trace.

    Args:
        path: A ``.csv`` or ``.json`` file.

    Returns:
        The trace, named like the file; each second has the mean bandwidth and latency of its
        time, and what is left at the end is cut, unless it is all there is.

    Raises:
        InstanceFormatError: If the file cannot be read, is empty or does not follow its layout,
            or a row is negative, no number, out of order or missing.
    """
    file = Path(path)
    text = read_text(file, "a bandwidth trace")
    try:
        suffix = file.suffix.lower()
        if suffix not in SUFFIXES:
            raise InstanceFormatError(f"the extension is {suffix!r}; use .csv or .json.")
        rows = _parse_csv(text) if suffix == ".csv" else _parse_json(text)
        return _resample(file.stem, rows)
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{file.name} (read as a bandwidth trace): {error}") from error


def read_traces(path: str | os.PathLike[str]) -> tuple[BandwidthTrace, ...]:
    """Read a trace, or all traces of a folder.

    Args:
        path: A file, or a folder with ``.csv`` and ``.json`` files.

    Returns:
        The traces, by name of the file.

    Raises:
        InstanceFormatError: If there are none, or one cannot be read.
    """
    place = Path(path)
    if not os.path.isdir(place):
        return (read_trace(place),)
    files = sorted(file for file in place.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise InstanceFormatError(
            f"The folder {str(place)!r} has no bandwidth traces; put .csv or .json files there."
        )
    return tuple(read_trace(file) for file in files)


def _parse_json(text: str) -> FloatArray:
    """``(R, 3)`` durations in ms, bandwidths in kbit/s and latencies in ms."""
    rows = []
    for entry in load_objects(text):
        entry.only("duration_ms", "bandwidth_kbps", "latency_ms")
        duration, bandwidth = (
            _at_least_0(entry, "duration_ms"),
            _at_least_0(entry, "bandwidth_kbps"),
        )
        given = entry.has("latency_ms")
        latency = _at_least_0(entry, "latency_ms") if given else NOMINAL_LATENCY_MS
        if duration == 0:
            raise InstanceFormatError(
                f"the field {entry.path('duration_ms')!r} is 0; write a positive number."
            )
        rows.append((duration, bandwidth, latency))
    if not rows:
        raise InstanceFormatError("the list is empty; write at least one entry.")
    return np.array(rows, dtype=np.float64)


def _at_least_0(entry: Fields, key: str) -> float:
    value = entry.number(key)
    if value < 0:
        raise InstanceFormatError(
            f"the field {entry.path(key)!r} is {value}; it must not be negative."
        )
    if value > MAX_CELL:
        raise InstanceFormatError(
            f"the field {entry.path(key)!r} is {shorten(value)}; give {MAX_CELL:g} at most."
        )
    return value


def _parse_csv(text: str) -> FloatArray:
    """As `_parse_json`."""
    names, lines = read_rows(text)
    time = only_column(names, _TIMES)
    bandwidth = only_column(names, _BANDWIDTHS)
    if not lines:
        raise InstanceFormatError("it has a header but no rows; write at least two.")
    times, bandwidths, latencies = [], [], []
    # the header is row 1
    for number, row in enumerate(lines, start=2):
        times.append(_TIMES[time] * number_cell(row, time, number, MAX_CELL))
        bandwidths.append(_BANDWIDTHS[bandwidth] * number_cell(row, bandwidth, number, MAX_CELL))
        latencies.append(
            number_cell(row, "latency_ms", number, MAX_CELL)
            if "latency_ms" in names else NOMINAL_LATENCY_MS
        )  # fmt: skip
    return np.column_stack([_durations(np.array(times), time), bandwidths, latencies])


def _durations(times: FloatArray, column: str) -> FloatArray:
    """How long each row holds; the last one as long as usual."""
    if len(times) < 2:
        raise InstanceFormatError("it has one row, which ends nowhere; write at least two.")
    steps = np.diff(times)
    usual = float(np.median(steps))
    back = np.flatnonzero(steps <= 0)
    if len(back):
        raise InstanceFormatError(
            f"row {back[0] + 3}: {column} does not grow; sort the rows by time, each time once."
        )
    gaps = np.flatnonzero(steps > MAX_STEPS * usual)
    if len(gaps):
        raise InstanceFormatError(
            f"row {gaps[0] + 3}: {column} jumps by {steps[gaps[0]] / 1000:g} s where "
            f"{usual / 1000:g} s are usual; fill the gap, or make a file of each part."
        )
    return np.append(steps, usual)


def _resample(name: str, rows: FloatArray) -> BandwidthTrace:
    """Means over each second."""
    ends = np.cumsum(rows[:, 0])
    if ends[-1] > 1000 * MAX_SECONDS:
        raise InstanceFormatError(
            f"it lasts {ends[-1] / 1000:g} s; cut it to {MAX_SECONDS} s at most."
        )
    # a little less than a second is one, for recorded durations are 999 ms or 1001 ms
    seconds = max(1, math.floor(ends[-1] / 1000 + 0.05))
    marks = np.minimum(np.arange(seconds + 1) * 1000.0, ends[-1])
    columns = []
    for values in rows[:, 1:].T:
        total = np.concatenate([[0.0], np.cumsum(values * rows[:, 0])])
        at_marks = np.interp(marks, np.concatenate([[0.0], ends]), total)
        columns.append(np.rint(np.diff(at_marks) / np.diff(marks)))
    return BandwidthTrace(name, columns[0], columns[1])
