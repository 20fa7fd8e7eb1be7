"""Moves of an operation within its block: whether they are legal, tabu, and what they promise."""

from dispatchlab.baselines.solvers.tabu.graph import head_from, tail_from
from dispatchlab.baselines.solvers.tabu.shop import ITERATION, Shop, Work
from dispatchlab.envs.core.compiling import kernel


@kernel
def is_legal(shop: Shop, w: Work, first: int, last: int, forwards: bool) -> bool:
    """Whether first may go right behind last, or last right before first, without a cycle.

    No way leads from a successor of the first to the last if less follows behind that successor
    than from the last on, and none from the first to a predecessor of the last if that starts
    before the first ends (Balas and Vazacopoulos 1998, propositions 2.2 and 2.3).
    """
    if forwards:
        for e in range(shop.succ_ptr[first], shop.succ_ptr[first + 1]):
            b = shop.succ[e]
            if b == last or w.tail[b] >= w.tail[last] + shop.duration[last]:
                return False
    else:
        for e in range(shop.pred_ptr[last], shop.pred_ptr[last + 1]):
            b = shop.pred[e]
            if b == first or w.head[b] >= w.head[first] + shop.duration[first]:
                return False
    return True


@kernel
def is_tabu(shop: Shop, w: Work, first: int, last: int, forwards: bool) -> bool:
    """Whether the move orders a pair as it may not be ordered."""
    a = first
    if forwards:
        while a != last:
            a = w.after[a]
            if w.tabu_until[shop.cell[a] + shop.rank[first]] > w.tally[ITERATION]:
                return True
    else:
        while a != last:
            if w.tabu_until[shop.cell[last] + shop.rank[a]] > w.tally[ITERATION]:
                return True
            a = w.after[a]
    return False


@kernel
def estimate(shop: Shop, w: Work, first: int, last: int, forwards: bool) -> int:
    """Longest way through those that the move touches, as if nothing else moved.

    The estimate of Balas and Vazacopoulos (1998, section 2): exact for ways that touch them but
    for heads and tails that depend on the move themselves.
    """
    begin, end = w.before[first], w.after[last]
    ready = 0 if begin < 0 else w.head[begin] + shop.duration[begin]
    rest = 0 if end < 0 else w.tail[end] + shop.duration[end]
    if not forwards:
        ready = _place(shop, w, last, ready)
    a = w.after[first] if forwards else first
    stop = end if forwards else last
    while a != stop:
        ready = _place(shop, w, a, ready)
        a = w.after[a]
    if forwards:
        _place(shop, w, first, ready)
    longest = 0
    if forwards:
        tail = tail_from(shop, w, first, rest)
        rest, longest = _through(shop, w, first, tail, longest)
    a = last if forwards else w.before[last]
    stop = first if forwards else begin
    while a != stop:
        tail = tail_from(shop, w, a, rest)
        rest, longest = _through(shop, w, a, tail, longest)
        a = w.before[a]
    if not forwards:
        tail = tail_from(shop, w, last, rest)
        rest, longest = _through(shop, w, last, tail, longest)
    return longest


@kernel
def _place(shop: Shop, w: Work, a: int, ready: int) -> int:
    """Note the new head; when it ends."""
    head = head_from(shop, w, a, ready)
    w.new_head[a] = head
    return head + int(shop.duration[a])


@kernel
def _through(shop: Shop, w: Work, a: int, tail: int, longest: int) -> tuple[int, int]:
    """The rest before it, and the longest way."""
    rest = tail + shop.duration[a]
    return rest, max(longest, w.new_head[a] + rest)


@kernel
def make(shop: Shop, w: Work, first: int, last: int, forwards: bool, until: int) -> None:
    """Make a move, and forbid until an iteration what it undoes."""
    a = first
    while a != last:
        if forwards:
            a = w.after[a]
            w.tabu_until[shop.cell[first] + shop.rank[a]] = until
        else:
            w.tabu_until[shop.cell[a] + shop.rank[last]] = until
            a = w.after[a]
    if forwards:
        _cut(w, first)
        _insert(w, first, last, w.after[last])
    else:
        _cut(w, last)
        _insert(w, last, w.before[first], first)


@kernel
def _cut(w: Work, a: int) -> None:
    before, after = w.before[a], w.after[a]
    if before >= 0:
        w.after[before] = after
    if after >= 0:
        w.before[after] = before


@kernel
def _insert(w: Work, a: int, before: int, after: int) -> None:
    w.before[a], w.after[a] = before, after
    if before >= 0:
        w.after[before] = a
    if after >= 0:
        w.before[after] = a
