"""Problem families as evaluation sees them; each module is imported when it is needed."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatchlab.eval.families.base import EvalFamily

_MODULES = {"job-shop": "jobshop", "soc": "soc", "edge": "edge", "uam": "uam"}

__all__ = ["eval_family"]


def eval_family(name: str) -> "EvalFamily":
    """What a family measures, checks and draws.

    Args:
        name: ``"job-shop"``, ``"soc"``, ``"edge"`` or ``"uam"``.

    Returns:
        The family.
    """
    family: EvalFamily = import_module(f"{__name__}.{_MODULES[name]}").FAMILY
    return family
