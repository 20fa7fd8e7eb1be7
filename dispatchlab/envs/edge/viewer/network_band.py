"""What the network does below a timeline: latency that is added, or bandwidth."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.edge.realisation import EdgeRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
_MS = 1000
_LEAST_KBPS = 1.0  # of a second without bandwidth, where times are compared


class Band(NamedTuple):
    """A line over time.

    Attributes:
        label: What it shows, with its unit.
        time_ms: Where it bends.
        value: Its values there.
        is_step: Whether it keeps a value until the next one.
    """

    label: str
    time_ms: IntArray
    value: FloatArray
    is_step: bool


def network_band(realisation: EdgeRealisation, low: int, high: int) -> Band:
    """The network between two times; its bandwidth where it has one, else its latency.

    Args:
        realisation: Holds the network.
        low: Begin in ms.
        high: End in ms.

    Returns:
        The line, with a point at either end.
    """
    seconds = np.arange(low // _MS, -(-high // _MS) + 1)
    if len(realisation.bandwidth_kbps):
        rate = realisation.bandwidth_kbps[seconds % len(realisation.bandwidth_kbps)]
        return Band("bandwidth, Mbit/s", seconds * _MS, rate / 1000.0, is_step=True)
    last = len(realisation.latency_ms) - 1
    added = realisation.latency_ms[np.minimum(seconds, last)]
    return Band("extra latency, ms", seconds * _MS, added.astype(np.float64), is_step=False)


def hardest_window(realisation: EdgeRealisation, span_ms: int, until_ms: int) -> tuple[int, int]:
    """So much time around the moment at which the network is at its worst.

    Args:
        realisation: Holds the network.
        span_ms: Width of the window.
        until_ms: End of the episode.

    Returns:
        Begin and end; from 0 on where the network never changes.
    """
    band = network_band(realisation, 0, until_ms)
    hard = 1.0 / np.maximum(band.value, _LEAST_KBPS / 1000.0) if band.is_step else band.value
    worst = int(band.time_ms[int(np.argmax(hard))]) if hard.max() > hard.min() else 0
    low = max(0, min(worst - span_ms // 2, until_ms - span_ms))
    return low, min(low + span_ms, max(1, until_ms))
