"""What happens between decisions: charges end, aircraft land, and somebody is asked next."""

from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.uam.dynamics.flights import LEGAL, NO_CHARGE, log_leg, why_no_flight
from dispatchlab.envs.uam.dynamics.ground import end_charge, fill_chargers, join_queue
from dispatchlab.envs.uam.dynamics.layout import (
    CHARGE_WH,
    CHARGERS,
    CHARGING,
    CLAIMS,
    DONE,
    DOWN,
    DOWN_FROM,
    DOWN_UNTIL,
    ENTERED,
    FLYING,
    HORIZON,
    NEVER,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_LEVELS,
    NUM_PORTS,
    POINTED,
    PORT,
    QUEUED,
    READY,
    SLOT,
    STATUS,
    TARGET,
    UNTIL,
    WAIT_S,
    WAITING,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State


@inlined_kernel
def _land(s: State, b: int, k: int) -> None:
    """An aircraft has landed: it queues for a charger if it is to charge."""
    craft = s.craft[b, k]
    craft[STATUS] = READY
    if craft[TARGET] > craft[CHARGE_WH]:
        join_queue(s, b, k, craft[TARGET])


@kernel
def _pass_time(p: Problem, s: State, b: int, t: int) -> None:
    """Go to the next event; what happens then."""
    i = s.row[b, SLOT]
    count = p.counts[i, NUM_AIRCRAFT]
    s.row[b, NOW] = t
    changed = False
    for k in range(count):
        if s.craft[b, k, UNTIL] != t:
            continue
        status = s.craft[b, k, STATUS]
        if status == CHARGING:
            end_charge(s, b, k)
            changed = True
        elif status == FLYING:
            _land(s, b, k)
            changed = changed or s.craft[b, k, STATUS] == QUEUED
        else:
            s.craft[b, k, STATUS] = READY
        if s.craft[b, k, STATUS] == READY:
            s.craft[b, k, UNTIL] = NEVER
    if changed:
        for port in range(p.counts[i, NUM_PORTS]):
            if p.port[i, port, CHARGERS] > 0:
                fill_chargers(p, s, b, port)


@kernel
def _next_ready(p: Problem, s: State, b: int) -> int:
    """The ready aircraft that is asked next, by port and index; `NONE`."""
    best = NONE
    for k in range(p.counts[s.row[b, SLOT], NUM_AIRCRAFT]):
        if s.craft[b, k, STATUS] == READY and (
            best == NONE or s.craft[b, k, PORT] < s.craft[b, best, PORT]
        ):
            best = k
    return best


@kernel
def can_charge(p: Problem, s: State, b: int, k: int, level: int) -> bool:
    """Whether an aircraft on the ground has something to charge up to a level."""
    i, craft = s.row[b, SLOT], s.craft[b, k]
    return p.port[i, craft[PORT], CHARGERS] > 0 and p.level[i, level] > craft[CHARGE_WH]


@kernel
def why_not(p: Problem, s: State, b: int, k: int, port: int, level: int) -> int:
    """`LEGAL`, or why an aircraft on the ground may not stay or fly, to charge to a level."""
    if port != s.craft[b, k, PORT]:
        return why_no_flight(p, s, b, k, port, level)
    return LEGAL if level == 0 or can_charge(p, s, b, k, level) else NO_CHARGE


@kernel
def _has_choice(p: Problem, s: State, b: int, k: int) -> bool:
    """Whether an aircraft can do anything but stay."""
    i = s.row[b, SLOT]
    for port in range(p.counts[i, NUM_PORTS]):
        for level in range(p.counts[i, NUM_LEVELS]):
            own = port == s.craft[b, k, PORT] and level == 0
            if not own and why_not(p, s, b, k, port, level) == LEGAL:
                return True
    return False


@kernel
def stay(p: Problem, s: State, b: int, k: int, level: int) -> bool:
    """Let an aircraft charge where it is, or else wait until the next tick; whether it waits."""
    i, now, craft = s.row[b, SLOT], s.row[b, NOW], s.craft[b, k]
    if can_charge(p, s, b, k, level):
        target = p.level[i, level]
        craft[ENTERED] = now
        log_leg(s, b, k, craft[PORT], NONE, now, target, 0)
        s.port[b, craft[PORT], CLAIMS] += 1
        join_queue(s, b, k, target)
        fill_chargers(p, s, b, craft[PORT])
        return False
    wait = p.counts[i, WAIT_S]
    craft[STATUS], craft[UNTIL] = WAITING, (now // wait + 1) * wait
    return True


@kernel
def is_down(p: Problem, s: State, b: int, k: int) -> bool:
    """Whether an aircraft is out of service now."""
    outage = p.craft[s.row[b, SLOT], k]
    return outage[DOWN_FROM] <= s.row[b, NOW] < outage[DOWN_UNTIL]


@kernel
def _find_decision(p: Problem, s: State, b: int, choices: bool) -> bool:
    """Point at the ready aircraft that is asked next, if there is one."""
    while True:
        k = _next_ready(p, s, b)
        if k == NONE:
            return False
        if is_down(p, s, b, k):
            s.craft[b, k, STATUS] = DOWN
            s.craft[b, k, UNTIL] = p.craft[s.row[b, SLOT], k, DOWN_UNTIL]
        elif choices and not _has_choice(p, s, b, k):
            stay(p, s, b, k, 0)
        else:
            s.row[b, POINTED] = k
            return True


@kernel
def advance(p: Problem, s: State, b: int, choices: bool) -> None:
    """Play to the next decision, or to the end of the day."""
    i = s.row[b, SLOT]
    horizon, count = p.counts[i, HORIZON], p.counts[i, NUM_AIRCRAFT]
    while not _find_decision(p, s, b, choices):
        soonest = NEVER
        for k in range(count):
            soonest = min(soonest, s.craft[b, k, UNTIL])
        if soonest >= horizon:
            s.row[b, NOW], s.row[b, POINTED], s.row[b, DONE] = horizon, NONE, 1
            return
        _pass_time(p, s, b, soonest)
