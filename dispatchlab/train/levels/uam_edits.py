"""Edits of days of air-taxi fleets: demand, fares, fleet, chargers."""

from dataclasses import replace
from functools import partial

import numpy as np

from dispatchlab.envs.uam.instance import FloatArray, UamInstance
from dispatchlab.train.levels.edits import Edit, Place, places

ORIGINS = 8  # that are told apart
PAIRS = 16
DEMANDS = {0.5: "halve", 2.0: "double"}
FARES = {0.8: "lower", 1.25: "raise"}
SHIFTS = {-1: "an hour earlier", 1: "an hour later"}
SHAPES = {0.5: "flatter", 2.0: "steeper"}
POWERS = {0.75: "slower", 4.0 / 3.0: "faster"}
HOUR_S = 3600
LEAST_W, MOST_W = 10_000, 1_000_000  # of chargers


def scale_origin(instance: UamInstance, origin: Place, factor: float) -> UamInstance:
    """Change the demand from a port."""
    demand = instance.demand.copy()
    demand[:, origin.pick(instance.num_ports)] *= factor
    return replace(instance, demand=demand)


def scale_pair(instance: UamInstance, pair: Place, factor: float) -> UamInstance:
    """Change the demand of a pair of ports, of those that have any."""
    pairs = np.argwhere(instance.demand.sum(axis=0) > 0.0)
    if not len(pairs):
        return instance
    start, end = pairs[pair.pick(len(pairs))]
    demand = instance.demand.copy()
    demand[:, start, end] *= factor
    return replace(instance, demand=demand)


def shift_demand(instance: UamInstance, hours: int) -> UamInstance:
    """Let all passengers come at another time; what leaves the day comes at its other end."""
    bins = max(round(HOUR_S / instance.bin_s), 1)
    return replace(instance, demand=np.roll(instance.demand, hours * bins, axis=0))


def shape_demand(instance: UamInstance, power: float) -> UamInstance:
    """Make the day of every pair flatter or steeper, with as many passengers."""
    demand: FloatArray = instance.demand
    mean = demand.mean(axis=0)  # (N, N)
    shape = np.divide(demand, mean, out=np.zeros_like(demand), where=mean > 0.0) ** power
    level = shape.mean(axis=0)
    shape = np.divide(shape, level, out=np.zeros_like(shape), where=level > 0.0)
    return replace(instance, demand=shape * mean)


def scale_fares(instance: UamInstance, factor: float) -> UamInstance:
    """Change all fares."""
    return replace(instance, fare_usd=instance.fare_usd * factor)


def remove_aircraft(instance: UamInstance) -> UamInstance:
    """Take the last aircraft away; one stays."""
    last = max(instance.num_aircraft - 1, 1)
    return replace(
        instance, start_port=instance.start_port[:last], start_wh=instance.start_wh[:last]
    )


def add_aircraft(instance: UamInstance) -> UamInstance:
    """Put another aircraft, like the first, where the most slots are free."""
    used = np.bincount(instance.start_port, minlength=instance.num_ports)
    return replace(
        instance,
        start_port=np.append(instance.start_port, (instance.slots - used).argmax()),
        start_wh=np.append(instance.start_wh, instance.start_wh[0]),
    )


def scale_power(instance: UamInstance, factor: float) -> UamInstance:
    """Change the power of the chargers."""
    power = round(instance.aircraft.charge_w * factor)
    if not LEAST_W <= power <= MOST_W:
        return instance
    return instance.with_aircraft(charge_w=power)


EDITS: tuple[Edit[UamInstance], ...] = (
    *(
        Edit(
            f"{verb} the demand from port {port}",
            partial(scale_origin, origin=port, factor=factor),
        )
        for factor, verb in DEMANDS.items()
        for port in places(ORIGINS)
    ),
    *(
        Edit(f"{verb} the demand of pair {pair}", partial(scale_pair, pair=pair, factor=factor))
        for factor, verb in DEMANDS.items()
        for pair in places(PAIRS)
    ),
    *(
        Edit(f"let passengers come {when}", partial(shift_demand, hours=hours))
        for hours, when in SHIFTS.items()
    ),
    *(
        Edit(f"make the demand {how}", partial(shape_demand, power=power))
        for power, how in SHAPES.items()
    ),
    *(
        Edit(f"{verb} the fares", partial(scale_fares, factor=factor))
        for factor, verb in FARES.items()
    ),
    Edit("remove an aircraft", remove_aircraft),
    Edit("add an aircraft", add_aircraft),
    *(
        Edit(f"make chargers {how}", partial(scale_power, factor=factor))
        for factor, how in POWERS.items()
    ),
)
