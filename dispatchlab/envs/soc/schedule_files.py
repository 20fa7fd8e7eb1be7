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

from dispatchlab.envs.core.episode_files import (
    claims_format,
    load_episode,
    read_episode,
    require_count,
    write_parts,
)
from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import Fields, as_list, as_number, as_whole
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
    parts = {
        "instance": json_text.dump(episode.instance),
        "realisation": json.dumps(happened),
        "schedule": _dump_schedule(episode.schedule),
    }
    write_parts(path, head, parts)


def read_schedule(path: str | Path) -> SocEpisode:
    """Read an episode; it is not verified.

    Args:
        path: A file of `write_schedule`.

    Returns:
        The episode.

    Raises:
        InstanceFormatError: If there is no such file, or it does not follow the layout.
    """
    return read_episode(path, _parse)


def is_schedule_file(path: str | Path) -> bool:
    """Whether a file claims to hold an episode of this family; it need not be valid.

    Args:
        path: Any path.

    Returns:
        True for JSON files with the name of the format near their beginning.
    """
    return claims_format(path, FORMAT)


def _dump_schedule(schedule: SocSchedule) -> str:
    """One line per array."""
    columns = {name: getattr(schedule, name).astype(int).tolist() for name in _PER_JOB + _PER_TASK}
    lines = [f"{json.dumps(name)}: {json.dumps(column)}" for name, column in columns.items()]
    return "{" + ",\n ".join([f'"now_us": {schedule.now_us}', *lines]) + "}"


def _parse(text: str) -> SocEpisode:
    data = load_episode(text, FORMAT, VERSION, "a SoC schedule")
    instance = json_text.read_fields(data.child("instance"), "instance")
    most = max(graph.num_tasks for graph in instance.graphs)
    return SocEpisode(
        instance,
        _parse_realisation(data.child("realisation"), most),
        _parse_schedule(data.child("schedule"), most),
        planned=data.flag("planned") if data.has("planned") else False,
        objective=data.number("objective") if data.has("objective") else None,
        method=data.text("method") if data.data.get("method") else "",
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
        require_count(data.path("factor"), rows, len(gaps))
        for index, row in enumerate(rows):
            where = f"{data.path('factor')}[{index}]"
            require_count(where, as_list(row, where), most)
            factor[index] = [as_number(value, where) for value in row]
    return SocRealisation(gaps, graphs, factor)


def _parse_schedule(data: Fields, most: int) -> SocSchedule:
    columns: dict[str, Any] = {name: _wholes(data, name) for name in _PER_JOB}
    count = len(columns["graph"])
    for name in _PER_JOB:
        require_count(data.path(name), columns[name], count)
    for name in _PER_TASK:
        rows = data.entries(name)
        require_count(data.path(name), rows, count)
        table: IntArray = np.full((count, most), -1)
        for index, row in enumerate(rows):
            where = f"{data.path(name)}[{index}]"
            require_count(where, as_list(row, where), most)
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
