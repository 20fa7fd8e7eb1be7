"""Levels: what turns a teacher's choice into a problem, and judges an episode in it.

Importing this package loads nothing heavy; `make_levels` does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dispatchlab.train.families.settings import SETTINGS
from dispatchlab.train.levels.wide import WIDE

if TYPE_CHECKING:
    from dispatchlab.train.config import TrainConfig
    from dispatchlab.train.levels.base import Levels

__all__ = ["WIDE", "make_levels"]


def make_levels(config: "TrainConfig") -> "Levels":
    """The levels of a run.

    Args:
        config: Names the family and the generator of its training problems.

    Returns:
        An object of its own, with a generator of its own.

    Raises:
        InvalidInstanceError: If the generator cannot be understood.
    """
    module = import_module(f"{__name__}.{SETTINGS[config.family].module}")
    levels: Levels = module.make(config.generator)
    return levels
