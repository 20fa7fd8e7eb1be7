"""Networks that are made: the nominal one, and synthetic traces of 4G networks.

The figures below are statistics of 40 traces of a 4G/LTE network in and around Ghent, one sample a
second, that were recorded on foot, on a bicycle, in a bus, a car, a train and a tram (J. van der
Hooft et al., *HTTP/2-based adaptive streaming of HEVC video over 4G/LTE networks*, IEEE
Communications Letters 20(11), 2016), as converted for UMass-LIDS/sabre (``example/mmsys18/4Glogs``,
BSD-2). The traces themselves are not included; `read_trace` reads them.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.edge.network import MOBILITIES, BandwidthTrace

FloatArray = npt.NDArray[np.float64]

NOMINAL_KBPS, NOMINAL_LATENCY_MS = 30_000, 20
SLOW_SHARE = 0.65  # of the variance within a trace; the rest is new in every second
SKEW = 0.15  # makes medians smaller than means, as they are
TOP = 2.3  # in standard deviations: the fastest seconds are no faster than those recorded
FADE_S = 3.0  # mean length of a fade, in which nothing is sent


class Mobility(NamedTuple):
    """What the traces of one kind have in common.

    Attributes:
        mean_mbps: Mean over the seconds of all traces.
        between_mbps: Standard deviation of the means of traces.
        within_mbps: Standard deviation within a trace, root of its mean square.
        fade_share: Share of seconds without bandwidth. The first percentile is 0 but for bus and
            car, the fifth of trains is near it; the shares are chosen to agree with that.
        memory_s: After which the slow part has lost most of its correlation; chosen after one
            trace on foot and one in a train.
    """

    mean_mbps: float
    between_mbps: float
    within_mbps: float
    fade_share: float
    memory_s: float


STATISTICS = {
    "foot": Mobility(29.3, 9.0, 13.1, 0.012, 30.0),
    "bicycle": Mobility(28.2, 3.0, 14.9, 0.012, 25.0),
    "bus": Mobility(31.9, 8.8, 14.9, 0.005, 15.0),
    "car": Mobility(33.9, 3.9, 15.4, 0.005, 12.0),
    "train": Mobility(22.7, 1.1, 14.5, 0.045, 10.0),
    "tram": Mobility(29.2, 10.5, 13.7, 0.015, 15.0),
}


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
    """A trace with the statistics of a 4G network: a mean, slow and fast changes, and fades.

    Args:
        rng: Source of randomness.
        kind: How the device moves, one of `MOBILITIES`.
        seconds: Length.

    Returns:
        The trace; its latency is 20 ms throughout, as in the recorded ones.

    Raises:
        InvalidInstanceError: If the kind is unknown or the length below 1.
    """
    if kind not in STATISTICS:
        raise InvalidInstanceError(
            f"The mobility {kind!r} is unknown; choose one of {', '.join(MOBILITIES)}."
        )
    if seconds < 1:
        raise InvalidInstanceError(f"A trace of {seconds} s is too short; ask for 1 at least.")
    like = STATISTICS[kind]
    usual = like.mean_mbps / (1.0 - like.fade_share)
    mean = usual + like.between_mbps * float(np.clip(rng.standard_normal(), -2.0, 2.0))
    z = math.sqrt(SLOW_SHARE) * _slow(rng, seconds, like.memory_s)
    z += math.sqrt(1.0 - SLOW_SHARE) * rng.standard_normal(seconds)
    z = np.minimum(z, TOP)
    shape = (z + SKEW * (z * z - 1.0)) / math.sqrt(1.0 + 2.0 * SKEW**2)
    # traces of higher mean spread more, but less than in proportion
    mbps = np.maximum(mean + like.within_mbps * math.sqrt(mean / usual) * shape, 0.0)
    mbps[_fades(rng, seconds, like.fade_share)] = 0.0
    latency = np.full(seconds, NOMINAL_LATENCY_MS)
    return BandwidthTrace(f"4g-{kind}", np.rint(1000.0 * mbps), latency)


def _slow(rng: np.random.Generator, seconds: int, memory_s: float) -> FloatArray:
    """A stationary first-order autoregressive process of variance 1."""
    keep = math.exp(-1.0 / memory_s)
    noise = rng.standard_normal(seconds)
    noise[1:] *= math.sqrt(1.0 - keep * keep)
    values = noise.tolist()
    for second in range(1, seconds):
        values[second] += keep * values[second - 1]
    return np.array(values)


def _fades(rng: np.random.Generator, seconds: int, share: float) -> npt.NDArray[np.bool_]:
    """Seconds in a fade: a chain of two states that starts in its long-run shares."""
    leave = 1.0 / FADE_S
    enter = leave * share / (1.0 - share)
    draws = rng.random(seconds).tolist()
    faded = [draws[0] < share]
    for draw in draws[1:]:
        faded.append(draw >= leave if faded[-1] else draw < enter)
    return np.array(faded)
