"""Which options a dispatch semantics offers, and how far it runs without asking.

``append``           any next activity, placed behind its machine's last one. Reaches every
                     semi-active schedule. Decisions are not in the order of time.
``non-delay``        only what can start at the earliest possible time. Reaches the non-delay
                     schedules, which need not contain an optimum.
``active``           Giffler and Thompson (1960): the conflict set of the activity that can end
                     first. Reaches every active schedule, hence an optimum.
``non-delay-wait``   non-delay, and a wait that passes the candidates over, legal only while some
                     activity could start before the first of them would end. Reaches every
                     active schedule, in the order of time; where activities need several
                     resources at once, all but rare ones.

With sequence-dependent set-ups the last two need the triangle inequality to reach an optimum.
"""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.jobshop.dynamics.apply import (
    apply_option,
    effective_start,
    option_mode,
    reveal_jobs,
    slots_per_lane,
    uses_resource,
)
from dispatchlab.envs.jobshop.dynamics.layout import (
    ACTUAL,
    CAN_WAIT,
    CAPACITY,
    DEMAND,
    DURATION,
    EARLIEST,
    FOCUS,
    HIDDEN,
    IS_INSTANT,
    IS_SIMPLE,
    LEFT,
    MACHINE,
    MARKED,
    MODE_PTR,
    NOW,
    NUM_LANES,
    NUM_RESOURCES,
    NUM_SLOTS,
    RESOURCE,
    SLOT,
    TALLY,
    USE_PTR,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State
from dispatchlab.envs.jobshop.dynamics.timing import longest_setup_after, usage_at
from dispatchlab.envs.jobshop.dynamics.waiting import wait_is_useful

SEMANTICS = ("append", "non-delay", "active", "non-delay-wait")
APPEND, NON_DELAY, ACTIVE, NON_DELAY_WAIT = 0, 1, 2, 3


@kernel
def advance(p: Problem, s: State, b: int, semantics: int, every: bool) -> None:
    """Run until there is a choice (or, with ``every``, anything to start) or nothing is left."""
    while s.row[b, LEFT] > 0:
        s.legal[b, :] = 0
        s.row[b, FOCUS], s.row[b, CAN_WAIT] = -1, 0
        if semantics == APPEND:
            count = _offer_eligible(s, b)
        elif semantics == ACTIVE:
            count = _offer_conflict_set(p, s, b)
        else:
            count = _offer_startable(p, s, b, semantics, every)
        if count > 1 or (every and count == 1):
            return
        if count == 1:
            for option in range(s.option.shape[1]):
                if s.legal[b, option]:
                    apply_option(p, s, b, option)
                    break
    s.legal[b, :] = 0
    s.row[b, FOCUS] = -1


@kernel
def _offer_eligible(s: State, b: int) -> int:
    """Append: every option whose predecessors are scheduled."""
    count, now = 0, NEVER
    for option in range(s.option.shape[1]):
        if s.option[b, option, EARLIEST] < NEVER:
            s.legal[b, option] = 1
            count += 1
            now = min(now, s.option[b, option, EARLIEST])
    s.row[b, NOW] = now
    return count


@kernel
def _offer_conflict_set(p: Problem, s: State, b: int) -> int:
    """Active: what could start before the earliest possible end.

    With one machine per activity the machine of that end suffices (the classical conflict set);
    with alternatives or shared resources everything that could start before it is needed.
    """
    i = s.row[b, SLOT]
    first, first_end = -1, NEVER
    for option in range(s.option.shape[1]):
        if s.option[b, option, EARLIEST] < NEVER:
            m = option_mode(p, s, b, option)
            end = s.option[b, option, EARLIEST] + p.mode[i, m, DURATION]
            if p.setup_time.shape[1] > 0:
                end += longest_setup_after(p, i, m)
            if end < first_end:
                first, first_end = option, end
    classical = p.counts[i, IS_SIMPLE] and p.counts[i, NUM_SLOTS] == 1
    classical = classical and not p.counts[i, IS_INSTANT]
    machine = -1
    if classical:
        machine = p.use[i, p.mode[i, option_mode(p, s, b, first), USE_PTR], RESOURCE]
        s.row[b, FOCUS] = machine
    count, now = 0, NEVER
    for option in range(s.option.shape[1]):
        if s.option[b, option, EARLIEST] >= first_end and option != first:
            continue
        if classical:
            m = option_mode(p, s, b, option)
            if p.use[i, p.mode[i, m, USE_PTR], RESOURCE] != machine:
                continue
        s.legal[b, option] = 1
        count += 1
        now = min(now, s.option[b, option, EARLIEST])
    s.row[b, NOW] = now
    return count


@kernel
def _offer_startable(p: Problem, s: State, b: int, semantics: int, every: bool) -> int:
    """Non-delay: candidates of one conflict at the earliest possible time.

    Returns 0 after it has started something itself (zero durations, and forced moves unless
    ``every``), so that the caller looks again.
    """
    i = s.row[b, SLOT]
    now = _move_to_next_start(p, s, b)
    if not every and _start_zero_durations(p, s, b):
        return 0
    if every and semantics == NON_DELAY:
        count = 0
        for option in range(s.option.shape[1]):
            if effective_start(p, s, b, option) == now:
                s.legal[b, option] = 1
                count += 1
        return count
    _tally_demand(p, s, b)
    started = False
    for option in range(s.option.shape[1]):
        if effective_start(p, s, b, option) != now:
            continue
        count = _mark_conflict(p, s, b, option, semantics == NON_DELAY)
        wait = semantics == NON_DELAY_WAIT and wait_is_useful(p, s, b)
        if count == 1 and not wait and not every:
            apply_option(p, s, b, option)
            started = True
            if p.counts[i, IS_INSTANT]:
                return 0
            continue
        return _offer_marked(p, s, b, count, wait)
    return 0 if started else -1


@kernel
def _move_to_next_start(p: Problem, s: State, b: int) -> int:
    """Move the clock to the earliest time at which anything can start."""
    now = NEVER
    for option in range(s.option.shape[1]):
        now = min(now, effective_start(p, s, b, option))
    s.row[b, NOW] = now
    if s.row[b, HIDDEN] > 0:
        reveal_jobs(p, s, b)
    return now


@kernel
def _start_zero_durations(p: Problem, s: State, b: int) -> bool:
    """Start single-mode activities that take no time: they delay nobody."""
    i, k = s.row[b, SLOT], slots_per_lane(s)
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a < 0 or s.option[b, lane * k, EARLIEST] != s.row[b, NOW]:
            continue
        m = p.activity[i, a, MODE_PTR]
        if (
            p.activity[i, a + 1, MODE_PTR] == m + 1
            and p.mode[i, m, ACTUAL] == 0
            and p.mode[i, m, DURATION] == 0
        ):
            apply_option(p, s, b, lane * k)
            return True
    return False


@kernel
def _tally_demand(p: Problem, s: State, b: int) -> None:
    """Demand of all candidates on each resource, minus what it can still carry now.

    A positive tally marks a contested resource. Alternatives all count, so it errs on that side.
    """
    i, k = s.row[b, SLOT], slots_per_lane(s)
    for r in range(p.counts[i, NUM_RESOURCES]):
        s.resource[b, r, TALLY] = -p.resource[i, r, CAPACITY]
        if p.resource[i, r, CAPACITY] > 1:
            s.resource[b, r, TALLY] += usage_at(p, s, b, r, s.row[b, NOW])
    for lane in range(p.counts[i, NUM_LANES]):
        for option in range(lane * k, lane * k + k):
            if effective_start(p, s, b, option) == s.row[b, NOW]:
                m = option_mode(p, s, b, option)
                for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
                    s.resource[b, p.use[i, use, RESOURCE], TALLY] += p.use[i, use, DEMAND]


@kernel
def _mark_conflict(p: Problem, s: State, b: int, seed: int, merge: bool) -> int:
    """Mark the candidates linked to the seed by contested resources or by being alternatives.

    With ``merge`` an instance in which new candidates can appear at the same instant is one
    conflict; a wait leaves room for them by itself.
    """
    i = s.row[b, SLOT]
    options = s.option.shape[1]
    s.option[b, :, MARKED] = 0
    s.option[b, seed, MARKED] = 1
    if p.counts[i, IS_SIMPLE] and p.counts[i, NUM_SLOTS] == 1 and not p.counts[i, IS_INSTANT]:
        return _mark_same_machine(p, s, b, seed)
    count, grown = 1, True
    while grown:
        grown = False
        for option in range(options):
            if s.option[b, option, MARKED] or effective_start(p, s, b, option) != s.row[b, NOW]:
                continue
            if (merge and p.counts[i, IS_INSTANT]) or _touches_marked(p, s, b, option):
                s.option[b, option, MARKED] = 1
                count += 1
                grown = True
    return count


@kernel
def _mark_same_machine(p: Problem, s: State, b: int, seed: int) -> int:
    """The conflict of a job shop: the candidates on the seed's machine."""
    machine = s.option[b, seed, MACHINE]
    if s.resource[b, machine, TALLY] <= 0:
        return 1
    count = 1
    for option in range(seed + 1, s.option.shape[1]):
        is_rival = s.option[b, option, MACHINE] == machine
        if is_rival and effective_start(p, s, b, option) == s.row[b, NOW]:
            s.option[b, option, MARKED] = 1
            count += 1
    return count


@kernel
def _touches_marked(p: Problem, s: State, b: int, option: int) -> bool:
    """Whether an option shares its activity or a contested resource with a marked one."""
    i, k = s.row[b, SLOT], slots_per_lane(s)
    m = option_mode(p, s, b, option)
    for other in range(s.option.shape[1]):
        if not s.option[b, other, MARKED]:
            continue
        if other // k == option // k:
            return True
        n = option_mode(p, s, b, other)
        for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
            r = p.use[i, use, RESOURCE]
            if s.resource[b, r, TALLY] > 0 and uses_resource(p, i, n, r):
                return True
    return False


@kernel
def _offer_marked(p: Problem, s: State, b: int, count: int, wait: bool) -> int:
    """Make the marked options legal, and the wait."""
    i = s.row[b, SLOT]
    for option in range(s.option.shape[1]):
        if s.option[b, option, MARKED]:
            s.legal[b, option] = 1
            m = option_mode(p, s, b, option)
            if s.row[b, FOCUS] < 0 and p.mode[i, m + 1, USE_PTR] > p.mode[i, m, USE_PTR]:
                s.row[b, FOCUS] = p.use[i, p.mode[i, m, USE_PTR], RESOURCE]
    if wait:
        s.legal[b, s.option.shape[1]] = 1
        s.row[b, CAN_WAIT] = 1
        count += 1
    return count
