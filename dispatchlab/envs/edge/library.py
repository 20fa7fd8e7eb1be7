"""Published workloads by name."""

import os
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.named_instances import is_misspelt, load_unnamed, path_of
from dispatchlab.envs.edge.instance import EdgeInstance, Jitter
from dispatchlab.envs.edge.instance_files import FORMAT, parse_instance, read_instance
from dispatchlab.envs.edge.network import STATIONARY, TRACE, TRAPEZIUM, Network
from dispatchlab.envs.edge.trace_files import SUFFIXES, read_traces

_DATA = files("dispatchlab.envs.edge") / "data"
_PRESET = re.compile(r"([0-9]{1,9})d-([pa])", re.IGNORECASE)
_NEARLY = re.compile(r"[0-9]{1,9}d-[a-z]")
_OWN = re.compile(rf'"format"\s*:\s*"{FORMAT}"')
PASSIVE = ("HV", "DEV", "MD", "BP")
FOUR_G = "4g"

_PLAIN = (
    "num_drones", "duration_ms", "period_ms", "qoe_window_ms", "upload_bytes", "cloud_timeout_ms",
)  # fmt: skip
_JITTER = tuple(item.name for item in fields(Jitter))
CORNERS = ("ramp_start_ms", "hold_start_ms", "hold_end_ms", "ramp_end_ms")
NETWORK_SETTINGS = {"peak_ms": TRAPEZIUM, **dict.fromkeys(CORNERS, TRAPEZIUM),
            "mobility": TRACE, "nominal_ms": TRACE}  # fmt: skip
SETTINGS = (*_PLAIN, *_JITTER, "network", *NETWORK_SETTINGS)


def load_instance(name_or_path: str | os.PathLike[str] | EdgeInstance) -> EdgeInstance:
    """The instance of a preset's name or of a file.

    Args:
        name_or_path: ``"4d-a"``: four drones with the six models of an active workload; ``"2d-p"``:
            two with the four of a passive one; any number of drones, upper case or not. Or the
            path of a JSON file (see `dispatchlab.envs.edge.instance_files`), or an instance, which
            is returned as it is. Settings may follow a name or a path:
            ``"4d-a:network=trapezium,duration_ms=60000,cloud_expected=median"``, see
            `with_settings`.

    Returns:
        The instance; a preset without settings is made once and shared, for it cannot be changed.

    Raises:
        InstanceFormatError: If there is neither such a preset nor such a file, or the file does
            not follow its format.
        InvalidInstanceError: If a setting is unknown or out of range.
    """
    if isinstance(name_or_path, EdgeInstance):
        return name_or_path
    given = os.fspath(name_or_path)
    if is_preset(given):
        return _load_preset(given.lower())
    return load_unnamed(
        given, read=read_instance, names=instance_names(), what="edge/cloud instance",
        change=lambda name, settings: with_settings(load_instance(name), settings),
    )  # fmt: skip


def instance_names(prefix: str = "") -> list[str]:
    """Names of the published workloads.

    Args:
        prefix: Keep the names that begin with it.

    Returns:
        The names; there is one for every other number of drones too.
    """
    names = [f"{drones}d-{load}" for load in "pa" for drones in (2, 3, 4)]
    return [name for name in names if name.startswith(prefix.lower())]


def is_preset(name: str) -> bool:
    """Whether a name, without settings, is that of a published workload with any drones."""
    return bool(_PRESET.fullmatch(name))


def is_edge_problem(name_or_path: str) -> bool:
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


def with_settings(instance: EdgeInstance, settings: Mapping[str, Any]) -> EdgeInstance:
    """A copy with other settings.

    Args:
        instance: The instance.
        settings: Values by name: ``network`` (``"stationary"``, ``"trapezium"``, ``"4g"`` for
            synthetic traces, or the path of a trace file or of a folder with some), numbers of
            `EdgeInstance`, and the fields of `Jitter` and of `Network`. The corners of a trapezium
            that are not given move with the duration.

    Returns:
        The copy; its name is the old one.

    Raises:
        InvalidInstanceError: If a setting is unknown, out of range or without effect on this
            network.
        InstanceFormatError: If a trace cannot be read.
    """
    stray = next((name for name in settings if name not in SETTINGS), None)
    if stray is not None:
        raise InvalidInstanceError(
            f"The instance {instance.name!r} has no setting {stray!r}; there are "
            f"{', '.join(SETTINGS)}."
        )
    plain = {name: settings[name] for name in _PLAIN if name in settings}
    jitter = replace(instance.jitter, **{n: settings[n] for n in _JITTER if n in settings})
    network = instance.network
    if "network" in settings:
        network = _other_network(network, settings["network"])
    return replace(
        instance,
        jitter=jitter,
        network=_with_network_settings(instance, network, settings),
        **plain,
    )


def _other_network(network: Network, given: object) -> Network:
    """Another kind, or traces from files."""
    if isinstance(given, Network):
        return given
    if given in (STATIONARY, TRAPEZIUM):
        return replace(network, kind=str(given), traces=())
    if given in (FOUR_G, TRACE):
        return replace(network, kind=TRACE, traces=())
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else ""
    if not text or not (os.path.exists(text) or os.sep in text or Path(text).suffix in SUFFIXES):
        raise InvalidInstanceError(
            f"network is {given!r}; choose {STATIONARY}, {TRAPEZIUM}, {FOUR_G}, or the path of a "
            "bandwidth trace."
        )
    return replace(network, kind=TRACE, traces=read_traces(text))


def _with_network_settings(
    instance: EdgeInstance, network: Network, settings: Mapping[str, Any]
) -> Network:  # fmt: skip
    given = {name: settings[name] for name in NETWORK_SETTINGS if name in settings}
    idle = next((name for name in given if NETWORK_SETTINGS[name] != network.kind), None)
    if idle is not None:
        needed = FOUR_G if NETWORK_SETTINGS[idle] == TRACE else NETWORK_SETTINGS[idle]
        raise InvalidInstanceError(
            f"{idle} has no effect on a {network.kind} network; add network={needed} or leave it "
            "out."
        )
    duration = settings.get("duration_ms", instance.duration_ms)
    if isinstance(duration, int):  # also where the network becomes a trapezium later only
        moved = {name: getattr(network, name) * duration // instance.duration_ms
                 for name in CORNERS}  # fmt: skip
        given = moved | given
    return replace(network, **given)


@cache
def _ocularone() -> EdgeInstance:
    """The data file: one drone with all models."""
    text = (_DATA / "ocularone.json").read_text(encoding="utf-8")
    return parse_instance(text, "1d-a", "ocularone.json")


@cache
def _load_preset(name: str) -> EdgeInstance:
    drones, _, load = name.partition("d-")
    models = _ocularone().models
    if load == "p":
        models = tuple(model for model in models if model.name in PASSIVE)
    return replace(
        _ocularone(), name=f"{int(drones)}d-{load}", models=models, num_drones=int(drones)
    )
