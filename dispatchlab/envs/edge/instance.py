"""Instance: what a scheduler may know of drones whose video an edge and a cloud work on."""

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.edge.network import TRACE, TRAPEZIUM, BandwidthTrace, Network

__all__ = [
    "CLOUD_EXPECTED",
    "BandwidthTrace",
    "DnnModel",
    "EdgeInstance",
    "Jitter",
    "Network",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

CLOUD_EXPECTED = ("p95", "median")
_Z_P95 = 1.6448536269514722  # standard normal quantiles
_Z_P0_1 = -3.090232306167813


@dataclass(frozen=True, slots=True)
class DnnModel:
    """A neural network that runs on every video segment, and what its result is worth.

    Attributes:
        name: Unique among the models of an instance.
        deadline_ms: After the arrival at the edge.
        edge_ms: Expected time on the edge.
        cloud_ms: Expected time in the cloud, transfers over a nominal network included.
        benefit: Of a result in time.
        edge_cost: Of a run on the edge, in time or late.
        cloud_cost: Of a call of the cloud, in time or late.
        qoe_bonus: Earned in every window in which the share of results in time is at least
            ``qoe_rate``.
        qoe_rate: That share.
    """

    name: str
    deadline_ms: int
    edge_ms: int
    cloud_ms: int
    benefit: float
    edge_cost: float
    cloud_cost: float
    qoe_bonus: float = 0.0
    qoe_rate: float = 0.9

    @property
    def edge_utility(self) -> float:
        """Utility of a run in time on the edge."""
        return self.benefit - self.edge_cost

    @property
    def cloud_utility(self) -> float:
        """Utility of a call of the cloud that returns in time; may be negative."""
        return self.benefit - self.cloud_cost


@dataclass(frozen=True, slots=True)
class Jitter:
    """How execution times spread about the expected ones.

    Attributes:
        edge_low: The time on the edge is uniform from ``edge_low`` to ``edge_high`` times
            ``edge_ms``.
        edge_high: See above.
        cloud_sigma: Standard deviation of the logarithm of the time in the cloud (lognormal).
        cloud_expected: What ``cloud_ms`` is of the time in the cloud: ``"p95"`` or ``"median"``.
    """

    edge_low: float = 0.88
    edge_high: float = 1.0
    cloud_sigma: float = 0.15
    cloud_expected: str = "p95"

    @property
    def cloud_log_shift(self) -> float:
        """Mean of the logarithm of the time in the cloud over ``cloud_ms``."""
        return -self.cloud_sigma * _Z_P95 if self.cloud_expected == "p95" else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class EdgeInstance:
    """Everything that a scheduler may know.

    Attributes:
        name: Shown in tables.
        models: Networks that run on every segment.
        num_drones: Drones whose video arrives at the edge.
        duration_ms: Segments arrive before this, a whole number of periods; what is there then
            is still played to its end.
        period_ms: Each drone sends a segment per period: one task for each model.
        network: Between edge and cloud.
        jitter: How execution times vary.
        qoe_window_ms: Length of the windows in which the bonuses are earned.
        upload_bytes: Size of a segment; read only where the network has a bandwidth.
        cloud_timeout_ms: A call of the cloud ends after this at the latest.
        deadline_ms: ``(M,)`` of each model, as for the next seven.
        edge_ms: ``(M,)`` expected time on the edge.
        cloud_ms: ``(M,)`` expected time in the cloud.
        edge_fastest_ms: ``(M,)`` least time on the edge: ``ceil(edge_low * edge_ms)``.
        cloud_fastest_ms: ``(M,)`` time in the cloud that 999 of 1000 calls do not undercut,
            transfers not included where the network is a trace; cut to whole ms.
        edge_utility: ``(M,)`` utility of a run in time on the edge.
        cloud_utility: ``(M,)`` utility of a call of the cloud that returns in time.
        edge_cost: ``(M,)`` cost of a run on the edge.
        cloud_cost: ``(M,)`` cost of a call of the cloud.
        qoe_bonus: ``(M,)`` bonus of a window.
        qoe_rate: ``(M,)`` share of results in time that earns it.
    """

    name: str
    models: tuple[DnnModel, ...]
    num_drones: int
    duration_ms: int = 300_000
    period_ms: int = 1000
    network: Network = field(default_factory=Network)
    jitter: Jitter = field(default_factory=Jitter)
    qoe_window_ms: int = 20_000
    upload_bytes: int = 41_000
    cloud_timeout_ms: int = 10_000
    deadline_ms: IntArray = field(init=False, repr=False)
    edge_ms: IntArray = field(init=False, repr=False)
    cloud_ms: IntArray = field(init=False, repr=False)
    edge_fastest_ms: IntArray = field(init=False, repr=False)
    cloud_fastest_ms: IntArray = field(init=False, repr=False)
    edge_utility: FloatArray = field(init=False, repr=False)
    cloud_utility: FloatArray = field(init=False, repr=False)
    edge_cost: FloatArray = field(init=False, repr=False)
    cloud_cost: FloatArray = field(init=False, repr=False)
    qoe_bonus: FloatArray = field(init=False, repr=False)
    qoe_rate: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the fields and make the columns of the model table."""
        from dispatchlab.envs.edge.validation import check_instance, check_reachable

        object.__setattr__(self, "models", tuple(self.models))
        check_instance(self)
        for column in ("deadline_ms", "edge_ms", "cloud_ms"):
            self._set_column(column, [getattr(model, column) for model in self.models], np.int64)
        for column in ("edge_utility", "cloud_utility", "edge_cost", "cloud_cost", "qoe_bonus",
                       "qoe_rate"):  # fmt: skip
            self._set_column(column, [getattr(model, column) for model in self.models], float)
        # 0.88 * 175 is a hair above 154
        fastest = np.ceil(self.jitter.edge_low * self.edge_ms - 1e-9)
        self._set_column("edge_fastest_ms", np.maximum(fastest, 1), np.int64)
        shift = self.jitter.cloud_log_shift + self.jitter.cloud_sigma * _Z_P0_1
        fastest = np.floor(math.exp(shift) * self.cloud_exec_ms + 1e-9)
        self._set_column("cloud_fastest_ms", np.maximum(fastest, 1), np.int64)
        check_reachable(self)

    def _set_column(self, name: str, values: Any, kind: Any) -> None:  # noqa: ANN401 (any array-like)
        array = np.array(values, dtype=kind)
        array.setflags(write=False)
        object.__setattr__(self, name, array)

    @property
    def num_models(self) -> int:
        """M."""
        return len(self.models)

    @property
    def num_segments(self) -> int:
        """Segments that each drone sends."""
        return self.duration_ms // self.period_ms

    @property
    def num_tasks(self) -> int:
        """N, the tasks of an episode."""
        return self.num_segments * self.num_drones * self.num_models

    @property
    def cloud_exec_ms(self) -> IntArray:
        """``(M,)`` expected time in the cloud without what the network's model adds."""
        return self.cloud_ms - (self.network.nominal_ms if self.network.kind == TRACE else 0)

    def network_samples(self) -> tuple[int, int]:
        """Lengths of a realisation's tables of latency and bandwidth, one entry per second."""
        if self.network.kind == TRACE:
            last = self.duration_ms + int(self.deadline_ms.max()) + self.cloud_timeout_ms
            return (-(-last // 1000) + 1,) * 2
        return (-(-self.duration_ms // 1000) + 1 if self.network.kind == TRAPEZIUM else 1), 0

    def with_network(self, kind: str | Network, **changes: Any) -> "EdgeInstance":
        """A copy with another network, or another kind and settings of its own one."""
        network = kind if isinstance(kind, Network) else replace(self.network, kind=kind, **changes)
        return replace(self, network=network)

    def with_jitter(self, **changes: Any) -> "EdgeInstance":
        """A copy with other settings of the spread of execution times."""
        return replace(self, jitter=replace(self.jitter, **changes))

    def __str__(self) -> str:
        """Say in one line what the problem is made of."""
        load = int(self.edge_ms.sum()) * self.num_drones * 1000 // self.period_ms
        return (
            f"{self.name}: {self.num_drones} drone(s) with {self.num_models} models each on one "
            f"edge and the cloud, {self.num_tasks} tasks in {self.duration_ms / 1000:g} s, edge "
            f"work {load} ms/s, network: {self.network.kind}"
        )

    def __eq__(self, other: object) -> bool:
        """Instances are equal when all their parts are."""
        if not isinstance(other, EdgeInstance):
            return False
        given = [item.name for item in fields(self) if item.init]
        return all(getattr(self, name) == getattr(other, name) for name in given)

    __hash__ = None  # type: ignore[assignment]
