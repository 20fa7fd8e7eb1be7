"""Marginal utility: the edge keeps what gains most there, and the cloud gets the rest at once.

Our own rule. At every decision it plans the edge anew: waiting tasks enter the plan, the densest
first, as long as all of it ends in time and a task gains nearly what the edge will bring with the
tasks to come. Planned tasks run by deadline; others are called while their calls are sure, and
those whose calls do not pay wait for a gap.
"""

from dispatchlab.baselines.edge.calling import action_of
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
from dispatchlab.envs.core.compiling import inlined_kernel, kernel
from dispatchlab.envs.edge.dynamics.apply import LEGAL, idle_action, why_illegal
from dispatchlab.envs.edge.dynamics.layout import (
    CALL_EXEC,
    CLOUD_MS,
    DUE,
    FLYING,
    KIND,
    NONE,
    SLOT,
    WAITING,
)
from dispatchlab.envs.edge.dynamics.problem import Problem
from dispatchlab.envs.edge.dynamics.state import State
from dispatchlab.envs.edge.schedule import ARRIVAL, CLOUD, DEFER, EDGE, EDGE_FREE

MAX_PLANNED = 62  # a plan is an integer with a bit for each of so many waiting tasks
PRICE_SHARE = 0.9  # of the fluid price: a task that is here is better than one to come


@inlined_kernel
def _planned(plan: int, slot: int) -> bool:
    return slot < MAX_PLANNED and (plan >> slot) & 1 == 1


@kernel
def _fits(p: Problem, s: State, b: int, plan: int) -> bool:
    """Whether the edge can end all of a plan in time, earliest deadlines first."""
    count, start = min(s.row[b, WAITING], MAX_PLANNED), until_idle(s, b)
    for last in range(count):
        if not _planned(plan, last):
            continue
        span = start
        for slot in range(count):
            if _planned(plan, slot) and s.pool[b, slot, DUE] <= s.pool[b, last, DUE]:
                span += edge_ms(p, s, b, slot)
        if span >= left(s, b, last):
            return False
    return True


@kernel
def _plan(p: Problem, s: State, b: int, delay: int) -> int:
    """The waiting tasks that the edge is to run, as bits."""
    count, price = min(s.row[b, WAITING], MAX_PLANNED), price_of_edge(p, s, b, delay)
    plan, seen = 0, 0
    while True:
        densest, most = NONE, PRICE_SHARE * price
        for slot in range(count):
            if not _planned(seen, slot):
                value = density(p, s, b, slot, delay)
                if value > most:
                    densest, most = slot, value
        if densest == NONE:
            return plan
        bit = 1 << densest
        seen |= bit
        if _fits(p, s, b, plan | bit):
            plan |= bit


@kernel
def _next(p: Problem, s: State, b: int, plan: int, delay: int) -> int:
    """The task that the idle edge runs: planned ones by deadline, then the densest; `NONE`."""
    best, least, filler, most = NONE, 0, NONE, 0.0
    for slot in range(s.row[b, WAITING]):
        if not should_run(p, s, b, slot):
            continue
        due, value = s.pool[b, slot, DUE], density(p, s, b, slot, delay)
        if _planned(plan, slot) and (best == NONE or due < least):
            best, least = slot, due
        if filler == NONE or value > most:
            filler, most = slot, value
    return filler if best == NONE else best


@kernel
def _known_delay(p: Problem, s: State, b: int) -> int:
    """Delay of the network; without news one call at a time finds out, the others wait for it."""
    delay = network_delay(p, s, b)
    if delay == UNKNOWN and s.row[b, FLYING] == 0:
        i = s.row[b, SLOT]
        return p.model[i, 0, CLOUD_MS] - p.model[i, 0, CALL_EXEC]
    return delay


@kernel
def choose_by_margin(p: Problem, s: State, b: int, migrate: bool) -> int:
    """The action of the rule in a row that is not over."""
    delay, kind = _known_delay(p, s, b), s.row[b, KIND]
    plan = _plan(p, s, b, delay)
    pointed = NONE if kind == EDGE_FREE else pointed_slot(s, b)
    for slot in range(s.row[b, WAITING]):
        if not _planned(plan, slot) and call_value(p, s, b, slot, delay) > 0.0:
            action = action_of(slot, CLOUD)
            if why_illegal(p, s, b, action, migrate) == LEGAL:
                return action
    if kind == EDGE_FREE:
        slot = _next(p, s, b, plan, delay)
        return idle_action(s) if slot == NONE else action_of(slot, EDGE)
    action = action_of(pointed, DEFER if kind == ARRIVAL else EDGE)
    if why_illegal(p, s, b, action, migrate) != LEGAL:
        action = action_of(pointed, EDGE)
    return action
