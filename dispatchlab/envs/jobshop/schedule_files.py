"""Schedule files: JSON for machines, CSV for spreadsheets; both read back.

A file holds one row per activity. ``mode`` is the number that `Schedule.mode` holds, so even a
wrong schedule survives the round trip and `verify` can judge it. An activity that is not
scheduled has empty (JSON: null) times. The JSON file also carries a digest of the instance, by
which a schedule of another instance is recognised.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import as_number, load_json, shorten
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.core.schedule import UNSCHEDULED, Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.verify import objective_of

FORMAT = "dispatchlab-schedule"
VERSION = 1
COLUMNS = ("activity", "name", "job", "mode", "resources", "start", "end")
_TIMES = ("mode", "start", "end")
_DIGEST_FIELDS = (
    "mode_ptr", "mode_duration", "use_ptr", "use_resource", "use_demand", "setup_family",
    "resource_capacity", "setup_ptr", "setup_time", "arc_from", "arc_to", "arc_lag",
    "arc_from_start", "job", "release", "job_due", "job_weight",
)  # fmt: skip


def write_schedule(
    path: str | Path,
    encoding: CpEncoding,
    schedule: Schedule,
    *,
    method: str = "",
    info: Mapping[str, Any] | None = None,
    realisation: Realisation | None = None,
) -> None:
    """Write a schedule as ``.json`` or ``.csv``, by the extension of the path.

    Args:
        path: Where to write; an existing file is replaced only once the new one is complete.
        encoding: The instance.
        schedule: A schedule of it, complete or not.
        method: What produced it (JSON only).
        info: Remarks, for instance the runtime (JSON only).
        realisation: What happened, where jobs arrive late: flow times count from the arrival.

    Raises:
        InstanceFormatError: If the extension is unknown or the schedule has the wrong size.
    """
    path = Path(path)
    if len(schedule.start) != encoding.num_activities:
        raise InstanceFormatError(
            f"The schedule has {len(schedule.start)} activities, but {encoding.name} has "
            f"{encoding.num_activities}; write it with its own instance."
        )
    rows = _rows(encoding, schedule)
    if _suffix(path) == ".csv":
        write_atomically(path, _to_csv(rows))
        return
    complete = schedule.is_complete
    document = {
        "format": FORMAT,
        "version": VERSION,
        "instance": encoding.name,
        "instance_digest": instance_digest(encoding),
        "objective": encoding.objective,
        "objective_value": objective_of(encoding, realisation, schedule) if complete else None,
        "method": method,
        "info": dict(info or {}),
    }
    head = json.dumps(document, indent=1, default=_plain).removesuffix("\n}")
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)  # one line per activity
    write_atomically(path, f'{head},\n "activities": [\n{lines}\n ]\n}}\n')


def read_schedule(path: str | Path, encoding: CpEncoding) -> Schedule:
    """Read a schedule that `write_schedule` or a person wrote.

    Only the columns ``activity``, ``mode``, ``start`` and ``end`` are needed; ``job`` and
    ``resources`` are compared with the instance where they are given.

    Args:
        path: A ``.json`` or ``.csv`` file.
        encoding: The instance that the schedule belongs to.

    Returns:
        The schedule; it is not verified.

    Raises:
        InstanceFormatError: If the file is damaged, of another format, or belongs to another
            instance.
    """
    path = Path(path)
    suffix = _suffix(path)
    if not os.path.isfile(path):
        raise InstanceFormatError(f"There is no schedule file {str(path)!r}; check the path.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstanceFormatError(f"{path} is not a text file in UTF-8: {error.reason}.") from None
    rows = _from_csv(path, text) if suffix == ".csv" else _from_json(path, text, encoding)
    if len(rows) != encoding.num_activities:
        raise InstanceFormatError(
            f"{path} has {len(rows)} activities, but {encoding.name} has "
            f"{encoding.num_activities}; the file is truncated or belongs to another instance."
        )
    columns = {name: np.full(len(rows), UNSCHEDULED) for name in _TIMES}
    seen: set[int] = set()
    for number, row in enumerate(rows, start=1):
        where = f"Row {number} of {path}"
        activity = _integer(where, row, "activity", 0, encoding.num_activities - 1)
        if activity in seen:
            raise InstanceFormatError(f"{where} repeats activity {activity}; give each one once.")
        seen.add(activity)
        for name in _TIMES:
            if _is_given(row, name):
                columns[name][activity] = _integer(where, row, name, UNSCHEDULED, 2**62)
        _compare(where, row, encoding, activity, int(columns["mode"][activity]))
    return Schedule(**columns)


def claimed_objective(path: str | Path) -> float | None:
    """The objective that a schedule file claims.

    Args:
        path: A file that `read_schedule` has accepted.

    Returns:
        The value; None where there is none, as in any CSV file.

    Raises:
        InstanceFormatError: If it is no number.
    """
    if _suffix(Path(path)) == ".csv":
        return None
    value = load_json(Path(path).read_text(encoding="utf-8-sig")).get("objective_value")
    try:
        return None if value is None else as_number(value, "objective_value")
    except InstanceFormatError as error:
        raise InstanceFormatError(f"{path}: {error}") from None


def instance_digest(encoding: CpEncoding) -> str:
    """SHA-256 of the data of an instance; names do not count.

    Args:
        encoding: Any instance.

    Returns:
        64 hexadecimal digits, the same on every machine.
    """
    digest = hashlib.sha256(encoding.objective.encode())
    for name in _DIGEST_FIELDS:
        column = np.ascontiguousarray(getattr(encoding, name), dtype="<i8")
        digest.update(f"|{name}:{len(column)}:".encode())
        digest.update(column.tobytes())
    return digest.hexdigest()


def _plain(value: object) -> object:
    """JSON form of a numpy number or array, or of anything else its text."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".json", ".csv"):
        raise InstanceFormatError(
            f"The schedule file {path} has the extension {path.suffix!r}; use .json or .csv."
        )
    return suffix


