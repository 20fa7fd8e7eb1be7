"""What a file with nothing but a task graph leaves open: the chip and the stream."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.checks import is_number
from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.soc.checks import MAX_US
from dispatchlab.envs.soc.instance import Chip, Injection, SocInstance, TaskGraph

IDENTICAL = (1.0, 1.0, 1.0, 1.0)
MAX_PES = 1024

Row = tuple[int, ...]


class Assumed(NamedTuple):
    """The chip that a task graph is put on.

    Attributes:
        chip: A chip whose table has the kernels of the file; its times replace those of the file.
        speeds: Otherwise: how much faster than the file's times each processing element is.
        bandwidth: Volume per µs between any two of them.
    """

    chip: Chip | None = None
    speeds: Sequence[float] | None = None
    bandwidth: float | None = None

    def check(self) -> None:
        """Refuse speeds and bandwidths that no chip can have.

        Raises:
            InstanceFormatError: With the first contradiction found.
        """
        if self.chip is not None and not isinstance(self.chip, Chip):
            raise InstanceFormatError(
                f"the chip is a {type(self.chip).__name__}; give a Chip, such as the one of "
                "load_instance('wifi-tx80')."
            )
        if self.chip is not None and (self.speeds is not None or self.bandwidth is not None):
            raise InstanceFormatError("a chip is given with speeds or a bandwidth; give one.")
        speeds = IDENTICAL if self.speeds is None else self.speeds
        if not 1 <= len(speeds) <= MAX_PES or not all(is_number(s) and s > 0 for s in speeds):
            raise InstanceFormatError(
                f"the speeds are {tuple(speeds[:9])}; give 1 to {MAX_PES} positive numbers."
            )
        if self.bandwidth is not None and not (is_number(self.bandwidth) and self.bandwidth > 0):
            raise InstanceFormatError(
                f"the bandwidth is {self.bandwidth!r}; give a positive number."
            )


class Tasks(NamedTuple):
    """A task graph as files have it, before it has kernels.

    Attributes:
        names: Name of each task.
        labels: What each task runs; tasks with one label share a kernel if their times agree.
        rows: Execution times of each task on each processing element, -1 where unsupported.
        arcs: ``(source, target, volume)`` of each arc.
    """

    names: Sequence[str]
    labels: Sequence[str]
    rows: Sequence[Row]
    arcs: Sequence[tuple[int, int, float]]


def one_job(
    name: str, tasks: Tasks, assumed: Assumed, pe_names: Sequence[str] = (),
) -> SocInstance:  # fmt: skip
    """One job of a graph on an idle chip.

    Args:
        name: Name of the instance and the graph.
        tasks: The graph.
        assumed: The chip; a bandwidth of 1 if it has none.
        pe_names: Names of the processing elements; P1, P2, ... by default.

    Returns:
        A batch of one job, without a horizon.
    """
    kernels = list(tasks.labels) if assumed.chip else _name_kernels(tasks.labels, tasks.rows)
    chip = assumed.chip or _chip(name, dict(zip(kernels, tasks.rows, strict=True)),
                                 1.0 if assumed.bandwidth is None else assumed.bandwidth,
                                 pe_names)  # fmt: skip
    graph = TaskGraph.build(name, kernels, list(tasks.arcs), tasks.names)
    alone = Injection("batch", max_jobs=1, horizon_us=None, prefill=False, num_jobs=1)
    return SocInstance(name, chip, (graph,), injection=alone)


def scaled_row(time_us: float, speeds: Sequence[float], what: str) -> Row:
    """Whole µs on each processing element, at least 1 unless no time is taken.

    Args:
        time_us: Time at speed 1.
        speeds: Speeds.
        what: Place in the file, for the error message.

    Returns:
        The times.

    Raises:
        InstanceFormatError: If the time is negative or too long.
    """
    if not 0.0 <= time_us / min(*speeds, 1.0) <= MAX_US:
        raise InstanceFormatError(
            f"{what} makes {time_us:g} µs; it must be between 0 and {MAX_US:g} µs."
        )
    return tuple(0 if time_us == 0 else max(1, round(time_us / speed)) for speed in speeds)


def _name_kernels(labels: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """A label; with the time on the first element, or all times, where tasks of it differ."""
    times: dict[str, set[Row]] = {}
    for label, row in zip(labels, rows, strict=True):
        times.setdefault(label, set()).add(row)
    firsts = {label: len({row[0] for row in found}) for label, found in times.items()}
    names = []
    for label, row in zip(labels, rows, strict=True):
        told_apart = firsts[label] == len(times[label])
        shown = f"{row[0]}" if told_apart else "/".join(map(str, row))
        names.append(label if len(times[label]) == 1 else f"{label}@{shown}")
    return names


def _chip(
    name: str, table: dict[str, Row], bandwidth: float, pe_names: Sequence[str]
) -> Chip:  # fmt: skip
    count = len(next(iter(table.values()), ()))
    return Chip(
        name=f"{name}-chip",
        pe_names=tuple(pe_names) or tuple(f"P{pe}" for pe in range(1, count + 1)),
        cluster=np.zeros(count, np.int64),
        cluster_names=("PE",),
        kernels=tuple(table),
        exec_us=np.array(list(table.values()), np.int64).reshape(len(table), count),
        bandwidth=np.full((count, count), float(bandwidth)),
    )
