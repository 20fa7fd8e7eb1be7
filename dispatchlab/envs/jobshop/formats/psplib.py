"""PSPLIB text (``.sm`` single-mode, ``.mm`` multi-mode), with renewable resources.

Due date and tardiness cost of the project information are not read: the objective of these
instances is the makespan. The dummy source and sink stay as activities of duration 0.
"""

import re
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.jobshop.formats.expressible import refuse, require_plain
from dispatchlab.envs.jobshop.formats.numbers import Line, Numbers, is_number
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.shops import project

_SECTIONS = {
    "project": "project information",
    "precedence": "precedence relations",
    "requests": "requests/durations",
    "available": "resourceavailabilities",
}
_KINDS = ("renewable", "nonrenewable", "doubly constrained")
_RULE = "*" * 72
_BLANKS = r"[^\S\n]*"  # within a line, so that searches take linear time


class _Sizes(NamedTuple):
    """Numbers of activities and of resources of each kind."""

    jobs: int
    renewable: int
    nonrenewable: int
    doubly: int

    @property
    def resources(self) -> int:
        """Columns of the request table."""
        return self.renewable + self.nonrenewable + self.doubly


def parse(text: str, name: str) -> CpEncoding:
    """Read PSPLIB text.

    Args:
        text: Content of a file.
        name: Name of the instance.

    Returns:
        The project.

    Raises:
        InstanceFormatError: If the text does not follow the format, or a nonrenewable or doubly
            constrained resource is used.
    """
    sizes, sections = _sizes(text), _sections(text)
    release = _release(sections["project"])
    modes, successors = _precedences(Numbers(sections["precedence"]), sizes.jobs)
    durations, demands = _requests(Numbers(sections["requests"]), modes, sizes)
    available = Numbers(sections["available"])
    capacities = available.take_many(sizes.resources, "resource availability")
    available.expect_end()
    return project(
        durations,
        demands,
        capacities[: sizes.renewable],
        successors,
        name=name,
        release=[release] * sizes.jobs,
    )


def dump(encoding: CpEncoding) -> str:
    """Write PSPLIB text.

    Args:
        encoding: A project with one source first and one sink last.

    Returns:
        The text. `parse` returns the precedences sorted by predecessor.

    Raises:
        InstanceFormatError: If the format cannot express the encoding.
    """
    _require_project(encoding)
    resources = range(1, encoding.num_resources + 1)
    columns = "".join(f"{f'R {r}':>6}" for r in resources)
    horizon = sum(
        int(encoding.mode_duration[a:b].max())
        for a, b in zip(encoding.mode_ptr[:-1], encoding.mode_ptr[1:], strict=True)
    )
    lines = [
        _RULE,
        f"file with basedata            : {' '.join(encoding.name.split())}",
        _RULE,
        "projects                      :  1",
        f"jobs (incl. supersource/sink ):  {encoding.num_activities}",
        f"horizon                       :  {horizon}",
        "RESOURCES",
        f"  - renewable                 :  {encoding.num_resources}   R",
        "  - nonrenewable              :  0   N",
        "  - doubly constrained        :  0   D",
        _RULE,
        "PROJECT INFORMATION:",
        "pronr.  #jobs rel.date duedate tardcost  MPM-Time",
        f"    1  {max(encoding.num_activities - 2, 0):5} {encoding.release[0]:8}       0"
        "        0        0",
        _RULE,
        "PRECEDENCE RELATIONS:",
        "jobnr.    #modes  #successors   successors",
        *_precedence_rows(encoding),
        _RULE,
        "REQUESTS/DURATIONS:",
        f"jobnr. mode duration{columns}",
        "-" * 72,
        *_request_rows(encoding),
        _RULE,
        "RESOURCEAVAILABILITIES:",
        columns,
        "".join(f" {capacity:5}" for capacity in encoding.resource_capacity),
        _RULE,
    ]
    return "\n".join(lines) + "\n"


def _sizes(text: str) -> _Sizes:
    """Counts from the head of the file."""
    jobs = _count(text, rf"jobs{_BLANKS}\(incl[^)\n]*\)", "jobs (incl. supersource/sink )")
    kinds = [_count(text, rf"-{_BLANKS}{kind}", kind) for kind in _KINDS]
    line = rf"^{_BLANKS}projects{_BLANKS}:{_BLANKS}0*([0-9]+)"
    projects = re.search(line, text, re.IGNORECASE | re.MULTILINE)
    if projects and projects[1] != "1":
        raise InstanceFormatError(f"it holds {projects[1]} projects; give one project per file.")
    if jobs < 1 or jobs > len(text):
        raise InstanceFormatError(f"it announces {jobs} jobs; the file cannot hold them.")
    return _Sizes(jobs, *kinds)


def _count(text: str, pattern: str, label: str) -> int:
    line = rf"^{_BLANKS}{pattern}{_BLANKS}:{_BLANKS}([0-9]{{1,9}})\b"
    found = re.search(line, text, re.IGNORECASE | re.MULTILINE)
    if found is None:
        raise InstanceFormatError(f"the line '{label} : <number>' is missing; add it.")
    return int(found[1])


def _sections(text: str) -> dict[str, list[Line]]:
    """Number rows of each section, by key."""
    rows: dict[str, list[Line]] = {}
    current: list[Line] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        key = next((k for k, title in _SECTIONS.items() if line.lower().startswith(title)), None)
        if key is not None:
            current = rows.setdefault(key, [])
        elif line and not _is_heading(line):
            current.append((number, line))
    missing = [title for key, title in _SECTIONS.items() if key not in rows]
    if missing and missing != [_SECTIONS["project"]]:
        raise InstanceFormatError(
            f"the section {missing[-1].upper()!r} is missing; the file is truncated or not PSPLIB."
        )
    rows.setdefault("project", [])
    return rows