def _mode_resources(encoding: CpEncoding, mode: int) -> list[int]:
    """Resources of a mode; none for a mode that does not exist."""
    if not 0 <= mode < encoding.num_modes:
        return []
    used = encoding.use_resource[encoding.use_ptr[mode] : encoding.use_ptr[mode + 1]]
    return [int(r) for r in used]


def _rows(encoding: CpEncoding, schedule: Schedule) -> list[dict[str, Any]]:
    """One dictionary with `COLUMNS` per activity; None stands for unscheduled."""
    columns = [getattr(schedule, name).tolist() for name in _TIMES]
    names = encoding.activity_names or [""] * encoding.num_activities
    rows: list[dict[str, Any]] = []
    for activity, times in enumerate(zip(*columns, strict=True)):
        mode, start, end = (None if t == UNSCHEDULED else t for t in times)
        resources = [] if mode is None else _mode_resources(encoding, mode)
        values = (activity, names[activity], int(encoding.job[activity]), mode, resources)
        rows.append(dict(zip(COLUMNS, (*values, start, end), strict=True)))
    return rows


def _to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(dict(row) | {"resources": " ".join(str(r) for r in row["resources"])})
    return buffer.getvalue()


def _from_csv(path: Path, text: str) -> list[dict[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except csv.Error as error:
        raise InstanceFormatError(f"{path} is not a CSV file: {error}.") from None
    missing = [c for c in ("activity", *_TIMES) if c not in (reader.fieldnames or ())]
    if missing:
        raise InstanceFormatError(
            f"{path} has no column {missing[0]!r}; a schedule needs the columns activity, mode, "
            "start and end."
        )
    for number, row in enumerate(rows, start=1):
        # DictReader marks a short row by None values and a long one by a None key.
        if None in row or None in row.values():
            raise InstanceFormatError(
                f"Row {number} of {path} does not have {len(reader.fieldnames or ())} cells; "
                "the file is truncated or damaged."
            )
    return rows


def _from_json(path: Path, text: str, encoding: CpEncoding) -> list[dict[str, Any]]:
    try:
        document = load_json(text)
    except InstanceFormatError as error:
        raise InstanceFormatError(f"{path} is not a complete JSON file: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InstanceFormatError(f'{path} is not a schedule: it lacks "format": "{FORMAT}".')
    if document.get("version") != VERSION:
        raise InstanceFormatError(
            f"{path} has version {shorten(document.get('version'))} of the schedule format, but "
            f"this dispatchlab reads version {VERSION}; install a newer one or write the file "
            "again."
        )
    digest = document.get("instance_digest")
    if digest is not None and digest != instance_digest(encoding):
        raise InstanceFormatError(
            f"{path} was written for instance {shorten(document.get('instance'))}, whose data "
            f"differ from {encoding.name!r}; give the instance that it was written for."
        )
    rows = document.get("activities")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InstanceFormatError(f'{path} has no list "activities" with one object per activity.')
    return rows


def _is_given(row: Mapping[str, Any], column: str) -> bool:
    return row.get(column) not in (None, "")


def _integer(where: str, row: Mapping[str, Any], column: str, low: int, high: int) -> int:
    """The integer in a cell; a CSV cell is a string."""
    value = row.get(column)
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise InstanceFormatError(
            f"{where} has {column} {shorten(value)}; it must be an integer from {low} to {high}."
        )
    return number


def _compare(
    where: str, row: Mapping[str, Any], encoding: CpEncoding, activity: int, mode: int
) -> None:
    """Job and resources, where given, are those of the instance."""
    jobs = encoding.num_jobs - 1
    job = _integer(where, row, "job", 0, jobs) if _is_given(row, "job") else encoding.job[activity]
    if job != encoding.job[activity]:
        raise InstanceFormatError(
            f"{where} puts activity {activity} into job {job}, but in {encoding.name} it "
            f"belongs to job {encoding.job[activity]}; the file belongs to another instance."
        )
    if not _is_given(row, "resources") or mode == UNSCHEDULED:
        return
    listed = row["resources"]
    listed = listed.split() if isinstance(listed, str) else listed
    expected = _mode_resources(encoding, mode)
    if listed != (expected if row["resources"] is listed else [str(r) for r in expected]):
        raise InstanceFormatError(
            f"{where} lists the resources {shorten(row['resources'])}, but mode {mode} of "
            f"{encoding.name} uses {expected}; the file belongs to another instance."
        )
