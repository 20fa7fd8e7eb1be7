"""Checkpoints from which a run continues bit for bit.

They hold pickled Python objects, so load only those of your own runs; what is meant for others is
``policy.safetensors``.
"""

import io
import os
import pickle
import random
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.files import write_atomically

FORMAT_VERSION = 3
# Attributes of the algorithm that outlive a rollout, besides the weights.
_ATTRIBUTES = (
    "num_timesteps",
    "_n_updates",
    "_episode_num",
    "_last_obs",
    "_last_episode_starts",
    "_current_progress_remaining",
    "ep_info_buffer",
    "ep_success_buffer",
)


class Stateful(Protocol):
    """An environment that can be continued."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues it bit for bit."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> Any:  # noqa: ANN401 (an observation)
        """Continue where `state_dict` was taken."""
        ...


def capture(model: OnPolicyAlgorithm, env: Stateful) -> dict[str, Any]:
    """Everything that decides how training goes on from the start of a rollout.

    Args:
        model: The algorithm.
        env: Its environment.

    Returns:
        State for `restore`.
    """
    return capture_model(model, env) | {"random": capture_random()}


def capture_model(model: OnPolicyAlgorithm, env: Stateful) -> dict[str, Any]:
    """The same without the global generators.

    Args:
        model: The algorithm.
        env: Its environment.

    Returns:
        State for `restore_model`.
    """
    return {
        "policy": model.policy.state_dict(),
        "optimizer": model.policy.optimizer.state_dict(),
        "attributes": {name: getattr(model, name) for name in _ATTRIBUTES},
        "env": env.state_dict(),
    }


def restore(model: OnPolicyAlgorithm, env: Stateful, state: dict[str, Any]) -> None:
    """Continue where `capture` was called.

    Args:
        model: An algorithm made with the same config.
        env: Its environment.
        state: What `capture` returned.
    """
    restore_model(model, env, state)
    restore_random(state["random"])


def restore_model(model: OnPolicyAlgorithm, env: Stateful, state: dict[str, Any]) -> None:
    """Continue where `capture_model` was called.

    Args:
        model: An algorithm made with the same config.
        env: Its environment.
        state: What `capture_model` returned.
    """
    model.policy.load_state_dict(state["policy"])
    model.policy.optimizer.load_state_dict(state["optimizer"])
    for name, value in state["attributes"].items():
        setattr(model, name, value)
    env.load_state_dict(state["env"])


def capture_random() -> dict[str, Any]:
    """State of the global generators, which stable-baselines3 draws from."""
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),  # noqa: NPY002 - the one that stable-baselines3 uses
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random(state: dict[str, Any]) -> None:
    """Set the global generators back to what `capture_random` saw."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])  # noqa: NPY002 - the one that stable-baselines3 uses
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def write_checkpoint(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write a checkpoint; one that was there stays whole until the new one is."""
    buffer = io.BytesIO()
    torch.save({"version": FORMAT_VERSION, **state}, buffer)
    write_atomically(path, buffer.getvalue())


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint of one's own.

    Args:
        path: The file.

    Returns:
        What was written.

    Raises:
        CheckpointError: The file is damaged or of another version.
    """
    name = os.fspath(path)
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, AttributeError) as error:
        raise CheckpointError(f"Cannot read {name!r}: start the run again.") from error
    if state.get("version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{name!r} has format version {state.get('version')!r} but this release reads "
            f"{FORMAT_VERSION}: continue with the release that wrote it."
        )
    return state
