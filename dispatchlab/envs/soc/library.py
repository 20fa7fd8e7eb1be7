"""Published chips, task graphs and streams by name."""

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache, partial
from importlib.resources import files
from typing import Any

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.named_instances import is_misspelt, load_unnamed, path_of
from dispatchlab.envs.soc.formats import json_text, read_instance
from dispatchlab.envs.soc.formats.detect import format_of_extension, is_soc_text
from dispatchlab.envs.soc.instance import Injection, Noise, SocInstance, TaskGraph

_DATA = files("dispatchlab.envs.soc") / "data"
_FILES = ("top.json", "soc16.json", "pulse_doppler.json")
_JOB = "job:"
_TX_RX = ("WiFi_Transmitter", "WiFi_Receiver")
_SETTINGS = (
    "mode", "mean_gap_us", "max_jobs", "horizon_us", "warmup_us", "prefill", "num_jobs",
    "noise", "noise_std",
)  # fmt: skip


def load_instance(name_or_path: str | os.PathLike[str] | SocInstance) -> SocInstance:
    """The instance of a preset's name or of a file.

    Args:
        name_or_path: A name of `instance_names`, ``"job:Top_1"`` for `single_job`, the path of a
            file in one of the `dispatchlab.envs.soc.formats`, or an instance, which is returned
            as it is. Settings may follow a name or a path:
            ``"top-1:mean_gap_us=50,max_jobs=4,noise=gaussian,noise_std=0.2"``; they are the
            fields of `Injection` (but for its trace), ``noise``
            (its kind) and ``noise_std`` (gaussian if no kind is given).

    Returns:
        The instance; a preset without settings is loaded once and shared, for it cannot be
        changed.

    Raises:
        InstanceFormatError: If there is neither such a preset nor such a file, or the file does
            not follow its format.
        InvalidInstanceError: If a setting is unknown or out of range.
    """
    if isinstance(name_or_path, SocInstance):
        return name_or_path
    given = os.fspath(name_or_path)
    if given.lower() in _presets():
        return _load_preset(given.lower())
    if given.startswith(_JOB):
        return single_job(given.removeprefix(_JOB))
    return load_unnamed(
        given, read=read_instance, names=_presets(), what="SoC instance",
        change=lambda name, settings: with_settings(load_instance(name), settings),
    )  # fmt: skip


def instance_names(prefix: str = "") -> list[str]:
    """Names of the presets.

    Args:
        prefix: Keep the names that begin with it.

    Returns:
        The names.
    """
    return [name for name in _presets() if name.startswith(prefix.lower())]


def is_soc_problem(name_or_path: str) -> bool:
    """Whether a name or file is one of this family; it need not be valid.

    Args:
        name_or_path: What a user gave.

    Returns:
        True for presets and names that are nearly one, for .stg, .dot and .gv files, and for JSON
        files of this family; with settings or not.
    """
    path = path_of(name_or_path)
    if os.path.isfile(path):
        if path.suffix.lower() == ".json":
            return is_soc_text(path.read_bytes().decode("utf-8", errors="replace"))
        return format_of_extension(path.suffix) is not None
    name = name_or_path.partition(":")[0].lower()
    return bool(
        name in _presets()
        or (not path.suffix and is_misspelt(name, _presets()))
        or name_or_path.startswith(_JOB)
        or (path.suffix.lower() != ".json" and format_of_extension(path.suffix) is not None)
    )


def graph_names() -> list[str]:
    """Names of the published task graphs.

    Returns:
        The names that `single_job` knows.
    """
    return [graph.name for file in _FILES for graph in _load_file(file).graphs]


def single_job(graph_name: str) -> SocInstance:
    """One job of a published task graph on its chip, which is idle.

    Args:
        graph_name: A name of `graph_names`, for example ``"Top_1"``.

    Returns:
        A batch of one job, without a horizon.

    Raises:
        InstanceFormatError: If there is no such graph.
    """
    for file in _FILES:
        for graph in _load_file(file).graphs:
            if graph.name == graph_name:
                alone = Injection("batch", max_jobs=1, horizon_us=None, prefill=False, num_jobs=1)
                return SocInstance(graph_name, _load_file(file).chip, (graph,), injection=alone)
    raise InstanceFormatError(
        f"There is no task graph named {graph_name!r}; choose one of {', '.join(graph_names())}."
    )


def with_settings(instance: SocInstance, settings: Mapping[str, Any]) -> SocInstance:
    """A copy with other injection and noise settings.

    Args:
        instance: The instance.
        settings: Values by name; see `load_instance`. A horizon may be ``"none"``.

    Returns:
        The copy; its name is the old one.

    Raises:
        InvalidInstanceError: If a setting is unknown or out of range.
    """
    stray = next((name for name in settings if name not in _SETTINGS), None)
    if stray is not None:
        raise InvalidInstanceError(
            f"The instance {instance.name!r} has no setting {stray!r}; there are "
            f"{', '.join(_SETTINGS)}."
        )
    known = {field.name for field in fields(Injection)}
    stream = {key: value for key, value in settings.items() if key in known}
    if stream.get("horizon_us") == "none":
        stream["horizon_us"] = None
    injection = replace(instance.injection, **stream)
    std = settings.get("noise_std", instance.noise.std)
    kind = settings.get("noise", instance.noise.kind)
    if "noise_std" in settings and "noise" not in settings and kind == "none":
        kind = "gaussian"
    return replace(instance, injection=injection, noise=Noise(kind, std))


@cache
def _load_file(file: str) -> SocInstance:
    """A data file, whose instance is the preset with all its graphs."""
    return json_text.parse((_DATA / file).read_text(encoding="utf-8"), file)


@cache
def _load_preset(name: str) -> SocInstance:
    return _presets()[name]()


@cache
def _presets() -> dict[str, Callable[[], SocInstance]]:
    """How each preset is made, in the order in which they are listed."""
    makers: dict[str, Callable[[], SocInstance]] = {
        f"top-{k}": partial(_part, f"top-{k}", "top.json", (f"Top_{k}",), (1.0,))
        for k in range(1, 11)
    }
    makers["top-mix"] = partial(_load_file, "top.json")
    for name, chances in (("wifi-tx80", (0.8, 0.2)), ("wifi-tx20", (0.2, 0.8))):
        makers[name] = partial(_part, name, "soc16.json", _TX_RX, chances, mean_gap_us=200.0)
    makers["soc16-mix"] = partial(_load_file, "soc16.json")
    makers["pulse-doppler"] = partial(_load_file, "pulse_doppler.json")
    return makers


def _part(
    name: str, file: str, graphs: tuple[str, ...], chances: tuple[float, ...], **changes: Any
) -> SocInstance:
    """Some graphs of a data file."""
    whole = _load_file(file)
    chosen: list[TaskGraph] = [g for n in graphs for g in whole.graphs if g.name == n]
    injection = replace(whole.injection, **changes)
    return SocInstance(name, whole.chip, tuple(chosen), chances, injection, whole.noise)
