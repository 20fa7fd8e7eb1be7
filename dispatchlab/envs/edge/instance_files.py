"""Our own JSON: everything an `EdgeInstance` holds, with a version.

The layout, times in whole ms::

    {"format": "dispatchlab-edge", "version": 1, "name": "...",
     "source": "where the numbers come from (optional)",
     "models": [{"name": "...", "deadline_ms": 650, "edge_ms": 174, "cloud_ms": 398,
                 "benefit": 125, "edge_cost": 1, "cloud_cost": 25,
                 "qoe_bonus": 100, "qoe_rate": 0.9}, ...],
     "num_drones": 4, "duration_ms": 300000, "period_ms": 1000, "qoe_window_ms": 20000,
     "upload_bytes": 41000, "cloud_timeout_ms": 10000,
     "network": {the fields of `Network`; its traces as
                 {"name": "...", "bandwidth_kbps": [per second], "latency_ms": [per second]}},
     "jitter": {the fields of `Jitter`}}

All but the format, the version, the models up to their costs and ``num_drones`` may be left out
for the defaults.
"""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.fields import Fields, load_object, plain_numbers, values_of
from dispatchlab.envs.core.files import read_text, require_json, write_atomically
from dispatchlab.envs.edge.instance import BandwidthTrace, DnnModel, EdgeInstance, Jitter, Network

FORMAT = "dispatchlab-edge"
VERSION = 1
_COUNTS = (
    "num_drones", "duration_ms", "period_ms", "qoe_window_ms", "upload_bytes", "cloud_timeout_ms",
)  # fmt: skip


def read_instance(path: str | os.PathLike[str]) -> EdgeInstance:
    """Read an instance file.

    Args:
        path: The file; its stem becomes the instance's name where the file has none.

    Returns:
        The validated instance.

    Raises:
        InstanceFormatError: If the file cannot be read or does not follow the layout.
    """
    return parse_instance(read_text(path), Path(path).stem, Path(path).name)


def parse_instance(text: str, name: str = "instance", shown: str = "") -> EdgeInstance:
    """Parse the text of an instance.

    Args:
        text: Content of an instance file.
        name: Name of the instance where the text has none.
        shown: What errors name; the name by default.

    Returns:
        The validated instance.

    Raises:
        InstanceFormatError: If the text does not follow the layout.
    """
    try:
        return read_fields(load_object(text), name)
    except (InstanceFormatError, InvalidInstanceError) as error:
        raise InstanceFormatError(f"{shown or name}: {error}") from error


def dump_instance(instance: EdgeInstance) -> str:
    """Text of an instance.

    Args:
        instance: Any instance.

    Returns:
        The text; `parse_instance` makes an equal instance of it.
    """
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": instance.name}
    data |= {key: int(getattr(instance, key)) for key in _COUNTS}
    data["jitter"] = plain_numbers(asdict(instance.jitter))
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items()]
    models = ",\n ".join(json.dumps(plain_numbers(asdict(model))) for model in instance.models)
    parts.append(f'"models": [\n {models}\n]')
    parts.append(f'"network": {_dump_network(instance.network)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write_instance(instance: EdgeInstance, path: str | os.PathLike[str]) -> Path:
    """Write an instance file; an existing file is replaced only by a complete new one.

    Args:
        instance: The instance.
        path: The ``.json`` file to write.

    Returns:
        The path written.

    Raises:
        InstanceFormatError: If the path has another extension.
        DispatchlabError: If it cannot be written.
    """
    require_json(path)
    return write_atomically(path, dump_instance(instance))


def read_fields(data: Fields, name: str) -> EdgeInstance:
    """Read JSON that is part of another file.

    Args:
        data: The object.
        name: Name of the instance where the object has none.

    Returns:
        The validated instance.

    Raises:
        InstanceFormatError: If it does not follow the layout.
        InvalidInstanceError: If its values contradict each other.
    """
    data.require_format(FORMAT, VERSION)
    data.only("format", "version", "name", "source", "models", "network", "jitter", *_COUNTS)
    data.get("num_drones")
    return EdgeInstance(
        name=data.text("name") if data.has("name") else name,
        models=tuple(DnnModel(**values_of(DnnModel, model)) for model in data.children("models")),
        network=_parse_network(data.child("network")) if data.has("network") else Network(),
        jitter=Jitter(**values_of(Jitter, data.child("jitter")))
        if data.has("jitter")
        else Jitter(),
        **{key: data.whole(key) for key in _COUNTS if key in data.data},
    )


def _parse_network(data: Fields) -> Network:
    values = values_of(Network, data, ("traces",))
    traces = []
    for entry in data.children("traces") if data.has("traces") else []:
        entry.only("name", "bandwidth_kbps", "latency_ms")
        columns = entry.wholes("bandwidth_kbps"), entry.wholes("latency_ms")
        traces.append(BandwidthTrace(entry.text("name"), *columns))  # type: ignore[arg-type]
    return Network(**values, traces=tuple(traces))


def _dump_network(network: Network) -> str:
    values = {item.name: getattr(network, item.name) for item in fields(network)}
    values["traces"] = [
        {"name": trace.name, "bandwidth_kbps": trace.bandwidth_kbps.tolist(),
         "latency_ms": trace.latency_ms.tolist()}
        for trace in network.traces
    ]  # fmt: skip
    return json.dumps(plain_numbers(values))
