"""Taillard's job-shop text: a header, a matrix of times and a matrix of machines.

The first two numbers of the header are those of jobs and machines; seeds and bounds may follow.
Machines count from 1. The lines ``Times`` and ``Machines`` may be missing.
"""

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.formats.expressible import require_rectangular
from dispatchlab.envs.jobshop.formats.numbers import (
    Numbers,
    content_lines,
    shop_size,
    skip_title,
)
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shops import job_shop

_SECTIONS = ("times", "machines")


def parse(text: str, name: str) -> CpEncoding:
    """Read Taillard's text.

    Args:
        text: Content of a file.
        name: Name of the instance.

    Returns:
        The job shop.

    Raises:
        InstanceFormatError: If the text does not follow the format.
    """
    lines = skip_title(content_lines(text))
    jobs, machines = shop_size(lines[0])
    titles = [line.lower() for _, line in lines[1:] if line.lower() in _SECTIONS]
    numbers = Numbers(row for row in lines[1:] if row[1].lower() not in _SECTIONS)
    numbers.expect_total(
        2 * jobs * machines, f"a matrix of times and one of machines, {jobs}x{machines} each"
    )
    first = _matrix(numbers, "duration", jobs, machines)
    second = _matrix(numbers, "machine", jobs, machines)
    durations, order = (second, first) if titles[:1] == ["machines"] else (first, second)
    wrong = (order < 1) | (order > machines)
    if wrong.any():
        job, place = np.argwhere(wrong)[0]
        raise InstanceFormatError(
            f"operation {place} of job {job} is on machine {order[job, place]}; in this format "
            f"machines are numbered 1 to {machines}."
        )
    return job_shop(order - 1, durations, name=name, num_machines=machines)


def dump(encoding: CpEncoding) -> str:
    """Write Taillard's text.

    Args:
        encoding: A job shop with one operation per job and machine count.

    Returns:
        The text.

    Raises:
        InstanceFormatError: If the format cannot express the encoding.
    """
    jobs, machines = require_rectangular(encoding, "taillard")
    times = encoding.mode_duration.reshape(jobs, machines)
    order = encoding.use_resource.reshape(jobs, machines) + 1
    head = f"Nb of jobs, Nb of Machines\n{jobs} {machines}"
    return f"{head}\nTimes\n{_rows(times)}\nMachines\n{_rows(order)}\n"


def _matrix(numbers: Numbers, what: str, jobs: int, machines: int) -> IntArray:
    values = numbers.take_many(jobs * machines, what)
    return np.array(values, dtype=np.int64).reshape(jobs, machines)


def _rows(matrix: IntArray) -> str:
    return "\n".join(" ".join(str(value) for value in row) for row in matrix.tolist())
