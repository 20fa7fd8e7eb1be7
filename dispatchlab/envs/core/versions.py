"""Versions of what is installed."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of packages, as far as they are installed; none of them is loaded.

    Args:
        packages: Names, as pip knows them.

    Returns:
        Version by name.
    """
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
