"""Training: configuration, run folders and the run loop.

Importing this package loads nothing heavy; torch comes in with `train`.
"""

from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.presets import PRESETS, preset

_LAZY = {"RunResult": "result", "train": "run"}
_EXTRA = frozenset(
    {"rich", "safetensors", "sb3_contrib", "stable_baselines3", "tensorboard", "torch", "yaml"}
)

__all__ = ["PRESETS", "RunResult", "TrainConfig", "preset", "train"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562 returns whatever the name holds
    """Load a public name on first use."""
    from importlib import import_module

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _EXTRA:
            raise MissingExtraError(package, "agents") from error
        raise
