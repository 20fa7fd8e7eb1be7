"""Small days of an air-taxi fleet: made by hand, or by hypothesis."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.instance import AircraftType, Disturbance, UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.eval.twin.uam import UNNAMED
from dispatchlab.eval.twin.uam_decisions import DecidedWorld

Case = tuple[UamInstance, UamRealisation]
Passenger = tuple[int, int, int, int]  # origin, destination, comes, leaves
# 1000 Wh per mile and per minute of charge; a minute per mile, and for take-off and landing
CRAFT = AircraftType(
    seats=2, battery_wh=10_000, cruise_mph=60.0, takeoff_s=60, landing_s=60,
    near_wh_per_mi=1000.0, charge_w=60_000,
)  # fmt: skip


def tiny(
    passengers: list[Passenger], *, starts: list[tuple[int, int]], miles: int = 3,
    craft: AircraftType = CRAFT, **fields: object,
) -> Case:  # fmt: skip
    """A day to be solved by hand: two ports, an hour, ticks of 5 and bins of 30 minutes.

    Args:
        passengers: Origin, destination, time of request and of leaving of each.
        starts: Port and energy of each aircraft in the morning.
        miles: Between the ports.
        craft: Type of the aircraft.
        fields: Other fields of the instance and of the realisation.

    Returns:
        The instance and its realisation.
    """
    given = {name: fields.pop(name) for name in ("delay", "closed", "down") if name in fields}
    fares = np.zeros((2, 2, 2))
    fares[0], fares[1] = 10.0, 20.0
    options = {
        "park_slots": [1, 1], "charge_slots": [1, 1], "op_cost_usd_per_mi": 0.5,
        "horizon_s": 3600, "bin_s": 1800, "wait_s": 300, "corridors": 1, "separation_s": 60,
        "fare_usd": fares, "price_usd_per_kwh": [0.25, 0.75], "arrivals": "spread",
    } | fields  # fmt: skip
    port, energy = zip(*starts, strict=True)
    instance = UamInstance(
        "tiny", ("A", "B"), x_mi=[0, miles], y_mi=[0, 0],
        distance_mi=[[0, miles], [miles, 0]], expected_delay_s=[0, 0],
        start_port=port, start_wh=energy, demand=np.zeros((2, 2, 2)),
        closure_prob=np.zeros((2, 2)), aircraft=craft, **options,
    )  # fmt: skip
    return instance, realise(instance, passengers, **given)


def realise(
    instance: UamInstance, passengers: list[Passenger], *,
    delay: dict[tuple[int, int], int] | None = None,
    closed: tuple[tuple[int, int, int], ...] = (),
    down: dict[int, tuple[int, int]] | None = None,
) -> UamRealisation:  # fmt: skip
    """A realisation with nothing but what is listed.

    Args:
        instance: Of which.
        passengers: Origin, destination, time of request and of leaving of each.
        delay: Take-off delays by port and tick.
        closed: Bin, origin and destination of closed routes.
        down: Start and end of outages by aircraft.

    Returns:
        The realisation.
    """
    ports = instance.num_ports
    order = sorted((i * ports + j, comes, leaves) for i, j, comes, leaves in passengers)
    counts = np.bincount([pair for pair, _, _ in order], minlength=ports * ports)
    delays = np.zeros((ports, instance.num_waits))
    routes = np.zeros((instance.num_bins, ports, ports), dtype=bool)
    outages = np.full((2, instance.num_aircraft), -1)
    for place, lasts in (delay or {}).items():
        delays[place] = lasts
    for route in closed:
        routes[route] = True
    for aircraft, span in (down or {}).items():
        outages[:, aircraft] = span
    return UamRealisation(
        [comes for _, comes, _ in order], [leaves for _, _, leaves in order],
        np.append(0, np.cumsum(counts)), delays, routes, *outages,
    )  # fmt: skip


@st.composite
def fleets(draw_: st.DrawFn) -> AircraftType:
    """Round times and energies, so that things coincide, or crooked ones."""
    battery = draw_(st.sampled_from((8_000, 10_000, 14_000)))
    return AircraftType(
        seats=draw_(st.integers(1, 3)),
        battery_wh=battery,
        reserve_wh=draw_(st.sampled_from((0, 1_000))),
        cruise_mph=draw_(st.sampled_from((60.0, 74.5))),
        takeoff_s=draw_(st.sampled_from((0, 60))),
        landing_s=draw_(st.sampled_from((0, 60))),
        fixed_wh=draw_(st.sampled_from((0.0, 0.0, 333.3))),
        near_wh_per_mi=1000.0,
        near_mi=draw_(st.sampled_from((np.inf, 2.0))),
        far_wh_per_mi=600.0,
        charge_w=draw_(st.sampled_from((30_000, 60_000, 150_000))),
        charge_curve=draw_(st.sampled_from(("constant", "taper"))),
    )


@st.composite
def uam_instances(draw_: st.DrawFn) -> UamInstance:
    """A few ports, few slots, and every option of the model."""
    craft = draw_(fleets())
    rng = np.random.default_rng(draw_(st.integers(0, 1 << 32)))
    ports, aircraft = draw_(st.integers(2, 4)), draw_(st.integers(1, 8))
    park, charge = rng.integers(1, 4, ports), rng.integers(0, 3, ports)
    charge[rng.integers(ports)] += 1
    spots = rng.permutation(np.repeat(np.arange(ports), park + charge))[:aircraft]
    miles = np.where(np.eye(ports), 0, rng.integers(1, 4, (ports, ports)))
    if rng.random() < 0.3:
        miles = miles * 0.87
    wait = draw_(st.sampled_from((60, 300)))
    bin_s = wait * draw_(st.sampled_from((2, 6)))
    horizon = wait * draw_(st.integers(5, 30)) - draw_(st.sampled_from((0, 0, 7)))
    bins = -(-horizon // bin_s)
    demand = rng.poisson(0.8, (bins, ports, ports)) * rng.random((bins, ports, ports)) * 3
    demand[:, range(ports), range(ports)] = 0
    levels = [(1.0,), (0.5, 1.0), (0.4, 0.7, 0.9), (0.9,)]
    if craft.charge_curve == "taper":
        levels = [(0.95,), (0.5, 0.9), (0.4, 0.7, 0.95)]
    start_wh = rng.choice((0.7, 0.9, 1.0), len(spots)) * craft.battery_wh
    fields = dict(
        name="random", ports=tuple(f"p{i}" for i in range(ports)),
        x_mi=np.arange(ports), y_mi=np.zeros(ports), distance_mi=miles,
        park_slots=park, charge_slots=charge,
        expected_delay_s=rng.choice((0, 60), ports),
        start_port=spots, start_wh=start_wh,
        demand=demand, fare_usd=rng.choice((3.0, 7.5, 20.0), (bins, ports, ports)),
        price_usd_per_kwh=rng.choice((0.1, 0.2, 0.7), bins),
        closure_prob=rng.choice((0.0, 0.2), (ports, ports)) * ~np.eye(ports, dtype=bool),
        aircraft=craft,
        disturbance=Disturbance(60, 200, draw_(st.sampled_from((0.0, 0.5))),
                                draw_(st.sampled_from((0, 100, 3 * wait)))),
        op_cost_usd_per_mi=draw_(st.sampled_from((0.0, 0.64))),
        horizon_s=horizon, bin_s=bin_s, wait_s=wait,
        corridors=draw_(st.integers(1, 2)),
        separation_s=draw_(st.sampled_from((0, 60, 400))),
        patience_s=wait * draw_(st.integers(1, 4)),
        arrivals=draw_(st.sampled_from(("batch", "spread"))),
        charge_levels=draw_(st.sampled_from(levels)),
        reserve=draw_(st.sampled_from(("slot", "charger"))),
    )  # fmt: skip
    try:
        return UamInstance(**fields)
    except InvalidInstanceError:  # a port that cannot be left, which is rare
        reject()


@st.composite
def uam_cases(draw_: st.DrawFn) -> Case:
    """A small instance and what happens: drawn, with times that often coincide."""
    instance = draw_(uam_instances())
    rng = np.random.default_rng(draw_(st.integers(0, 1 << 32)))
    real = draw(rng, instance)
    if draw_(st.booleans()):
        delay = rng.choice((0, 0, 60, 120, 500), real.takeoff_delay_s.shape)
        real = replace(real, takeoff_delay_s=delay)
    return instance, real


def random_policy(
    seed: int, *, stop: float = 0.0, unnamed: float = 0.0
) -> Callable[[DecidedWorld], int | None]:  # fmt: skip
    """A policy for the twin that decides anything that is possible.

    Args:
        seed: Of its choices.
        stop: How probably it stops the day at a decision.
        unnamed: How probably it leaves an aircraft unnamed.

    Returns:
        The policy.
    """
    rng = np.random.default_rng(seed)
    liking = rng.choice((0.2, 1.0, 5.0))  # of staying

    def choose(world: DecidedWorld) -> int | None:
        chance = rng.random()
        if chance < stop:
            return None
        if chance > 1 - unnamed:
            return UNNAMED
        legal = np.array(world.legal(world.asked))
        weights = np.where(legal // world.instance.num_levels == world.asked.port, liking, 1.0)
        return int(rng.choice(legal, p=weights / weights.sum()))

    return choose
