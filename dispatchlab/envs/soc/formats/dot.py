"""Task graphs in the DOT language of Graphviz.

* A node is a task. Its time is ``exec_us``, a list with the time on each processing element (-1
  where the task cannot run) in quotes, or ``weight``, the time at speed 1, on four elements of
  speed 1 unless ``speeds`` say otherwise. ``kernel`` names what it runs, by default the node.
* An edge's volume is ``volume``, ``weight`` or ``label``, the first of them that is there, and 0
  without them.
* The graph may have ``bandwidth`` (1 by default) and ``pes``, the names of the elements.

The reader is small and strict: no subgraphs, ports or HTML labels; other attributes (shapes,
colours) are skipped.
"""

import math

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import shorten
from dispatchlab.envs.soc.formats.assumed import (
    IDENTICAL,
    MAX_PES,
    Assumed,
    Row,
    Tasks,
    one_job,
    scaled_row,
)
from dispatchlab.envs.soc.formats.dot_tokens import Attributes, DotGraph, parse_dot
from dispatchlab.envs.soc.formats.expressible import plain_problem
from dispatchlab.envs.soc.instance import SocInstance


def parse(text: str, name: str, assumed: Assumed) -> SocInstance:
    """Read a graph.

    Args:
        text: Content of a file.
        name: Name of the instance if the graph has none.
        assumed: The chip, if not the default one.

    Returns:
        One job of the graph on an idle chip.

    Raises:
        InstanceFormatError: If the text is no such graph.
    """
    graph = parse_dot(text)
    if not graph.nodes:
        raise InstanceFormatError("the graph has no nodes; a task graph has at least one.")
    index = {node: number for number, node in enumerate(graph.nodes)}
    arcs = [(index[a], index[b], _volume(a, b, given)) for a, b, given in graph.edges]
    names = [given.get("task", node) for node, given in graph.nodes.items()]
    labels = [given.get("kernel", node) for node, given in graph.nodes.items()]
    rows = [(0,)] * len(labels) if assumed.chip else _rows(graph, assumed)
    if assumed.chip is None and assumed.bandwidth is None and "bandwidth" in graph.attributes:
        width = graph.attributes["bandwidth"]
        value = math.inf if width == "inf" else _number(width, "the graph", "bandwidth")
        if value <= 0:
            raise InstanceFormatError(f"bandwidth of the graph is {width}; it must be positive.")
        assumed = assumed._replace(bandwidth=value)
    pes = _pe_names(graph, len(rows[0]))
    return one_job(graph.name or name, Tasks(names, labels, rows, arcs), assumed, pes)


def dump(instance: SocInstance) -> str:
    """Write a graph with its execution times.

    Clusters, operating points, the chip's name and kernels that no task has are not kept.

    Args:
        instance: One job of a graph on a chip with uniform links.

    Returns:
        The text.

    Raises:
        InstanceFormatError: If the format cannot express the instance.
    """
    plain = plain_problem(instance, "dot")
    graph, chip = instance.graphs[0], instance.chip
    lines = [f"digraph {_quote(graph.name)} {{", f'  bandwidth="{plain.bandwidth!r}";']
    if not any("," in name for name in chip.pe_names):
        lines.append(f"  pes={_quote(','.join(chip.pe_names))};")
    nodes = [_quote(f"t{task}") for task in range(graph.num_tasks)]
    for node, task, kernel, row in zip(
        nodes, graph.task_names, graph.kernels, plain.rows, strict=True
    ):
        times = ",".join(map(str, row))
        lines.append(f'  {node} [task={_quote(task)}, kernel={_quote(kernel)}, exec_us="{times}"];')
    lines += [f'  {nodes[a]} -> {nodes[b]} [volume="{v!r}"];' for a, b, v in plain.arcs]
    return "\n".join([*lines, "}"]) + "\n"


def _rows(graph: DotGraph, assumed: Assumed) -> list[Row]:
    rows: list[Row] = []
    for node, given in graph.nodes.items():
        where = f"the node {node!r}"
        if "exec_us" in given:
            rows.append(_exec_row(given["exec_us"], where))
        elif "weight" in given:
            time = _number(given["weight"], where, "weight")
            rows.append(scaled_row(time, assumed.speeds or IDENTICAL, f"the weight of {where}"))
        else:
            raise InstanceFormatError(
                f"{where} has neither weight nor exec_us; give its execution time."
            )
        if len(rows[-1]) != len(rows[0]):
            raise InstanceFormatError(
                f"{where} has times for {len(rows[-1])} processing elements, but the first node "
                f"for {len(rows[0])}; give all nodes the same number."
            )
    return rows


def _exec_row(text: str, where: str) -> Row:
    entries = text.split(",")
    values = [_number(entry, where, "exec_us") for entry in entries]
    wrong = next((v for v in values if v != round(v) or abs(v) > 2**53), None)
    if wrong is not None or len(entries) > MAX_PES:
        raise InstanceFormatError(
            f"{where} has exec_us {shorten(text)}; give at most {MAX_PES} whole numbers of µs."
        )
    return tuple(int(value) for value in values)


def _volume(source: str, target: str, given: Attributes) -> float:
    for key in ("volume", "weight", "label"):
        if key in given:
            return _number(given[key], f"the edge {source!r} -> {target!r}", key)
    return 0.0


def _number(text: str, where: str, key: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InstanceFormatError(f"{where} has {key} {shorten(text)}; write a number.")
    return value


def _pe_names(graph: DotGraph, count: int) -> list[str]:
    names = graph.attributes.get("pes")
    if names is None:
        return []
    found = [name.strip() for name in names.split(",")]
    if len(found) != count:
        raise InstanceFormatError(
            f"the graph names {len(found)} pes, but its nodes have times for {count}; name all or "
            "none."
        )
    return found


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
