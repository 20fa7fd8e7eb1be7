"""Flights: who may fly where, who boards, and when an aircraft lands."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.uam.dynamics.layout import (
    BEHIND,
    BIN_S,
    BLOCK_S,
    CHARGE_WH,
    CHARGERS,
    CLAIMS,
    DEPARTED,
    EMPTY_FLIGHTS,
    ENERGY,
    ENTERED,
    FIRST,
    FLIGHTS,
    FLYING,
    HELD,
    LEAVES,
    LEG,
    LEG_WH,
    LEGS,
    NEEDS_CHARGER,
    NONE,
    NOW,
    NUM_BINS,
    NUM_LANES,
    NUM_PORTS,
    ONWARD_WH,
    OP_COST,
    OPERATION,
    ORIGIN,
    PORT,
    REQUEST,
    RESERVE_WH,
    REVENUE,
    SEATS,
    SEPARATION,
    SERVED,
    SLOT,
    SLOTS,
    STATUS,
    TARGET,
    UNTIL,
    WAIT_S,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State

# why a flight is illegal
LEGAL, NO_SUCH_ACTION, CLOSED, NO_RANGE, NO_SLOT, NO_CHARGE = range(6)


@inlined_kernel
def bin_of(p: Problem, s: State, b: int) -> int:
    """The bin of demand, fares and closures that it is."""
    return s.row[b, NOW] // p.counts[s.row[b, SLOT], BIN_S]


@inlined_kernel
def pair_of(p: Problem, s: State, b: int, origin: int, destination: int) -> int:
    """Index of an ordered pair of ports."""
    return origin * p.counts[s.row[b, SLOT], NUM_PORTS] + destination


@kernel
def refresh(p: Problem, s: State, b: int, pair: int) -> int:
    """Let the passengers of a pair come and go up to now; how many wait."""
    i, now, queue = s.row[b, SLOT], s.row[b, NOW], s.pair[b, pair]
    end = p.offset[i, pair + 1]
    while queue[BEHIND] < end and p.passenger[i, queue[BEHIND], REQUEST] <= now:
        queue[BEHIND] += 1
    while queue[FIRST] < queue[BEHIND] and p.passenger[i, queue[FIRST], LEAVES] <= now:
        queue[FIRST] += 1
    return queue[BEHIND] - queue[FIRST]


@inlined_kernel
def energy_after(p: Problem, s: State, b: int, k: int, destination: int) -> int:
    """Energy that an aircraft on the ground would land with."""
    pair = pair_of(p, s, b, s.craft[b, k, PORT], destination)
    return s.craft[b, k, CHARGE_WH] - p.pair[s.row[b, SLOT], pair, LEG_WH]


@kernel
def why_no_flight(p: Problem, s: State, b: int, k: int, destination: int, level: int) -> int:
    """`LEGAL`, or why an aircraft on the ground may not fly somewhere, to charge to a level."""
    i, origin = s.row[b, SLOT], s.craft[b, k, PORT]
    if p.closed[i, bin_of(p, s, b), pair_of(p, s, b, origin, destination)] != 0:
        return CLOSED
    landed = energy_after(p, s, b, k, destination)
    if landed - p.port[i, destination, ONWARD_WH] < p.counts[i, RESERVE_WH]:
        return NO_RANGE
    port, chargers = s.port[b, destination], p.port[i, destination, CHARGERS]
    if port[HELD] >= p.port[i, destination, SLOTS]:
        return NO_SLOT
    if p.counts[i, NEEDS_CHARGER] == 1 and chargers > 0 and port[CLAIMS] >= chargers:
        return NO_SLOT
    if level > 0 and (chargers == 0 or p.level[i, level] <= landed):
        return NO_CHARGE
    return LEGAL


@inlined_kernel
def boarding(p: Problem, s: State, b: int, pair: int) -> int:
    """How many would board a flight that departs now."""
    return min(p.counts[s.row[b, SLOT], SEATS], refresh(p, s, b, pair))


@kernel
def energy_cost(p: Problem, s: State, b: int, pair: int) -> float:
    """Dollars for the energy of a flight that departs now, at the price when it should land."""
    i = s.row[b, SLOT]
    lands = (s.row[b, NOW] + p.pair[i, pair, BLOCK_S]) // p.counts[i, BIN_S]
    return p.pair[i, pair, LEG_WH] / 1000.0 * p.price[i, min(lands, p.counts[i, NUM_BINS] - 1)]


@inlined_kernel
def operation_cost(p: Problem, s: State, b: int, pair: int) -> float:
    """Dollars for the miles of a flight."""
    return p.distance[s.row[b, SLOT], pair] * p.scales[s.row[b, SLOT], OP_COST]


@kernel
def leg_profit(p: Problem, s: State, b: int, pair: int) -> float:
    """Dollars that a flight would bring that departs now."""
    fare = p.fare[s.row[b, SLOT], bin_of(p, s, b), pair]
    costs = operation_cost(p, s, b, pair) + energy_cost(p, s, b, pair)
    return boarding(p, s, b, pair) * fare - costs


@kernel
def first_lane(p: Problem, s: State, b: int, pair: int) -> int:
    """The lane of a pair that was entered longest ago."""
    best = 0
    for lane in range(1, p.counts[s.row[b, SLOT], NUM_LANES]):
        if s.lane[b, pair, lane] < s.lane[b, pair, best]:
            best = lane
    return best


@kernel
def _book(p: Problem, s: State, b: int, pair: int) -> int:
    """Let passengers board and pay, pay the costs; how many have boarded."""
    i, passengers = s.row[b, SLOT], boarding(p, s, b, pair)
    s.pair[b, pair, FIRST] += passengers
    s.money[b, REVENUE] += passengers * p.fare[i, bin_of(p, s, b), pair]
    s.money[b, OPERATION] += operation_cost(p, s, b, pair)
    s.money[b, ENERGY] += energy_cost(p, s, b, pair)
    s.row[b, FLIGHTS] += 1
    s.row[b, SERVED] += passengers
    if passengers == 0:
        s.row[b, EMPTY_FLIGHTS] += 1
    return passengers


@kernel
def log_leg(
    s: State, b: int, k: int, origin: int, lane: int, land: int, target: int, passengers: int
) -> None:
    """Keep a leg that begins now; charges are added when they begin."""
    craft, number = s.craft[b, k], s.row[b, LEGS]
    craft[LEG] = number
    if s.leg_log.shape[1] == 0:
        return
    s.row[b, LEGS] += 1
    log = s.leg_log[b, number]
    log[0], log[1], log[2], log[3] = k, origin, craft[PORT], s.row[b, NOW]
    log[4], log[5], log[6] = craft[ENTERED], lane, land
    log[7], log[8] = NONE, NONE
    log[9], log[10], log[11] = craft[CHARGE_WH], target, passengers


@kernel
def fly(p: Problem, s: State, b: int, k: int, destination: int, level: int) -> None:
    """Let an aircraft depart."""
    i, now, craft = s.row[b, SLOT], s.row[b, NOW], s.craft[b, k]
    origin = craft[PORT]
    pair = pair_of(p, s, b, origin, destination)
    landed = energy_after(p, s, b, k, destination)
    target = 0
    if p.port[i, destination, CHARGERS] > 0 and p.level[i, level] > landed:
        target = p.level[i, level]
        s.port[b, destination, CLAIMS] += 1
    passengers = _book(p, s, b, pair)
    lane = first_lane(p, s, b, pair)
    delayed = now + p.takeoff[i, origin, now // p.counts[i, WAIT_S]]
    enter = max(delayed, s.lane[b, pair, lane] + p.counts[i, SEPARATION])
    s.lane[b, pair, lane] = enter
    s.port[b, origin, HELD] -= 1
    s.port[b, destination, HELD] += 1
    craft[STATUS], craft[PORT], craft[ORIGIN] = FLYING, destination, origin
    craft[UNTIL] = enter + p.pair[i, pair, BLOCK_S]
    craft[DEPARTED], craft[ENTERED], craft[TARGET] = now, enter, target
    log_leg(s, b, k, origin, lane, craft[UNTIL], target, passengers)
    craft[CHARGE_WH] = landed
