"""Realisation: what will happen in an episode, drawn once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.soc.instance import SocInstance

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
SPARE_SIGMAS = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class SocRealisation:
    """Arrivals and execution-time factors; no scheduler may look at it.

    Attributes:
        gap_us: ``(N,)`` time between arrival n - 1 and arrival n; the first counts from time 0.
            In a trace and in a batch the gaps are those of the given times. Arrivals that
            prefill the system have gap 0.
        graph: ``(N,)`` job type of each arrival.
        factor: ``(N, T)`` actual over expected execution time of each task of arrival n, T the
            most tasks of any graph; the same on every PE.
    """

    gap_us: IntArray
    graph: IntArray
    factor: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name, kind in (("gap_us", np.int64), ("graph", np.int64), ("factor", np.float64)):
            array = np.array(getattr(self, name), dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def require_fit(self, instance: SocInstance) -> None:
        """Refuse a realisation of another instance.

        Raises:
            InvalidInstanceError: If it has other numbers of tasks or job types.
        """
        most = max(graph.num_tasks for graph in instance.graphs)
        count = len(self.gap_us)
        types = len(instance.graphs)
        if self.graph.shape != (count,) or self.factor.shape != (count, most):
            raise InvalidInstanceError(
                f"The realisation has {count} gaps, job types {self.graph.shape} and factors "
                f"{self.factor.shape}, but {instance.name} has at most {most} tasks a job; draw "
                "it for this instance."
            )
        if count and not 0 <= int(self.graph.min()) <= int(self.graph.max()) < types:
            raise InvalidInstanceError(
                f"The realisation has job types {int(self.graph.min())} to "
                f"{int(self.graph.max())}, but {instance.name} has {types} of them; draw it for "
                "this instance."
            )


def actual_us(expected_us: int, factor: float) -> int:
    """Actual execution time of a task: rounded, at least 1, and 0 if 0 is expected."""
    return 0 if expected_us == 0 else max(1, round(expected_us * factor))


def num_arrivals(instance: SocInstance) -> int:
    """How many arrivals a realisation holds: more than can come before the horizon."""
    injection = instance.injection
    if injection.mode == "trace":
        return len(injection.trace)
    if injection.mode == "batch":
        return injection.num_jobs
    # gaps are cut to whole µs: geometric, of mean m = 1 / (exp(1 / mean) - 1), variance m (1 + m)
    rate = float(np.expm1(1.0 / injection.mean_gap_us))
    count = (injection.horizon_us or 0) * rate
    prefill = injection.max_jobs if injection.prefill else 0
    return prefill + int(count + SPARE_SIGMAS * np.sqrt((count + 1.0) * (1.0 + rate))) + 10


def draw(rng: np.random.Generator, instance: SocInstance) -> SocRealisation:
    """Draw a realisation: gaps, then job types, then factors, each from its own stream."""
    count = num_arrivals(instance)
    injection, noise = instance.injection, instance.noise
    # spawn() would count children outside the generator's state, which a resumed run restores
    gaps_rng, types_rng, noise_rng = (
        np.random.default_rng(rng.integers(0, 1 << 32, 4)) for _ in range(3)
    )
    graphs = types_rng.choice(len(instance.graphs), count, p=instance.probabilities)
    if injection.mode == "trace":
        times = np.array([time for time, _ in injection.trace], dtype=np.int64)
        gaps = np.diff(times, prepend=0)
        graphs = np.array([graph for _, graph in injection.trace], dtype=np.int64)
    elif injection.mode == "batch":
        gaps = np.zeros(count, dtype=np.int64)
    else:
        gaps = gaps_rng.exponential(injection.mean_gap_us, count).astype(np.int64)
        if injection.prefill:
            gaps[: injection.max_jobs] = 0
    most = max(graph.num_tasks for graph in instance.graphs)
    normal = noise_rng.standard_normal((count, most))
    if noise.kind == "none" or noise.std == 0.0:
        factor = np.ones((count, most))
    elif noise.kind == "gaussian":
        factor = 1.0 + noise.std * normal
    else:
        sigma = np.sqrt(np.log1p(noise.std**2))
        factor = np.exp(sigma * normal - 0.5 * sigma**2)
    return SocRealisation(gaps, graphs, factor)


def nominal(instance: SocInstance, graphs: tuple[int, ...]) -> SocRealisation:
    """Jobs of these types at time 0, everything as expected: for a batch instance."""
    most = max(graph.num_tasks for graph in instance.graphs)
    count = len(graphs)
    return SocRealisation(np.zeros(count, np.int64), np.array(graphs), np.ones((count, most)))
