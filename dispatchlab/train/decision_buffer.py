"""DecisionBuffer: decisions of the past, with what a policy should have done at each."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec

FloatArray = npt.NDArray[np.float64]


def soft_targets(costs: FloatArray, temperature: float) -> npt.NDArray[np.float32]:
    """Softmax of the negative costs.

    Args:
        costs: ``(N, A)``, infinite where an action is illegal, finite somewhere in each row.
        temperature: Excess cost that makes an action e times less probable; 0: the cheapest ones
            share everything.

    Returns:
        ``(N, A)`` probabilities.
    """
    excess = costs - costs.min(1, keepdims=True)  # (N, A)
    weights = np.exp(-excess / temperature) if temperature else (excess == 0).astype(float)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


class DecisionBuffer:
    """The last decisions: observation, target and return of each.

    Attributes:
        size: Decisions held.
    """

    def __init__(self, spec: GraphSpec, capacity: int) -> None:
        """Allocate room."""
        self.capacity, self.size, self._next = capacity, 0, 0
        # Whole numbers are small; half the bytes hold twice the decisions.
        self._arrays: Arrays = {
            key: np.zeros((capacity, *shape), np.int32 if dtype is np.int64 else dtype)
            for key, (shape, dtype) in spec.shapes().items()
        }
        self._arrays["target"] = np.zeros((capacity, spec.num_actions), np.float32)
        self._arrays["return"] = np.zeros(capacity, np.float32)

    def add(self, decisions: Arrays) -> None:
        """Append decisions, replacing the oldest ones if there is no room."""
        count = len(decisions["return"])
        slots = (self._next + np.arange(count)) % self.capacity
        for key, array in self._arrays.items():
            array[slots[-self.capacity :]] = decisions[key][-self.capacity :]
        self._next = (self._next + count) % self.capacity
        self.size = min(self.size + count, self.capacity)

    def sample(self, rng: np.random.Generator, count: int) -> dict[str, Tensor]:
        """Random decisions, with replacement."""
        chosen = rng.integers(self.size, size=count)
        return {key: torch.from_numpy(array[chosen]) for key, array in self._arrays.items()}
