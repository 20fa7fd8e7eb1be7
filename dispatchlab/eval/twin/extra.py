"""Loading of the modules that need SimPy, only when something is played."""

from importlib import import_module
from types import ModuleType

from dispatchlab.envs.core.errors import MissingExtraError


def load_part(name: str) -> ModuleType:
    """Import a module of this package that needs SimPy.

    Args:
        name: Its name within the package.

    Returns:
        The module.

    Raises:
        MissingExtraError: Without SimPy.
    """
    try:
        return import_module(f"dispatchlab.eval.twin.{name}")
    except ModuleNotFoundError as error:
        if error.name != "simpy":
            raise
        raise MissingExtraError("simpy", "twin") from None
