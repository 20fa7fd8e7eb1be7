"""Schedule files: a day as JSON that can be verified and drawn without anything else.

The layout, with P passengers, N vertiports, W ticks, K aircraft, L legs and D decisions::

    {"format": "dispatchlab-uam-schedule", "version": 1, "method": "...",
     "profit_usd": ... or null, "info": {remarks},
     "instance": {as in `instance_files`},
     "realisation": {"request_s": [P numbers], "leaves_s": [...], "pair_offset": [N * N + 1],
                     "takeoff_delay_s": [[W numbers], ... N times],
                     "closed": [[bin, origin, destination], ... of each closed route],
                     "down_from_s": [K numbers], "down_until_s": [...]},
     "schedule": {"now_s": ..., "legs": [[12 numbers], ... L times],
                  "decisions": [[3 numbers], ... D times]}}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.episode_files import (
    claims_format,
    dump_columns,
    load_episode,
    read_episode,
    whole_column,
    whole_rows,
    write_parts,
)
from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import Fields
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.instance_files import dump_instance, read_fields
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import LEG_COLUMNS, UamSchedule

FORMAT = "dispatchlab-uam-schedule"
VERSION = 1
_TABLES = ("takeoff_delay_s", "closed")
_DECISION = 3  # numbers
_ROUTE = 3


@dataclass(frozen=True, slots=True)
class UamEpisode:
    """A day that was played: the content of a schedule file.

    Attributes:
        instance: What the scheduler knew.
        realisation: What happened.
        schedule: What was decided and done.
        profit_usd: Reported profit, if there is a report.
        method: Who did it.
        info: Remarks, such as the wall time.
    """

    instance: UamInstance
    realisation: UamRealisation
    schedule: UamSchedule
    profit_usd: float | None = None
    method: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)


def write_schedule(path: str | Path, episode: UamEpisode) -> None:
    """Write a day.

    Args:
        path: The file, whose extension is ``.json``; replaced only once the new one is complete.
        episode: The day.

    Raises:
        InstanceFormatError: If the extension is another one.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "method": episode.method,
        "profit_usd": episode.profit_usd,
        "info": dict(episode.info),
    }
    drawn, done = episode.realisation, episode.schedule
    happened = {item.name: getattr(drawn, item.name) for item in fields(drawn)}
    parts = {
        "instance": dump_instance(episode.instance),
        "realisation": dump_columns({**happened, "closed": np.argwhere(drawn.closed)}),
        "schedule": dump_columns({item.name: getattr(done, item.name) for item in fields(done)}),
    }
    write_parts(path, head, parts)


def read_schedule(path: str | Path) -> UamEpisode:
    """Read a day; it is not verified.

    Args:
        path: A file of `write_schedule`.

    Returns:
        The day.

    Raises:
        InstanceFormatError: If there is no such file, or it does not follow the layout.
    """
    return read_episode(path, _parse)


def is_schedule_file(path: str | Path) -> bool:
    """Whether a file claims to hold a day of this family; it need not be valid.

    Args:
        path: Any path.

    Returns:
        True for JSON files with the name of the format near their beginning.
    """
    return claims_format(path, FORMAT)


def _parse(text: str) -> UamEpisode:
    data = load_episode(text, FORMAT, VERSION, "a schedule of air taxis")
    instance = read_fields(data.child("instance"), "instance")
    done = data.child("schedule")
    return UamEpisode(
        instance,
        _parse_realisation(data.child("realisation"), instance),
        UamSchedule(
            now_s=done.whole("now_s"),
            legs=whole_rows(done, "legs", len(LEG_COLUMNS)),
            decisions=whole_rows(done, "decisions", _DECISION),
        ),
        profit_usd=data.number("profit_usd") if data.has("profit_usd") else None,
        method=data.text("method") if data.data.get("method") else "",
        info=data.child("info").data if data.has("info") else {},
    )


def _parse_realisation(data: Fields, instance: UamInstance) -> UamRealisation:
    names = [item.name for item in fields(UamRealisation) if item.name not in _TABLES]
    realisation = UamRealisation(
        **{name: whole_column(data, name) for name in names},
        takeoff_delay_s=whole_rows(data, "takeoff_delay_s", instance.num_waits),
        closed=_parse_closures(data, instance),
    )
    realisation.require_fit(instance)
    return realisation


def _parse_closures(data: Fields, instance: UamInstance) -> npt.NDArray[np.bool_]:
    closed = np.zeros(instance.demand.shape, dtype=np.bool_)
    for index, route in enumerate(whole_rows(data, "closed", _ROUTE)):
        if not ((route >= 0) & (route < closed.shape)).all():
            raise InstanceFormatError(
                f"the field '{data.path('closed')}[{index}]' is {route.tolist()}; give a bin "
                f"below {instance.num_bins} and two vertiports below {instance.num_ports}."
            )
        closed[tuple(route)] = True
    return closed
