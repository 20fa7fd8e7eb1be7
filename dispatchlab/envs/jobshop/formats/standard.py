"""Standard job-shop text (JSPLIB, OR-Library).

The header holds the numbers of jobs and machines; then every job has one row of pairs
``machine duration``, as many as there are machines. Machines count from 0. Lines that begin with
``#`` and a title before the header are skipped.
"""

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.jobshop.formats.expressible import require_rectangular
from dispatchlab.envs.jobshop.formats.numbers import Numbers, content_lines, shop_size, skip_title
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shops import job_shop


def parse(text: str, name: str) -> CpEncoding:
    """Read standard text.

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
    _check_rows(lines[1:], jobs, machines)
    numbers = Numbers(lines[1:])
    numbers.expect_total(
        2 * jobs * machines, f"{jobs} jobs of {machines} operations, machine and duration each"
    )
    pairs = [(numbers.take("machine"), numbers.take("duration")) for _ in range(jobs * machines)]
    table = np.array(pairs, dtype=np.int64).reshape(jobs, machines, 2)
    return job_shop(table[:, :, 0], table[:, :, 1], name=name, num_machines=machines)


def dump(encoding: CpEncoding) -> str:
    """Write standard text.

    Args:
        encoding: A job shop with one operation per job and machine count.

    Returns:
        The text.

    Raises:
        InstanceFormatError: If the format cannot express the encoding.
    """
    jobs, machines = require_rectangular(encoding, "standard")
    pairs = np.stack([encoding.use_resource, encoding.mode_duration], axis=1)
    rows = pairs.reshape(jobs, 2 * machines).tolist()
    body = "\n".join(" ".join(str(value) for value in row) for row in rows)
    return f"# {' '.join(encoding.name.split())}\n{jobs} {machines}\n{body}\n"


def _check_rows(rows: list[tuple[int, str]], jobs: int, machines: int) -> None:
    """With one row per job, a row of the wrong length names its job."""
    if len(rows) != jobs:
        return
    for job, (number, line) in enumerate(rows):
        found = len(line.split())
        if found != 2 * machines:
            raise InstanceFormatError(
                f"line {number}: job {job} has {found} numbers, but {machines} operations need "
                f"{2 * machines}; complete the row (jobs of other lengths fit .fjs and .json)."
            )
