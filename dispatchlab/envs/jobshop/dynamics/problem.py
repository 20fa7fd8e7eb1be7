"""Problem: padded arrays that hold one (encoding, realisation) pair per slot."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import OBJECTIVES, CpEncoding
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.structure import Structure

FloatArray = npt.NDArray[np.float64]


class Problem(NamedTuple):
    """Slots of problems; I slots, sizes as in `ProblemLimits`.

    Several rows may read one slot: best-of-k sampling keeps a single slot for k copies. The last
    axis of the wide arrays is named in `layout`; the fields follow `CpEncoding`, `Structure` and
    `Realisation`.
    """

    counts: IntArray  # (I, 11)
    scales: FloatArray  # (I, 4)
    activity: IntArray  # (I, N+1, 12)
    work: FloatArray  # (I, N, 2)
    mode: IntArray  # (I, M+1, 4)
    use: IntArray  # (I, U, 5)
    share: FloatArray  # (I, U) demand * duration / number of modes: expected load
    resource: IntArray  # (I, R+1, 4)
    setup_time: IntArray  # (I, S)
    arc: IntArray  # (I, E, 3)
    lane: IntArray  # (I, L, 2)
    job: IntArray  # (I, J, 5)
    down: IntArray  # (I, D, 2)


def allocate_problem(num_slots: int, limits: ProblemLimits) -> Problem:
    """Zeroed slots for problems within the limits."""
    return Problem(
        counts=np.zeros((num_slots, 11), np.int64),
        scales=np.zeros((num_slots, 4)),
        activity=np.zeros((num_slots, limits.activities + 1, 12), np.int64),
        work=np.zeros((num_slots, limits.activities, 2)),
        mode=np.zeros((num_slots, limits.modes + 1, 4), np.int64),
        use=np.zeros((num_slots, limits.uses, 5), np.int64),
        share=np.zeros((num_slots, limits.uses)),
        resource=np.zeros((num_slots, limits.resources + 1, 4), np.int64),
        setup_time=np.zeros((num_slots, limits.setups), np.int64),
        arc=np.zeros((num_slots, limits.arcs, 3), np.int64),
        lane=np.zeros((num_slots, limits.lanes, 2), np.int64),
        job=np.zeros((num_slots, limits.jobs, 5), np.int64),
        down=np.zeros((num_slots, limits.breakdowns, 2), np.int64),
    )


def load_problem(
    problem: Problem, slot: int, encoding: CpEncoding, structure: Structure, real: Realisation
) -> None:
    """Write an encoding, its structure and a realisation into a slot."""
    use_mode, mode_activity = encoding.use_mode, encoding.mode_activity
    modes_of = np.diff(encoding.mode_ptr)
    load = encoding.use_demand * encoding.mode_duration[use_mode]
    order = np.argsort(encoding.use_resource, kind="stable")
    by_resource_ptr = np.zeros(encoding.num_resources + 1, np.int64)
    counts = np.bincount(encoding.use_resource, minlength=encoding.num_resources)
    np.cumsum(counts, out=by_resource_ptr[1:])
    is_known = real.job_arrival == real.job_arrival.min()
    columns: dict[str, tuple[npt.ArrayLike, ...]] = {
        "counts": (
            encoding.num_activities, encoding.num_modes, encoding.num_resources,
            encoding.num_jobs, structure.num_lanes, modes_of.max(initial=1),
            OBJECTIVES.index(encoding.objective), _is_simple(encoding, real),
            _is_instant(encoding, real), not real.is_nominal(encoding),
            _is_simple(encoding, real) and _is_shop(encoding, structure),
        ),
        "scales": (
            max(1.0, float(structure.mean_duration[is_known[encoding.job]].mean())),
            lower_bound(encoding, structure), reward_scale(encoding, structure),
            float(encoding.job_weight[is_known].mean()) or 1.0,
        ),
        "activity": (
            encoding.mode_ptr, structure.succ_ptr,
            np.bincount(encoding.arc_to, minlength=encoding.num_activities),
            structure.lane, structure.lane_next, encoding.job, encoding.release,
            structure.min_duration, structure.head_path, structure.tail_path,
            structure.job_tail, structure.tail_count,
        ),
        "work": (structure.head_work, structure.tail_work),
        "mode": (encoding.mode_duration, real.mode_duration, encoding.use_ptr, mode_activity),
        "use": (
            encoding.use_resource, encoding.use_demand, encoding.setup_family, use_mode, order,
        ),
        "resource": (encoding.resource_capacity, by_resource_ptr, encoding.setup_ptr,
                     real.down_ptr),
        "arc": (
            encoding.arc_to[structure.succ_order], encoding.arc_lag[structure.succ_order],
            encoding.arc_from_start[structure.succ_order],
        ),
        "lane": (structure.lane_first,
                 np.bincount(structure.lane, minlength=structure.num_lanes)),
        "job": (
            structure.job_is_ordered, encoding.job_due, encoding.job_weight,
            encoding.job_release(real.job_arrival), real.job_arrival,
        ),
        "down": (real.down_start, real.down_end),
    }  # fmt: skip
    for field, values in columns.items():
        target = getattr(problem, field)[slot]
        for column, value in enumerate(values):
            if field in ("counts", "scales"):
                target[column] = value
            else:
                target[: len(value), column] = value  # type: ignore[arg-type]
    problem.share[slot, : len(load)] = load / modes_of[mode_activity[use_mode]]
    problem.setup_time[slot, : len(encoding.setup_time)] = encoding.setup_time


def reward_scale(encoding: CpEncoding, structure: Structure) -> float:
    """What normalised rewards are divided by, so that sizes mix.

    The lower bound itself; for tardiness, whose bound may be 0, the makespan bound times the
    mean weight.
    """
    if encoding.objective != "total_weighted_tardiness":
        return max(1.0, lower_bound(encoding, structure))
    path = float((structure.head_path + structure.min_duration).max(initial=1))
    return max(1.0, max(path, _load_bound(encoding, structure)) * encoding.job_weight.mean())


def lower_bound(encoding: CpEncoding, structure: Structure) -> float:
    """Critical-path and resource-load bound on the objective, from the expectation alone."""
    completion = encoding.completion_times(structure.head_path + structure.min_duration)
    if encoding.objective != "makespan":
        ends = structure.head_path + structure.min_duration
        return encoding.objective_value(ends)
    bound = float(completion.max(initial=0))
    return max(bound, _load_bound(encoding, structure))


def _load_bound(encoding: CpEncoding, structure: Structure) -> float:
    """Earliest head plus total load plus shortest tail, over the resources; 0 with alternatives."""
    if encoding.num_modes > encoding.num_activities or not len(encoding.use_resource):
        return 0.0
    resource, activity = encoding.use_resource, encoding.mode_activity[encoding.use_mode]
    duration = encoding.mode_duration[activity]
    counted = duration > 0
    resource, activity, duration = resource[counted], activity[counted], duration[counted]
    size = encoding.num_resources
    head = np.full(size, np.inf)
    tail = np.full(size, np.inf)
    np.minimum.at(head, resource, structure.head_path[activity])
    np.minimum.at(tail, resource, structure.tail_path[activity] - duration)
    load = np.bincount(resource, encoding.use_demand[counted] * duration, size)
    used = load > 0
    span = head[used] + np.ceil(load[used] / encoding.resource_capacity[used]) + tail[used]
    return float(span.max(initial=0.0))


def _is_simple(encoding: CpEncoding, real: Realisation) -> bool:
    """Whether the fast path of the kernels applies."""
    return (
        bool((np.diff(encoding.use_ptr) == 1).all())
        and bool((encoding.resource_capacity == 1).all())
        and len(encoding.setup_time) == 0
        and len(real.down_start) == 0
        and bool((real.mode_duration > 0).all())
    )


def _is_shop(encoding: CpEncoding, structure: Structure) -> bool:
    """Whether every job is one chain of activities and nothing but the makespan counts."""
    return (
        encoding.objective == "makespan"
        and structure.num_lanes == encoding.num_jobs
        and bool((structure.lane_next[encoding.arc_from] == encoding.arc_to).all())
        and not encoding.arc_lag.any()
        and not encoding.arc_from_start.any()
    )


def _is_instant(encoding: CpEncoding, real: Realisation) -> bool:
    """Whether starting an activity can make another one startable at the same time."""
    return bool(
        (encoding.arc_lag < 0).any()
        or encoding.arc_from_start.any()
        or (real.mode_duration == 0).any()
        or (encoding.mode_duration == 0).any()
    )
