"""What follows from an encoding alone: lanes, heads and tails of the precedence order.

A *lane* is a chain of the precedence order, and the lanes together cover every activity. Of a
lane only the first unscheduled activity can ever be next, so "lane and mode" is a compact action
that keeps its meaning through an episode. In a job shop the lanes are the jobs; in an open shop
every activity is a lane of its own; in a project they are a minimum chain cover (Dilworth).
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import CpEncoding

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Lanes, heads and tails; N activities, L lanes, J jobs.

    Attributes:
        lane: ``(N,)`` lane of each activity.
        lane_next: ``(N,)`` the activity that follows in the lane, or -1.
        lane_first: ``(L,)`` first activity of each lane.
        min_duration: ``(N,)`` duration of the fastest mode.
        mean_duration: ``(N,)`` mean duration over the modes.
        head_path: ``(N,)`` earliest start by precedences and releases alone.
        tail_path: ``(N,)`` longest path from the activity's start to the end of the project,
            with the fastest modes; includes the activity itself.
        job_tail: ``(N,)`` the same along precedences inside the activity's job only.
        head_work: ``(N,)`` summed mean durations of all predecessors and the activity itself.
        tail_work: ``(N,)`` summed mean durations of the activity and all its successors.
        tail_count: ``(N,)`` number of activities in that sum.
        job_is_ordered: ``(J,)`` whether the job has any precedence among its activities.
        succ_ptr: ``(N+1,)`` offsets into the arcs sorted by predecessor.
        succ_order: ``(E,)`` arc indices sorted by predecessor.
    """

    lane: IntArray
    lane_next: IntArray
    lane_first: IntArray
    min_duration: IntArray
    mean_duration: FloatArray
    head_path: IntArray
    tail_path: IntArray
    job_tail: IntArray
    head_work: FloatArray
    tail_work: FloatArray
    tail_count: IntArray
    job_is_ordered: IntArray
    succ_ptr: IntArray
    succ_order: IntArray

    @property
    def num_lanes(self) -> int:
        """L."""
        return len(self.lane_first)

    @classmethod
    def of(cls, encoding: CpEncoding) -> "Structure":
        """Derive the structure of an encoding."""
        size = encoding.num_activities
        succ_order = np.argsort(encoding.arc_from, kind="stable")
        counts = np.bincount(encoding.arc_from, minlength=size)
        succ_ptr = np.zeros(size + 1, np.int64)
        np.cumsum(counts, out=succ_ptr[1:])
        succ = encoding.arc_to[succ_order]
        num_preds = np.bincount(encoding.arc_to, minlength=size)
        order = topological_order(succ_ptr, succ, num_preds)
        shortest, mean = _durations(encoding.mode_ptr, encoding.mode_duration)
        inner = encoding.job[encoding.arc_from] == encoding.job[encoding.arc_to]
        head, tail, job_tail = _paths(
            order, succ_ptr, succ, encoding.arc_lag[succ_order],
            encoding.arc_from_start[succ_order], inner[succ_order], shortest, encoding.release,
        )  # fmt: skip
        if counts.max(initial=0) <= 1 and num_preds.max(initial=0) <= 1:
            follower = np.full(size, -1, np.int64)
            follower[encoding.arc_from] = encoding.arc_to
            head_work, tail_work, tail_count = _chain_sums(order, follower, mean)
        else:
            closure = _closure(order, succ_ptr, succ)
            follower = _minimum_chain_cover(closure)
            head_work = mean @ closure + mean
            tail_work = closure @ mean + mean
            tail_count = closure.sum(axis=1) + 1
        lane, lane_first = _number_lanes(follower)
        ordered = np.zeros(encoding.num_jobs, np.int64)
        ordered[encoding.job[encoding.arc_from[inner]]] = 1
        return cls(
            lane, follower, lane_first, shortest, mean, head, tail, job_tail, head_work, tail_work,
            tail_count.astype(np.int64), ordered, succ_ptr, succ_order,
        )  # fmt: skip