def _is_heading(line: str) -> bool:
    """Rules and column titles: they begin with no number, nor with what was meant as one."""
    first = line.split()[0]
    return (line[0] in "*-" and not is_number(first)) or first.lower() in (
        "jobnr.", "pronr.", "r", "n", "d",
    )  # fmt: skip


def _release(rows: list[Line]) -> int:
    """Release date of the project; the third column of the project information."""
    numbers = Numbers(rows)
    return numbers.take_many(3, "release date")[2] if len(numbers) >= 3 else 0


def _precedences(numbers: Numbers, jobs: int) -> tuple[list[int], list[list[int]]]:
    """Number of modes and successors (from 0) of every activity."""
    modes, successors = [], []
    for job in range(1, jobs + 1):
        _take_job(numbers, job, "precedence")
        modes.append(numbers.take(f"number of modes of job {job}"))
        count = numbers.take(f"number of successors of job {job}")
        if modes[-1] < 1 or not 0 <= count <= jobs:
            raise InstanceFormatError(
                f"line {numbers.line}: job {job} has {modes[-1]} modes and {count} successors; "
                f"give at least one mode and at most {jobs} successors."
            )
        after = numbers.take_many(count, f"successor of job {job}")
        outside = [s for s in after if not 1 <= s <= jobs]
        if outside:
            raise InstanceFormatError(
                f"line {numbers.line}: job {job} has successor {outside[0]}; jobs are numbered 1 "
                f"to {jobs}."
            )
        successors.append([s - 1 for s in after])
    numbers.expect_end()
    return modes, successors


def _requests(
    numbers: Numbers, modes: list[int], sizes: _Sizes
) -> tuple[list[list[int]], list[list[list[int]]]]:
    """Durations and renewable demands of every mode of every activity."""
    durations: list[list[int]] = []
    demands: list[list[list[int]]] = []
    for job, count in enumerate(modes, start=1):
        _take_job(numbers, job, "request")
        durations.append([])
        demands.append([])
        for mode in range(1, count + 1):
            found = numbers.take(f"mode {mode} of job {job}")
            if found != mode:
                raise InstanceFormatError(
                    f"line {numbers.line}: mode {found} of job {job} stands where mode {mode} "
                    "should; number the modes 1, 2, ..."
                )
            durations[-1].append(numbers.take(f"duration of job {job}, mode {mode}"))
            row = numbers.take_many(sizes.resources, f"request of job {job}, mode {mode}")
            _refuse_nonrenewable(row, job, mode, sizes)
            demands[-1].append(row[: sizes.renewable])
    numbers.expect_end()
    return durations, demands


def _take_job(numbers: Numbers, job: int, table: str) -> None:
    found = numbers.take(f"{table} row of job {job}")
    if found != job:
        raise InstanceFormatError(
            f"line {numbers.line}: a {table} row of job {found} stands where job {job} should; "
            "list the jobs 1, 2, ... in order."
        )


def _refuse_nonrenewable(row: list[int], job: int, mode: int, sizes: _Sizes) -> None:
    for index in range(sizes.renewable, sizes.resources):
        if row[index] > 0:
            shift = index - sizes.renewable
            kind = "nonrenewable" if shift < sizes.nonrenewable else "doubly constrained"
            raise InstanceFormatError(
                f"job {job} uses {row[index]} of a {kind} resource in mode {mode}; only renewable "
                "resources are supported."
            )


def _require_project(encoding: CpEncoding) -> None:
    require_plain(encoding, "psplib", releases=True)
    ends = encoding.mode_ptr[[0, 1, -2, -1]]
    dummies = [*range(ends[0], ends[1]), *range(ends[2], ends[3])]
    inner_source = np.isin(np.arange(1, encoding.num_activities), encoding.arc_to)
    inner_sink = np.isin(np.arange(encoding.num_activities - 1), encoding.arc_from)
    faults = {
        f"it has {encoding.num_jobs} jobs, not one project": encoding.num_jobs > 1,
        "its release dates differ": (encoding.release != encoding.release[0]).any(),
        "its first and last activity are no dummy source and sink": (
            encoding.mode_duration[dummies].any()
            or np.diff(encoding.use_ptr)[dummies].any()
            or not (inner_source.all() and inner_sink.all())
        ),
    }
    for reason, present in faults.items():
        if present:
            raise refuse(encoding, "psplib", reason)


def _precedence_rows(encoding: CpEncoding) -> list[str]:
    after: list[list[int]] = [[] for _ in range(encoding.num_activities)]
    for pred, succ in zip(encoding.arc_from.tolist(), encoding.arc_to.tolist(), strict=True):
        after[pred].append(succ + 1)
    modes = np.diff(encoding.mode_ptr).tolist()
    return [
        f"{index + 1:4} {modes[index]:8} {len(row):10}      "
        f"{''.join(f' {s:4}' for s in row)}".rstrip()
        for index, row in enumerate(after)
    ]


def _request_rows(encoding: CpEncoding) -> list[str]:
    demand = np.zeros((encoding.num_modes, encoding.num_resources), dtype=np.int64)
    demand[encoding.use_mode, encoding.use_resource] = encoding.use_demand
    rows = []
    for mode, activity in enumerate(encoding.mode_activity.tolist()):
        place = mode - int(encoding.mode_ptr[activity])
        label = f"{activity + 1:4}" if place == 0 else "    "
        numbers = "".join(f" {value:5}" for value in demand[mode].tolist())
        rows.append(f"{label} {place + 1:6} {encoding.mode_duration[mode]:5}{numbers}")
    return rows
