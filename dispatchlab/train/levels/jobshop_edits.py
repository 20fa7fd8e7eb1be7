"""Edits of job shops: times, orders, and jobs that come and go."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.train.levels.edits import Edit, Place, places

TARGETS = 8  # jobs or machines that are told apart
SPOTS = 4  # places of an order
FEWEST_JOBS = 3  # with fewer there may be nothing to decide
FACTORS = {0.5: "halve", 2.0: "double"}
BoolArray = npt.NDArray[np.bool_]


class Shop(NamedTuple):
    """A job shop, and when its jobs arrive.

    Attributes:
        encoding: The shop.
        arrival: ``(J,)`` arrival times: due dates count from them, so they stay with their jobs.
    """

    encoding: CpEncoding
    arrival: IntArray


def scale_job(shop: Shop, job: Place, factor: float) -> Shop:
    """Change all durations of a job; see `_scale`."""
    encoding = shop.encoding
    chosen = encoding.job[encoding.mode_activity] == job.pick(encoding.num_jobs)
    return _scale(shop, chosen, factor)


def scale_machine(shop: Shop, machine: Place, factor: float) -> Shop:
    """Change all durations on a machine; see `_scale`."""
    encoding = shop.encoding
    uses = encoding.use_resource == machine.pick(encoding.num_resources)
    chosen = np.zeros(encoding.num_modes, np.bool_)
    chosen[encoding.use_mode[uses]] = True
    return _scale(shop, chosen, factor)


def swap(shop: Shop, job: Place, spot: Place) -> Shop:
    """Exchange an operation of a job with the one that follows it, machines and times."""
    encoding = shop.encoding
    number = job.pick(encoding.num_jobs)
    ends = encoding.job[np.stack([encoding.arc_from, encoding.arc_to])]
    arcs = np.flatnonzero((ends == number).all(axis=0))
    if not len(arcs):
        return shop
    arc = arcs[spot.pick(len(arcs))]
    pair = [int(encoding.arc_from[arc]), int(encoding.arc_to[arc])]
    order = np.arange(encoding.num_activities)
    order[pair] = pair[::-1]
    return shop._replace(encoding=replace(encoding, **_work_of(encoding, order)))


def remove_job(shop: Shop, job: Place) -> Shop:
    """Take a job out."""
    count = shop.encoding.num_jobs
    if count <= FEWEST_JOBS:
        return shop
    return _with_jobs(shop, np.delete(np.arange(count), job.pick(count)))


def duplicate_job(shop: Shop, job: Place) -> Shop:
    """Put a copy of a job behind it; it arrives together with the first."""
    count = shop.encoding.num_jobs
    repeats = np.ones(count, np.int64)
    repeats[job.pick(count)] = 2
    return _with_jobs(shop, np.repeat(np.arange(count), repeats))


def _scale(shop: Shop, chosen: BoolArray, factor: float) -> Shop:
    """Scale durations, at most to the longest of the shop and at least to 1; 0 stays 0."""
    old = shop.encoding.mode_duration
    scaled = np.clip(np.rint(old * factor), 1, old.max(initial=1)).astype(np.int64)
    new = np.where(chosen & (old > 0), scaled, old)
    return shop._replace(encoding=replace(shop.encoding, mode_duration=new))


def _with_jobs(shop: Shop, jobs: IntArray) -> Shop:
    """The shop with these of its jobs, in that order; jobs that depend on another one stay."""
    encoding = shop.encoding
    if (encoding.job[encoding.arc_from] != encoding.job[encoding.arc_to]).any():
        return shop
    members = [np.flatnonzero(encoding.job == job) for job in jobs.tolist()]
    sizes = np.array([len(own) for own in members])
    order = np.concatenate(members)
    arcs = [np.flatnonzero(encoding.job[encoding.arc_from] == job) for job in jobs.tolist()]
    # where each activity of the block of a job went
    ends = []
    for first, own, inner in zip((sizes.cumsum() - sizes).tolist(), members, arcs, strict=True):
        place = np.zeros(encoding.num_activities, np.int64)
        place[own] = first + np.arange(len(own))
        ends.append(place[np.stack([encoding.arc_from[inner], encoding.arc_to[inner]])])
    arc_from, arc_to = np.concatenate(ends, axis=1)
    kept = np.concatenate(arcs)
    changed = replace(
        encoding,
        **_work_of(encoding, order),
        arc_from=arc_from,
        arc_to=arc_to,
        arc_lag=encoding.arc_lag[kept],
        arc_from_start=encoding.arc_from_start[kept],
        job=np.repeat(np.arange(len(jobs)), sizes),
        release=encoding.release[order],
        job_due=encoding.job_due[jobs],
        job_weight=encoding.job_weight[jobs],
    )
    return Shop(changed, shop.arrival[jobs])


def _work_of(encoding: CpEncoding, order: IntArray) -> dict[str, Any]:
    """Columns of modes and their uses, for activities in another order; names are dropped."""
    mode_ptr, modes = _rows(encoding.mode_ptr, order)
    use_ptr, uses = _rows(encoding.use_ptr, modes)
    return {
        "mode_ptr": mode_ptr,
        "mode_duration": encoding.mode_duration[modes],
        "use_ptr": use_ptr,
        "use_resource": encoding.use_resource[uses],
        "use_demand": encoding.use_demand[uses],
        "setup_family": encoding.setup_family[uses],
        "activity_names": (),
    }


def _rows(ptr: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """Offsets and indices of the entries of some rows."""
    sizes = np.diff(ptr)[chosen]
    offsets = np.concatenate([[0], sizes.cumsum()]).astype(np.int64)
    shift = np.repeat(ptr[chosen] - offsets[:-1], sizes)
    return offsets, np.arange(offsets[-1]) + shift


EDITS: tuple[Edit[Shop], ...] = (
    *(
        Edit(f"{verb} the times of job {job}", partial(scale_job, job=job, factor=factor))
        for factor, verb in FACTORS.items()
        for job in places(TARGETS)
    ),
    *(
        Edit(
            f"{verb} the times on machine {machine}",
            partial(scale_machine, machine=machine, factor=factor),
        )
        for factor, verb in FACTORS.items()
        for machine in places(TARGETS)
    ),
    *(Edit(f"remove job {job}", partial(remove_job, job=job)) for job in places(TARGETS)),
    *(Edit(f"duplicate job {job}", partial(duplicate_job, job=job)) for job in places(TARGETS)),
    *(
        Edit(f"swap two operations of job {job} at {spot}", partial(swap, job=job, spot=spot))
        for job in places(TARGETS)
        for spot in places(SPOTS)
    ),
)
