"""Generators of the edge/cloud family, and the strings that name them."""

import os
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.generator import Generator, OneInstance
from dispatchlab.envs.core.ranged_generator import RangedGenerator, index_of
from dispatchlab.envs.core.ranges import (
    Range,
    check_options,
    narrow,
    parse_mix,
    parse_options,
    split_names,
)
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import (
    NETWORK_SETTINGS,
    SETTINGS,
    is_preset,
    load_instance,
    with_settings,
)
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.network import Network
from dispatchlab.envs.edge.realisation import EdgeRealisation, draw
from dispatchlab.envs.edge.setting_ranges import TRAPEZIUM_SHARES, VOCABULARY, apply_values

__all__ = ["EdgeGenerator", "FixedInstance", "PresetMix", "make_generator"]

EdgeGenerator = Generator[EdgeInstance, EdgeRealisation, EdgeLimits]
# what `random:` stands for: short episodes of active workloads over all kinds of networks
RANDOM: dict[str, Any] = {
    "instances": ("2d-a", "3d-a", "4d-a"),
    "network": ("stationary", "trapezium", "4g"),
    "duration_ms": (60_000, 120_000),
    "peak_ms": (0, 600),
    "trapezium_start": (0.0, 0.6),
    "trapezium_ramp": (0.02, 0.2),
    "trapezium_hold": (0.1, 0.5),
}


class FixedInstance(OneInstance[EdgeInstance, EdgeRealisation, EdgeLimits]):
    """One instance; what happens in it is new in every episode."""

    def __init__(self, instance: str | os.PathLike[str] | EdgeInstance) -> None:
        """Load the instance.

        Args:
            instance: A name, a path or an instance, see `load_instance`.
        """
        loaded = load_instance(instance)
        super().__init__(loaded, EdgeLimits.of(loaded), draw)


class PresetMix(RangedGenerator[EdgeInstance, EdgeRealisation, EdgeLimits]):
    """Draws one of several instances, one of several networks, and settings from ranges.

    Ranges become the parameters of `task_space`, with ``instance`` and ``network``, the indices in
    the lists, where there are several. What a teacher does not choose is drawn uniformly. What
    belongs to another network than the one drawn has no effect.

    Attributes:
        instances: With each network in turn.
    """

    def __init__(
        self,
        instances: Sequence[str | os.PathLike[str] | EdgeInstance],
        *,
        network: str | Sequence[str | os.PathLike[str] | Network] | None = None,
        num_drones: Range | None = None,
        duration_ms: Range | None = None,
        peak_ms: Range | None = None,
        trapezium_start: Range | None = None,
        trapezium_ramp: Range | None = None,
        trapezium_hold: Range | None = None,
        edge_low: Range | None = None,
        edge_high: Range | None = None,
        cloud_sigma: Range | None = None,
        **settings: Any,
    ) -> None:
        """Load the instances.

        Args:
            instances: Names, paths or instances; at least one.
            network: Networks, see `with_settings`, in a list or between plus signs; by default,
                as for the others, what each instance has.
            num_drones: A number or a range ``(low, high)``.
            duration_ms: Length of an episode; cut to whole periods.
            peak_ms: Latency that a trapezium adds.
            trapezium_start: Where it begins to rise, as a share of the duration.
            trapezium_ramp: How long it rises, and falls.
            trapezium_hold: How long it stays.
            edge_low: See `Jitter`, as for the next two.
            edge_high: Most time on the edge, relative.
            cloud_sigma: Spread of the time in the cloud.
            **settings: Other settings of `load_instance`, one value each.

        Raises:
            InvalidInstanceError: If a list is empty or a setting is out of range.
        """
        given = dict(locals())
        loaded = [load_instance(instance) for instance in instances]
        networks = [None] if network is None else split_names(network)
        choices = index_of("instance", len(loaded)) + index_of("network", len(networks))
        ranges = [narrow(p, given[p.name]) for p in VOCABULARY if given[p.name] is not None]
        super().__init__(choices, ranges, settings, draw)
        self._num_networks = len(networks)
        self.instances = tuple(
            instance if chosen is None else with_settings(instance, {"network": chosen})
            for instance, chosen in product(loaded, networks)
        )
        self._check_effects(settings)
        self._limits = self._merged_limits()

    def fixed(self) -> EdgeInstance:
        """The first instance, with the settings that have one value."""
        return apply_values(self.instances[0], self._settings, {})

    def _make(self, values: Task, rng: np.random.Generator) -> EdgeInstance:
        index = int(values.pop("instance", 0)) * self._num_networks
        index += int(values.pop("network", 0))
        return apply_values(self.instances[index], self._settings, values)

    def _names(self) -> list[str]:
        return [f"{one.name} ({one.network.kind})" for one in self.instances]

    def _check_effects(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings that do not exist, or belong to none of the networks."""
        own = [p.name for p in VOCABULARY]
        check_options("preset:...", settings, [*own, *(n for n in SETTINGS if n not in own)])
        kinds = {instance.network.kind for instance in self.instances}
        needs = NETWORK_SETTINGS | {p.name: NETWORK_SETTINGS["peak_ms"] for p in TRAPEZIUM_SHARES}
        for name in [*self._settings, *(p.name for p in self._ranged)]:
            if name in needs and needs[name] not in kinds:
                raise InvalidInstanceError(
                    f"{name} has no effect, for no network is a {needs[name]}; add one to "
                    "network= or leave it out."
                )

    def _merged_limits(self) -> EdgeLimits:
        """Sizes at the upper end; both ends must be valid."""
        low = {p.name: p.cast(p.low) for p in self._ranged}
        high = {p.name: p.cast(p.high) for p in self._ranged}
        # a teacher may choose the most of one and the least of the other
        mixed = {p.name: p.cast(p.high if p.name == "edge_low" else p.low) for p in self._ranged}
        ends = product(self.instances, (low, mixed, high))
        limits = (EdgeLimits.of(apply_values(one, self._settings, end)) for one, end in ends)
        return reduce(EdgeLimits.merge, limits)


def make_generator(spec: str, **kwargs: Any) -> EdgeGenerator:
    """Make a generator from a string, so that it fits a flat environment argument.

    Args:
        spec: ``preset:2d-a+4d-a,network=stationary+trapezium+4g,duration_ms=60000-120000`` has
            the arguments of `PresetMix` (``preset:instances=2d-a|4d-a,...`` means the same);
            ``random:`` stands for a mix of active workloads, all networks and random trapezia,
            in which each argument may be given otherwise; ranges are written ``low-high``. The
            bare name of a preset or a file, with or without settings
            (``4d-a:network=trapezium``), is a `FixedInstance`, or a `PresetMix` if a setting is a
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
        options = RANDOM | parse_options(spec, rest) | kwargs
        return _mix(split_names(options.pop("instances")), options)
    return _mix(*parse_mix(spec, kwargs, is_preset))


def _mix(names: Sequence[Any], options: dict[str, Any]) -> EdgeGenerator:
    if len(names) == 1 and not options:
        return FixedInstance(names[0])
    generator = PresetMix(names, **options)
    return generator if len(generator.task_space) else FixedInstance(generator.fixed())
