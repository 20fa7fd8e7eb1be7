"""The search spaces of the families: one table."""

from collections.abc import Mapping
from typing import Any

from dispatchlab.train.config import TrainConfig
from dispatchlab.tune.space import Choices, Part, Range, SearchSpace

# What PPO has in every family. Sizes are powers of two, so that batches divide what is collected
# with 32 environments or more.
_PPO: dict[str, Part] = {
    "learning_rate": Range(1e-5, 1e-2, log=True),
    "gamma": Choices((0.98, 0.99, 0.995, 0.999, 1.0)),
    "gae_lambda": Choices((0.9, 0.95, 0.98, 1.0)),
    "ent_coef": Range(1e-6, 0.05, log=True),
    "clip_range": Choices((0.1, 0.2, 0.3)),
    "vf_coef": Range(0.1, 1.0),
    "max_grad_norm": Choices((0.3, 0.5, 1.0, 2.0)),
    "n_steps": Choices((32, 64, 128, 256)),
    "batch_size": Choices((128, 256, 512, 1024)),
    "n_epochs": Choices((1, 2, 3, 5, 8)),
}
# An agent that has imitated is easily spoilt: smaller steps on more decisions, stopped early.
_AFTER_IMITATION: dict[str, Part] = _PPO | {
    "learning_rate": Range(1e-6, 1e-3, log=True),
    "gamma": Choices((0.98, 0.99, 0.995, 0.999)),
    "n_steps": Choices((64, 128, 256, 512)),
    "batch_size": Choices((256, 512, 1024, 2048)),
    "n_epochs": Choices((1, 2, 3)),
    "target_kl": Choices((0.0, 0.003, 0.01, 0.03)),
    "critic_warm_up": Choices((0, 2, 4)),
    "imitation_learning_rate": Range(1e-4, 3e-3, log=True),
    "imitation_updates": Choices((100, 200, 400)),
}
_ENCODER: dict[str, Part] = {
    "hidden": Choices((32, 64, 128)),
    "num_layers": Choices((1, 2, 3)),
    "num_heads": Choices((2, 4, 8)),
    "feedforward": Choices((64, 128, 256)),
}
# Settings that a network does not have.
_WITHOUT = {"gin": ("num_heads",), "deepsocs": ("num_layers", "num_heads")}
SPACES: dict[str, dict[str, Part]] = {
    "job-shop": _PPO | _ENCODER,
    "soc": _AFTER_IMITATION | _ENCODER | {
        "imitation_temperature": Range(0.5, 10.0, log=True),
    },
    "edge": _AFTER_IMITATION | _ENCODER | {
        "imitation_temperature": Range(0.03, 1.0, log=True),
    },
    "uam": _AFTER_IMITATION | _ENCODER | {
        "imitation_temperature": Range(1.0, 20.0, log=True),
    },
}  # fmt: skip


def default_space(config: TrainConfig) -> SearchSpace:
    """The space of a family, less what has no part in the runs of a config.

    Args:
        config: The settings of the runs.

    Returns:
        The space, with nothing fixed.
    """
    parts = dict(SPACES[config.family])
    if not config.imitation_rounds:
        parts = {key: part for key, part in parts.items() if not key.startswith("imitation_")}
    for name in _WITHOUT.get(config.encoder, ()):
        parts.pop(name)
    return SearchSpace(parts | _batches(config, parts), {})


def _batches(config: TrainConfig, parts: Mapping[str, Part]) -> dict[str, Part]:
    """Batch sizes that divide whatever is collected; with few environments only some do."""
    steps, sizes = parts["n_steps"], parts["batch_size"]
    if not (isinstance(steps, Choices) and isinstance(sizes, Choices)):
        return {}
    fewest = config.num_envs * min(steps.choices)
    fitting = tuple(size for size in sizes.choices if fewest % size == 0)
    return {"batch_size": Choices(fitting or (fewest,))}


def overridden(space: SearchSpace, changes: Mapping[str, Any], other: SearchSpace) -> SearchSpace:
    """A space in which some settings are searched otherwise, fixed, or left as the config has them.

    Args:
        space: The space.
        changes: Names with None for what is no longer searched.
        other: Parts and fixed values that take the place of those of the space.

    Returns:
        The new space.
    """
    gone = {*(key for key, entry in changes.items() if entry is None), *other.fixed}
    parts = {key: part for key, part in {**space.parts, **other.parts}.items() if key not in gone}
    return SearchSpace(parts, {**space.fixed, **other.fixed})
