"""UamLimits: how large the arrays of an environment are."""

import math
from typing import NamedTuple

from dispatchlab.envs.uam.instance import UamInstance


class UamLimits(NamedTuple):
    """Sizes that hold one or several instances.

    Attributes:
        ports: Vertiports.
        aircraft: Aircraft.
        bins: Bins of the demand tables.
        levels: Charge levels.
        lanes: Corridors per direction of a pair of vertiports.
        waits: Ticks of waiting in a day.
        passengers: Passengers of a day; days with more of them than that are as good as impossible.
        legs: Flights, and charges without one.
        decisions: Decisions of a day.
    """

    ports: int
    aircraft: int
    bins: int
    levels: int
    lanes: int
    waits: int
    passengers: int
    legs: int
    decisions: int

    @classmethod
    def of(cls, instance: UamInstance) -> "UamLimits":
        """What an instance needs."""
        expected = float(instance.demand.sum())
        shortest = int(instance.block_s[instance.block_s > 0].min())
        # every flight may be followed by a charge to each of the levels
        legs = (2 + instance.horizon_s // shortest) * (1 + instance.num_levels)
        return cls(
            ports=instance.num_ports,
            aircraft=instance.num_aircraft,
            bins=instance.num_bins,
            levels=instance.num_levels,
            lanes=instance.corridors,
            waits=instance.num_waits,
            passengers=math.ceil(expected + 8.0 * math.sqrt(expected) + 50.0),
            legs=legs * instance.num_aircraft,
            decisions=(legs + instance.num_waits) * instance.num_aircraft,
        )

    def merge(self, other: "UamLimits") -> "UamLimits":
        """What both need."""
        return UamLimits(*(max(pair) for pair in zip(self, other, strict=True)))
