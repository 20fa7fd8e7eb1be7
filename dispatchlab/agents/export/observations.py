"""Observations of real episodes, and the same ones in larger arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.agents.inference import LearnedPolicy

Arrays = dict[str, npt.NDArray[Any]]
# Axis of each key that grows with the size of an instance.
_AXES = (("x/", 1), ("edge/", 2), ("edge_attr/", 1), ("candidates", 1), ("action_mask", 1))


def observe(
    policy: LearnedPolicy,
    env: Any,  # noqa: ANN401 - any family's vector environment
    *,
    batches: int = 8,
    apart: int = 12,
    seed: int = 0,
) -> list[Arrays]:
    """What a policy sees while it plays greedily.

    Args:
        policy: The policy.
        env: A vector environment of its family; rows that end begin anew.
        batches: How many batches of observations to keep.
        apart: Decisions between two of them.
        seed: Seed of the episodes.

    Returns:
        The batches, from the beginning of the episodes on.

    Raises:
        CheckpointError: The policy was trained on another observation.
    """
    policy.require_layout(env.graph_spec.layout())
    obs, _ = env.reset(seed=seed)
    kept = []
    for step in range((batches - 1) * apart + 1):
        if step % apart == 0:
            kept.append({key: array.copy() for key, array in obs.items()})
        obs, *_ = env.step(policy.act_batch(obs))
    return kept


def growing_axis(key: str) -> int | None:
    """Axis of an entry that grows with the size of an instance, None if none does."""
    return next((axis for start, axis in _AXES if key.startswith(start)), None)


def grow(obs: Arrays, more: int) -> Arrays:
    """The same observation with padding behind, as a larger environment would give it."""
    out = {}
    for key, array in obs.items():
        width = [(0, 0)] * array.ndim
        axis = growing_axis(key)
        if axis is not None:
            width[axis] = (0, more)
        out[key] = np.pad(array, width, constant_values=-1 if key == "candidates" else 0)
    return out
