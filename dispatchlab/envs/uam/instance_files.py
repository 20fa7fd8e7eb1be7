"""Our own JSON: everything a `UamInstance` holds, with a version.

The layout, in seconds, Wh, statute miles and dollars::

    {"format": "dispatchlab-uam", "version": 1, "name": "...",
     "source": "where the numbers come from (optional)",
     "ports": ["...", ...], "x_mi": [per port], "y_mi": [per port],
     "area_mi": side of the square from (0, 0) in which all ports lie (optional, only checked),
     "distance_mi": [[per origin and destination]],
     "park_slots": [per port], "charge_slots": [per port], "expected_delay_s": [per port],
     "start_port": [index of a port, per aircraft], "start_wh": [per aircraft],
     "demand": [[[per bin, origin and destination]]], "fare_usd": [[[likewise]]],
     "price_usd_per_kwh": [per bin], "closure_prob": [[per origin and destination]],
     "aircraft": {the fields of `AircraftType`}, "disturbance": {the fields of `Disturbance`},
     "charge_levels": [shares, ascending],
     and the other fields of `UamInstance`}

The aircraft, the disturbance and what has a default may be left out, and so may ``near_mi`` of the
aircraft, where all miles take the same.
"""

import json
import math
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.core.fields import Fields, load_object, plain_numbers, values_of
from dispatchlab.envs.core.files import read_text, require_json, write_atomically
from dispatchlab.envs.uam.aircraft import AircraftType
from dispatchlab.envs.uam.instance import Disturbance, FloatArray, IntArray, UamInstance
from dispatchlab.envs.uam.table_checks import check_on_map

FORMAT = "dispatchlab-uam"
VERSION = 1
_FIELDS = {item.name: item for item in fields(UamInstance) if item.init}
_TABLES = tuple(name for name, item in _FIELDS.items() if item.type in (IntArray, FloatArray))
_PLAIN = tuple(name for name, item in _FIELDS.items() if item.type in (int, float, str))


def read_instance(path: str | os.PathLike[str]) -> UamInstance:
    """Read an instance file.

    Args:
        path: The file; its stem becomes the instance's name where the file has none.

    Returns:
        The validated instance.

    Raises:
        InstanceFormatError: If the file cannot be read or does not follow the layout.
    """
    return parse_instance(read_text(path), Path(path).stem, Path(path).name)


def parse_instance(text: str, name: str = "instance", shown: str = "") -> UamInstance:
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


def dump_instance(instance: UamInstance) -> str:
    """Text of an instance.

    Args:
        instance: Any instance.

    Returns:
        The text; `parse_instance` makes an equal instance of it.
    """
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    data |= plain_numbers({name: getattr(instance, name) for name in _PLAIN})
    data["charge_levels"] = [float(level) for level in instance.charge_levels]
    aircraft = plain_numbers(asdict(instance.aircraft))
    if math.isinf(aircraft["near_mi"]):
        del aircraft["near_mi"]
    data |= {"aircraft": aircraft, "disturbance": plain_numbers(asdict(instance.disturbance))}
    data["ports"] = list(instance.ports)
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items()]
    parts += [f'"{name}": {_dump_table(getattr(instance, name))}' for name in _TABLES]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def write_instance(instance: UamInstance, path: str | os.PathLike[str]) -> Path:
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


def read_fields(data: Fields, name: str) -> UamInstance:
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
    data.only("format", "version", "source", "area_mi", *_FIELDS)
    values: dict[str, Any] = {key: data.entries(key) for key in _TABLES}
    ports = data.texts("ports")
    if data.has("area_mi"):
        x_mi, y_mi = (np.array(data.numbers(key)) for key in ("x_mi", "y_mi"))
        check_on_map(ports, x_mi, y_mi, data.number("area_mi"))
    read = {str: data.text, int: data.whole, float: data.number}
    values |= {key: read[_FIELDS[key].type](key) for key in _PLAIN if key in data.data}  # type: ignore[index]
    if data.has("charge_levels"):
        values["charge_levels"] = tuple(data.numbers("charge_levels"))
    for key, kind in (("aircraft", AircraftType), ("disturbance", Disturbance)):
        if data.has(key):
            values[key] = kind(**values_of(kind, data.child(key)))
    return UamInstance(**{"name": name, "ports": tuple(ports), **values})


def _dump_table(array: FloatArray | IntArray) -> str:
    """A table with a line for each row of its last axis."""
    if array.ndim == 1:
        return json.dumps(array.tolist())
    return "[\n" + ",\n".join(_dump_table(row) for row in array) + "\n]"
