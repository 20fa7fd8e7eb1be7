"""Random bits inside kernels: a stream per row (splitmix64, Steele, Lea and Flood 2014)."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import inlined_kernel

Streams = npt.NDArray[np.uint64]


@inlined_kernel
def next_random(streams: Streams, b: int) -> int:
    """Next 31 random bits of a row's own stream."""
    streams[b] += np.uint64(0x9E3779B97F4A7C15)
    z = streams[b]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(33))


def grow_streams(streams: Streams, seed: int, batch: int) -> Streams:
    """Streams of at least so many rows; those that exist go on, row b begins with (seed, b)."""
    for row in range(len(streams), batch):
        fresh = np.random.SeedSequence([seed, row]).generate_state(1, np.uint64)
        streams = np.append(streams, fresh)
    return streams
