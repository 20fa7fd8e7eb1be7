"""What schedulers may expect: when aircraft will land, and when they will be ready."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.ground import charge_time
from dispatchlab.envs.uam.dynamics.layout import (
    BLOCK_S,
    CHARGE_WH,
    CHARGERS,
    CHARGING,
    DEPARTED,
    DOWN,
    ENTERED,
    EXPECTED_DELAY,
    FLYING,
    HORIZON,
    LEG_WH,
    NOW,
    NUM_PORTS,
    ORIGIN,
    PORT,
    QUEUED,
    SLOT,
    STATUS,
    TARGET,
    UNTIL,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State


@kernel
def expected_landing(p: Problem, s: State, b: int, k: int) -> int:
    """When a flying aircraft should land; its own delay is known once it has taken off."""
    i, now, craft = s.row[b, SLOT], s.row[b, NOW], s.craft[b, k]
    if craft[ENTERED] <= now:
        return craft[UNTIL]
    pair = craft[ORIGIN] * p.counts[i, NUM_PORTS] + craft[PORT]
    enter = max(now, craft[DEPARTED] + p.port[i, craft[ORIGIN], EXPECTED_DELAY])
    return enter + p.pair[i, pair, BLOCK_S]


@kernel
def expected_ready(p: Problem, s: State, b: int, k: int) -> int:
    """When an aircraft should be asked next, if it finds a charger at once.

    An aircraft that is down is not expected back; one that is ready or waits, is ready now.
    """
    i, now, craft = s.row[b, SLOT], s.row[b, NOW], s.craft[b, k]
    status = craft[STATUS]
    if status == FLYING:
        charge = charge_time(p, i, craft[CHARGE_WH], craft[TARGET])
        return expected_landing(p, s, b, k) + charge
    if status == CHARGING:
        return craft[UNTIL]
    if status == QUEUED:
        return now + charge_time(p, i, craft[CHARGE_WH], craft[TARGET])
    return p.counts[i, HORIZON] if status == DOWN else now


@kernel
def turn_time(p: Problem, s: State, b: int, k: int, destination: int, level: int) -> int:
    """Expected time until an aircraft would be ready again that departs now."""
    i, origin = s.row[b, SLOT], s.craft[b, k, PORT]
    pair = origin * p.counts[i, NUM_PORTS] + destination
    span = p.port[i, origin, EXPECTED_DELAY] + p.pair[i, pair, BLOCK_S]
    if p.port[i, destination, CHARGERS] > 0:
        landed = s.craft[b, k, CHARGE_WH] - p.pair[i, pair, LEG_WH]
        span += charge_time(p, i, landed, p.level[i, level])
    return span
