"""What learner and rollout workers send each other."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.buffers import RolloutBuffer

Array = npt.NDArray[Any]
# Arrays of a rollout buffer with a leading (T, B); masks are those of sb3-contrib's.
_FIELDS = (
    "actions",
    "rewards",
    "episode_starts",
    "values",
    "log_probs",
    "advantages",
    "returns",
    "action_masks",
)


class Order(NamedTuple):
    """What a worker has to know for a rollout.

    Attributes:
        weights: State of the policy.
        gamma: Discount.
    """

    weights: Mapping[str, Array]
    gamma: float


class Batch(NamedTuple):
    """The rollout of a worker.

    Attributes:
        observations: ``(T, B, ...)`` each.
        arrays: ``(T, B, ...)`` everything else that the rollout buffer holds.
        last_obs: ``(B, ...)`` each, after the last step.
        last_dones: ``(B,)`` whether an episode ended with it.
        ended: Step, row within the share, and info of each episode that ended.
    """

    observations: dict[str, Array]
    arrays: dict[str, Array]
    last_obs: dict[str, Array]
    last_dones: npt.NDArray[np.bool_]
    ended: list[tuple[int, int, dict[str, Any]]]

    @property
    def num_bytes(self) -> int:
        """Bytes of all arrays."""
        parts = (self.observations, self.arrays, self.last_obs)
        return self.last_dones.nbytes + sum(a.nbytes for part in parts for a in part.values())


def read_buffer(buffer: RolloutBuffer) -> tuple[dict[str, Array], dict[str, Array]]:
    """The arrays of a full rollout buffer from which nothing has been sampled yet.

    Args:
        buffer: A buffer for dictionary observations.

    Returns:
        Observations, and everything else.
    """
    observations: Any = buffer.observations
    arrays = {name: getattr(buffer, name) for name in _FIELDS if hasattr(buffer, name)}
    return dict(observations), arrays


def fill_buffer(buffer: RolloutBuffer, rows: range, batch: Batch) -> None:
    """Write a worker's rollout into its rows of the learner's buffer.

    Args:
        buffer: The buffer of all rows, after its ``reset``.
        rows: The rows of the worker.
        batch: What it has played.
    """
    part = slice(rows.start, rows.stop)
    observations: Any = buffer.observations
    for key, values in batch.observations.items():
        observations[key][:, part] = values
    for name, values in batch.arrays.items():
        getattr(buffer, name)[:, part] = values
