"""Presets: named starting points of a training run."""

from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.values import closest

PRESETS: dict[str, dict[str, Any]] = {
    # About two minutes on an idle core.
    "quick": {"total_timesteps": 120_000, "eval_every": 20_000},
    # Some hours on a few cores; sizes as in the benchmarks, and half of the shops structured.
    "full": {
        "generator": "random:num_jobs=10-20,num_machines=5-20,routing_structure=0-0.5",
        "num_envs": 128,
        "n_steps": 128,
        "batch_size": 1024,
        "n_epochs": 3,
        "hidden": 128,
        "num_layers": 3,
        "num_heads": 8,
        "feedforward": 256,
        "learning_rate": 5e-4,
        "total_timesteps": 20_000_000,
        "threads": 0,
        "eval_every": 500_000,
        "eval_instances": 50,
        "eval_samples": 128,
        "checkpoint_every": 200_000,
    },
}


def preset(name: str) -> TrainConfig:
    """The config of a preset.

    Args:
        name: ``"quick"`` or ``"full"``.

    Returns:
        The config.

    Raises:
        DispatchlabError: There is no preset of that name.
    """
    if name not in PRESETS:
        raise DispatchlabError(f"There is no preset {name!r}: {closest(name, PRESETS)}.")
    return TrainConfig(**PRESETS[name])
