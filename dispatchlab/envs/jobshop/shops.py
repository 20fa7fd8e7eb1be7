"""Builders of the classic shops and of projects; each returns a `CpEncoding`."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shop_arrays import (
    Column,
    JobColumns,
    Rows,
    chain_arcs,
    check_machines,
    check_not_empty,
    check_rectangular,
    encode_chains,
    encode_shop,
    flatten,
    position,
    shape_mismatch,
    vector,
)

Alternatives = Sequence[tuple[int, int]]


def job_shop(
    machines: Rows,
    durations: Rows,
    *,
    name: str = "job-shop",
    due: Column | None = None,
    weight: Column | None = None,
    release: Column | None = None,
    objective: str = "makespan",
    num_machines: int | None = None,
) -> CpEncoding:
    """Build a job shop: each job visits its machines in the given order.

    Args:
        machines: Machine of each operation, one row per job; a (J, m) array or ragged lists.
        durations: Processing times, shaped like ``machines``.
        name: Name shown in tables.
        due: ``(J,)`` due dates; none by default.
        weight: ``(J,)`` tardiness weights; 1 by default.
        release: ``(J,)`` release dates; 0 by default.
        objective: One of `dispatchlab.envs.jobshop.instance.OBJECTIVES`.
        num_machines: Number of machines; by default the highest index plus one.

    Returns:
        The encoding; activities are numbered job by job.

    Raises:
        InvalidInstanceError: If a job is empty, the shapes differ, or a number is out of range.
    """
    flat_machine, lengths = flatten("machine", machines)
    flat_duration, other = flatten("duration", durations)
    if len(lengths) != len(other) or not (lengths == other).all():
        raise InvalidInstanceError(shape_mismatch(lengths, other))
    count = int(flat_machine.max(initial=-1)) + 1 if num_machines is None else num_machines
    check_machines(flat_machine, lengths, count)
    return encode_chains(
        flat_machine,
        flat_duration,
        lengths,
        count,
        JobColumns(name, objective, due, weight, release),
    )


def flow_shop(
    durations: Rows,
    *,
    name: str = "flow-shop",
    due: Column | None = None,
    weight: Column | None = None,
    release: Column | None = None,
    objective: str = "makespan",
) -> CpEncoding:
    """Build a flow shop: every job visits machines 0, 1, 2, ... in that order.

    Args:
        durations: ``(J, m)`` processing times.
        name: Name shown in tables.
        due: ``(J,)`` due dates; none by default.
        weight: ``(J,)`` tardiness weights; 1 by default.
        release: ``(J,)`` release dates; 0 by default.
        objective: One of `dispatchlab.envs.jobshop.instance.OBJECTIVES`.

    Returns:
        The encoding; activities are numbered job by job. The order of the jobs may differ
        between machines (it is not restricted to permutation schedules).

    Raises:
        InvalidInstanceError: If a job is empty or a number is out of range.
    """
    flat, lengths = flatten("duration", durations)
    check_rectangular(lengths)
    width = int(lengths[0])
    machine = np.tile(np.arange(width), len(lengths))
    return encode_chains(
        machine,
        flat,
        lengths,
        width,
        JobColumns(name, objective, due, weight, release),
    )


def open_shop(
    durations: Rows,
    *,
    name: str = "open-shop",
    due: Column | None = None,
    weight: Column | None = None,
    release: Column | None = None,
    objective: str = "makespan",
) -> CpEncoding:
    """Build an open shop: each job visits every machine, in any order.

    The encoding has no arcs; each job is a no-overlap resource of its own, numbered after the
    machines.

    Args:
        durations: ``(J, m)`` processing times.
        name: Name shown in tables.
        due: ``(J,)`` due dates; none by default.
        weight: ``(J,)`` tardiness weights; 1 by default.
        release: ``(J,)`` release dates; 0 by default.
        objective: One of `dispatchlab.envs.jobshop.instance.OBJECTIVES`.

    Returns:
        The encoding with m + J resources.

    Raises:
        InvalidInstanceError: If a job is empty or a number is out of range.
    """
    flat, lengths = flatten("duration", durations)
    check_rectangular(lengths)
    jobs, width = len(lengths), int(lengths[0])
    job = np.repeat(np.arange(jobs), width)
    pairs = np.stack([np.tile(np.arange(width), jobs), width + job], axis=1)
    return encode_shop(
        flat,
        np.ones(len(flat), np.int64),
        np.full(len(flat), 2),
        pairs.ravel(),
        width + jobs,
        (np.zeros(0, np.int64), np.zeros(0, np.int64)),
        job,
        JobColumns(name, objective, due, weight, release),
    )


def flexible_job_shop(
    jobs: Sequence[Sequence[Alternatives]],
    *,
    num_machines: int | None = None,
    name: str = "flexible-job-shop",
    due: Column | None = None,
    weight: Column | None = None,
    release: Column | None = None,
    objective: str = "makespan",
) -> CpEncoding:
    """Build a flexible job shop: an operation chooses one of several machines.

    Args:
        jobs: For each job its operations in order; each operation is a list of alternatives
            ``(machine, duration)``.
        num_machines: Number of machines; by default the highest index plus one.
        name: Name shown in tables.
        due: ``(J,)`` due dates; none by default.
        weight: ``(J,)`` tardiness weights; 1 by default.
        release: ``(J,)`` release dates; 0 by default.
        objective: One of `dispatchlab.envs.jobshop.instance.OBJECTIVES`.

    Returns:
        The encoding; activities are numbered job by job, modes in the order given.

    Raises:
        InvalidInstanceError: If a job or an operation is empty or a number is out of range.
    """
    lengths = np.array([len(job) for job in jobs], dtype=np.int64)
    check_not_empty(lengths)
    operations = [op for job in jobs for op in job]
    choices = np.array([len(op) for op in operations], dtype=np.int64)
    if choices.min() == 0:
        job, place = position(int(np.argmin(choices)), lengths)
        raise InvalidInstanceError(
            f"Operation {place} of job {job} has no machine; give at least one alternative."
        )
    machine = vector("machine", [m for op in operations for m, _ in op])
    duration = vector("duration", [d for op in operations for _, d in op])
    count = int(machine.max()) + 1 if num_machines is None else num_machines
    per_job = np.add.reduceat(choices, lengths.cumsum() - lengths)
    check_machines(machine, per_job, count, "Alternative")
    return encode_shop(
        duration,
        choices,
        np.ones(len(machine), np.int64),
        machine,
        count,
        chain_arcs(lengths),
        np.repeat(np.arange(len(lengths)), lengths),
        JobColumns(name, objective, due, weight, release),
    )


def project(
    durations: Sequence[int | Sequence[int]],
    demands: Sequence[Sequence[Any]],
    capacities: Sequence[int],
    successors: Sequence[Iterable[int]],
    *,
    name: str = "project",
    job: Sequence[int] | None = None,
    release: Sequence[int] | None = None,
    due: Sequence[int] | None = None,
    weight: Sequence[int] | None = None,
    objective: str = "makespan",
) -> CpEncoding:
    """Build a resource-constrained project (RCPSP), single- or multi-mode.

    Args:
        durations: Duration of each activity, or a list with the duration of each of its modes.
        demands: Demand ``(R,)`` of each activity for each resource, or a list of such rows, one
            per mode.
        capacities: ``(R,)`` capacities of the renewable resources.
        successors: Successors of each activity; dummy source and sink activities may be kept as
            activities of duration 0.
        name: Name shown in tables.
        job: Project of each activity, for multi-project instances; all in project 0 by default.
        release: Earliest start of each activity; 0 by default.
        due: Due date of each project; none by default.
        weight: Weight of each project; 1 by default.
        objective: One of `dispatchlab.envs.jobshop.instance.OBJECTIVES`.

    Returns:
        The encoding; a resource of capacity 1 becomes a no-overlap resource.

    Raises:
        InvalidInstanceError: If the columns differ in length or a number is out of range.
    """
    sizes = (len(durations), len(demands), len(successors))
    if len(set(sizes)) > 1:
        raise InvalidInstanceError(
            f"durations, demands and successors have {sizes[0]}, {sizes[1]} and {sizes[2]} "
            "entries; give one entry per activity."
        )
    activities = [
        _project_modes(i, duration, rows, len(capacities))
        for i, (duration, rows) in enumerate(zip(durations, demands, strict=True))
    ]
    arcs = [(i, int(s)) for i, after in enumerate(successors) for s in after]
    return CpEncoding.build(
        activities, capacities, arcs, job=job, release=release, due=due, weight=weight,
        objective=objective, name=name,
    )  # fmt: skip


def _project_modes(
    index: int, duration: int | Sequence[int], rows: Sequence[Any], num_resources: int
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Modes of one project activity."""
    if isinstance(duration, Sequence | np.ndarray):
        times, table = list(duration), list(rows)
    else:
        times, table = [duration], [rows]
    if len(times) != len(table):
        raise InvalidInstanceError(
            f"activity {index} has {len(times)} durations and {len(table)} demand rows; give one "
            "of each per mode."
        )
    for row in table:
        if len(row) != num_resources:
            raise InvalidInstanceError(
                f"activity {index} has {len(row)} demands, but there are {num_resources} "
                "resources; give a 0 where it needs none."
            )
    return [
        (time, [(r, demand) for r, demand in enumerate(row) if demand != 0])
        for time, row in zip(times, table, strict=True)
    ]
