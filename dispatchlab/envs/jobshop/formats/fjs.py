"""Flexible job-shop text (Brandimarte's ``.fjs``).

The header holds the numbers of jobs and machines, and optionally the mean number of machines per
operation. Each job is a count of operations; each operation a count of pairs
``machine duration``. Files count machines from 1 or from 0: a file in which a machine 0 occurs
counts from 0, any other from 1. Files are written counting from 1.
"""

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.jobshop.formats.expressible import require_chains
from dispatchlab.envs.jobshop.formats.numbers import (
    Line,
    Numbers,
    content_lines,
    shop_size,
    skip_title,
)
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shops import flexible_job_shop

Operation = list[tuple[int, int]]


def parse(text: str, name: str) -> CpEncoding:
    """Read ``.fjs`` text.

    Args:
        text: Content of a file.
        name: Name of the instance.

    Returns:
        The flexible job shop.

    Raises:
        InstanceFormatError: If the text does not follow the format.
    """
    lines = skip_title(content_lines(text))
    num_jobs, machines = shop_size(lines[0])
    _check_header(lines[0])
    numbers = Numbers(lines[1:])
    jobs = [_job(numbers, index, machines) for index in range(num_jobs)]
    numbers.expect_end()
    used = [machine for job in jobs for operation in job for machine, _ in operation]
    first = 0 if 0 in used else 1
    highest = max(used) - first
    if highest >= machines:
        raise InstanceFormatError(
            f"machine {max(used)} occurs, but the {machines} machines are numbered {first} to "
            f"{machines - 1 + first} (a file that uses machine 0 counts from 0)."
        )
    shifted = [[[(m - first, d) for m, d in op] for op in job] for job in jobs]
    return flexible_job_shop(shifted, num_machines=machines, name=name)


def dump(encoding: CpEncoding) -> str:
    """Write ``.fjs`` text, machines counted from 1.

    Args:
        encoding: A (flexible) job shop.

    Returns:
        The text.

    Raises:
        InstanceFormatError: If the format cannot express the encoding.
    """
    require_chains(encoding, "fjs")
    rows: list[list[str]] = [[] for _ in range(encoding.num_jobs)]
    pointers, machines = encoding.mode_ptr.tolist(), (encoding.use_resource + 1).tolist()
    durations = encoding.mode_duration.tolist()
    for activity, job in enumerate(encoding.job.tolist()):
        first, last = pointers[activity], pointers[activity + 1]
        pairs = [f"{machines[mode]} {durations[mode]}" for mode in range(first, last)]
        rows[job].append(" ".join([str(last - first), *pairs]))
    mean = encoding.num_modes / encoding.num_activities
    head = f"{encoding.num_jobs} {encoding.num_resources} {mean:.3g}"
    return "\n".join([head, *(" ".join([str(len(row)), *row]) for row in rows)]) + "\n"


def _check_header(header: Line) -> None:
    """The third entry, where there is one, is a number."""
    number, line = header
    for token in line.split()[2:]:
        try:
            float(token)
        except ValueError:
            raise InstanceFormatError(
                f"line {number}: {token!r} in the header is no number; write the mean number of "
                "machines per operation or nothing."
            ) from None


def _job(numbers: Numbers, index: int, machines: int) -> list[Operation]:
    count = numbers.take(f"number of operations of job {index}")
    if count < 1:
        raise InstanceFormatError(
            f"line {numbers.line}: job {index} has {count} operations; give it at least one."
        )
    if count > len(numbers):
        raise InstanceFormatError(
            f"line {numbers.line}: job {index} announces {count} operations, more than the file "
            "holds; it is truncated or no .fjs file."
        )
    return [_operation(numbers, f"operation {place} of job {index}", machines)
            for place in range(count)]  # fmt: skip


def _operation(numbers: Numbers, where: str, machines: int) -> Operation:
    count = numbers.take(f"number of machines of {where}")
    if not 1 <= count <= machines:
        raise InstanceFormatError(
            f"line {numbers.line}: {where} has {count} alternative machines; give 1 to {machines}."
        )
    pairs = [
        (numbers.take(f"machine of {where}"), numbers.take(f"duration of {where}"))
        for _ in range(count)
    ]
    if min(machine for machine, _ in pairs) < 0:
        raise InstanceFormatError(
            f"line {numbers.line}: {where} names a negative machine; machines count from 0 or 1."
        )
    return pairs
