"""Tuning: a search over the settings of training runs, by their scores on validation problems.

Importing this package loads nothing heavy; optuna and torch come in with `tune`.
"""

from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.tune.settings import TuneSettings

_LAZY = {"TuneResult": "result", "tune": "driver", "resume": "driver"}

__all__ = ["TuneResult", "TuneSettings", "resume", "tune"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562 returns whatever the name holds
    """Load a public name on first use."""
    from importlib import import_module

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dispatchlab.train import train  # noqa: F401 - names the extra of agents if it is missing

    try:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "optuna":
            raise MissingExtraError("optuna", "tune") from error
        raise
