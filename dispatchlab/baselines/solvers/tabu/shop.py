"""`Shop`: what tabu search sees of an instance, and the room in which it works."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.random_bits import Streams
from dispatchlab.envs.jobshop.instance import CpEncoding

IntArray = npt.NDArray[np.int64]
MOST_PAIRS = 20_000_000  # 160 MB a search


class Shop(NamedTuple):
    """A shop in which all that is open is who comes before whom on each machine.

    N operations, T the sum of the squares of how many there are on each machine.

    Attributes:
        duration: ``(N,)``.
        release: ``(N,)``.
        machine: ``(N,)``, -1 for none; what takes no time occupies none.
        cell: ``(N,)`` where the row of an operation begins among the T pairs of its machine.
        rank: ``(N,)`` its column there.
        pred_ptr: ``(N+1,)`` into ``pred``.
        pred: Operations that must have ended.
        succ_ptr: ``(N+1,)`` into ``succ``.
        succ: Operations that wait for it.
    """

    duration: IntArray
    release: IntArray
    machine: IntArray
    cell: IntArray
    rank: IntArray
    pred_ptr: IntArray
    pred: IntArray
    succ_ptr: IntArray
    succ: IntArray


class Work(NamedTuple):
    """Where one search is.

    Attributes:
        before: ``(N,)`` machine predecessors, -1 for none.
        after: ``(N,)`` machine successors.
        head: ``(N,)`` earliest starts.
        tail: ``(N,)`` longest ways from the ends to the end of the schedule.
        order: ``(N,)`` operations in topological order.
        waiting: ``(N,)`` scratch.
        path: ``(N,)`` a critical path, backwards.
        new_head: ``(N,)`` scratch.
        tabu_until: ``(T,)`` iteration before which a pair may not be ordered like this again.
        best: ``(N,)`` `before` of the best schedule.
        tally: ``(5,)`` iteration, iteration of the best, its makespan, the makespan now, and what
            was looked at.
        choice: ``(9,)`` the best move so far, and any one.
        streams: ``(1,)`` random bits.
    """

    before: IntArray
    after: IntArray
    head: IntArray
    tail: IntArray
    order: IntArray
    waiting: IntArray
    path: IntArray
    new_head: IntArray
    tabu_until: IntArray
    best: IntArray
    tally: IntArray
    choice: IntArray
    streams: Streams


ITERATION, BEST_AT, BEST, MAKESPAN, EFFORT = range(5)
FIRST, LAST, FORWARDS, PROMISE, TIES, ALL, ANY = range(7)


def why_not(encoding: CpEncoding) -> str | None:
    """Why an instance is no shop in which all that is open is orders on machines; None if it is.

    Classic job shops and flow shops are, and shops whose jobs are any precedence graphs, with or
    without release dates.

    Args:
        encoding: The instance.
    """
    uses, pairs = np.diff(encoding.use_ptr), _num_pairs(encoding)
    reasons = {
        f"its objective is {encoding.objective}": encoding.objective != "makespan",
        "operations have alternatives": encoding.num_modes != encoding.num_activities,
        "operations use several machines": uses.max(initial=0) > 1,
        "there are set-up times": len(encoding.setup_time) > 0,
        "precedences have time lags": encoding.arc_lag.any() or encoding.arc_from_start.any(),
        "machines do several operations at once": (
            encoding.resource_capacity[encoding.use_resource] > 1
        ).any(),
        f"there are {pairs} pairs of operations on machines, more than {MOST_PAIRS}": (
            pairs > MOST_PAIRS
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def check_shop(encoding: CpEncoding) -> None:
    """Refuse an instance for which `why_not` has a reason.

    Args:
        encoding: The instance.

    Raises:
        DispatchlabError: With the reason and a remedy.
    """
    if reason := why_not(encoding):
        raise DispatchlabError(
            f"Tabu search cannot take {encoding.name}: {reason}; use cp-sat or hybrid."
        )


def shop_of(encoding: CpEncoding) -> Shop:
    """The shop of an instance for which `why_not` has no reason."""
    machine = np.full(encoding.num_activities, -1)
    machine[encoding.use_mode] = encoding.use_resource
    machine[encoding.mode_duration == 0] = -1
    cell, rank = _cells(machine)
    pred_ptr, pred = _adjacent(encoding.arc_to, encoding.arc_from, len(machine))
    succ_ptr, succ = _adjacent(encoding.arc_from, encoding.arc_to, len(machine))
    return Shop(
        encoding.mode_duration, encoding.release, machine, cell, rank, pred_ptr, pred, succ_ptr,
        succ,
    )  # fmt: skip


def work_for(shop: Shop, seed: list[int]) -> Work:
    """Room for a search with random bits of its own."""
    n = len(shop.duration)
    on = np.bincount(shop.machine[shop.machine >= 0], minlength=1)
    sizes = dict.fromkeys(Work._fields[:-1], n)
    sizes |= {"tabu_until": int((on**2).sum()), "tally": 5, "choice": 9}
    room = {name: np.zeros(size, np.int64) for name, size in sizes.items()}
    streams = np.random.SeedSequence(seed).generate_state(1, np.uint64).astype(np.uint64)
    return Work(**room, streams=streams)


def _num_pairs(encoding: CpEncoding) -> int:
    """T."""
    return int((np.bincount(encoding.use_resource, minlength=1).astype(np.int64) ** 2).sum())


def _cells(machine: IntArray) -> tuple[IntArray, IntArray]:
    """Rows and columns of the operations in the tables of pairs of their machines."""
    cell, rank = np.zeros((2, len(machine)), np.int64)
    begin = 0
    for m in range(int(machine.max(initial=-1)) + 1):
        on = np.flatnonzero(machine == m)
        rank[on] = np.arange(len(on))
        cell[on] = begin + rank[on] * len(on)
        begin += len(on) ** 2
    return cell, rank


def _adjacent(of: IntArray, other: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Offsets and neighbours."""
    order = np.argsort(of, kind="stable")
    pointers = np.concatenate([[0], np.bincount(of, minlength=n).cumsum()])
    return pointers, other[order]
