"""Ranges of the settings of air-taxi days, and how their values make a day."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dispatchlab.envs.core.task_space import Parameter
from dispatchlab.envs.uam.days import build
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.recipe import MAX_RHO, MAX_TIMES, DayRecipe
from dispatchlab.envs.uam.settings import change_instance, change_recipe
from dispatchlab.envs.uam.table_checks import MAX_AIRCRAFT

Source = DayRecipe | UamInstance
PARAMETERS = (
    Parameter("rho", 0, MAX_RHO, 1.2, description="expected passengers over seat capacity"),
    Parameter("aircraft", 1, MAX_AIRCRAFT, 40, integer=True, description="size of the fleet"),
    Parameter("area_mi", 1, 10_000, 50, description="side of the square of a random layout"),
    Parameter("peak", 0, MAX_TIMES, 1, description="height of the peaks of demand, relative"),
    Parameter("delay", 0, MAX_TIMES, 1, description="multiplier of take-off delays"),
    Parameter("closure", 0, MAX_TIMES, 1, description="multiplier of the chance of closures"),
    Parameter("downtime", 0, MAX_TIMES, 1, description="multiplier of the chance of outages"),
)


def is_redrawn(source: Source) -> bool:
    """Whether every day of a source has a layout of its own."""
    return isinstance(source, DayRecipe) and source.network is None and source.seed is None


def make_day(
    source: Source, settings: Mapping[str, Any], rng: np.random.Generator | None = None
) -> UamInstance:
    """A day with some settings.

    Args:
        source: A recipe or a finished instance.
        settings: See `dispatchlab.envs.uam.settings`.
        rng: Source of new layouts; without it, and for days that are not drawn anew, the seed of
            the recipe decides.

    Returns:
        The instance.

    Raises:
        InvalidInstanceError: If a setting is unknown, out of range or without effect.
    """
    if isinstance(source, UamInstance):
        return change_instance(source, settings) if settings else source
    recipe = change_recipe(source, settings) if settings else source
    return build(recipe, rng if is_redrawn(recipe) else None)
