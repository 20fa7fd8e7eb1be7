"""Standard Task Graphs of the Kasahara laboratory (Tobita and Kasahara, 2002).

The first line has the number of tasks, and in files with communication costs the number of
processors. A task has its number, its processing time and the number of its predecessors; these
follow on the same line, or, with the communication cost of each, as pairs on this or the next
lines. ``#`` begins a comment.

* The dummy tasks at the ends, which the first line may leave out of its count, are kept as tasks
  of no time.
* One unit of time is 1 µs. A communication cost is what a transfer between any two different
  processors takes.
* Processors are identical; where the file does not count them there are four, or as many as
  ``speeds`` has entries.
"""

from typing import NamedTuple

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import shorten
from dispatchlab.envs.soc.formats.assumed import IDENTICAL, Assumed, Tasks, one_job, scaled_row
from dispatchlab.envs.soc.formats.expressible import Plain, plain_problem
from dispatchlab.envs.soc.instance import SocInstance

MAX_PROCESSORS = 1024
MAX_CELLS = 4_000_000  # of the table of execution times


class _Line(NamedTuple):
    """Whole numbers of a line, and which line it is."""

    number: int
    values: list[int]


def parse(text: str, name: str, assumed: Assumed) -> SocInstance:
    """Read a standard task graph.

    Args:
        text: Content of a file.
        name: Name of the instance.
        assumed: The chip, if not the default one.

    Returns:
        One job of the graph on an idle chip; task n is called ``t<n>``, as is its kernel.

    Raises:
        InstanceFormatError: If the text is no such graph.
    """
    lines = _lines(text)
    header = lines[0]
    if not 1 <= len(header.values) <= 2 or min(header.values) < 1:
        raise InstanceFormatError(
            f"line {header.number} should hold the number of tasks and maybe of processors, both "
            f"at least 1, but holds {shorten(header.values)}."
        )
    if len(header.values) == 2 and header.values[1] > MAX_PROCESSORS:
        raise InstanceFormatError(
            f"line {header.number} asks for {header.values[1]} processors; {MAX_PROCESSORS} is the "
            "most."
        )
    times, arcs = _records(lines[1:])
    if len(times) not in (header.values[0], header.values[0] + 2):
        raise InstanceFormatError(
            f"line {header.number} announces {header.values[0]} tasks, with or without two dummy "
            f"tasks, but {len(times)} follow; complete the file or correct the number."
        )
    processors = header.values[1] if len(header.values) == 2 else len(IDENTICAL)
    speeds = assumed.speeds or (1.0,) * processors
    if len(times) * len(speeds) > MAX_CELLS:
        raise InstanceFormatError(
            f"its {len(times)} tasks take {len(times) * len(speeds)} execution times on "
            f"{len(speeds)} processors; take fewer processors, for {MAX_CELLS} times at most."
        )
    names = [f"t{task}" for task in range(len(times))]
    rows = [scaled_row(t, speeds, f"the time of task {n}") for n, t in enumerate(times)]
    return one_job(name, Tasks(names, names, rows, arcs), assumed)


def dump(instance: SocInstance) -> str:
    """Write a standard task graph.

    The names of the tasks, kernels and elements are not kept, nor clusters and operating points.
    Dummy tasks are added where the graph has not exactly one first and one last task of no time.
    The number of processors is written only with communication costs.

    Args:
        instance: One job of a graph on identical elements with uniform links.

    Returns:
        The text.

    Raises:
        InstanceFormatError: If the format cannot express the instance.
    """
    plain = plain_problem(instance, "stg")
    if any(len(set(row)) > 1 for row in plain.rows):
        raise InstanceFormatError(
            "The stg format has identical processors, so the execution times of "
            f"{instance.name!r} would be lost; write json or dot."
        )
    times = [row[0] for row in plain.rows]
    arcs = [(a, b, int(volume / plain.bandwidth)) for a, b, volume in plain.arcs]
    if not _has_dummies(times, plain):
        times, arcs = _with_dummies(times, arcs)
    has_costs = any(cost for _, _, cost in arcs)
    count = f"{len(times)} {len(plain.rows[0])}" if has_costs else f"{len(times) - 2}"
    lines = [count]
    predecessors: list[list[tuple[int, int]]] = [[] for _ in times]
    for a, b, cost in arcs:
        predecessors[b].append((a, cost))
    for task, (time, before) in enumerate(zip(times, predecessors, strict=True)):
        if has_costs:
            lines += [f"{task} {time} {len(before)}", *(f"{a} {cost}" for a, cost in before)]
        else:
            lines.append(" ".join(map(str, [task, time, len(before), *(a for a, _ in before)])))
    return "\n".join(lines) + "\n"