@numba.njit(cache=True)
def topological_order(succ_ptr: IntArray, succ: IntArray, num_preds: IntArray) -> IntArray:
    """Kahn's order; shorter than N exactly when the arcs contain a cycle."""
    left = num_preds.copy()
    order = np.empty(len(left), np.int64)
    tail = 0
    for a in range(len(left)):
        if left[a] == 0:
            order[tail] = a
            tail += 1
    head = 0
    while head < tail:
        a = order[head]
        head += 1
        for e in range(succ_ptr[a], succ_ptr[a + 1]):
            left[succ[e]] -= 1
            if left[succ[e]] == 0:
                order[tail] = succ[e]
                tail += 1
    return order[:tail]


@numba.njit(cache=True)
def _durations(mode_ptr: IntArray, duration: IntArray) -> tuple[IntArray, FloatArray]:
    """Shortest and mean duration of every activity."""
    size = len(mode_ptr) - 1
    shortest = np.empty(size, np.int64)
    mean = np.empty(size, np.float64)
    for a in range(size):
        modes = duration[mode_ptr[a] : mode_ptr[a + 1]]
        shortest[a] = modes.min()
        mean[a] = modes.mean()
    return shortest, mean


@numba.njit(cache=True)
def _paths(
    order: IntArray, succ_ptr: IntArray, succ: IntArray, lag: IntArray, from_start: IntArray,
    is_inner: npt.NDArray[np.bool_], duration: IntArray, release: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:  # fmt: skip
    """Longest paths from the source to each start, and from each start to the sink and job end."""
    head = release.copy()
    for a in order:
        for e in range(succ_ptr[a], succ_ptr[a + 1]):
            step = lag[e] + (0 if from_start[e] else duration[a])
            head[succ[e]] = max(head[succ[e]], head[a] + step)
    tail, job_tail = duration.copy(), duration.copy()
    for a in order[::-1]:
        for e in range(succ_ptr[a], succ_ptr[a + 1]):
            step = lag[e] + (0 if from_start[e] else duration[a])
            tail[a] = max(tail[a], step + tail[succ[e]])
            if is_inner[e]:
                job_tail[a] = max(job_tail[a], step + job_tail[succ[e]])
    return head, tail, job_tail


@numba.njit(cache=True)
def _chain_sums(
    order: IntArray, follower: IntArray, work: FloatArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Sums over predecessors and successors where every activity has at most one of each."""
    before, after = work.copy(), work.copy()
    count = np.ones(len(work), np.int64)
    for a in order:
        if follower[a] >= 0:
            before[follower[a]] += before[a]
    for a in order[::-1]:
        if follower[a] >= 0:
            after[a] += after[follower[a]]
            count[a] += count[follower[a]]
    return before, after, count


@numba.njit(cache=True)
def _closure(order: IntArray, succ_ptr: IntArray, succ: IntArray) -> npt.NDArray[np.uint8]:
    """``closure[a, b]`` is 1 where b comes after a in the precedence order."""
    size = len(order)
    closure = np.zeros((size, size), np.uint8)
    for a in order[::-1]:
        for e in range(succ_ptr[a], succ_ptr[a + 1]):
            closure[a, succ[e]] = 1
            for b in range(size):
                closure[a, b] |= closure[succ[e], b]
    return closure


def _minimum_chain_cover(closure: npt.NDArray[np.uint8]) -> IntArray:
    """Follower of each activity in a minimum cover by chains (bipartite matching)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    matched = maximum_bipartite_matching(csr_matrix(closure), perm_type="column")
    return np.asarray(matched, dtype=np.int64)


@numba.njit(cache=True)
def _number_lanes(follower: IntArray) -> tuple[IntArray, IntArray]:
    """Lanes in the order of their lowest-numbered first activity."""
    size = len(follower)
    is_first = np.ones(size, np.uint8)
    for a in range(size):
        if follower[a] >= 0:
            is_first[follower[a]] = 0
    firsts = np.flatnonzero(is_first)
    lane = np.empty(size, np.int64)
    for index in range(len(firsts)):
        a = firsts[index]
        while a >= 0:
            lane[a] = index
            a = follower[a]
    return lane, firsts
