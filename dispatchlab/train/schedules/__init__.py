"""Learning-rate schedules: closed forms, refinement and search."""

from dispatchlab.train.schedules.base import SHAPES, Schedule
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
from dispatchlab.train.schedules.text import SCHEDULES, describe_schedules, parse_schedule

__all__ = [
    "SCHEDULES",
    "SHAPES",
    "Constant",
    "Cosine",
    "Infinite",
    "Linear",
    "Power",
    "Refined",
    "Rex",
    "Schedule",
    "Searched",
    "Wsd",
    "describe_schedules",
    "parse_schedule",
]
