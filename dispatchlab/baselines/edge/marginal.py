"""Marginal utility: the edge keeps what gains most there, and the cloud gets the rest at once.

Our own rule. At every decision it plans the edge anew: waiting tasks enter the plan, the densest
first, as long as all of it ends in time and a task gains nearly what the edge will bring with the
tasks to come. Planned tasks run by deadline; others are called while their calls are sure, and
those whose calls do not pay wait for a gap.
"""

from dispatchlab.baselines.edge.calling import action_of
from dispatchlab.baselines.edge.memory import Memory
from dispatchlab.baselines.edge.queue_kernels import (
    edge_ms,
    left,
    pointed_slot,
    should_run,
    until_idle,
)
from dispatchlab.baselines.edge.worth import (
    UNKNOWN,
    call_value,
    density,
    network_delay,
    price_of_edge,
)
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.edge.dynamics.apply import LEGAL, idle_action, why_illegal
from dispatchlab.envs.edge.dynamics.layout import (
    CALL_EXEC,
    CLOUD_COST,
    CLOUD_MS,
    DUE,
    FLYING,
    KIND,
    MODEL,
    NONE,
    SLOT,
    WAITING,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import ARRIVAL, CLOUD, DEFER, EDGE, EDGE_FREE

# Memory.plan
NOT_SEEN, NOT_PLANNED, PLANNED = range(3)
PRICE_SHARE = 0.9  # of the fluid price: a task that is here is better than one to come


@kernel
def _fits(p: Problem, s: State, mem: Memory, b: int) -> bool:
    """Whether the edge can end all of the plan in time, earliest deadlines first."""
    count, start = s.row[b, WAITING], until_idle(s, b)
    for last in range(count):
        if mem.plan[b, last] != PLANNED:
            continue
        span = start
        for slot in range(count):
            if mem.plan[b, slot] == PLANNED and s.pool[b, slot, DUE] <= s.pool[b, last, DUE]:
                span += edge_ms(p, s, b, slot)
        if span >= left(s, b, last):
            return False
    return True


@kernel
def _make_plan(p: Problem, s: State, mem: Memory, b: int, delay: int) -> None:
    """Find the waiting tasks that the edge is to run."""
    count, price = s.row[b, WAITING], price_of_edge(p, s, b, delay)
    for slot in range(count):
        mem.plan[b, slot] = NOT_SEEN
    while True:
        densest, most = NONE, PRICE_SHARE * price
        for slot in range(count):
            if mem.plan[b, slot] == NOT_SEEN:
                value = density(p, s, b, slot, delay)
                if value > most:
                    densest, most = slot, value
        if densest == NONE:
            return
        mem.plan[b, densest] = PLANNED
        if not _fits(p, s, mem, b):
            mem.plan[b, densest] = NOT_PLANNED


@kernel
def _next(p: Problem, s: State, mem: Memory, b: int, delay: int) -> int:
    """What the idle edge runs: planned tasks by deadline, then the densest that gains; `NONE`."""
    best, least, filler, most = NONE, 0, NONE, 0.0
    for slot in range(s.row[b, WAITING]):
        if not should_run(p, s, b, slot):
            continue
        due, value = s.pool[b, slot, DUE], density(p, s, b, slot, delay)
        if mem.plan[b, slot] == PLANNED and (best == NONE or due < least):
            best, least = slot, due
        if value > most:
            filler, most = slot, value
    return filler if best == NONE else best


@kernel
def _call(p: Problem, s: State, mem: Memory, b: int, delay: int, migrate: bool) -> int:
    """The cheapest call that pays of those whose tasks are not planned, or `NONE`."""
    best, least = NONE, 0.0
    for slot in range(s.row[b, WAITING]):
        cost = p.value[s.row[b, SLOT], s.pool[b, slot, MODEL], CLOUD_COST]
        pays = mem.plan[b, slot] != PLANNED and call_value(p, s, b, slot, delay) > 0.0
        if pays and (best == NONE or cost < least):
            action = action_of(slot, CLOUD)
            if why_illegal(p, s, b, action, migrate) == LEGAL:
                best, least = action, cost
    return best


@kernel
def _known_delay(p: Problem, s: State, b: int) -> int:
    """Delay of the network; without news one call finds out, the cheapest; the others wait."""
    delay = network_delay(p, s, b)
    if delay == UNKNOWN and s.row[b, FLYING] == 0:
        i = s.row[b, SLOT]
        return p.model[i, 0, CLOUD_MS] - p.model[i, 0, CALL_EXEC]
    return delay


@kernel
def choose_by_margin(p: Problem, s: State, mem: Memory, b: int, migrate: bool) -> int:
    """The action of the rule in a row that is not over."""
    delay, kind = _known_delay(p, s, b), s.row[b, KIND]
    _make_plan(p, s, mem, b, delay)
    action = _call(p, s, mem, b, delay, migrate)
    if action != NONE:
        return action
    if kind == EDGE_FREE:
        slot = _next(p, s, mem, b, delay)
        return idle_action(s) if slot == NONE else action_of(slot, EDGE)
    pointed = pointed_slot(s, b)
    action = action_of(pointed, DEFER if kind == ARRIVAL else EDGE)
    if why_illegal(p, s, b, action, migrate) != LEGAL:
        action = action_of(pointed, EDGE)
    return action
