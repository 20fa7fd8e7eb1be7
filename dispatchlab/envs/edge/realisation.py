"""Realisation: what will happen in an episode, drawn once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.network import (
    ANY_MOBILITY,
    MOBILITIES,
    TRACE,
    TRAPEZIUM,
    BandwidthTrace,
    Network,
)
from dispatchlab.envs.edge.networks import constant_trace, synthetic_4g

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
MS = 1000  # in a second, the step of the network's tables
_TASKS = ("arrival_ms", "model", "drone", "edge_time_ms", "cloud_exec_ms")


@dataclass(frozen=True, slots=True, eq=False)
class EdgeRealisation:
    """Arrivals, durations and the network; no scheduler may look at it.

    Attributes:
        arrival_ms: ``(N,)`` when each task arrives, ascending. The tasks of a segment arrive
            together, in an order of its own; those of two drones in the same ms by drone.
        model: ``(N,)`` which network it runs.
        drone: ``(N,)`` whose video it works on.
        edge_time_ms: ``(N,)`` what it takes on the edge, at least 1.
        cloud_exec_ms: ``(N,)`` what it takes in the cloud without what the network adds, at
            least 1.
        latency_ms: ``(K,)`` latency that the network adds at times 0, 1 s, 2 s, ...; linear
            between them, cut to whole ms, and constant after the last.
        bandwidth_kbps: ``(L,)`` bandwidth in each second, from the start again after its end; no
            entries where it does not count.
    """

    arrival_ms: IntArray
    model: IntArray
    drone: IntArray
    edge_time_ms: IntArray
    cloud_exec_ms: IntArray
    latency_ms: IntArray
    bandwidth_kbps: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in (*_TASKS, "latency_ms", "bandwidth_kbps"):
            array = np.array(getattr(self, name), dtype=np.int64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def num_tasks(self) -> int:
        """N."""
        return len(self.arrival_ms)

    def require_fit(self, instance: EdgeInstance) -> None:
        """Refuse a realisation of another instance, or one that cannot be played.

        Raises:
            InvalidInstanceError: If it has other numbers of tasks, models or drones, arrivals out
                of order or impossible times.
        """
        shapes = {getattr(self, name).shape for name in _TASKS}
        if shapes != {(instance.num_tasks,)}:
            _refuse(instance, f"columns of shapes {sorted(shapes)}", f"{instance.num_tasks} tasks")
        for name, count in (("model", instance.num_models), ("drone", instance.num_drones)):
            values = getattr(self, name)
            if values.min() < 0 or values.max() >= count:
                _refuse(
                    instance, f"{name}s {values.min()} to {values.max()}", f"{count} of them"
                )  # fmt: skip
        arrival = self.arrival_ms
        if arrival[0] < 0 or (np.diff(arrival) < 0).any() or arrival[-1] >= instance.duration_ms:
            _refuse(
                instance, f"arrivals from {arrival[0]} to {arrival[-1]} ms",
                f"{instance.duration_ms} ms in which they come in order",
            )  # fmt: skip
        if min(self.edge_time_ms.min(), self.cloud_exec_ms.min()) < 1:
            _refuse(instance, "execution times below 1 ms", "models that take time")
        if not len(self.latency_ms) or min(self.latency_ms.min(), self._least_bandwidth()) < 0:
            _refuse(instance, "no latency_ms, or negative ones", "a network")

    def _least_bandwidth(self) -> int:
        return int(self.bandwidth_kbps.min(initial=0))


def draw(rng: np.random.Generator, instance: EdgeInstance) -> EdgeRealisation:
    """Draw a realisation: arrivals, edge times, cloud times and network, each from its own stream.

    With the same generator, instances that differ only in their network or in how times spread
    have the same arrivals, and times from the same draws.

    Args:
        rng: The only source of randomness.
        instance: What is known of it.

    Returns:
        What will happen.
    """
    # spawn() would count children outside the generator's state, which a resumed run restores
    arrivals_rng, edge_rng, cloud_rng, network_rng = (
        np.random.default_rng(rng.integers(0, 1 << 32, 4)) for _ in range(4)
    )
    segments, drones, models = instance.num_segments, instance.num_drones, instance.num_models
    phases = arrivals_rng.integers(0, instance.period_ms, drones)
    # segments first: a longer episode begins as a shorter one does
    order = np.argsort(arrivals_rng.random((segments, drones, models)), axis=2)
    uniform = edge_rng.random((segments, drones, models))
    normal = cloud_rng.standard_normal((segments, drones, models))
    jitter = instance.jitter
    factor = jitter.edge_low + (jitter.edge_high - jitter.edge_low) * uniform
    edge = np.maximum(np.rint(factor * instance.edge_ms), instance.edge_fastest_ms)
    cloud = np.exp(jitter.cloud_log_shift + jitter.cloud_sigma * normal) * instance.cloud_exec_ms
    latency, bandwidth = _draw_network(network_rng, instance)
    return _assemble(instance, phases, order, (edge, np.rint(cloud)), latency, bandwidth)


def nominal(instance: EdgeInstance) -> EdgeRealisation:
    """What happens if all is as expected.

    Drones are spread evenly over the period, the models of a segment come in their order, times
    are the expected ones, and the network is the first trace from its start, or the nominal one
    where traces are synthetic.

    Args:
        instance: The instance.

    Returns:
        The realisation.
    """
    shape = (instance.num_segments, instance.num_drones, instance.num_models)
    phases = np.arange(instance.num_drones) * instance.period_ms // instance.num_drones
    order = np.broadcast_to(np.arange(instance.num_models), shape)
    edge = np.broadcast_to(instance.edge_ms, shape)
    cloud = np.broadcast_to(instance.cloud_exec_ms, shape)
    latency, bandwidth = _tables(instance, (*instance.network.traces, constant_trace())[0], 0)
    return _assemble(instance, phases, order, (edge, cloud), latency, bandwidth)


def _draw_network(rng: np.random.Generator, instance: EdgeInstance) -> tuple[IntArray, IntArray]:
    network = instance.network
    if network.kind != TRACE:
        return _tables(instance, constant_trace(), 0)
    if not network.traces:
        kind = network.mobility
        drawn = MOBILITIES[rng.integers(len(MOBILITIES))]
        kind = drawn if kind == ANY_MOBILITY else kind
        return _tables(instance, synthetic_4g(rng, kind, instance.network_samples()[1]), 0)
    trace = network.traces[rng.integers(len(network.traces))]
    return _tables(instance, trace, int(rng.integers(len(trace.bandwidth_kbps))))


def _tables(
    instance: EdgeInstance, trace: BandwidthTrace, start: int
) -> tuple[IntArray, IntArray]:  # fmt: skip
    """Latency and bandwidth per second; the trace counts only where the network is one."""
    latency, bandwidth = instance.network_samples()
    seconds = np.arange(latency)
    if instance.network.kind == TRACE:
        seconds = (seconds + start) % len(trace.bandwidth_kbps)
        return trace.latency_ms[seconds], trace.bandwidth_kbps[seconds]
    if instance.network.kind == TRAPEZIUM:
        return _trapezium(instance.network, seconds * MS), np.zeros(bandwidth, np.int64)
    return np.zeros(latency, np.int64), np.zeros(bandwidth, np.int64)


def _trapezium(network: Network, times: IntArray) -> IntArray:
    """Latency added at the given times."""
    peak = network.peak_ms
    rise = network.hold_start_ms - network.ramp_start_ms
    fall = network.ramp_end_ms - network.hold_end_ms
    rising = np.where(
        times >= network.hold_start_ms, peak,
        np.maximum(times - network.ramp_start_ms, 0) * peak // max(rise, 1),
    )  # fmt: skip
    falling = np.where(
        times <= network.hold_end_ms, peak,
        np.maximum(network.ramp_end_ms - times, 0) * peak // max(fall, 1),
    )  # fmt: skip
    return np.minimum(rising, falling)


def _assemble(
    instance: EdgeInstance, phases: IntArray, order: IntArray,
    times: tuple[FloatArray | IntArray, FloatArray | IntArray], latency: IntArray,
    bandwidth: IntArray,
) -> EdgeRealisation:  # fmt: skip
    """Put ``(segment, drone, model)`` tables into the order of arrival."""
    segments, _, models = order.shape
    arrival = np.arange(segments)[:, None] * instance.period_ms + phases[None]
    # within a period drones always come in the same order: that of their phases, then their number
    first = np.argsort(phases, kind="stable")
    flat = order[:, first].reshape(-1)
    edge, cloud = (
        np.take_along_axis(table, order, axis=2)[:, first].reshape(-1).astype(np.int64)
        for table in times
    )
    return EdgeRealisation(
        arrival_ms=np.repeat(arrival[:, first].reshape(-1), models),
        model=flat,
        drone=np.tile(np.repeat(first, models), segments),
        edge_time_ms=edge,
        cloud_exec_ms=np.maximum(cloud, 1),
        latency_ms=latency,
        bandwidth_kbps=bandwidth,
    )


def _refuse(instance: EdgeInstance, has: str, needs: str) -> None:
    raise InvalidInstanceError(
        f"The realisation has {has}, but {instance.name} has {needs}; draw it for this instance."
    )
