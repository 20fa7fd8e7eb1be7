"""Taillard's job-shop benchmark, generated from its published random seeds.

E. Taillard, "Benchmarks for basic scheduling problems", European Journal of Operational Research
64 (1993) 278-285. The eighty instances ta01 to ta80 follow exactly from two seeds each.
"""

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shops import job_shop

_MULTIPLIER = 16807
_MODULUS = 2**31 - 1


class Seeds(NamedTuple):
    """Size and seeds of one published instance."""

    jobs: int
    machines: int
    time_seed: int
    machine_seed: int


def taillard_instance(
    jobs: int, machines: int, time_seed: int, machine_seed: int, *, name: str = ""
) -> CpEncoding:
    """Generate a job shop with Taillard's portable random number generator.

    Args:
        jobs: Number of jobs.
        machines: Number of machines; every job visits each once.
        time_seed: Seed of the processing times U{1..99}, between 1 and 2^31 - 2.
        machine_seed: Seed of the machine orders.
        name: Name shown in tables; made of the size and the seeds by default.

    Returns:
        The encoding, identical on every platform.

    Raises:
        InvalidInstanceError: If the size or a seed is out of range.
    """
    order, durations = taillard_arrays(jobs, machines, time_seed, machine_seed)
    label = name or f"taillard-{jobs}x{machines}-{time_seed}-{machine_seed}"
    return job_shop(order, durations, name=label, num_machines=machines)


def taillard_arrays(
    jobs: int, machines: int, time_seed: int, machine_seed: int
) -> tuple[IntArray, IntArray]:
    """Machine orders and processing times of a Taillard instance.

    Args:
        jobs: Number of jobs.
        machines: Number of machines.
        time_seed: Seed of the processing times.
        machine_seed: Seed of the machine orders.

    Returns:
        Two ``(jobs, machines)`` arrays: machines (from 0) and durations.

    Raises:
        InvalidInstanceError: If the size or a seed is out of range.
    """
    if jobs < 1 or machines < 1:
        raise InvalidInstanceError(
            f"A Taillard instance of size {jobs}x{machines} is asked for; give at least 1x1."
        )
    uniform = _uniforms(time_seed, jobs * machines)
    durations = 1 + (uniform * 99).astype(np.int64)
    uniform = _uniforms(machine_seed, jobs * machines).reshape(jobs, machines)
    order = np.tile(np.arange(machines), (jobs, 1))
    rows = np.arange(jobs)
    # The draws are independent of the permutations, so all jobs can swap side by side.
    for place in range(machines):
        other = place + (uniform[:, place] * (machines - place)).astype(np.int64)
        kept = order[rows, place].copy()
        order[rows, place] = order[rows, other]
        order[rows, other] = kept
    return order, durations.reshape(jobs, machines)


@cache
def seeds_table() -> dict[str, Seeds]:
    """Seeds of ta01 to ta80."""
    path = files("dispatchlab.envs.jobshop") / "data" / "taillard_seeds.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    return {name: Seeds(*row) for name, row in table.items()}


def _uniforms(seed: int, count: int) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1) from Taillard's linear congruential generator."""
    if not 1 <= seed < _MODULUS:
        raise InvalidInstanceError(
            f"The Taillard seed {seed} is out of range; it must be between 1 and {_MODULUS - 1}."
        )
    states = []
    for _ in range(count):
        seed = seed * _MULTIPLIER % _MODULUS
        states.append(seed)
    return np.array(states) / _MODULUS
