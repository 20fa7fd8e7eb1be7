"""Flat arrays of shop problems: what the builders and the random generators share."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, CpEncoding

Rows = Sequence[Sequence[int]] | npt.NDArray[Any]
Column = Sequence[int] | npt.NDArray[Any]

MAX_MACHINES = 100_000


class JobColumns(NamedTuple):
    """Name, objective and the optional ``(J,)`` due dates, weights and releases."""

    name: str
    objective: str = "makespan"
    due: Column | None = None
    weight: Column | None = None
    release: Column | None = None


def encode_chains(
    machine: IntArray,
    duration: IntArray,
    lengths: IntArray,
    num_machines: int,
    columns: JobColumns,
) -> CpEncoding:
    """Jobs that are chains of single-mode, single-machine operations."""
    ones = np.ones(len(machine), np.int64)
    job = np.repeat(np.arange(len(lengths)), lengths)
    return encode_shop(
        duration, ones, ones, machine, num_machines, chain_arcs(lengths), job, columns
    )


def encode_shop(
    duration: IntArray,
    choices: IntArray,
    uses: IntArray,
    resource: IntArray,
    num_resources: int,
    arcs: tuple[IntArray, IntArray],
    job: IntArray,
    columns: JobColumns,
) -> CpEncoding:
    """A shop of no-overlap resources, straight from flat arrays."""
    jobs = int(job[-1]) + 1
    starts = _per_job("release", columns.release, 0, jobs)
    empty = np.zeros(len(arcs[0]), np.int64)
    return CpEncoding(
        name=columns.name,
        objective=columns.objective,
        mode_ptr=_offsets(choices),
        mode_duration=duration,
        use_ptr=_offsets(uses),
        use_resource=resource,
        use_demand=np.ones(len(resource), np.int64),
        setup_family=np.zeros(len(resource), np.int64),
        resource_capacity=np.ones(num_resources, np.int64),
        setup_ptr=np.zeros(num_resources + 1, np.int64),
        setup_time=np.zeros(0, np.int64),
        arc_from=arcs[0],
        arc_to=arcs[1],
        arc_lag=empty,
        arc_from_start=empty,
        job=job,
        release=starts[job],
        job_due=_per_job("due date", columns.due, NO_DUE_DATE, jobs),
        job_weight=_per_job("weight", columns.weight, 1, jobs),
    )


def chain_arcs(lengths: IntArray) -> tuple[IntArray, IntArray]:
    """Arcs that order the activities within each job.

    Args:
        lengths: ``(J,)`` number of activities of each job; activities are numbered job by job.

    Returns:
        Predecessors and successors.
    """
    total = int(lengths.sum())
    if total == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    is_last = np.zeros(total, dtype=bool)
    is_last[lengths.cumsum() - 1] = True
    pred = (~is_last).nonzero()[0]
    return pred, pred + 1


def _offsets(counts: IntArray) -> IntArray:
    offsets = np.zeros(len(counts) + 1, np.int64)
    counts.cumsum(out=offsets[1:])
    return offsets


def _per_job(what: str, values: Column | None, default: int, jobs: int) -> IntArray:
    if values is None:
        return np.full(jobs, default, np.int64)
    column = vector(what, values)
    if len(column) != jobs:
        raise InvalidInstanceError(
            f"{len(column)} values are given for the {what}, but there are {jobs} jobs; give one "
            "per job."
        )
    return column


def flatten(what: str, rows: Rows) -> tuple[IntArray, IntArray]:
    """Rows one after the other, and their lengths."""
    if isinstance(rows, np.ndarray) and rows.ndim == 2:
        flat, lengths = rows.ravel(), np.full(rows.shape[0], rows.shape[1], np.int64)
    else:
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        flat = np.concatenate([np.asarray(row) for row in rows if len(row)] or [np.zeros(0)])
    check_not_empty(lengths)
    return vector(what, flat), lengths


def vector(what: str, values: Column) -> IntArray:
    """An int64 vector of whole numbers; floats such as 3.0 are accepted."""
    array = np.asarray(values)
    if array.dtype == np.int64:
        return array
    try:
        floats = array.astype(float)
    except (TypeError, ValueError) as error:
        raise InvalidInstanceError(f"A {what} is not a number: {error}.") from None
    bad = ~(np.abs(floats) < 2.0**62) | (floats != np.round(floats))
    if bad.any():
        raise InvalidInstanceError(
            f"The {what} at position {int(np.argmax(bad))} is {array[bad][0]}; give whole numbers."
        )
    return array.astype(np.int64)


def check_not_empty(lengths: IntArray) -> None:
    """Raise unless there are jobs and each has an operation."""
    if len(lengths) == 0:
        raise InvalidInstanceError("The instance has no jobs; give at least one.")
    if lengths.min() == 0:
        raise InvalidInstanceError(
            f"Job {int(np.argmin(lengths))} has no operations; give it at least one or remove it."
        )


def check_rectangular(lengths: IntArray) -> None:
    """Raise unless all jobs have the same number of operations."""
    if (lengths != lengths[0]).any():
        job = int(np.argmax(lengths != lengths[0]))
        raise InvalidInstanceError(
            f"Job {job} has {lengths[job]} durations and job 0 has {lengths[0]}; give one duration "
            "per job and machine."
        )


def check_machines(
    machine: IntArray, lengths: IntArray, num_machines: int, item: str = "Operation"
) -> None:
    """Raise unless every machine index is between 0 and ``num_machines - 1``."""
    if num_machines > MAX_MACHINES:
        raise InvalidInstanceError(
            f"The instance has {num_machines} machines; at most {MAX_MACHINES} are supported, "
            "numbered from 0 without large gaps."
        )
    bad = (machine < 0) | (machine >= num_machines)
    if bad.any():
        at = int(np.argmax(bad))
        job, place = position(at, lengths)
        raise InvalidInstanceError(
            f"{item} {place} of job {job} is on machine {machine[at]}, but machines are numbered "
            f"0 to {num_machines - 1}."
        )


def position(index: int, lengths: IntArray) -> tuple[int, int]:
    """Job and place within the job of a flat index."""
    ends = lengths.cumsum()
    job = int(np.searchsorted(ends, index, side="right"))
    return job, index - int(ends[job] - lengths[job])


def shape_mismatch(machines: IntArray, durations: IntArray) -> str:
    """Say where machines and durations have different lengths."""
    if len(machines) != len(durations):
        return (
            f"There are machines for {len(machines)} jobs and durations for {len(durations)}; "
            "give one row of each per job."
        )
    job = int(np.argmax(machines != durations))
    return (
        f"Job {job} has {machines[job]} machines and {durations[job]} durations; give one of each "
        "per operation."
    )
