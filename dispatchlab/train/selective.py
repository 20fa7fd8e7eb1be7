"""PPO that learns from a part of its rollouts: what is only judged gives no gradients."""

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import DictRolloutBuffer
from stable_baselines3.common.type_aliases import DictRolloutBufferSamples


class SelectiveRolloutBuffer(DictRolloutBuffer):
    """A rollout buffer that hands out the decisions that are to be learned from.

    Attributes:
        chosen: ``(T, B)`` those decisions; None for all of them, as in the base class.
    """

    chosen: npt.NDArray[np.bool_] | None = None

    def reset(self) -> None:
        """Begin a new rollout."""
        super().reset()
        self.chosen = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to learn from."""
        return self.chosen is not None and not self.chosen.any()

    def get(self, batch_size: int | None = None) -> Generator[DictRolloutBufferSamples, None, None]:  # type: ignore[override]
        """Minibatches of the chosen decisions in random order."""
        if self.chosen is None or self.chosen.all():
            yield from super().get(batch_size)
            return
        # The base class flattens its arrays environment by environment the first time.
        flat = np.flatnonzero(self.chosen.swapaxes(0, 1).ravel())
        if not self.generator_ready:
            next(iter(super().get(1)))
        order = np.random.permutation(flat)  # noqa: NPY002 - as the base class
        size = batch_size or len(order)
        for start in range(0, len(order), size):
            yield self._get_samples(order[start : start + size])


class SelectivePPO(PPO):
    """PPO over a `SelectiveRolloutBuffer`; a rollout without anything to learn is no update."""

    def _setup_model(self) -> None:
        """Make the buffer."""
        self.rollout_buffer_class = SelectiveRolloutBuffer
        super()._setup_model()

    def train(self) -> None:
        """Update the policy with what is to be learned from."""
        buffer: Any = self.rollout_buffer
        if buffer.is_empty:
            return
        super().train()