def _lines(text: str) -> list[_Line]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        tokens = line.partition("#")[0].split()
        wrong = next(
            (t for t in tokens if not (t.isascii() and t.isdecimal() and len(t) <= 15)), None
        )
        if wrong is not None:
            raise InstanceFormatError(
                f"line {number} holds {shorten(wrong)}; write whole numbers of at least 0."
            )
        if tokens:
            found.append(_Line(number, [int(token) for token in tokens]))
    if not found:
        raise InstanceFormatError("it holds no numbers; the first line is the number of tasks.")
    return found


def _records(lines: list[_Line]) -> tuple[list[int], list[tuple[int, int, float]]]:
    """Processing times and arcs."""
    times: list[int] = []
    arcs: list[tuple[int, int, float]] = []
    styles: dict[bool, int] = {}
    at = 0
    while at < len(lines):
        line, values = lines[at].number, lines[at].values
        if len(values) < 3 or values[0] != len(times):
            raise InstanceFormatError(
                f"line {line} should begin with task {len(times)}, its time and its number of "
                f"predecessors, but holds {shorten(values)}."
            )
        count, listed = values[2], values[3:]
        at += 1
        has_costs = len(listed) == 2 * count
        if count and not listed:
            listed, has_costs = _cost_lines(lines[at : at + count]), True
            at += count
        if len(listed) != (2 * count if has_costs else count):
            raise InstanceFormatError(
                f"line {line} has {count} predecessors, but {len(listed)} numbers for them; list "
                "each one, or each one with its communication cost."
            )
        if count:
            styles[has_costs] = line
            pairs = zip(listed[::2], listed[1::2], strict=True) if has_costs else (
                (before, 0) for before in listed)  # fmt: skip
            arcs += [(before, len(times), float(cost)) for before, cost in pairs]
        times.append(values[1])
    if len(styles) > 1:
        raise InstanceFormatError(
            f"line {styles[True]} gives communication costs, but line {styles[False]} does not; "
            "give them for all tasks or none."
        )
    return times, arcs


def _cost_lines(lines: list[_Line]) -> list[int]:
    """Predecessors and costs, a pair on each line."""
    for line in lines:
        if len(line.values) != 2:
            raise InstanceFormatError(
                f"line {line.number} should hold a predecessor and its communication cost, but "
                f"holds {shorten(line.values)}."
            )
    return [value for line in lines for value in line.values]


def _has_dummies(times: list[int], plain: Plain) -> bool:
    """Whether only the first task has no predecessor, only the last no successor, both no time."""
    last = len(times) - 1
    entries = set(range(len(times))) - {b for _, b, _ in plain.arcs}
    exits = set(range(len(times))) - {a for a, _, _ in plain.arcs}
    return last > 1 and entries == {0} and exits == {last} and times[0] == times[last] == 0


def _with_dummies(
    times: list[int], arcs: list[tuple[int, int, int]]
) -> tuple[list[int], list[tuple[int, int, int]]]:
    last = len(times) + 1
    entries = sorted(set(range(len(times))) - {b for _, b, _ in arcs})
    exits = sorted(set(range(len(times))) - {a for a, _, _ in arcs})
    shifted = [(0, task + 1, 0) for task in entries]
    shifted += [(a + 1, b + 1, cost) for a, b, cost in arcs]
    shifted += [(task + 1, last, 0) for task in exits]
    return [0, *times, 0], shifted
