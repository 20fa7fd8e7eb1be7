"""Our own JSON: everything a `SocInstance` holds, with a version.

The layout, with P processing elements (PEs) and times in whole µs::

    {"format": "dispatchlab-soc", "version": 1, "name": "...",
     "source": "where the numbers come from (optional)",
     "chip": {
       "name": "...",
       "pes": ["P1", ...], "cluster": [0, ...], "clusters": ["CPU", ...],
       "exec_us": {"kernel": [time on each PE, -1 where it is not supported], ...},
       "bandwidth": [[P x P, volume per µs]],
       "memory_bandwidth": null or [[to memory, from memory], ...],
       "operating_points": [] or one for each cluster:
         {"frequency_mhz": [...], "voltage_mv": [...], "active_power_w": [...],
          "is_placeholder": false}},
     "graphs": [{
       "name": "...", "kernels": [kernel of each task], "task_names": [optional],
       "arcs": [[from, to, volume], ...]}],
     "probabilities": [one for each graph],
     "injection": {the fields of `Injection`}, "noise": {"kind": "none", "std": 0.0}}

``probabilities``, ``injection``, ``noise`` and each of their fields may be left out for the
defaults; numbers that JSON cannot write, such as infinity, are the text ``"inf"`` in bandwidths.
"""

import json
import math
from dataclasses import asdict, fields
from typing import Any

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import Fields, as_list, as_number, as_whole, load_object
from dispatchlab.envs.soc.instance import (
    Chip,
    Injection,
    Noise,
    OperatingPoints,
    SocInstance,
    TaskGraph,
)

FORMAT = "dispatchlab-soc"
VERSION = 1


def parse(text: str, name: str) -> SocInstance:
    """Read JSON text.

    Args:
        text: Content of a file.
        name: Name of the instance where the file has none.

    Returns:
        The instance.

    Raises:
        InstanceFormatError: If the text does not follow the layout.
    """
    return read_fields(load_object(text), name)


def read_fields(data: Fields, name: str) -> SocInstance:
    """Read JSON that is part of another file.

    Args:
        data: The object.
        name: Name of the instance where the object has none.

    Returns:
        The instance.

    Raises:
        InstanceFormatError: If it does not follow the layout.
    """
    data.require_format(FORMAT, VERSION)
    data.only("format", "version", "name", "source", "chip", "graphs", "probabilities",
              "injection", "noise")  # fmt: skip
    return SocInstance(
        name=data.text("name") if data.has("name") else name,
        chip=parse_chip(data.child("chip")),
        graphs=tuple(_parse_graph(graph) for graph in data.children("graphs")),
        probabilities=tuple(data.numbers("probabilities")) if data.has("probabilities") else (),
        injection=_parse_injection(data.child("injection")) if data.has("injection")
        else Injection(),
        noise=_parse_noise(data.child("noise")) if data.has("noise") else Noise(),
    )  # fmt: skip


