"""Comparing the folders of two runs."""

import csv
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from stable_baselines3.common.callbacks import BaseCallback

# a small network on small batches, as keyword arguments of TrainConfig
SMALL: dict[str, Any] = {
    "num_envs": 8, "n_steps": 16, "batch_size": 64, "n_epochs": 2, "hidden": 16, "num_layers": 1,
    "num_heads": 2, "feedforward": 16, "threads": 1, "checkpoint_every": 256, "tensorboard": False,
}  # fmt: skip
# the same with a little imitation before it
IMITATING: dict[str, Any] = SMALL | {
    "gamma": 0.99, "eval_every": 256, "imitation_rounds": 2, "imitation_steps": 8,
    "imitation_updates": 4, "imitation_batch_size": 32, "imitation_vf_coef": 0.1,
    "critic_warm_up": 1,
}  # fmt: skip


class Interrupt(BaseCallback):
    """Ends training the hard way once so many decisions have been played."""

    def __init__(self, after: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        """Set the time and the kind of death."""
        super().__init__()
        self._after, self._error = after, error

    def _on_step(self) -> bool:
        """Die when the time has come."""
        if self.num_timesteps >= self._after:
            raise self._error
        return True


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of a run's policy."""
    return load_file(folder / "policy.safetensors")


def same_weights(first: Path, second: Path) -> bool:
    """Whether two runs ended with equal weights, bit for bit."""
    one, two = weights(first), weights(second)
    return one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


def progress(folder: Path) -> list[dict[str, str]]:
    """Rows of ``progress.csv`` without the wall times."""
    with (folder / "progress.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{key: v for key, v in row.items() if not key.startswith("time/")} for row in rows]
