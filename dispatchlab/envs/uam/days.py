"""Making days from recipes."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.demand import (
    bin_hours,
    cycle_s,
    mean_cycle_s,
    profile_shape,
    seat_capacity,
)
from dispatchlab.envs.uam.demand_files import read_demand
from dispatchlab.envs.uam.instance import UamInstance, flyable_legs
from dispatchlab.envs.uam.networks import GAP_MI, MAX_TRIES, Layout, load_network, random_layout
from dispatchlab.envs.uam.recipe import DayRecipe
from dispatchlab.envs.uam.tariffs import fare_table, price_table

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

EXPECTED_DELAY_S = 360.0  # take-off delays are expected to be up to this
CLOSURE_PROB = 0.05  # and routes closed with probabilities up to this
WEIGHTS = (0.5, 1.5)  # pairs differ by such factors
# Random layouts have a mean leg of this share of what an aircraft can reach in the square at least:
# it bounds how many flights a fleet can make, and so how many passengers a load can mean.
LEAST_MEAN = 0.2


class _Demand(NamedTuple):
    """Ports with their demand, which is final unless it is to be scaled."""

    layout: Layout
    has_charger: BoolArray
    passengers: FloatArray
    fare_usd: FloatArray | None
    cycle_s: float


def build(recipe: DayRecipe, rng: np.random.Generator | None = None) -> UamInstance:
    """Make a day.

    Args:
        recipe: What it is made from.
        rng: Source of what is drawn; by default one of the recipe's seed.

    Returns:
        The instance. Layout, fleet, weights of pairs, and delays with closures come from streams
        of their own: another load, say, has the same layout.

    Raises:
        InvalidInstanceError: If the recipe has no valid day.
        InstanceFormatError: If the file with the demand cannot be read.
    """
    rng = np.random.default_rng(recipe.seed or 0) if rng is None else rng
    places, fleet, weights, chances = (
        np.random.default_rng(rng.integers(0, 1 << 32, 4)) for _ in range(4)
    )
    hours = bin_hours(*recipe.bins)
    drawn = _draw_demand(recipe, places, weights, hours)
    layout, ports = drawn.layout, len(drawn.layout.ports)
    demand = _scaled(recipe, drawn)
    fares = drawn.fare_usd
    if fares is None:
        fares = fare_table(recipe.fare_rule, recipe.base_fare_usd, recipe.fare_usd_per_mi,
                           layout.distance_mi, demand)  # fmt: skip
    return disturb(
        UamInstance(
            name=recipe.name,
            ports=layout.ports,
            x_mi=layout.x_mi,
            y_mi=layout.y_mi,
            distance_mi=layout.distance_mi,
            park_slots=np.full(ports, recipe.park),
            charge_slots=recipe.charge * drawn.has_charger,
            expected_delay_s=np.rint(chances.uniform(0.0, EXPECTED_DELAY_S, ports)),
            start_port=_start_ports(recipe, drawn.has_charger, fleet),
            start_wh=np.full(recipe.aircraft, recipe.top_wh),
            demand=demand,
            fare_usd=fares,
            price_usd_per_kwh=price_table(recipe.price, hours),
            closure_prob=chances.uniform(0.0, CLOSURE_PROB, (ports, ports)) * (1 - np.eye(ports)),
            aircraft=recipe.craft,
            disturbance=recipe.disturbance,
            **{**recipe.options, "charge_levels": recipe.charge_levels},
        ),
        recipe.delay, recipe.closure, recipe.downtime,
    )  # fmt: skip


def disturb(
    instance: UamInstance, delay: float = 1.0, closure: float = 1.0, downtime: float = 1.0
) -> UamInstance:
    """A copy with more or less disturbance.

    Args:
        instance: The instance.
        delay: Factor of the expected delays, their spread and their bound; 0: none.
        closure: Factor of the probabilities of closures, which stay within 1.
        downtime: Factor of the probability of outages, which stays within 1.

    Returns:
        The copy, or the instance itself if all factors are 1.
    """
    if delay == closure == downtime == 1.0:
        return instance
    noise = instance.disturbance
    return replace(
        instance,
        expected_delay_s=np.rint(instance.expected_delay_s * delay),
        closure_prob=np.minimum(instance.closure_prob * closure, 1.0),
        disturbance=replace(
            noise,
            delay_spread_s=round(noise.delay_spread_s * delay),
            delay_max_s=round(noise.delay_max_s * delay),
            downtime_prob=min(noise.downtime_prob * downtime, 1.0),
        ),
    )


def largest(recipe: DayRecipe, example: UamInstance) -> UamInstance:
    """An instance that needs as much room as any that a recipe of random layouts can give.

    Args:
        recipe: The recipe, its rho and number of aircraft the largest.
        example: One of its instances.

    Returns:
        The example with the shortest legs and the highest demand.
    """
    off = ~np.eye(example.num_ports, dtype=np.bool_)
    cycle = least_cycle_s(recipe)
    most = seat_capacity(recipe.aircraft, recipe.craft.seats, example.horizon_s, cycle)
    total = (recipe.rho or 0.0) * most
    return replace(
        example,
        distance_mi=np.where(off, GAP_MI, 0.0),
        demand=np.broadcast_to(total / (off.sum() * example.num_bins) * off, example.demand.shape),
    )


def _draw_demand(
    recipe: DayRecipe, places: np.random.Generator, weights: np.random.Generator,
    hours: FloatArray,
) -> _Demand:  # fmt: skip
    """A layout that the fleet can serve, ports with chargers, and the demand between them."""
    craft, top = recipe.craft, recipe.top_wh
    for _ in range(MAX_TRIES):
        layout = _place(recipe, places)
        ports = len(layout.ports)
        has_charger = np.ones(ports, dtype=np.bool_)
        stops = min(round(recipe.vertistops * ports), ports - 1)
        has_charger[places.permutation(ports)[:stops]] = False
        weight = weights.uniform(*WEIGHTS, (ports, ports))
        legs = craft.leg_wh(layout.distance_mi)
        flyable = flyable_legs(legs, has_charger, top - craft.reserve_wh)
        if not (flyable.any(axis=0).all() and flyable.any(axis=1).all()):
            continue
        fares = None
        if recipe.demand is None:
            shape = profile_shape(recipe.profile, hours, layout.busy, weight, recipe.peak)
            shape *= flyable * (recipe.bins.length_s / 3600.0)
        else:
            shape, fares = read_demand(recipe.demand, layout.ports, recipe.bins)
        cycle = mean_cycle_s(craft, top, layout.distance_mi, shape * flyable)
        if recipe.network is not None or cycle >= least_cycle_s(recipe):
            return _Demand(layout, has_charger, shape, fares, cycle)
    raise InvalidInstanceError(
        f"The instance {recipe.name!r}: in {MAX_TRIES} tries no layout was found in which a charge "
        f"to {top} Wh takes an aircraft from every port to another with a charger near; raise "
        "battery_wh, or lower area_mi, reserve_wh or vertistops."
    )


def _scaled(recipe: DayRecipe, drawn: _Demand) -> FloatArray:
    """The demand at the recipe's load."""
    if recipe.rho is None:
        return drawn.passengers
    if not drawn.cycle_s:
        raise InvalidInstanceError(
            f"The instance {recipe.name!r}: rho is {recipe.rho}, but its demand is 0 on every leg "
            "within reach and cannot be scaled; leave rho out or give some demand."
        )
    capacity = seat_capacity(
        recipe.aircraft, recipe.craft.seats, recipe.option("horizon_s"), drawn.cycle_s
    )
    return drawn.passengers * float(recipe.rho * capacity / drawn.passengers.sum())


