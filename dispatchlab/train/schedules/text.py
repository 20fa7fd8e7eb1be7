"""Schedules as texts: ``NAME`` or ``NAME:option=value,...``."""

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.schedules.base import Schedule
from dispatchlab.train.schedules.closed_form import (
    Constant,
    Cosine,
    Infinite,
    Linear,
    Power,
    Rex,
    Wsd,
)
from dispatchlab.train.schedules.refinement import Refined
from dispatchlab.train.schedules.searched import Searched
from dispatchlab.train.values import parse_value, split_settings

SCHEDULES: Mapping[str, type[Any]] = {
    "linear": Linear,
    "constant": Constant,
    "cosine": Cosine,
    "rex": Rex,
    "power": Power,
    "infinite": Infinite,
    "wsd": Wsd,
    "refined": Refined,
    "autolrs": Searched,
}


class ScheduleFacts(NamedTuple):
    """What there is to know about a kind of schedule.

    Attributes:
        name: Its name in texts.
        options: Its options with their defaults, as a text.
        source: What it is and where it comes from.
        text: Its whole description.
    """

    name: str
    options: str
    source: str
    text: str


def parse_schedule(text: str) -> Schedule:
    """The schedule of a text.

    Args:
        text: A name, with options after a colon: ``rex:beta=0.9,warm_up=0.05``.

    Returns:
        The schedule.

    Raises:
        DispatchlabError: The name, an option or a value is not known.
    """
    name = text.partition(":")[0].strip()
    if name not in SCHEDULES:
        raise DispatchlabError(
            f"There is no schedule {name!r}: choose one of {', '.join(SCHEDULES)}."
        )
    kind = SCHEDULES[name]
    defaults = {field.name: field.default for field in fields(kind)}
    options = split_settings(text, "schedule", defaults)
    schedule: Schedule = kind(
        **{key: parse_value(key, value, defaults[key]) for key, value in options.items()}
    )
    return schedule


def describe_schedules() -> list[ScheduleFacts]:
    """Every kind of schedule."""
    facts = []
    for name, kind in SCHEDULES.items():
        options = ",".join(
            f"{field.name}={'...' if field.default == '' else field.default}"
            for field in fields(kind)
        )
        facts.append(ScheduleFacts(name, options, kind.source, inspect.getdoc(kind) or ""))
    return facts
