"""Instance: what a scheduler may know of task graphs streaming onto a heterogeneous chip."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

UNSUPPORTED = -1
INJECTIONS = ("lossy", "blocked", "unbounded", "trace", "batch")
NOISES = ("none", "gaussian", "lognormal")


@dataclass(frozen=True, slots=True, eq=False)
class TaskGraph:
    """A job type: a directed acyclic graph of tasks.

    Attributes:
        name: Unique among the graphs of an instance.
        kernels: Kernel of each task; a row of the chip's execution table.
        arc_from: ``(E,)`` source task of each arc.
        arc_to: ``(E,)`` target task of each arc.
        volume: ``(E,)`` data volume of each arc, in the unit of the chip's bandwidths.
        task_names: Name of each task; the kernels by default.
    """

    name: str
    kernels: tuple[str, ...]
    arc_from: IntArray
    arc_to: IntArray
    volume: FloatArray
    task_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the arrays and check the graph."""
        from dispatchlab.envs.soc.validation import check_graph

        object.__setattr__(self, "kernels", tuple(self.kernels))
        object.__setattr__(self, "task_names", tuple(self.task_names) or self.kernels)
        for name, kind in (("arc_from", np.int64), ("arc_to", np.int64), ("volume", np.float64)):
            object.__setattr__(self, name, _frozen(name, getattr(self, name), kind))
        check_graph(self)

    @classmethod
    def build(
        cls, name: str, kernels: Sequence[str], arcs: Sequence[tuple[int, int, float]],
        task_names: Sequence[str] = (),
    ) -> "TaskGraph":  # fmt: skip
        """A graph from ``(source, target, volume)`` triples."""
        tails, heads, volumes = zip(*arcs, strict=True) if arcs else ((), (), ())
        return cls(
            name, tuple(kernels), _frozen("arc_from", tails, np.int64),
            _frozen("arc_to", heads, np.int64), _frozen("volume", volumes, np.float64),
            tuple(task_names),
        )  # fmt: skip

    @property
    def num_tasks(self) -> int:
        """T."""
        return len(self.kernels)

    def __eq__(self, other: object) -> bool:
        """Graphs are equal when all their parts are."""
        return isinstance(other, TaskGraph) and _parts(self) == _parts(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Frequencies, voltages and powers of the elements of a cluster.

    Attributes:
        frequency_mhz: Ascending; execution times hold at the last one.
        voltage_mv: One per frequency.
        active_power_w: Power of the whole cluster by number of active elements (1, 2, ...), at
            the highest frequency.
        is_placeholder: Whether the source has no real powers, so that energies mean nothing.
    """

    frequency_mhz: tuple[float, ...]
    voltage_mv: tuple[float, ...]
    active_power_w: tuple[float, ...]
    is_placeholder: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """Processing elements of unrelated speed, and the links between them.

    Attributes:
        name: Shown in tables.
        pe_names: Name of each processing element (PE).
        cluster: ``(P,)`` cluster of each PE.
        cluster_names: Name of each cluster.
        kernels: Rows of the execution table.
        exec_us: ``(K, P)`` expected execution time in µs; -1 where a PE does not support a kernel.
        bandwidth: ``(P, P)`` volume per µs from one PE to another; the diagonal is not read
            (data that stays where it is is there at once).
        memory_bandwidth: None, or ``(P, 2)`` volume per µs to and from the shared memory, through
            which all data goes then.
        operating_points: One per cluster, or empty if the chip has no power table.
    """

    name: str
    pe_names: tuple[str, ...]
    cluster: IntArray
    cluster_names: tuple[str, ...]
    kernels: tuple[str, ...]
    exec_us: IntArray
    bandwidth: FloatArray
    memory_bandwidth: FloatArray | None = None
    operating_points: tuple[OperatingPoints, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the arrays and check the chip."""
        from dispatchlab.envs.soc.validation import check_chip

        for name in ("pe_names", "cluster_names", "kernels", "operating_points"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name, kind in (("cluster", np.int64), ("exec_us", np.int64), ("bandwidth", float)):
            object.__setattr__(self, name, _frozen(name, getattr(self, name), kind))
        if self.memory_bandwidth is not None:
            memory = _frozen("memory_bandwidth", self.memory_bandwidth, float)
            object.__setattr__(self, "memory_bandwidth", memory)
        check_chip(self)

    @property
    def num_pes(self) -> int:
        """P."""
        return len(self.pe_names)

    def __eq__(self, other: object) -> bool:
        """Chips are equal when all their parts are."""
        return isinstance(other, Chip) and _parts(self) == _parts(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Injection:
    """How jobs arrive.

    Attributes:
        mode: ``"lossy"``: Poisson arrivals, lost while ``max_jobs`` are in the system;
            ``"blocked"``: the source waits for a free slot, then for a new gap; ``"unbounded"``:
            Poisson arrivals, those beyond ``max_jobs`` queue first in, first out before they are
            visible; ``"trace"``: as unbounded, at the times of ``trace``; ``"batch"``: as
            unbounded, ``num_jobs`` at time 0.
        mean_gap_us: Mean time between arrivals ("scale"); gaps are exponential, cut to whole µs.
        max_jobs: Jobs that the scheduler may work on at once.
        horizon_us: The episode ends here, or when the last arrival is complete; None (trace and
            batch only): not before that.
        warmup_us: Jobs that complete before this are not counted.
        prefill: Whether the system starts full ("pseudo-steady state").
        num_jobs: Size of a batch.
        trace: ``(time_us, graph)`` of each arrival, by time.
    """

    mode: str = "lossy"
    mean_gap_us: float = 25.0
    max_jobs: int = 3
    horizon_us: int | None = 5000
    warmup_us: int = 0
    prefill: bool = True
    num_jobs: int = 0
    trace: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Noise:
    """How actual execution times differ from the expected ones.

    Attributes:
        kind: ``"none"``; ``"gaussian"``: factor ``1 + std * z``; ``"lognormal"``: mean 1 and
            standard deviation ``std``. Durations are rounded and at least 1; what is expected to
            take no time takes none.
        std: Relative standard deviation.
    """

    kind: str = "none"
    std: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SocInstance:
    """Everything that a scheduler may know.

    Attributes:
        name: Shown in tables.
        chip: The chip.
        graphs: Job types.
        probabilities: Chance of each job type at an arrival.
        injection: How jobs arrive.
        noise: How execution times vary.
    """

    name: str
    chip: Chip
    graphs: tuple[TaskGraph, ...]
    probabilities: tuple[float, ...] = ()
    injection: Injection = field(default_factory=Injection)
    noise: Noise = field(default_factory=Noise)

    def __post_init__(self) -> None:
        """Fill in equal probabilities and check how the parts fit."""
        from dispatchlab.envs.soc.validation import check_instance

        object.__setattr__(self, "graphs", tuple(self.graphs))
        chances = tuple(float(p) for p in self.probabilities)
        equal = (1.0 / max(1, len(self.graphs)),) * len(self.graphs)
        object.__setattr__(self, "probabilities", chances or equal)
        check_instance(self)

    def expected_us(self, graph: int) -> IntArray:
        """``(T, P)`` expected execution times of the tasks of a graph; -1 where unsupported."""
        rows = {name: row for row, name in enumerate(self.chip.kernels)}
        chosen: IntArray = self.chip.exec_us[[rows[k] for k in self.graphs[graph].kernels]]
        return chosen

    def with_injection(self, **changes: Any) -> "SocInstance":
        """A copy with other injection settings."""
        return replace(self, injection=replace(self.injection, **changes))

    def with_noise(self, kind: str, std: float) -> "SocInstance":
        """A copy with other execution noise."""
        return replace(self, noise=Noise(kind, std))

    def __str__(self) -> str:
        """Say in one line what the problem is made of."""
        tasks = max(graph.num_tasks for graph in self.graphs)
        stream = self.injection
        jobs = f"{stream.num_jobs}" if stream.mode == "batch" else f"{len(stream.trace)}"
        if stream.mode not in ("batch", "trace"):
            jobs = f"every {stream.mean_gap_us:g} µs"
        return (
            f"{self.name}: {len(self.graphs)} task graph(s) of up to {tasks} tasks on "
            f"{self.chip.num_pes} processing elements, jobs: {jobs} ({stream.mode})"
        )

    def __eq__(self, other: object) -> bool:
        """Instances are equal when all their parts are."""
        return isinstance(other, SocInstance) and _parts(self) == _parts(other)

    __hash__ = None  # type: ignore[assignment]


def transfer_us(volume: float, bandwidth: float) -> int:
    """Whole µs that a transfer takes; fractions are cut, as in the published simulators."""
    return int(volume / bandwidth)


def _frozen(name: str, values: Any, kind: Any) -> npt.NDArray[Any]:  # noqa: ANN401 (any array-like)
    """A read-only copy; what is no array of numbers, or would lose a fraction, is refused."""
    try:
        array = np.array(values, dtype=kind)
        exact = np.array_equal(array, np.array(values, dtype=np.float64), equal_nan=True)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInstanceError(
            f"{name} is no table of numbers: {error}; give equally long rows of numbers."
        ) from None
    if not exact:
        raise InvalidInstanceError(f"{name} holds fractions or huge values; give whole numbers.")
    array.setflags(write=False)
    return array


def _parts(record: Any) -> list[Any]:  # noqa: ANN401 (any of the dataclasses above)
    """The fields as comparable values."""
    values = (getattr(record, name) for name in record.__dataclass_fields__)
    return [v.tolist() if isinstance(v, np.ndarray) else v for v in values]
