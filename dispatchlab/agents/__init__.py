"""Graph-network agents: policies for stable-baselines3, safe checkpoints and search strategies.

Importing this package loads nothing heavy; torch comes in with the first name that is used.
"""

from importlib import import_module
from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError

_MODULES = {
    "Contest": "contest",
    "GraphActorCriticPolicy": "policy",
    "GraphBatch": "unpad",
    "GraphLayout": "layout",
    "GraphNetwork": "network",
    "LearnedPolicy": "inference",
    "MaskableGraphActorCriticPolicy": "maskable",
    "NetworkConfig": "network",
    "SearchResult": "strategies",
    "as_sb3": "sb3_env",
    "beam": "beam_search",
    "greedy": "strategies",
    "load_policy": "checkpoint",
    "pretrained_names": "pretrained",
    "sample": "strategies",
    "save_policy": "checkpoint",
}
_EXTRA = frozenset({"torch", "torch_geometric", "stable_baselines3", "sb3_contrib", "safetensors"})

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562 returns whatever the name holds
    """Load a public name on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _EXTRA:
            raise MissingExtraError(package.replace("_", "-"), "agents") from error
        raise


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
