"""Jobs, due dates and weights: which activities each term of the objective stands for."""

from collections.abc import Iterable
from dataclasses import dataclass

from dispatchlab.envs.core.errors import UnsupportedModelError
from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.objective import SUPPORTED, Goal, Term
from dispatchlab.envs.jobshop.cp_model_import.precedence import Order
from dispatchlab.envs.jobshop.cp_model_import.unionfind import UnionFind
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, Arc


@dataclass(slots=True)
class Jobs:
    """What the encoding needs to know of the objective.

    Attributes:
        objective: Its name.
        job: Job of each activity.
        release: Earliest start of each activity.
        due: Due date of each job.
        weight: Weight of each job.
    """

    objective: str
    job: list[int]
    release: list[int]
    due: list[int]
    weight: list[int]


class Ends:
    """Which ends are certain to come no later than which others."""

    def __init__(self, draft: Draft, arcs: Iterable[Arc]) -> None:
        """Index the arcs by successor."""
        self._shortest = [min(m.duration for m in a.modes) for a in draft.activities]
        longest = [max(m.duration for m in a.modes) for a in draft.activities]
        self._before: dict[int, list[tuple[int, int]]] = {}
        for pred, succ, lag, from_start in arcs:
            step = lag + self._shortest[succ] - (longest[pred] if from_start else 0)
            self._before.setdefault(succ, []).append((pred, step))

    def earliest(self, release: list[int], activity: int) -> int:
        """Lower bound of an end by releases."""
        ahead = self.ahead_of(activity)
        return max(release[a] + self._shortest[a] + gap for a, gap in ahead.items())

    def ahead_of(self, activity: int) -> dict[int, int]:
        """For each predecessor a proven lower bound of ``end(activity) - end(predecessor)``."""
        gap = {activity: 0}
        stack = [activity]
        while stack:
            succ = stack.pop()
            for pred, step in self._before.get(succ, []):
                if gap[succ] + step > gap.get(pred, -NO_DUE_DATE * 4):
                    gap[pred] = gap[succ] + step
                    stack.append(pred)
        return gap


def read_jobs(draft: Draft, goal: Goal, order: Order) -> Jobs:
    """Choose objective, jobs, due dates and weights so that the objective is the same.

    Without an objective, and for the makespan, the jobs are the connected components of the
    precedences. Otherwise each completion time that the objective counts is one job: the
    activities whose ends it covers. Activities that no term covers form jobs without due date.

    Args:
        draft: The conversion so far.
        goal: The objective.
        order: Releases and arcs.

    Returns:
        The jobs.

    Raises:
        UnsupportedModelError: If no supported objective has the same value.
    """
    ends = Ends(draft, order.arcs)
    size = len(draft.activities)
    everything = range(size)
    if not goal.terms:
        return _makespan(size, order)
    members = [_undominated(ends, term) for term in goal.terms]
    due: list[int | None] = []
    const = goal.const
    for term, group in zip(goal.terms, members, strict=True):
        earliest = max(ends.earliest(order.release, a) for a in group)
        day, extra = _due(term, {term.offset[a] for a in group}, earliest)
        due.append(day)
        const += term.weight * extra
    job = _cover(ends, members, size)
    weight = [term.weight for term in goal.terms]
    if weight == [1] and due in ([None], [0]) and const == 0 and set(job) == {0}:
        return _makespan(size, order)
    release = _passed_on(order)
    ready = [min(release[a] for a in everything if job[a] == j) for j in range(len(members))]
    days = _settle_constant(ready, due, weight, const)
    if days == ready and set(weight) == {1} and min(job) >= 0:
        return Jobs("total_flow_time", job, release, [NO_DUE_DATE] * len(days), weight)
    _fill_rest(job, order, days, weight)
    return Jobs("total_weighted_tardiness", job, order.release, days, weight)


def _settle_constant(
    ready: list[int], due: list[int | None], weight: list[int], const: int
) -> list[int]:
    """Due dates of completion times that count from the start, or from when the job is ready."""
    counted = sum(w * r for w, r, d in zip(weight, ready, due, strict=True) if d is None)
    if const == 0:
        return [0 if d is None else d for d in due]
    if const == -counted:
        return [r if d is None else d for r, d in zip(ready, due, strict=True)]
    raise UnsupportedModelError(
        f"The objective adds the constant {const} to its completion times or tardiness; drop "
        f"the constant ({SUPPORTED})."
    )


def _makespan(size: int, order: Order) -> Jobs:
    job = [-1] * size
    due: list[int] = []
    weight: list[int] = []
    _fill_rest(job, order, due, weight)
    return Jobs("makespan", job, order.release, due, weight)


def _fill_rest(job: list[int], order: Order, due: list[int], weight: list[int]) -> None:
    """Connected components of the activities without a job become jobs without due date."""
    union = UnionFind()
    for pred, succ, _, _ in order.arcs:
        if job[pred] < 0 and job[succ] < 0:
            union.join(pred, succ)
    number: dict[int, int] = {}
    for a in [a for a, j in enumerate(job) if j < 0]:
        root = union.find(a)
        if root not in number:
            number[root] = len(due)
            due.append(NO_DUE_DATE)
            weight.append(1)
        job[a] = number[root]


def _undominated(ends: Ends, term: Term) -> list[int]:
    """Activities of a term without those that another one of it is certain to outlast."""
    beaten: set[int] = set()
    for a in term.offset:
        for b, gap in ends.ahead_of(a).items():
            if b != a and b in term.offset and gap + term.offset[a] >= term.offset[b]:
                beaten.add(b)
    return [a for a in term.offset if a not in beaten]


def _due(term: Term, offsets: set[int], earliest: int) -> tuple[int | None, int]:
    """Due date d and constant k with ``max(floor, C + offset) == max(0, C - d) + k``.

    Without a due date the term is ``C + k``.
    """
    if len(offsets) > 1:
        raise UnsupportedModelError(
            f"The objective's {term.label} adds different amounts to different ends; only one "
            "due date per job is supported."
        )
    offset = offsets.pop()
    if term.floor is not None and (term.floor == 0 or earliest + offset < term.floor):
        return term.floor - offset, term.floor
    return None, offset


def _cover(ends: Ends, members: list[list[int]], size: int) -> list[int]:
    """Job of every activity that some term covers, -1 for the others."""
    job = [-1] * size
    for j, group in enumerate(members):
        for a in group:
            if job[a] >= 0:
                raise UnsupportedModelError(
                    f"The objective counts the end of activity {a} more than once; {SUPPORTED}."
                )
            job[a] = j
    for j, group in enumerate(members):
        for a in group:
            for b, gap in ends.ahead_of(a).items():
                if job[b] < 0 and gap >= 0:
                    job[b] = j
    return job


def _passed_on(order: Order) -> list[int]:
    """Releases passed on to successors that cannot start earlier anyway."""
    release = list(order.release)
    changed = True
    while changed:
        changed = False
        for pred, succ, lag, _ in order.arcs:
            if lag >= 0 and release[pred] > release[succ]:
                release[succ], changed = release[pred], True
    return release
