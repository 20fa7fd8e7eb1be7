"""Schedule files: an episode as JSON that can be verified and drawn without anything else.

The layout, with n arrivals and T tasks of the largest graph::

    {"format": "dispatchlab-soc-schedule", "version": 1, "method": "...", "planned": false,
     "objective": job·µs or null, "info": {remarks},
     "instance": {as in `formats.json_text`},
     "realisation": {"gap_us": [...], "graph": [...], "factor": [[T numbers], ...] or null for 1},
     "schedule": {"now_us": ..., "graph": [n numbers], "arrival_us": [...], "injected_us": [...],
                  "lost": [0 or 1], "pe": [[T numbers], ...], "mapped_us": ..., "order": ...,
                  "start_us": ..., "end_us": ...}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.fields import Fields, as_list, as_number, as_whole, load_object
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.soc.formats import json_text
from dispatchlab.envs.soc.instance import FloatArray, IntArray, SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule

FORMAT = "dispatchlab-soc-schedule"
VERSION = 1
_PER_JOB = ("graph", "arrival_us", "injected_us", "lost")
_PER_TASK = ("pe", "mapped_us", "order", "start_us", "end_us")


@dataclass(frozen=True, slots=True)
class SocEpisode:
    """An episode that was played: the content of a schedule file.

    Attributes:
        instance: What the scheduler knew.
        realisation: What happened.
        schedule: What was done.
        planned: Whether the schedule follows a plan, as `verify` asks.
        objective: Reported job·µs in the system, if there is a report.
        method: Who did it.
        info: Remarks, such as the wall time.
    """

    instance: SocInstance
    realisation: SocRealisation
    schedule: SocSchedule
    planned: bool = False
    objective: float | None = None
    method: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)


def write_schedule(path: str | Path, episode: SocEpisode) -> None:
    """Write an episode.

    Args:
        path: The file, whose extension is ``.json``; replaced only once the new one is complete.
        episode: The episode.

    Raises:
        InstanceFormatError: If the extension is another one.
    """
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise InstanceFormatError(
            f"The schedule file {path} has the extension {path.suffix!r}; use .json."
        )
    head = {
        "format": FORMAT,
        "version": VERSION,
        "method": episode.method,
        "planned": episode.planned,
        "objective": episode.objective,
        "info": dict(episode.info),
    }
    drawn = episode.realisation
    factor = None if (drawn.factor == 1.0).all() else drawn.factor.tolist()
    happened = {"gap_us": drawn.gap_us.tolist(), "graph": drawn.graph.tolist(), "factor": factor}
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    parts.append(f'"instance": {json_text.dump(episode.instance).strip()}')
    parts.append(f'"realisation": {json.dumps(happened)}')
    parts.append(f'"schedule": {_dump_schedule(episode.schedule)}')
    write_atomically(path, "{\n" + ",\n".join(parts) + "\n}\n")


def read_schedule(path: str | Path) -> SocEpisode:
    """Read an episode; it is not verified.

    Args:
        path: A file of `write_schedule`.

    Returns:
        The episode.

    Raises:
        InstanceFormatError: If there is no such file, or it does not follow the layout.
    """
    path = Path(path)
    if not path.is_file():
        raise InstanceFormatError(f"There is no schedule file {str(path)!r}; check the path.")
    try:
        return _parse(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InstanceFormatError(f"{path} is not a text file in UTF-8: {error.reason}.") from None
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{path} is no schedule of this release: {error}") from None


def is_schedule_file(path: str | Path) -> bool:
    """Whether a file claims to hold an episode of this family; it need not be valid.

    Args:
        path: Any path.

    Returns:
        True for JSON files with the name of the format near their beginning.
    """
    path = Path(path)
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return FORMAT.encode() in file.read(1000)


def _dump_schedule(schedule: SocSchedule) -> str:
    """One line per array."""
    columns = {name: getattr(schedule, name).astype(int).tolist() for name in _PER_JOB + _PER_TASK}
    lines = [f"{json.dumps(name)}: {json.dumps(column)}" for name, column in columns.items()]
    return "{" + ",\n ".join([f'"now_us": {schedule.now_us}', *lines]) + "}"


def _parse(text: str) -> SocEpisode:
    data = load_object(text)
    if data.data.get("format") != FORMAT:
        raise InstanceFormatError(f'it lacks "format": "{FORMAT}"; give a file of a SoC schedule.')
    if data.data.get("version") != VERSION:
        raise InstanceFormatError(
            f"the field 'version' is {data.data.get('version')!r}, but this release reads version "
            f"{VERSION}; write the file again or update dispatchlab."
        )
    instance = json_text.parse(json.dumps(data.child("instance").data), "instance")
    most = max(graph.num_tasks for graph in instance.graphs)
    return SocEpisode(
        instance,
        _parse_realisation(data.child("realisation"), most),
        _parse_schedule(data.child("schedule"), most),
        planned=data.flag("planned") if data.has("planned") else False,
        objective=data.number("objective") if data.has("objective") else None,
        method=str(data.data.get("method") or ""),
        info=data.child("info").data if data.has("info") else {},
    )


def _parse_realisation(data: Fields, most: int) -> SocRealisation:
    gaps, graphs = _wholes(data, "gap_us"), _wholes(data, "graph")
    if len(gaps) != len(graphs):
        raise InstanceFormatError(
            f"the field {data.path('graph')!r} has {len(graphs)} entries for {len(gaps)} gaps; "
            "give one for each arrival."
        )
    factor: FloatArray = np.ones((len(gaps), most))
    if data.has("factor"):
        rows = data.entries("factor")
        _require_count(data.path("factor"), rows, len(gaps))
        for index, row in enumerate(rows):
            where = f"{data.path('factor')}[{index}]"
            _require_count(where, as_list(row, where), most)
            factor[index] = [as_number(value, where) for value in row]
    return SocRealisation(gaps, graphs, factor)


def _parse_schedule(data: Fields, most: int) -> SocSchedule:
    columns: dict[str, Any] = {name: _wholes(data, name) for name in _PER_JOB}
    count = len(columns["graph"])
    for name in _PER_JOB:
        _require_count(data.path(name), columns[name], count)
    for name in _PER_TASK:
        rows = data.entries(name)
        _require_count(data.path(name), rows, count)
        table: IntArray = np.full((count, most), -1)
        for index, row in enumerate(rows):
            where = f"{data.path(name)}[{index}]"
            _require_count(where, as_list(row, where), most)
            table[index] = [_whole(value, where) for value in row]
        columns[name] = table
    columns["lost"] = columns["lost"] == 1
    return SocSchedule(now_us=_whole(data.get("now_us"), data.path("now_us")), **columns)


def _wholes(data: Fields, key: str) -> IntArray:
    values = [_whole(v, f"{data.path(key)}[{i}]") for i, v in enumerate(data.entries(key))]
    return np.array(values, dtype=np.int64)


def _whole(value: object, where: str) -> int:
    number = as_whole(value, where)
    if number < -1:
        raise InstanceFormatError(f"the field {where!r} is {number}; give -1 or more.")
    return number


def _require_count(where: str, found: Any, count: int) -> None:  # noqa: ANN401 (anything with a length)
    if len(found) != count:
        raise InstanceFormatError(
            f"the field {where!r} has {len(found)} entries, but {count} belong there; the file "
            "is truncated or of another instance."
        )
