"""Generators of the SoC family, and the strings that name them."""

import inspect
import os
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from dispatchlab.envs.core.generator import Generator, OneInstance
from dispatchlab.envs.core.ranged_generator import RangedGenerator, index_of
from dispatchlab.envs.core.ranges import (
    Range,
    check_options,
    narrow,
    parse_mix,
    parse_options,
)
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.library import instance_names, load_instance, with_settings
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.random_soc import RandomSoc
from dispatchlab.envs.soc.realisation import SocRealisation, draw
from dispatchlab.envs.soc.stream_ranges import STREAM, draw_settings

__all__ = ["FixedInstance", "PresetMix", "RandomSoc", "SocGenerator", "make_generator"]

SocGenerator = Generator[SocInstance, SocRealisation, SocLimits]


class FixedInstance(OneInstance[SocInstance, SocRealisation, SocLimits]):
    """One instance; what happens in it is new in every episode."""

    def __init__(self, instance: str | os.PathLike[str] | SocInstance) -> None:
        """Load the instance.

        Args:
            instance: A name, a path or an instance, see `load_instance`.
        """
        loaded = load_instance(instance)
        super().__init__(loaded, SocLimits.of(loaded), draw)


class PresetMix(RangedGenerator[SocInstance, SocRealisation, SocLimits]):
    """Draws one of several instances and settings of its stream from ranges.

    Ranges become the parameters of `task_space`, with ``instance``, the index in the list, where
    there are several. What a teacher does not choose is drawn uniformly, but for ``mean_gap_us``,
    whose logarithm is uniform.
    """

    def __init__(
        self,
        instances: Sequence[str | os.PathLike[str] | SocInstance],
        *,
        mean_gap_us: Range | None = None,
        max_jobs: Range | None = None,
        horizon_us: Range | str | None = None,
        noise_std: Range | None = None,
        **settings: Any,
    ) -> None:
        """Load the instances.

        Args:
            instances: Names, paths or instances; at least one.
            mean_gap_us: A number or a range ``(low, high)``; by default, as for the others, what
                each instance has.
            max_jobs: Jobs in work at once.
            horizon_us: The episode ends here; ``"none"`` for batches and traces.
            noise_std: Relative standard deviation of execution times, gaussian by default.
            **settings: Other settings of `load_instance`, one value each.

        Raises:
            InvalidInstanceError: If the list is empty or a setting is out of range.
        """
        loaded = [load_instance(instance) for instance in instances]
        if horizon_us == "none":  # a batch or a trace that ends by itself
            settings, horizon_us = settings | {"horizon_us": "none"}, None
        given = dict(zip([p.name for p in STREAM],
                         (mean_gap_us, max_jobs, horizon_us, noise_std), strict=True))  # fmt: skip
        ranges = [narrow(p, given[p.name]) for p in STREAM if given[p.name] is not None]
        super().__init__(index_of("instance", len(loaded)), ranges, settings, draw)
        self.instances = tuple(loaded)
        self._limits = self._merged_limits()

    def with_fixed_settings(self, instance: SocInstance, values: Task | None = None) -> SocInstance:
        """A copy with the settings that have one value, and values for the others.

        Args:
            instance: One of the instances.
            values: Values of the settings that have a range; by default the instance's own.

        Returns:
            The copy, or the instance itself if nothing is set.
        """
        settings = self._settings | (values or {})
        return with_settings(instance, settings) if settings else instance

    def _choose(self, rng: np.random.Generator, task: Mapping[str, float] | None) -> Task:
        return draw_settings(rng, self._space, task)

    def _make(self, values: Task, rng: np.random.Generator) -> SocInstance:
        return self.with_fixed_settings(self.instances[int(values.pop("instance", 0))], values)

    def _names(self) -> list[str]:
        return [instance.name for instance in self.instances]

    def _merged_limits(self) -> SocLimits:
        """Sizes at the busiest end; both ends must be valid."""
        calm = {p.name: p.cast(p.high if p.name == "mean_gap_us" else p.low) for p in self._ranged}
        busy = {p.name: p.cast(p.low if p.name == "mean_gap_us" else p.high) for p in self._ranged}
        found = []
        for instance in self.instances:
            self.with_fixed_settings(instance, calm)
            found.append(SocLimits.of(self.with_fixed_settings(instance, busy)))
        return reduce(SocLimits.merge, found)


def make_generator(spec: str, **kwargs: Any) -> SocGenerator:
    """Make a generator from a string, so that it fits a flat environment argument.

    Args:
        spec: ``preset:top-1+top-mix,mean_gap_us=25-200,max_jobs=3-5,noise_std=0-0.5`` has the
            arguments of `PresetMix` (``preset:instances=top-1|top-mix,...`` and ``mix:`` mean the
            same); ``random:num_tasks=20-50,ccr=0.1-2`` those of `RandomSoc`; ranges are written
            ``low-high``. The bare name of a preset or a file, with or without settings
            (``top-1:mean_gap_us=50``), is a `FixedInstance`, or a `PresetMix` if a setting is a
            range.
        **kwargs: Arguments that override those of the string.

    Returns:
        The generator.

    Raises:
        InvalidInstanceError: If the string cannot be understood.
        InstanceFormatError: If there is no such preset or file.
    """
    kind, _, rest = spec.strip().partition(":")
    if kind == "random":
        options = parse_options(spec, rest) | kwargs
        check_options(spec, options, list(inspect.signature(RandomSoc).parameters))
        return RandomSoc(**options)
    return _mix(*parse_mix(spec, kwargs, lambda name: name.lower() in instance_names()))


def _mix(names: Sequence[Any], options: dict[str, Any]) -> SocGenerator:
    if len(names) == 1 and not options:
        return FixedInstance(names[0])
    generator = PresetMix(names, **options)
    if len(generator.task_space) > 0:
        return generator
    return FixedInstance(generator.with_fixed_settings(generator.instances[0]))
