"""Networks that are made: the nominal one, and synthetic 4G traces."""

import numpy as np

from dispatchlab.envs.edge.network import BandwidthTrace

NOMINAL_KBPS, NOMINAL_LATENCY_MS = 30_000, 20


def constant_trace(
    bandwidth_kbps: int = NOMINAL_KBPS, latency_ms: int = NOMINAL_LATENCY_MS
) -> BandwidthTrace:  # fmt: skip
    """A network that never changes; the nominal one by default.

    Args:
        bandwidth_kbps: Its bandwidth.
        latency_ms: Its latency.

    Returns:
        A trace of one second, which repeats.
    """
    return BandwidthTrace("constant", np.array([bandwidth_kbps]), np.array([latency_ms]))


def synthetic_4g(rng: np.random.Generator, kind: str, seconds: int) -> BandwidthTrace:
    """A trace as of a 4G network."""
    level = np.cumsum(rng.standard_normal(seconds)) * 0.1
    bandwidth = np.rint(NOMINAL_KBPS * np.exp(np.clip(level, -3, 1)))
    return BandwidthTrace(kind, bandwidth, np.full(seconds, NOMINAL_LATENCY_MS))