def _place(recipe: DayRecipe, rng: np.random.Generator) -> Layout:
    if recipe.network is not None:
        return load_network(recipe.network)
    busy = max(recipe.num_ports // 3, 1)
    return random_layout(rng, recipe.num_ports, recipe.area_mi, busy)


def _start_ports(recipe: DayRecipe, has_charger: BoolArray, rng: np.random.Generator) -> IntArray:
    """Where the aircraft stand at first: any free slot is equally likely."""
    slots = np.repeat(np.arange(len(has_charger)), recipe.park + recipe.charge * has_charger)
    if recipe.aircraft > len(slots):
        raise InvalidInstanceError(
            f"The instance {recipe.name!r}: aircraft is {recipe.aircraft}, but the ports have "
            f"{len(slots)} slots; raise park or charge."
        )
    return rng.permutation(slots)[: recipe.aircraft]


def least_cycle_s(recipe: DayRecipe) -> float:
    """The shortest mean cycle of random layouts.

    Args:
        recipe: The recipe.

    Returns:
        Seconds of a leg of the least mean distance.
    """
    usable = recipe.top_wh - recipe.craft.reserve_wh
    across = int(recipe.craft.leg_wh(np.array([recipe.area_mi]))[0])
    mean = LEAST_MEAN * recipe.area_mi * min(1.0, usable / max(across, 1))
    return float(cycle_s(recipe.craft, recipe.top_wh, np.array([mean]))[0])
