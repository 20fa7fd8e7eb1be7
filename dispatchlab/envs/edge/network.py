"""Network: what lies between the edge and the cloud."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError

IntArray = npt.NDArray[np.int64]

STATIONARY, TRAPEZIUM, TRACE = NETWORKS = ("stationary", "trapezium", "trace")
MOBILITIES = ("foot", "bicycle", "bus", "car", "train", "tram")
ANY_MOBILITY = "any"


@dataclass(frozen=True, slots=True, eq=False)
class BandwidthTrace:
    """A recorded or made network, one value per second.

    Attributes:
        name: Shown in errors.
        bandwidth_kbps: ``(K,)`` upload bandwidth, in kbit/s (bits per ms).
        latency_ms: ``(K,)`` latency that is added to the time in the cloud.
    """

    name: str
    bandwidth_kbps: IntArray
    latency_ms: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays and check them."""
        from dispatchlab.envs.edge.validation import check_trace

        for column in ("bandwidth_kbps", "latency_ms"):
            array = _whole_array(f"The trace {self.name!r}: {column}", getattr(self, column))
            object.__setattr__(self, column, array)
        check_trace(self)

    def __eq__(self, other: object) -> bool:
        """Traces are equal when all their parts are."""
        return isinstance(other, BandwidthTrace) and (
            self.name == other.name
            and np.array_equal(self.bandwidth_kbps, other.bandwidth_kbps)
            and np.array_equal(self.latency_ms, other.latency_ms)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Network:
    """What lies between edge and cloud, beyond the nominal network.

    Attributes:
        kind: ``"stationary"``: nothing; ``"trapezium"``: a latency that rises, stays and falls;
            ``"trace"``: bandwidth and latency per second instead of those of the nominal network.
        peak_ms: Trapezium: latency added from ``hold_start_ms`` to ``hold_end_ms``; none before
            ``ramp_start_ms`` and after ``ramp_end_ms``, and linear between.
        ramp_start_ms: See above, as for the next three.
        hold_start_ms: From here on the latency is ``peak_ms``.
        hold_end_ms: To here.
        ramp_end_ms: From here on nothing is added.
        traces: Trace: one is drawn in every episode, and the second of it in which the episode
            starts; after its end a trace goes on from its start. Without any, every episode has
            a new synthetic trace of a 4G network, see `dispatchlab.envs.edge.networks`.
        mobility: Of synthetic traces: one of `MOBILITIES`, or ``"any"`` for one that is drawn.
        nominal_ms: Part of ``cloud_ms`` that is transfer over the nominal network (20 ms, and
            41 kB at 30 Mbit/s); only a trace takes it out.
    """

    kind: str = STATIONARY
    peak_ms: int = 400
    ramp_start_ms: int = 60_000
    hold_start_ms: int = 90_000
    hold_end_ms: int = 180_000
    ramp_end_ms: int = 210_000
    traces: tuple[BandwidthTrace, ...] = ()
    mobility: str = ANY_MOBILITY
    nominal_ms: int = 31

    def __post_init__(self) -> None:
        """Keep the traces as a tuple."""
        object.__setattr__(self, "traces", tuple(self.traces))

    __hash__ = None  # type: ignore[assignment]


def _whole_array(what: str, values: Any) -> IntArray:  # noqa: ANN401 (any array-like)
    """A read-only copy; what is no vector of whole numbers is refused."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInstanceError(f"{what} is no list of numbers: {error}.") from None
    whole = (numbers == np.rint(numbers)) & (np.abs(numbers) < 2.0**62)
    if numbers.ndim != 1 or not whole.all():
        raise InvalidInstanceError(
            f"{what} is no list of whole numbers below 2^62; round them, leave none out."
        )
    array = numbers.astype(np.int64)
    array.setflags(write=False)
    return array
