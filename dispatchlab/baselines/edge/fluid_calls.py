"""When calls of the cloud return, with hindsight: for all times at which they may be sent."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation

IntArray = npt.NDArray[np.int64]
_MS = 1000  # per sample of the network's tables


def call_ends(
    instance: EdgeInstance, realisation: EdgeRealisation
) -> tuple[IntArray, IntArray]:  # fmt: skip
    """When calls can end, over all times at which they may be sent.

    Args:
        instance: The instance.
        realisation: What happens.

    Returns:
        Soonest and latest end of a call of each task, in ms; of a task that is late for the cloud
        from its arrival on: never, and its arrival.
    """
    arrival, timeout = realisation.arrival_ms, instance.cloud_timeout_ms
    horizon = int(arrival.max()) + int(instance.deadline_ms.max()) + 1
    sent = np.arange(horizon)
    back = sent + extra_latency(realisation.latency_ms, sent)
    back += upload_time(realisation.bandwidth_kbps, sent, 8 * instance.upload_bytes, timeout)
    soonest, latest = np.full_like(arrival, np.iinfo(np.int64).max), arrival.copy()
    for model in range(instance.num_models):
        slack = int(instance.deadline_ms[model] - instance.cloud_fastest_ms[model])
        own = np.flatnonzero(realisation.model == model)
        if slack < 0 or not len(own):
            continue
        first, run = arrival[own], realisation.cloud_exec_ms[own]
        seen = np.lib.stride_tricks.sliding_window_view(back, slack + 1)[first]
        soonest[own] = np.minimum(first + timeout, seen.min(1) + run)
        latest[own] = np.minimum(first + slack + timeout, seen.max(1) + run)
    return soonest, latest


def extra_latency(latency_ms: IntArray, times: IntArray) -> IntArray:
    """What the network adds to a call, linear between samples and cut to whole ms.

    Args:
        latency_ms: ``(K,)`` samples per second.
        times: When calls are sent, in ms.

    Returns:
        ms for each of the times.
    """
    padded = np.append(latency_ms, latency_ms[-1])
    k = np.minimum(times // _MS, len(latency_ms) - 1)
    return padded[k] + (padded[k + 1] - padded[k]) * (times % _MS) // _MS


def upload_time(bandwidth_kbps: IntArray, times: IntArray, bits: int, most_ms: int) -> IntArray:
    """What it takes to send a segment, at most so long.

    Args:
        bandwidth_kbps: ``(L,)`` bits per ms in each second, again from the start after the end;
            empty where it does not count.
        times: When calls are sent, in ms.
        bits: Size of a segment.
        most_ms: After this the call is given up anyway.

    Returns:
        ms for each of the times.
    """
    if not len(bandwidth_kbps) or not len(times):
        return np.zeros_like(times)
    ms = np.arange(int(times.max()) + most_ms + 1)
    sent = np.concatenate([[0], np.cumsum(bandwidth_kbps[ms // _MS % len(bandwidth_kbps)])])
    done = np.searchsorted(sent, sent[times] + bits)
    return np.minimum(done - times, most_ms)
