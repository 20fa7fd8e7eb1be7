"""Problem families as training sees them: a row of settings and a module of behaviour each.

Importing this package loads nothing heavy; `load_family` does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dispatchlab.train.families.settings import SETTINGS, FamilySettings, foreign_settings

if TYPE_CHECKING:
    from dispatchlab.train.families.base import Family

__all__ = ["SETTINGS", "FamilySettings", "foreign_settings", "load_family"]


def load_family(name: str) -> "Family":
    """The behaviour of a family.

    Args:
        name: A key of `SETTINGS`.

    Returns:
        Its environments, validation sets and experts.
    """
    family: Family = import_module(f"{__name__}.{SETTINGS[name].module}").FAMILY
    return family
