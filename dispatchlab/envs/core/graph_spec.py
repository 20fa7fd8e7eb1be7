"""GraphSpec: the one place that knows how a graph observation is laid out.

Every family observes through one protocol: a flat dictionary of padded arrays, named as
torch-geometric names a ``HeteroData``. Counts are explicit; padding is never inferred.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

FEATURE_LIMIT = 10.0  # features are clipped to +- this
Arrays = dict[str, npt.NDArray[Any]]
Shapes = dict[str, tuple[tuple[int, ...], npt.DTypeLike]]


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a node, arc or global vector."""

    name: str
    unit: str = "1"
    scaling: str = ""


@dataclass(frozen=True, slots=True)
class NodeType:
    """A node type with at most ``max_count`` nodes."""

    name: str
    max_count: int
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class EdgeType:
    """A relation with at most ``max_count`` arcs; ``edge/<source>-<relation>-<target>``."""

    source: str
    relation: str
    target: str
    max_count: int
    features: tuple[Feature, ...] = ()

    @property
    def key(self) -> str:
        """``<source>-<relation>-<target>``."""
        return f"{self.source}-{self.relation}-{self.target}"


class GraphSpace(spaces.Dict):
    """The space of a graph observation, with the layout that a policy needs to read it.

    Attributes:
        layout: See `GraphSpec.layout`.
    """

    def __init__(self, boxes: dict[str, spaces.Space[Any]], layout: dict[str, Any]) -> None:
        """Keep the layout beside the boxes."""
        super().__init__(boxes)
        self.layout = layout


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """Sizes and names of a padded graph observation.

    Keys: ``x/<type>`` (N, F) float32, ``n/<type>`` (1,) int64, ``edge/<key>`` (2, E) int64,
    ``edge_attr/<key>`` (E, F) float32, ``e/<key>`` (1,) int64, ``globals`` (G,) float32,
    ``candidates`` (A, k) int64 and ``action_mask`` (A,) int8. Row ``a`` of ``candidates`` holds,
    for each name in ``candidate_types``, the node of that type or the arc of that relation (given
    by its key) that action ``a`` points at, or -1.

    Attributes:
        nodes: Node types.
        edges: Relations.
        globals: Global features.
        candidate_types: Node type, or key of the relation, of each column of ``candidates``.
        num_actions: A.
    """

    nodes: tuple[NodeType, ...]
    edges: tuple[EdgeType, ...]
    globals: tuple[Feature, ...]
    candidate_types: tuple[str, ...]
    num_actions: int
    _shapes: Shapes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the shapes once: every step allocates by them."""
        object.__setattr__(self, "_shapes", self._find_shapes())

    def node(self, name: str) -> NodeType:
        """The node type of that name."""
        return next(node for node in self.nodes if node.name == name)

    def shapes(self) -> Shapes:
        """Shape and dtype of every key, in the order of the observation."""
        return dict(self._shapes)

    def space(self) -> GraphSpace:
        """The Gymnasium space of one observation."""
        highs = self._int_highs()
        boxes: dict[str, spaces.Space[Any]] = {}
        for key, (shape, dtype) in self._shapes.items():
            if dtype is np.float32:
                boxes[key] = spaces.Box(-FEATURE_LIMIT, FEATURE_LIMIT, shape, np.float32)
            else:
                low = -1 if key == "candidates" else 0
                boxes[key] = spaces.Box(low, highs[key], shape, dtype)  # type: ignore[arg-type]
        return GraphSpace(boxes, self.layout())

    def allocate(self, batch: int) -> Arrays:
        """Fresh zeroed arrays for a batch of observations."""
        return {key: np.zeros((batch, *s), dtype) for key, (s, dtype) in self._shapes.items()}

    def layout(self) -> dict[str, Any]:
        """The part of the spec that a trained network depends on: everything but the sizes."""
        return {
            "nodes": {n.name: [asdict(f) for f in n.features] for n in self.nodes},
            "edges": {e.key: [asdict(f) for f in e.features] for e in self.edges},
            "globals": [asdict(f) for f in self.globals],
            "candidate_types": list(self.candidate_types),
        }

    def layout_hash(self) -> str:
        """Short fingerprint of `layout`, kept in checkpoints."""
        text = json.dumps(self.layout(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        """A readable table of node types, relations and features."""
        lines = [f"GraphSpec: {self.num_actions} actions pointing at {self.candidate_types}"]
        for node in self.nodes:
            lines.append(f"  x/{node.name}: at most {node.max_count} nodes")
            lines += _feature_lines(node.features)
        for edge in self.edges:
            lines.append(f"  edge/{edge.key}: at most {edge.max_count} arcs")
            lines += _feature_lines(edge.features)
        return "\n".join([*lines, "  globals:", *_feature_lines(self.globals)])

    def _find_shapes(self) -> Shapes:
        out: Shapes = {}
        for node in self.nodes:
            out[f"x/{node.name}"] = ((node.max_count, len(node.features)), np.float32)
            out[f"n/{node.name}"] = ((1,), np.int64)
        for edge in self.edges:
            out[f"edge/{edge.key}"] = ((2, edge.max_count), np.int64)
            if edge.features:
                shape = (edge.max_count, len(edge.features))
                out[f"edge_attr/{edge.key}"] = (shape, np.float32)
            out[f"e/{edge.key}"] = ((1,), np.int64)
        out["globals"] = ((len(self.globals),), np.float32)
        out["candidates"] = ((self.num_actions, len(self.candidate_types)), np.int64)
        out["action_mask"] = ((self.num_actions,), np.int8)
        return out

    def _int_highs(self) -> dict[str, int]:
        """Largest value of every integer key."""
        counts = {node.name: node.max_count for node in self.nodes}
        highs = {f"n/{name}": count for name, count in counts.items()}
        for edge in self.edges:
            highs[f"e/{edge.key}"] = edge.max_count
            highs[f"edge/{edge.key}"] = max(counts[edge.source], counts[edge.target]) - 1
        sizes = counts | {edge.key: edge.max_count for edge in self.edges}
        highs["candidates"] = max(sizes[name] for name in self.candidate_types) - 1
        highs["action_mask"] = 1
        # a box whose bounds are equal draws warnings, so relations without arcs get room for one
        return {key: max(1, high) for key, high in highs.items()}


def _feature_lines(features: tuple[Feature, ...]) -> list[str]:
    return [f"    {f.name} [{f.unit}]{' / ' + f.scaling if f.scaling else ''}" for f in features]
