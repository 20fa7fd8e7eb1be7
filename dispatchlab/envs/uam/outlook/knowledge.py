"""What rules know of a day: expected times, and to which level aircraft are charged."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.core.random_bits import Streams
from dispatchlab.envs.uam.dynamics.flights import energy_after, pair_of
from dispatchlab.envs.uam.dynamics.ground import charge_time
from dispatchlab.envs.uam.dynamics.layout import (
    BLOCK_S,
    CHARGE_WH,
    CHARGERS,
    DEPARTED,
    DOWN,
    ENTERED,
    EXPECTED_DELAY,
    FLYING,
    NEVER,
    NOW,
    NUM_LEVELS,
    ORIGIN,
    PORT,
    QUEUED,
    READY,
    SLOT,
    STATUS,
    TARGET,
    UNTIL,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
MOST_DEMAND = 0.9  # share of the demand from a port that the charge there has to suffice for


class Known(NamedTuple):
    """S slots, B rows, N vertiports.

    Attributes:
        level: ``(S, N)`` level to which aircraft charge at each vertiport.
        streams: ``(B,)`` random streams.
        left: ``(B, N)`` scratch: passengers that are left for each destination.
    """

    level: IntArray
    streams: Streams
    left: FloatArray


def make_known(slots: int, limits: UamLimits, streams: Streams) -> Known:
    """Nothing is known yet."""
    level = np.zeros((slots, limits.ports), np.int64)
    return Known(level, streams, np.zeros((len(streams), limits.ports)))


def learn(known: Known, slot: int, instance: UamInstance) -> None:
    """Note what holds of the instance in a slot."""
    known.level[slot, : instance.num_ports] = useful_levels(instance)


def useful_levels(instance: UamInstance) -> IntArray:
    """``(N,)`` lowest charge level that suffices for most of the demand from each vertiport."""
    wanted = np.where(instance.flyable, instance.demand.sum(axis=0) + 1e-9, 0.0)
    needed = instance.leg_wh + instance.onward_wh()[None, :] + instance.aircraft.reserve_wh
    served = [(wanted * (needed <= wh)).sum(axis=1) for wh in instance.level_wh]
    enough = np.array(served) >= MOST_DEMAND * wanted.sum(axis=1)
    return np.asarray(np.where(enough.any(axis=0), enough.argmax(axis=0), len(enough) - 1))


@inlined_kernel
def level_at(p: Problem, known: Known, i: int, port: int, energy: int) -> int:
    """Level to which an aircraft with some energy charges at a port: 0 if it needs no more."""
    level: int = known.level[i, port]
    useful = p.port[i, port, CHARGERS] > 0 and p.level[i, level] > energy
    return level if useful else 0


@inlined_kernel
def action_of(p: Problem, s: State, b: int, port: int, level: int) -> int:
    """Index of an action."""
    return int(port * p.counts[s.row[b, SLOT], NUM_LEVELS] + level)


@kernel
def charge_s(p: Problem, i: int, port: int, energy: int, level: int) -> int:
    """Seconds at a charger of a port; 0 where there is none."""
    if p.port[i, port, CHARGERS] == 0:
        return 0
    return charge_time(p, i, energy, p.level[i, level])


@kernel
def leg_s(p: Problem, s: State, b: int, k: int, destination: int, level: int) -> int:
    """Expected seconds until an aircraft that departs now is ready again."""
    i, origin = s.row[b, SLOT], s.craft[b, k, PORT]
    landed = energy_after(p, s, b, k, destination)
    flight = p.pair[i, pair_of(p, s, b, origin, destination), BLOCK_S]
    charge = charge_s(p, i, destination, landed, level)
    return int(p.port[i, origin, EXPECTED_DELAY] + flight + charge)


@kernel
def ready_s(p: Problem, s: State, b: int, k: int) -> int:
    """When an aircraft is expected to be ready, as far as that is known; `NEVER` in an outage."""
    i, now, craft = s.row[b, SLOT], s.row[b, NOW], s.craft[b, k]
    status = craft[STATUS]
    if status == READY:
        return int(now)
    if status == QUEUED:
        return int(now + charge_time(p, i, craft[CHARGE_WH], craft[TARGET]))
    if status != FLYING:
        # what a charge takes and when a wait ends is known; an outage's end is not
        return NEVER if status == DOWN else int(craft[UNTIL])
    lands = craft[UNTIL]
    if now < craft[ENTERED]:
        # its delay shows when it takes off
        enters = max(now, craft[DEPARTED] + p.port[i, craft[ORIGIN], EXPECTED_DELAY])
        lands = enters + p.pair[i, pair_of(p, s, b, craft[ORIGIN], craft[PORT]), BLOCK_S]
    return int(lands + charge_time(p, i, craft[CHARGE_WH], craft[TARGET]))
