"""What `RandomJobShop` draws: lengths of jobs, routes, times and alternative machines."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shop_arrays import JobColumns, chain_arcs, encode_chains, encode_shop

Values = Mapping[str, float]


class DrawnJobs(NamedTuple):
    """Jobs whose operations are of ``T`` types; without types each is of its own, T = N.

    Attributes:
        machine: ``(T,)`` machines; where there are alternatives, the first of them.
        duration: ``(T,)`` times on it.
        kind: ``(N,)`` types of the operations, job by job.
        lengths: ``(J,)`` operations of each job.
    """

    machine: IntArray
    duration: IntArray
    kind: IntArray
    lengths: IntArray

    def work(self) -> IntArray:
        """``(J,)`` total time of each job."""
        return np.add.reduceat(self.duration[self.kind], self.lengths.cumsum() - self.lengths)


def draw_jobs(rng: np.random.Generator, value: Values) -> DrawnJobs:
    """Draw the lengths, routes and processing times of the jobs.

    Args:
        rng: Source of randomness.
        value: A value for each parameter of `RandomJobShop`.

    Returns:
        The jobs.
    """
    lengths = _lengths(rng, value)
    kept = np.arange(lengths.max()) < lengths[:, None]  # (J, longest)
    types = int(value["operation_types"])
    shape = (1, types) if types else kept.shape
    duration, machine = _durations(rng, value, shape), _machines(rng, value, shape)
    if types:
        kind = _rounds(rng, kept.shape, types)
        kind = _in_sets(rng, value, kind, machine[0][kind], kept)[kept]
        return DrawnJobs(machine[0], duration[0], kind, lengths)
    machine = _in_sets(rng, value, machine, machine, kept)[kept]
    return DrawnJobs(machine, duration[kept], np.arange(len(machine)), lengths)


def encode_jobs(
    rng: np.random.Generator, jobs: DrawnJobs, value: Values, columns: JobColumns
) -> CpEncoding:
    """Encode jobs, with alternative machines where the flexibility asks for them.

    Args:
        rng: Source of randomness.
        jobs: The jobs.
        value: A value for each parameter of `RandomJobShop`.
        columns: Name, objective, due dates and weights.

    Returns:
        The (flexible) job shop.
    """
    machines, kind = int(value["num_machines"]), jobs.kind
    flexibility = mean_alternatives(value)
    if flexibility <= 1:
        machine, duration = jobs.machine[kind], jobs.duration[kind]
        return encode_chains(machine, duration, jobs.lengths, machines, columns)
    choices, mode_machine = _alternatives(rng, jobs.machine, machines, flexibility)
    mode_duration = _mode_durations(rng, jobs.duration, choices, value)
    first, choices = (choices.cumsum() - choices)[kind], choices[kind]
    shift = first - (choices.cumsum() - choices)
    mode = np.repeat(shift, choices) + np.arange(choices.sum())
    return encode_shop(
        mode_duration[mode],
        choices,
        np.ones(len(mode), np.int64),
        mode_machine[mode],
        machines,
        chain_arcs(jobs.lengths),
        np.repeat(np.arange(len(jobs.lengths)), jobs.lengths),
        columns,
    )


def mean_alternatives(value: Values) -> float:
    """Alternatives of an operation on average, were there enough machines."""
    return value["flexibility"] + value["flexibility_share"] * (value["num_machines"] - 1)


def most_alternatives(value: Values) -> int:
    """Alternatives that no operation exceeds."""
    return min(int(value["num_machines"]), math.ceil(2 * mean_alternatives(value) - 1))


def length_range(value: Values) -> tuple[int, int]:
    """Operations of the shortest and of the longest job that can be drawn."""
    mean = int(value["num_operations"] or value["num_machines"])
    margin = min(round(mean * value["operations_spread"]), mean - 1)
    return mean - margin, mean + margin


def _lengths(rng: np.random.Generator, value: Values) -> IntArray:
    low, high = length_range(value)
    jobs = int(value["num_jobs"])
    if low == high:
        return np.full(jobs, low, dtype=np.int64)
    return rng.integers(low, high + 1, jobs)


def _durations(rng: np.random.Generator, value: Values, shape: tuple[int, ...]) -> IntArray:
    low, high = int(value["duration_low"]), int(value["duration_high"])
    uniform = rng.random(shape)
    if value["duration_skew"] > 0:
        uniform **= 1.0 + value["duration_skew"]
    return low + (uniform * (high - low + 1)).astype(np.int64)


def _machines(rng: np.random.Generator, value: Values, shape: tuple[int, int]) -> IntArray:
    """Machines of rows of operations: all of them before any again, or any."""
    machines = int(value["num_machines"])
    route = _rounds(rng, shape, machines)
    if value["revisits"] > 0:
        anew = rng.random(shape) < value["revisits"]
        route = np.where(anew, rng.integers(0, machines, shape), route)
    return route


def _rounds(rng: np.random.Generator, shape: tuple[int, int], count: int) -> IntArray:
    """Rows that go through ``range(count)`` in random order, again and again."""
    rows, length = shape
    rounds = -(-length // count)
    keys = rng.random((rows, rounds, count))
    return keys.argsort(axis=2).reshape(rows, rounds * count)[:, :length]


def _in_sets(
    rng: np.random.Generator,
    value: Values,
    row: IntArray,
    machine: IntArray,
    kept: npt.NDArray[np.bool_],
) -> IntArray:
    """Rows of what is on some machines, in structured jobs ordered by the set of the machine."""
    if value["routing_structure"] <= 0:
        return row
    structured = rng.random((len(row), 1)) < value["routing_structure"]
    late = structured & (machine >= int(value["num_machines"]) // 2)
    # a stable sort keeps the random order within the sets, and what is not kept at the end
    order = np.where(kept, late, 2).argsort(axis=1, kind="stable")
    return np.take_along_axis(row, order, axis=1)


def _alternatives(
    rng: np.random.Generator, machine: IntArray, machines: int, flexibility: float
) -> tuple[IntArray, IntArray]:
    """Number of alternatives of each operation and their machines, its own machine first."""
    count = len(machine)
    mean_count = 1.0 + rng.random(count) * (2.0 * flexibility - 2.0)
    # Random rounding keeps the mean.
    choices = np.minimum(np.floor(mean_count + rng.random(count)).astype(np.int64), machines)
    keys = rng.random((count, machines))
    keys[np.arange(count), machine] = -1.0
    order = keys.argsort(axis=1)
    return choices, order[np.arange(machines) < choices[:, None]]


def _mode_durations(
    rng: np.random.Generator, duration: IntArray, choices: IntArray, value: Values
) -> IntArray:
    """Times on all alternatives; the first of an operation has the time drawn before."""
    first = np.cumsum(choices) - choices
    times = np.repeat(duration, choices)
    spread = value["machine_spread"]
    factor = rng.uniform(1.0 - spread, 1.0 + spread, len(times))
    factor[first] = 1.0
    times = np.maximum(1, np.round(times * factor)).astype(np.int64)
    if value["unrelated_times"] > 0:
        anew = np.repeat(rng.random(len(choices)) < value["unrelated_times"], choices)
        anew[first] = False
        times = np.where(anew, _durations(rng, value, times.shape), times)
    return times
