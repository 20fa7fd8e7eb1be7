"""The search: from schedule to schedule by the best move that is not tabu."""

from dispatchlab.baselines.solvers.tabu.graph import find_path, measure
from dispatchlab.baselines.solvers.tabu.moves import estimate, is_legal, is_tabu, make
from dispatchlab.baselines.solvers.tabu.shop import (
    ALL,
    ANY,
    BEST,
    BEST_AT,
    EFFORT,
    FIRST,
    FORWARDS,
    ITERATION,
    LAST,
    MAKESPAN,
    PROMISE,
    TIES,
    IntArray,
    Shop,
    Work,
)
from dispatchlab.envs.core.compiling import free_kernel, kernel
from dispatchlab.envs.core.copying import copy_vector
from dispatchlab.envs.core.random_bits import next_random


@free_kernel
def begin(shop: Shop, w: Work, before: IntArray) -> None:
    """Begin with a schedule, and forget all tabus.

    Args:
        shop: The shop.
        w: The search.
        before: ``(N,)`` machine predecessors, -1 for none; not cyclic.
    """
    copy_vector(w.before, before)
    w.after[:] = -1
    for a in range(len(before)):
        if before[a] >= 0:
            w.after[before[a]] = a
    measure(shop, w)
    _forget(w)


@free_kernel
def search(shop: Shop, w: Work, effort: int, patience: int, enough: int, tenure: int) -> bool:
    """Move on; whether it is worth while to go on.

    Args:
        shop: The shop.
        w: The search.
        effort: How much to look at before coming back: the operations for every move, and the
            pairs of its blocks. One move is made at least.
        patience: Moves without a better makespan after which it is not.
        enough: A makespan below which there is none.
        tenure: Iterations for which a pair is tabu at least; at most it is 1.4 times this.
    """
    w.tally[EFFORT] = 0
    while w.tally[EFFORT] < effort:
        if w.tally[BEST] <= enough or w.tally[ITERATION] - w.tally[BEST_AT] >= patience:
            return False
        if not _step(shop, w, tenure):
            return False
        if w.tally[MAKESPAN] < w.tally[BEST]:
            _keep(w)
    return True


@free_kernel
def wander(shop: Shop, w: Work, moves: int) -> None:
    """Make random moves along critical paths, and begin where they lead."""
    for _ in range(moves):
        _consider_all(shop, w)
        if w.choice[ALL] == 0:
            break
        make(shop, w, w.choice[ANY], w.choice[ANY + 1], w.choice[ANY + 2] != 0, 0)
        measure(shop, w)
    _forget(w)


@kernel
def _forget(w: Work) -> None:
    """Nothing is tabu, and the best is here."""
    w.tabu_until[:] = 0
    w.tally[ITERATION] = 0
    _keep(w)


@kernel
def _keep(w: Work) -> None:
    copy_vector(w.best, w.before)
    w.tally[BEST], w.tally[BEST_AT] = w.tally[MAKESPAN], w.tally[ITERATION]


@kernel
def _step(shop: Shop, w: Work, tenure: int) -> bool:
    """Make the best move; False if there is none."""
    _consider_all(shop, w)
    first, last, forwards = w.choice[FIRST], w.choice[LAST], w.choice[FORWARDS] != 0
    if w.choice[TIES] == 0:  # all are tabu
        if w.choice[ALL] == 0:
            return False
        first, last, forwards = w.choice[ANY], w.choice[ANY + 1], w.choice[ANY + 2] != 0
    w.tally[ITERATION] += 1
    until = w.tally[ITERATION] + tenure + next_random(w.streams, 0) % (2 * tenure // 5 + 1)
    make(shop, w, first, last, forwards, until)
    return measure(shop, w)


@kernel
def _consider_all(shop: Shop, w: Work) -> None:
    """Note the best and any one of the moves along a random critical path."""
    length = find_path(shop, w)
    w.choice[:] = 0
    w.tally[EFFORT] += len(shop.duration)
    late = 0
    while late < length:
        early = late
        while early + 1 < length and w.before[w.path[early]] == w.path[early + 1]:
            early += 1
        _consider_block(shop, w, late, early, length)
        w.tally[EFFORT] += (early - late) ** 2
        late = early + 1


@kernel
def _consider_block(shop: Shop, w: Work, late: int, early: int, length: int) -> None:
    """The moves of the neighbourhood N7 within a block of the path.

    N7 (Zhang, Li, Guan and Rao 2007) moves any operation to the ends of its block, as Balas and
    Vazacopoulos (1998) do, and those at the ends to any place within it. Only a new first or a new
    last of the block can make the way shorter; in the first block that is a new last, and in the
    last one a new first.
    """
    first, last = w.path[early], w.path[late]
    may_begin = early < length - 1 or w.head[first] > 0
    if late > 0:
        for at in range(late + 1, early + 1):
            _consider(shop, w, w.path[at], last, True)
            if at > late + 1:
                _consider(shop, w, w.path[at], last, False)
    if may_begin:
        for at in range(late + 1 if late > 0 else late, early):
            _consider(shop, w, first, w.path[at], False)
            if at < early - 1:
                _consider(shop, w, first, w.path[at], True)


@kernel
def _consider(shop: Shop, w: Work, first: int, last: int, forwards: bool) -> None:
    """Note a legal move if it is the best so far, and any one."""
    if not is_legal(shop, w, first, last, forwards):
        return
    w.choice[ALL] += 1
    if next_random(w.streams, 0) % w.choice[ALL] == 0:
        w.choice[ANY], w.choice[ANY + 1], w.choice[ANY + 2] = first, last, int(forwards)
    promise = estimate(shop, w, first, last, forwards)
    if w.choice[TIES] > 0 and promise > w.choice[PROMISE]:
        return
    if promise >= w.tally[BEST] and is_tabu(shop, w, first, last, forwards):
        return
    if promise < w.choice[PROMISE]:
        w.choice[TIES] = 0
    w.choice[TIES] += 1
    if next_random(w.streams, 0) % w.choice[TIES] == 0:
        w.choice[PROMISE] = promise
        w.choice[FIRST], w.choice[LAST], w.choice[FORWARDS] = first, last, int(forwards)