def dump(instance: SocInstance) -> str:
    """Write JSON text.

    Args:
        instance: Any instance.

    Returns:
        The text; `parse` makes an equal instance of it.
    """
    head = {"format": FORMAT, "version": VERSION, "name": instance.name}
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    parts.append(f'"chip": {_dump_chip(instance.chip)}')
    graphs = ",\n".join(_dump_graph(graph) for graph in instance.graphs)
    parts.append(f'"graphs": [\n{graphs}\n]')
    parts.append(f'"probabilities": {json.dumps(list(instance.probabilities))}')
    parts.append(f'"injection": {json.dumps(asdict(instance.injection))}')
    parts.append(f'"noise": {json.dumps(asdict(instance.noise))}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def parse_chip(data: Fields) -> Chip:
    """Read a chip.

    Args:
        data: The object that describes it.

    Returns:
        The chip.

    Raises:
        InstanceFormatError: If it does not follow the layout.
    """
    data.only("name", "pes", "cluster", "clusters", "exec_us", "bandwidth", "memory_bandwidth",
              "operating_points")  # fmt: skip
    table = data.child("exec_us")
    pes = data.texts("pes")
    return Chip(
        name=data.text("name"),
        pe_names=tuple(pes),
        cluster=data.wholes("cluster"),  # type: ignore[arg-type]
        cluster_names=tuple(data.texts("clusters")),
        kernels=tuple(table.data),
        exec_us=[_row(table.wholes(kernel), len(pes), table.path(kernel))  # type: ignore[arg-type]
                 for kernel in table.data],
        bandwidth=_matrix(data, "bandwidth", len(pes)),  # type: ignore[arg-type]
        memory_bandwidth=_matrix(data, "memory_bandwidth", 2)  # type: ignore[arg-type]
        if data.has("memory_bandwidth") else None,
        operating_points=tuple(_parse_points(p) for p in data.children("operating_points"))
        if data.has("operating_points") else (),
    )  # fmt: skip


def _parse_points(data: Fields) -> OperatingPoints:
    data.only("frequency_mhz", "voltage_mv", "active_power_w", "is_placeholder")
    return OperatingPoints(
        tuple(data.numbers("frequency_mhz")),
        tuple(data.numbers("voltage_mv")),
        tuple(data.numbers("active_power_w")),
        data.flag("is_placeholder") if data.has("is_placeholder") else False,
    )


def _parse_graph(data: Fields) -> TaskGraph:
    data.only("name", "kernels", "task_names", "arcs")
    arcs = []
    for index, entry in enumerate(data.entries("arcs")):
        where = f"{data.path('arcs')}[{index}]"
        source, target, volume = _row(as_list(entry, where), 3, where)
        arcs.append((as_whole(source, f"{where}[0]"), as_whole(target, f"{where}[1]"),
                     as_number(volume, f"{where}[2]")))  # fmt: skip
    names = data.texts("task_names") if data.has("task_names") else ()
    return TaskGraph.build(data.text("name"), data.texts("kernels"), arcs, names)


def _parse_injection(data: Fields) -> Injection:
    data.only(*(field.name for field in fields(Injection)))
    values: dict[str, Any] = {}
    for key in data.data:
        if key == "mode":
            values[key] = data.text(key)
        elif key == "prefill":
            values[key] = data.flag(key)
        elif key == "mean_gap_us":
            values[key] = float(data.number(key))
        elif key == "trace":
            values[key] = _parse_trace(data)
        elif key == "horizon_us" and not data.has(key):
            values[key] = None
        else:
            values[key] = data.whole(key)
    return Injection(**values)


def _parse_trace(data: Fields) -> tuple[tuple[int, int], ...]:
    trace = []
    for index, entry in enumerate(data.entries("trace")):
        where = f"{data.path('trace')}[{index}]"
        time, graph = _row(as_list(entry, where), 2, where)
        trace.append((as_whole(time, f"{where}[0]"), as_whole(graph, f"{where}[1]")))
    return tuple(trace)


def _parse_noise(data: Fields) -> Noise:
    data.only("kind", "std")
    return Noise(
        data.text("kind") if data.has("kind") else "none",
        float(data.number("std")) if data.has("std") else 0.0,
    )


def _matrix(data: Fields, key: str, width: int) -> list[list[float]]:
    """Rows of positive or infinite numbers."""
    rows = []
    for index, entry in enumerate(data.entries(key)):
        where = f"{data.path(key)}[{index}]"
        row = _row(as_list(entry, where), width, where)
        rows.append([math.inf if value == "inf" else as_number(value, f"{where}[{column}]")
                     for column, value in enumerate(row)])  # fmt: skip
    return rows


def _row(values: list[Any], width: int, where: str) -> list[Any]:
    if len(values) != width:
        raise InstanceFormatError(f"the field {where!r} has {len(values)} entries; write {width}.")
    return values


def _dump_chip(chip: Chip) -> str:
    table = ",\n".join(
        f"  {json.dumps(kernel)}: {json.dumps(row)}"
        for kernel, row in zip(chip.kernels, chip.exec_us.tolist(), strict=True)
    )
    memory = chip.memory_bandwidth
    lines = [
        f'"name": {json.dumps(chip.name)}',
        f'"pes": {json.dumps(list(chip.pe_names))}',
        f'"cluster": {json.dumps(chip.cluster.tolist())}',
        f'"clusters": {json.dumps(list(chip.cluster_names))}',
        f'"exec_us": {{\n{table}}}',
        f'"bandwidth": {_dump_matrix(chip.bandwidth.tolist())}',
        f'"memory_bandwidth": {"null" if memory is None else _dump_matrix(memory.tolist())}',
        f'"operating_points": {json.dumps([asdict(p) for p in chip.operating_points])}',
    ]
    return "{\n " + ",\n ".join(lines) + "\n}"


def _dump_matrix(rows: list[list[float]]) -> str:
    finite = [["inf" if math.isinf(value) else value for value in row] for row in rows]
    return "[" + ",\n  ".join(json.dumps(row) for row in finite) + "]"


def _dump_graph(graph: TaskGraph) -> str:
    arcs = zip(graph.arc_from.tolist(), graph.arc_to.tolist(), graph.volume.tolist(), strict=True)
    parts = {"name": graph.name, "kernels": list(graph.kernels)}
    if graph.task_names != graph.kernels:
        parts["task_names"] = list(graph.task_names)
    return json.dumps(parts)[:-1] + ', "arcs": ' + json.dumps([list(arc) for arc in arcs]) + "}"
