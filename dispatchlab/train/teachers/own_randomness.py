"""Random numbers of torch that leave its global generator alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """Whatever draws from torch's global generator inside draws from a fresh one.

    Meant for the initial weights of modules, on the CPU.

    Args:
        seed: Of the fresh one.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def spread_seed(seed: int, count: int) -> list[int]:
    """Independent seeds out of one."""
    return [int(word) for word in np.random.SeedSequence(seed).generate_state(count)]
