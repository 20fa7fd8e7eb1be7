"""Heads, tails and a critical path of the graph that machine orders make."""

from dispatchlab.baselines.solvers.tabu.shop import MAKESPAN, Shop, Work
from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.core.random_bits import next_random


@kernel
def measure(shop: Shop, w: Work) -> bool:
    """Find heads, tails and makespan; False if the orders are cyclic."""
    n = len(shop.duration)
    if _sort(shop, w) < n:
        return False
    makespan = 0
    for at in range(n):
        a = w.order[at]
        first = w.before[a]
        w.head[a] = head_from(shop, w, a, 0 if first < 0 else w.head[first] + shop.duration[first])
        makespan = max(makespan, w.head[a] + shop.duration[a])
    for at in range(n - 1, -1, -1):
        a = w.order[at]
        then = w.after[a]
        w.tail[a] = tail_from(shop, w, a, 0 if then < 0 else w.tail[then] + shop.duration[then])
    w.tally[MAKESPAN] = makespan
    return True


@kernel
def _sort(shop: Shop, w: Work) -> int:
    """Topological order; how many are in it."""
    known = 0
    for a in range(len(shop.duration)):
        w.waiting[a] = shop.pred_ptr[a + 1] - shop.pred_ptr[a]
        if w.before[a] >= 0:
            w.waiting[a] += 1
        if w.waiting[a] == 0:
            w.order[known] = a
            known += 1
    done = 0
    while done < known:
        a = w.order[done]
        done += 1
        for e in range(shop.succ_ptr[a], shop.succ_ptr[a + 1]):
            known = _tell(w, shop.succ[e], known)
        if w.after[a] >= 0:
            known = _tell(w, w.after[a], known)
    return done


@kernel
def _tell(w: Work, a: int, known: int) -> int:
    """One predecessor less."""
    w.waiting[a] -= 1
    if w.waiting[a] == 0:
        w.order[known] = a
        known += 1
    return known


@kernel
def head_from(shop: Shop, w: Work, a: int, ready: int) -> int:
    """Earliest start on a machine that is ready at a time."""
    head: int = max(ready, shop.release[a])
    for e in range(shop.pred_ptr[a], shop.pred_ptr[a + 1]):
        b = shop.pred[e]
        head = max(head, w.head[b] + shop.duration[b])
    return head


@kernel
def tail_from(shop: Shop, w: Work, a: int, rest: int) -> int:
    """Longest way to the end with a rest that the machine has after it."""
    tail = rest
    for e in range(shop.succ_ptr[a], shop.succ_ptr[a + 1]):
        b = shop.succ[e]
        tail = max(tail, w.tail[b] + shop.duration[b])
    return tail


@kernel
def find_path(shop: Shop, w: Work) -> int:
    """Write a random critical path, backwards; its length."""
    a, seen = -1, 0
    for b in range(len(shop.duration)):
        if w.head[b] + shop.duration[b] == w.tally[MAKESPAN]:
            seen += 1
            if next_random(w.streams, 0) % seen == 0:
                a = b
    length = 0
    while a >= 0:
        w.path[length] = a
        length += 1
        a = _critical_before(shop, w, a)
    return length


@kernel
def _critical_before(shop: Shop, w: Work, a: int) -> int:
    """One of those that end as it starts, -1 for none."""
    found, seen, b = -1, 0, w.before[a]
    if b >= 0 and w.head[b] + shop.duration[b] == w.head[a]:
        found, seen = b, 1
    for e in range(shop.pred_ptr[a], shop.pred_ptr[a + 1]):
        b = shop.pred[e]
        if w.head[b] + shop.duration[b] == w.head[a] and b != found:
            seen += 1
            if next_random(w.streams, 0) % seen == 0:
                found = b
    return found
