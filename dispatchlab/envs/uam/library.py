"""Days by name: networks of public coordinates, random layouts of any size, and files."""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.named_instances import is_misspelt, load_unnamed, path_of
from dispatchlab.envs.uam.days import build
from dispatchlab.envs.uam.demand import LAX_DTLA, TWO_PEAKS
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.instance_files import FORMAT, read_instance
from dispatchlab.envs.uam.networks import load_network, network_names
from dispatchlab.envs.uam.recipe import DayRecipe
from dispatchlab.envs.uam.settings import change_instance, change_recipe

_RANDOM = re.compile(r"random-([0-9]{1,18})x([0-9]{1,18})", re.IGNORECASE)
_NEARLY = re.compile(r"random[-_ ]?[0-9]+[-x_*][0-9]+")
_OWN = re.compile(rf'"format"\s*:\s*"{FORMAT}"')
SIZES = ("5x20", "8x40", "12x60", "16x80")


def load_instance(name_or_path: str | os.PathLike[str] | UamInstance) -> UamInstance:
    """The day of a preset's name or of a file.

    Args:
        name_or_path: ``"bay-10"``, ``"dfw-10"``, ``"nyc-9"`` or ``"lax-dtla"``: networks of public
            coordinates; ``"random-8x40"``: 8 vertiports anywhere in a square and 40 aircraft, or
            any other numbers, upper case or not. Or the path of a JSON file (see
            `dispatchlab.envs.uam.instance_files`), or an instance, which is returned as it is.
            Settings may follow a name or a path: ``"random-8x40:rho=0.6,seed=3,delay=0"``, see
            `dispatchlab.envs.uam.settings`.

    Returns:
        The instance; what is drawn in it is decided by the setting ``seed``, 0 by default.

    Raises:
        InstanceFormatError: If there is neither such a preset nor such a file, or the file does
            not follow its format.
        InvalidInstanceError: If a setting is unknown, out of range or without effect.
    """
    if isinstance(name_or_path, UamInstance):
        return name_or_path
    given = os.fspath(name_or_path)
    if is_preset(given):
        return _load_preset(given.lower())
    return load_unnamed(
        given, read=read_instance, change=with_settings, names=instance_names(),
        what="air-taxi instance",
    )  # fmt: skip


def load_recipe(name: str) -> DayRecipe:
    """What the days of a preset are made from.

    Args:
        name: Its name, without settings.

    Returns:
        The recipe.

    Raises:
        InstanceFormatError: If there is no such preset.
        InvalidInstanceError: If the numbers in its name are out of range.
    """
    match = _RANDOM.fullmatch(name)
    if match:
        ports, aircraft = int(match[1]), int(match[2])
        return DayRecipe(f"random-{ports}x{aircraft}", num_ports=ports, aircraft=aircraft)
    name = name.lower()
    if name not in network_names():
        known = ", ".join(instance_names())
        raise InstanceFormatError(f"There is no preset {name!r}; choose one of {known}.")
    network = load_network(name)
    return DayRecipe(
        name, network=name, num_ports=len(network.ports), aircraft=network.num_aircraft,
        profile=LAX_DTLA if name == LAX_DTLA else TWO_PEAKS,
    )  # fmt: skip


def instance_names(prefix: str = "") -> list[str]:
    """Names of the presets.

    Args:
        prefix: Keep the names that begin with it.

    Returns:
        The names; there is one for random layouts of every other size too.
    """
    names = [f"random-{size}" for size in SIZES] + network_names()
    return [name for name in names if name.startswith(prefix.lower())]


def is_preset(name: str) -> bool:
    """Whether a name, without settings, is that of a preset."""
    return name.lower() in network_names() or is_random(name)


def is_random(name: str) -> bool:
    """Whether a name, without settings, is that of random layouts."""
    return bool(_RANDOM.fullmatch(name))


def is_uam_problem(name_or_path: str) -> bool:
    """Whether a name or file is one of this family; it need not be valid.

    Args:
        name_or_path: What a user gave.

    Returns:
        True for presets and names that are nearly one, and for JSON files of this family; with
        settings or not.
    """
    path = path_of(name_or_path)
    if os.path.isfile(path):
        is_json = path.suffix.lower() == ".json"
        return is_json and bool(_OWN.search(path.read_bytes().decode("utf-8", errors="replace")))
    name = name_or_path.partition(":")[0].lower()
    is_near = not path.suffix and (_NEARLY.fullmatch(name) or is_misspelt(name, instance_names()))
    return bool(is_preset(name) or is_near)


def with_settings(
    instance: str | os.PathLike[str] | UamInstance, settings: Mapping[str, Any]
) -> UamInstance:
    """A copy with other settings.

    Args:
        instance: The instance, or what `load_instance` takes. Of an instance and of a file only
            what does not make the day anew can be set.
        settings: Values by name, see `dispatchlab.envs.uam.settings`.

    Returns:
        The copy; its name is the old one.

    Raises:
        InvalidInstanceError: If a setting is unknown, out of range or without effect.
        InstanceFormatError: If there is no such instance, or a file cannot be read.
    """
    if isinstance(instance, str) and is_preset(instance):
        return build(change_recipe(load_recipe(instance), settings))
    return change_instance(load_instance(instance), settings)


@lru_cache(maxsize=64)
def _load_preset(name: str) -> UamInstance:
    return build(load_recipe(name))
