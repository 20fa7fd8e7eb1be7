"""Playing dispatchers through the dynamics, and replaying schedules."""

import functools
import heapq
import time
from collections.abc import Sequence

import numpy as np

from dispatchlab.baselines.dispatchers.base import Dispatcher
from dispatchlab.envs.core.errors import DispatchlabError, InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.observation import make_observation
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.structure import Structure
from dispatchlab.envs.jobshop.view import View

Problem = tuple[CpEncoding, Realisation | None]


def limits_of(problems: Sequence[Problem]) -> ProblemLimits:
    """Sizes that hold all of the problems."""
    if not problems:
        raise DispatchlabError("No problem was given; name at least one instance.")
    limits = (
        ProblemLimits.of(encoding, Structure.of(encoding).num_lanes, realisation)
        for encoding, realisation in problems
    )
    return functools.reduce(ProblemLimits.merge, limits)


def run_dispatcher(
    dispatcher: Dispatcher, problems: Sequence[Problem], *, semantics: str = "non-delay",
    stop_at: str = "choices", k: int = 1, observation: str = "tokens",
) -> list[Result]:  # fmt: skip
    """Play every problem k times in one batch and keep the best of each.

    Args:
        dispatcher: Decides in all rows at once.
        problems: ``(encoding, realisation)``; None plays the expectation.
        semantics: See `dispatchlab.envs.jobshop.dynamics`.
        stop_at: ``"choices"`` or ``"every"``.
        k: Repetitions of each problem; they differ by the dispatcher's own randomness.
        observation: Observation that the view offers.

    Returns:
        One result per problem: the best schedule of its k runs, all k objectives in
        ``info["objectives"]``, and the wall time of the batch divided by the problems.
    """
    if k < 1:
        raise DispatchlabError(f"k is {k}; give at least 1.")
    start = time.perf_counter()
    rows = np.arange(len(problems) * k)
    dynamics = Dynamics(
        len(rows), limits_of(problems), semantics=semantics, stop_at=stop_at, slots=len(problems)
    )
    for slot, (encoding, realisation) in enumerate(problems):
        dynamics.load(slot, encoding, realisation)
    dynamics.reset(rows, rows // k)
    look = make_observation(observation)
    while not dynamics.done().all():
        dynamics.step(dispatcher.act_batch(View(dynamics, look)))
    elapsed = time.perf_counter() - start
    return [_best(dynamics, slot, k, elapsed / len(problems)) for slot in range(len(problems))]


def _best(dynamics: Dynamics, slot: int, k: int, runtime_s: float) -> Result:
    """The best of the k rows of a problem."""
    objectives = dynamics.objective()[slot * k : (slot + 1) * k]
    row = slot * k + int(np.argmin(objectives))
    return Result(
        schedule=dynamics.schedule(row),
        objective=float(objectives.min()),
        lower_bound=float(dynamics.initial_bound()[row]),
        status="feasible",
        runtime_s=runtime_s,
        info={"objectives": objectives.tolist(), "decisions": int(dynamics.decisions()[row])},
    )


def replay(
    encoding: CpEncoding, schedule: Schedule, realisation: Realisation | None = None
) -> Result:
    """Dispatch a schedule's decisions in the order of its start times.

    Each activity starts as early as the order allows, so a feasible schedule never gets worse:
    one with slack gets better, and what was optimal keeps its objective.

    Args:
        encoding: The problem.
        schedule: A complete schedule.
        realisation: What happens; the schedule's order is kept whatever it is.

    Returns:
        The replayed schedule and its objective.

    Raises:
        InfeasibleScheduleError: If an activity has no start, or a mode of another activity.
    """
    start = time.perf_counter()
    if not schedule.is_complete or len(schedule.start) != encoding.num_activities:
        raise InfeasibleScheduleError(
            [f"The schedule does not give all {encoding.num_activities} activities a start."]
        )
    own = (encoding.mode_ptr[:-1] <= schedule.mode) & (schedule.mode < encoding.mode_ptr[1:])
    if not own.all():
        stray = int(np.flatnonzero(~own)[0])
        raise InfeasibleScheduleError(
            [f"Activity {stray} runs in mode {schedule.mode[stray]}, which is not one of its own."]
        )
    problem = (encoding, realisation)
    dynamics = Dynamics(1, limits_of([problem]), semantics="append", stop_at="every")
    dynamics.load(0, encoding, realisation, allow_foresight=True)
    dynamics.reset()
    structure = Structure.of(encoding)
    slots = dynamics.limits.modes_per_activity
    for activity in _dispatch_order(encoding, schedule):
        slot = int(schedule.mode[activity] - encoding.mode_ptr[activity])
        dynamics.step(np.array([structure.lane[activity] * slots + slot]))
    return Result(
        schedule=dynamics.schedule(0),
        objective=float(dynamics.objective()[0]),
        lower_bound=float(dynamics.initial_bound()[0]),
        status="feasible",
        runtime_s=time.perf_counter() - start,
    )


def _dispatch_order(encoding: CpEncoding, schedule: Schedule) -> list[int]:
    """Activities by start, then end; a successor never comes before its predecessors."""
    preds_left = np.bincount(encoding.arc_to, minlength=encoding.num_activities)
    successors: list[list[int]] = [[] for _ in range(encoding.num_activities)]
    for pred, succ in zip(encoding.arc_from.tolist(), encoding.arc_to.tolist(), strict=True):
        successors[pred].append(succ)
    keys = list(zip(schedule.start.tolist(), schedule.end.tolist(), strict=True))
    heap = [(*keys[a], a) for a in np.flatnonzero(preds_left == 0).tolist()]
    heapq.heapify(heap)
    order = []
    while heap:
        activity = heapq.heappop(heap)[-1]
        order.append(activity)
        for follower in successors[activity]:
            preds_left[follower] -= 1
            if preds_left[follower] == 0:
                heapq.heappush(heap, (*keys[follower], follower))
    return order
