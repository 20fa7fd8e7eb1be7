"""Generators of the air-taxi family, and the strings that name them."""

import os
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from dispatchlab.envs.core.generator import Generator, OneInstance
from dispatchlab.envs.core.ranged_generator import RangedGenerator, index_of
from dispatchlab.envs.core.ranges import (
    check_options,
    narrow,
    parse_mix,
    parse_options,
    split_names,
)
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.uam.days import largest
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.library import is_preset, load_instance, load_recipe
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.envs.uam.recipe import DayRecipe
from dispatchlab.envs.uam.setting_ranges import PARAMETERS, Source, is_redrawn, make_day
from dispatchlab.envs.uam.settings import SETTINGS, change_recipe

__all__ = ["DayMix", "FixedInstance", "UamGenerator", "make_generator"]

UamGenerator = Generator[UamInstance, UamRealisation, UamLimits]
# what `random:` stands for
RANDOM: dict[str, Any] = {"sizes": ("5x20", "8x40", "12x60"), "rho": (0.5, 2.5)}


class FixedInstance(OneInstance[UamInstance, UamRealisation, UamLimits]):
    """One instance; what happens in it is new in every episode."""

    def __init__(self, instance: str | os.PathLike[str] | UamInstance) -> None:
        """Load the instance.

        Args:
            instance: A name, a path or an instance, see `load_instance`.
        """
        loaded = load_instance(instance)
        super().__init__(loaded, UamLimits.of(loaded), draw)


class DayMix(RangedGenerator[UamInstance, UamRealisation, UamLimits]):
    """Draws days of one or several presets, with settings from ranges.

    Of random layouts every day is made anew: ports, first ports, demand. The others are always the
    same but for their settings. Ranges become the parameters of `task_space`, with ``instance``,
    the index in the list, where there are several. What a teacher does not choose is drawn
    uniformly.

    Attributes:
        sources: Recipes and finished instances.
    """

    def __init__(
        self, instances: Sequence[str | os.PathLike[str] | UamInstance | DayRecipe],
        **settings: Any,
    ) -> None:  # fmt: skip
        """Load the presets.

        Args:
            instances: Names of presets, paths, instances or recipes; at least one.
            **settings: See `dispatchlab.envs.uam.settings`; those of `PARAMETERS` may be ranges
                ``(low, high)``.

        Raises:
            InvalidInstanceError: If the list is empty or a setting is unknown or out of range.
        """
        sources = [_load_source(instance) for instance in instances]
        choices = index_of("instance", len(sources))
        check_options("preset:...", settings, SETTINGS)
        own = {parameter.name: parameter for parameter in PARAMETERS}
        ranges = [narrow(own[name], value) for name, value in settings.items() if name in own]
        others = {name: value for name, value in settings.items() if name not in own}
        super().__init__(choices, ranges, others, draw)
        self.sources = tuple(_with_fixed(source, self._settings) for source in sources)
        self._limits = reduce(UamLimits.merge, map(self._limits_of, self.sources))

    def _make(self, values: Task, rng: np.random.Generator) -> UamInstance:
        return make_day(self.sources[int(values.pop("instance", 0))], values, rng)

    def _names(self) -> list[str]:
        return [source.name for source in self.sources]

    def _limits_of(self, source: Source) -> UamLimits:
        """Sizes over the ranges, whose ends must be valid."""
        # the mean cycle, and with it the demand, is monotone in the peaks and in the distances
        both = ("peak", "area_mi")
        ends = [(p.low, p.high) if p.name in both else (p.high,) for p in self._ranged]
        names = [p.name for p in self._ranged]
        found = []
        for values in [tuple(p.low for p in self._ranged), *product(*ends)]:
            task = {n: p.cast(v) for n, p, v in zip(names, self._ranged, values, strict=True)}
            instance = make_day(source, task)
            found.append(UamLimits.of(instance))
            if isinstance(source, DayRecipe) and is_redrawn(source):
                found.append(UamLimits.of(largest(change_recipe(source, task), instance)))
        return reduce(UamLimits.merge, found)


def _load_source(given: str | os.PathLike[str] | UamInstance | DayRecipe) -> Source:
    if isinstance(given, DayRecipe):
        return given
    if isinstance(given, str):
        name, _, rest = given.partition(":")
        if is_preset(name):
            return change_recipe(load_recipe(name), parse_options(given, rest))
    return load_instance(given)


def _with_fixed(source: Source, settings: Mapping[str, Any]) -> Source:
    """The source with the settings that have one value."""
    if isinstance(source, DayRecipe):
        return change_recipe(source, settings)
    return make_day(source, settings)


def make_generator(spec: str, **kwargs: Any) -> UamGenerator:
    """Make a generator from a string, so that it fits a flat environment argument.

    Args:
        spec: ``random-8x40`` with or without settings (``random-8x40:rho=0.6-2.5``) draws a new
            layout, fleet and demand in every episode, unless ``seed=`` is among them, which keeps
            one layout. ``preset:bay-10+dfw-10,rho=0.5-2.5`` has the arguments of `DayMix`
            (``preset:instances=bay-10|dfw-10,...`` means the same); ``random:`` stands for random
            layouts of several sizes and loads, in which each argument may be given otherwise
            (``random:sizes=5x20+8x40,rho=1.2``). The bare name of a network or a file is a
            `FixedInstance`, or a `DayMix` if a setting is a range; ranges are written
            ``low-high``.
        **kwargs: Arguments that override those of the string.

    Returns:
        The generator.

    Raises:
        InvalidInstanceError: If the string cannot be understood.
        InstanceFormatError: If there is no such preset or file.
    """
    kind, _, rest = spec.strip().partition(":")
    if kind == "random":
        options = RANDOM | parse_options(spec, rest) | kwargs
        sizes = split_names(options.pop("sizes"))
        return _mix([f"random-{size}" for size in sizes], options)
    return _mix(*parse_mix(spec, kwargs, is_preset))


def _mix(names: Sequence[Any], options: dict[str, Any]) -> UamGenerator:
    generator = DayMix(names, **options)
    if len(generator.task_space) or any(is_redrawn(source) for source in generator.sources):
        return generator
    return FixedInstance(make_day(generator.sources[0], {}))
