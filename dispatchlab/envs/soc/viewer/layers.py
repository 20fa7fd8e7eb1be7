"""Where everything lies in the drawing of a task graph: layers from left to right.

After Sugiyama, Tagawa and Toda (1981): tasks lie in layers by their longest path from an entry,
arcs pass intermediate layers at points of their own, each layer is ordered by the mean position of
its neighbours, and positions are the least-squares fit to the neighbours' that keeps the order and
the distances.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.instance import FloatArray, SocInstance, TaskGraph
from dispatchlab.envs.soc.ranks import topological_order

_LABEL_AT = (0.5, 0.36, 0.64, 0.28)  # along the middle piece of an arc
_CELLS = (12, 7)  # per layer and per row: labels keep a cell between them
_SWEEPS = 12
_FITS = 24
_POINT_ROOM, _TASK_ROOM = 0.5, 1.0  # vertical room of a point of an arc, and of a task

Point = tuple[float, float]


class Route(NamedTuple):
    """The way of an arc from task to task, and a place on it for a label."""

    arc: int
    points: tuple[Point, ...]
    label: Point


@dataclass(frozen=True, slots=True)
class Drawing:
    """A laid-out task graph.

    Attributes:
        x: ``(T,)`` layer of each task.
        y: ``(T,)`` vertical position, from 0 downwards; neighbours are at least 1 apart.
        routes: One per arc.
        width: Number of layers.
        height: Room that the positions take.
    """

    x: FloatArray
    y: FloatArray
    routes: tuple[Route, ...]
    width: int
    height: float


def graph_index(instance: SocInstance, graph: str | int) -> int:
    """Index of a job type.

    Args:
        instance: The instance.
        graph: Its name or index.

    Returns:
        The index.

    Raises:
        DispatchlabError: If the instance has no such job type.
    """
    names = [shape.name for shape in instance.graphs]
    if isinstance(graph, int) and 0 <= graph < len(names):
        return graph
    if graph in names:
        return names.index(str(graph))
    raise DispatchlabError(
        f"{instance.name} has no task graph {graph!r}; choose one of {', '.join(names)}."
    )


def layers_of(graph: TaskGraph) -> list[int]:
    """Layer of each task: arcs on its longest path from an entry."""
    layer = [0] * graph.num_tasks
    after: list[list[int]] = [[] for _ in layer]
    for a, b in zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True):
        after[a].append(b)
    for task in topological_order(graph).tolist():
        for b in after[task]:
            layer[b] = max(layer[b], layer[task] + 1)
    return layer


def lay_out_graph(graph: TaskGraph) -> Drawing:
    """Place tasks and arcs.

    Args:
        graph: A job type.

    Returns:
        The drawing.
    """
    layer = layers_of(graph)
    chains: list[list[int]] = []
    for a, b in zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True):
        points = range(len(layer), len(layer) + layer[b] - layer[a] - 1)
        layer += [layer[a] + 1 + i for i in range(len(points))]
        chains.append([a, *points, b])
    near: list[list[int]] = [[] for _ in layer]
    for chain in chains:
        for a, b in pairwise(chain):
            near[a].append(b)
            near[b].append(a)
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for node, at in enumerate(layer):
        rows[at].append(node)
    y = _fit(_order(rows, near, layer), near, graph.num_tasks)
    lines = [tuple((float(layer[n]), float(y[n])) for n in chain) for chain in chains]
    routes = [
        Route(arc, line, label)
        for arc, (line, label) in enumerate(zip(lines, _label_places(lines), strict=True))
    ]
    count = graph.num_tasks
    return Drawing(
        np.array(layer[:count], float), y[:count], tuple(routes), len(rows), float(y.max()) + 1.0
    )


def _label_places(lines: list[tuple[Point, ...]]) -> list[Point]:
    """A place on the middle piece of each line, away from the labels before if that is possible."""
    taken: set[tuple[int, int]] = set()
    places = []
    for line in lines:
        (x, y), (u, v) = line[(len(line) - 1) // 2 :][:2]
        options = [(x + at * (u - x), y + at * (v - y)) for at in _LABEL_AT]
        cells = [(round(a * _CELLS[0]), round(b * _CELLS[1])) for a, b in options]
        free = next((i for i, cell in enumerate(cells) if cell not in taken), 0)
        taken |= {(cells[free][0] + i, cells[free][1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
        places.append(options[free])
    return places


def _order(rows: list[list[int]], near: list[list[int]], layer: list[int]) -> list[list[int]]:
    """Order each layer by its neighbours' places, sweeping forth and back."""
    place = {node: index for row in rows for index, node in enumerate(row)}
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for row in rows if forward else rows[::-1]:
            side = -1 if forward else 1
            key: dict[int, float] = {}
            for node in row:
                fixed = [place[n] for n in near[node] if (layer[n] - layer[node]) * side > 0]
                key[node] = sum(fixed) / len(fixed) if fixed else place[node]
            row.sort(key=lambda node: (key[node], place[node]))
            place.update((node, index) for index, node in enumerate(row))
    return rows


def _fit(rows: list[list[int]], near: list[list[int]], num_tasks: int) -> FloatArray:
    """Positions close to the neighbours', in order and far enough apart."""
    from scipy.optimize import isotonic_regression

    y = np.zeros(sum(map(len, rows)))
    offsets = []
    for row in rows:
        room = np.array([_TASK_ROOM if node < num_tasks else _POINT_ROOM for node in row])
        offsets.append(np.cumsum(room) - room / 2)
        y[row] = offsets[-1] - room.sum() / 2
    for fit in range(_FITS):
        for index in range(len(rows)) if fit % 2 else range(len(rows) - 1, -1, -1):
            row, offset = rows[index], offsets[index]
            target = np.array([y[near[n]].mean() if near[n] else y[n] for n in row])
            y[row] = isotonic_regression(target - offset).x + offset
    fitted: FloatArray = y - y.min()
    return fitted
