"""Schedule files: an episode as JSON that can be verified and drawn without anything else.

The layout, with N tasks and K decisions::

    {"format": "dispatchlab-edge-schedule", "version": 1, "method": "...",
     "utility": ... or null, "qos": ... or null, "qoe": ... or null, "info": {remarks},
     "instance": {as in `instance_files`},
     "realisation": {"arrival_ms": [N numbers], "model": [...], "drone": [...],
                     "edge_time_ms": [...], "cloud_exec_ms": [...],
                     "latency_ms": [per second], "bandwidth_kbps": [per second]},
     "schedule": {"now_ms": ..., "outcome": [N numbers], "place": [...], "start_ms": [...],
                  "end_ms": [...], "decisions": [[5 numbers], ... K times]}}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.episode_files import (
    claims_format,
    dump_columns,
    load_episode,
    read_episode,
    require_count,
    whole_column,
    whole_rows,
    write_parts,
)
from dispatchlab.envs.core.fields import Fields
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.instance_files import dump_instance, read_fields
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import EdgeSchedule

FORMAT = "dispatchlab-edge-schedule"
VERSION = 1
_PER_TASK = ("outcome", "place", "start_ms", "end_ms")
_DECISION = 5  # numbers


@dataclass(frozen=True, slots=True)
class EdgeEpisode:
    """An episode that was played: the content of a schedule file.

    Attributes:
        instance: What the scheduler knew.
        realisation: What happened.
        schedule: What was decided and done.
        utility: Reported utility, if there is a report; as the next two.
        qos: The part of it that the tasks bring.
        qoe: The bonuses in it.
        method: Who did it.
        info: Remarks, such as the wall time.
    """

    instance: EdgeInstance
    realisation: EdgeRealisation
    schedule: EdgeSchedule
    utility: float | None = None
    qos: float | None = None
    qoe: float | None = None
    method: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)


def write_schedule(path: str | Path, episode: EdgeEpisode) -> None:
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
        "utility": episode.utility,
        "qos": episode.qos,
        "qoe": episode.qoe,
        "info": dict(episode.info),
    }
    parts = {
        "instance": dump_instance(episode.instance),
        "realisation": _dump(episode.realisation),
        "schedule": _dump(episode.schedule),
    }
    write_parts(path, head, parts)


def read_schedule(path: str | Path) -> EdgeEpisode:
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


def _dump(columns: EdgeRealisation | EdgeSchedule) -> str:
    return dump_columns({item.name: getattr(columns, item.name) for item in fields(columns)})


def _parse(text: str) -> EdgeEpisode:
    data = load_episode(text, FORMAT, VERSION, "a schedule of an edge")
    instance = read_fields(data.child("instance"), "instance")
    happened = data.child("realisation")
    realisation = EdgeRealisation(
        **{item.name: whole_column(happened, item.name) for item in fields(EdgeRealisation)}
    )
    realisation.require_fit(instance)
    reported = {
        name: data.number(name) if data.has(name) else None for name in ("utility", "qos", "qoe")
    }
    return EdgeEpisode(
        instance,
        realisation,
        _parse_schedule(data.child("schedule"), instance.num_tasks),
        **reported,
        method=data.text("method") if data.data.get("method") else "",
        info=data.child("info").data if data.has("info") else {},
    )


def _parse_schedule(data: Fields, count: int) -> EdgeSchedule:
    columns = {name: whole_column(data, name) for name in _PER_TASK}
    for name, column in columns.items():
        require_count(data.path(name), column, count)
    decisions = whole_rows(data, "decisions", _DECISION)
    return EdgeSchedule(now_ms=data.whole("now_ms"), decisions=decisions, **columns)
