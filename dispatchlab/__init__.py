"""dispatchlab: scheduling problems as Gymnasium environments, with rules, solvers and agents.

Importing the package registers the environments and loads nothing heavy.
"""

from importlib import metadata
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.registry import register_all

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.cp_model_import import from_cp_model
    from dispatchlab.envs.jobshop.instance import CpEncoding
    from dispatchlab.envs.jobshop.library import load_instance
    from dispatchlab.envs.jobshop.verify import verify

__version__ = metadata.version("dispatchlab")
__all__ = ["CpEncoding", "from_cp_model", "load_instance", "register_all", "verify"]

_LAZY = {
    "CpEncoding": "dispatchlab.envs.jobshop.instance",
    "from_cp_model": "dispatchlab.envs.jobshop.cp_model_import",
    "load_instance": "dispatchlab.envs.jobshop.library",
    "verify": "dispatchlab.envs.jobshop.verify",
}

register_all()


def __getattr__(name: str) -> Any:  # noqa: ANN401 (any public object)
    """Import the public functions when they are first used."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'dispatchlab' has no attribute {name!r}")
