"""What happens on the ground: chargers, their queues, and how long a charge takes."""

import math

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.layout import (
    BATTERY_WH,
    BUSY,
    CHARGE_W,
    CHARGE_WH,
    CHARGERS,
    CHARGING,
    CLAIMS,
    LEG,
    NEVER,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    PORT,
    QUEUED,
    READY,
    SINCE,
    SLOT,
    STATUS,
    TAPERS,
    TARGET,
    UNTIL,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.schedule import CHARGE_END_S, CHARGE_START_S

KNEE = 0.2  # share of the battery up to which a tapering charger gives its full power
_TINY = 1e-9


@kernel
def charge_time(p: Problem, i: int, start: int, end: int) -> int:
    """Seconds of a charge from one energy to another, in Wh."""
    if end <= start:
        return 0
    power = p.counts[i, CHARGE_W]
    if p.counts[i, TAPERS] == 0:
        return -(-(end - start) * 3600 // power)
    battery = float(p.counts[i, BATTERY_WH])
    knee = KNEE * battery
    seconds = 0.0
    if start < knee:
        seconds = (min(float(end), knee) - start) * 3600.0 / power
    if end > knee:
        rest = battery - knee
        missing = battery - max(float(start), knee)
        seconds += rest * 3600.0 / power * math.log(missing / (battery - end))
    return math.ceil(seconds - _TINY)


@kernel
def join_queue(s: State, b: int, k: int, target: int) -> None:
    """Let an aircraft on the ground wait for a charger."""
    craft = s.craft[b, k]
    craft[STATUS], craft[UNTIL], craft[TARGET] = QUEUED, NEVER, target
    craft[SINCE] = s.row[b, NOW]


@kernel
def fill_chargers(p: Problem, s: State, b: int, port: int) -> None:
    """Give free chargers of a port to those who queue, first come, first served."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    while s.port[b, port, BUSY] < p.port[i, port, CHARGERS]:
        first = NONE
        for k in range(p.counts[i, NUM_AIRCRAFT]):
            waits = s.craft[b, k, STATUS] == QUEUED and s.craft[b, k, PORT] == port
            if waits and (first == NONE or s.craft[b, k, SINCE] < s.craft[b, first, SINCE]):
                first = k
        if first == NONE:
            return
        craft = s.craft[b, first]
        craft[STATUS] = CHARGING
        craft[UNTIL] = now + charge_time(p, i, craft[CHARGE_WH], craft[TARGET])
        s.port[b, port, BUSY] += 1
        if s.leg_log.shape[1] > 0:
            log = s.leg_log[b, craft[LEG]]
            log[CHARGE_START_S], log[CHARGE_END_S] = now, craft[UNTIL]


@kernel
def end_charge(s: State, b: int, k: int) -> None:
    """An aircraft has charged up to its target."""
    craft = s.craft[b, k]
    craft[CHARGE_WH], craft[STATUS] = craft[TARGET], READY
    s.port[b, craft[PORT], BUSY] -= 1
    s.port[b, craft[PORT], CLAIMS] -= 1
