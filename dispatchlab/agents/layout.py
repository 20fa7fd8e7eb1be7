"""GraphLayout: what a network must know of a graph observation, which is all but the sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gymnasium import spaces

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError

LayoutDict = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GraphLayout:
    """Widths and relations of a graph observation.

    Attributes:
        nodes: Number of features of each node type.
        edges: Number of arc features of each relation ``<source>-<relation>-<target>``.
        num_globals: Number of global features.
        candidate_types: Node type, or key of the relation, of each column of ``candidates``.
    """

    nodes: dict[str, int]
    edges: dict[str, int]
    num_globals: int
    candidate_types: tuple[str, ...]

    def __post_init__(self) -> None:
        """Sort by name: spaces sort their keys, specs do not, and pooling depends on the order."""
        object.__setattr__(self, "nodes", dict(sorted(self.nodes.items())))
        object.__setattr__(self, "edges", dict(sorted(self.edges.items())))
        ends = [end for key in self.edges for end in self.relation_ends(key)]
        pointed = [name for name in self.candidate_types if name not in self.edges]
        stray = next((name for name in (*ends, *pointed) if name not in self.nodes), None)
        if stray is not None:
            raise DispatchlabError(
                f"The relations or candidates name the node type {stray!r}, which is not one of "
                f"{', '.join(self.nodes) or 'none'}: correct the layout."
            )
        for key in self.decision_relations:
            if not self.edges[key]:
                raise DispatchlabError(
                    f"The candidates point at arcs of {key!r}, which have no features to tell them "
                    "apart: give that relation at least one."
                )

    @classmethod
    def from_dict(cls, layout: LayoutDict) -> "GraphLayout":
        """Read the output of `GraphSpec.layout`."""
        return cls(
            nodes={name: len(features) for name, features in layout["nodes"].items()},
            edges={key: len(features) for key, features in layout["edges"].items()},
            num_globals=len(layout["globals"]),
            candidate_types=tuple(layout["candidate_types"]),
        )

    @classmethod
    def from_space(
        cls, space: spaces.Space[Any], layout: LayoutDict | None = None
    ) -> "GraphLayout":
        """Recover the layout from the keys and shapes of an observation space.

        Args:
            space: The ``Dict`` space of a graph observation.
            layout: The output of `GraphSpec.layout`. Needed only where an action points at
                several nodes, because the space does not name the columns of ``candidates``.

        Returns:
            The layout.

        Raises:
            DispatchlabError: The space is no graph observation, or the columns are ambiguous.
            CheckpointError: The space contradicts ``layout``.
        """
        if not isinstance(space, spaces.Dict) or "candidates" not in space.spaces:
            raise DispatchlabError(
                f"The observation space {type(space).__name__} is not a graph observation: "
                "use a dispatchlab environment without flattening its observation."
            )
        shapes = {key: box.shape or () for key, box in space.spaces.items()}
        found = cls._from_shapes(shapes, layout["candidate_types"] if layout else None)
        if layout is not None:
            cls.from_dict(layout).require_equal(found)
        return found

    @classmethod
    def _from_shapes(
        cls, shapes: Mapping[str, tuple[int, ...]], candidate_types: tuple[str, ...] | None
    ) -> "GraphLayout":
        """Read node types and relations off the keys."""
        nodes = {key[2:]: shape[1] for key, shape in shapes.items() if key.startswith("x/")}
        edges = {
            key[5:]: shapes.get(f"edge_attr/{key[5:]}", (0, 0))[1]
            for key in shapes
            if key.startswith("edge/")
        }
        columns = shapes["candidates"][1]
        if candidate_types is None:
            candidate_types = _guess_candidate_types(nodes, edges, columns)
        return cls(nodes, edges, shapes["globals"][0], tuple(candidate_types))

    def require_equal(self, other: "GraphLayout") -> None:
        """Raise `CheckpointError` naming the first part in which ``other`` differs."""
        for part in ("nodes", "edges", "num_globals", "candidate_types"):
            mine, theirs = getattr(self, part), getattr(other, part)
            if mine != theirs:
                raise CheckpointError(
                    f"The layout has {part} {mine} but the observation has {theirs}: "
                    "use the environment that the policy was trained on."
                )

    @property
    def decision_relations(self) -> tuple[str, ...]:
        """Relations whose arcs actions point at, each once."""
        return tuple(dict.fromkeys(name for name in self.candidate_types if name in self.edges))

    def relation_ends(self, key: str) -> tuple[str, str]:
        """Source and target node type of a relation."""
        parts = key.split("-")
        return parts[0], parts[-1]


def _guess_candidate_types(
    nodes: Mapping[str, int], edges: Mapping[str, int], columns: int
) -> tuple[str, ...]:
    """The only type, or the only one without relations; raise where that does not decide."""
    linked = {end for key in edges for end in (key.split("-")[0], key.split("-")[-1])}
    free = [name for name in nodes if name not in linked]
    for names in (list(nodes), free):
        if columns == len(names) == 1:
            return (names[0],)
    raise DispatchlabError(
        f"The space does not tell which of the node types {sorted(nodes)} the {columns} columns "
        "of 'candidates' point at: pass policy_kwargs={'layout': env.graph_spec.layout()}."
    )


def first_difference(mine: LayoutDict, theirs: LayoutDict) -> str | None:
    """Describe the first difference of two layouts, or return None if they agree."""
    for part in ("nodes", "edges"):
        for name in [*mine[part], *(key for key in theirs[part] if key not in mine[part])]:
            ours, others = mine[part].get(name), theirs[part].get(name)
            if ours is None or others is None:
                return f"{part[:-1]} type {name!r} is on one side only"
            text = _feature_difference(f"{part[:-1]} type {name!r}", ours, others)
            if text:
                return text
    text = _feature_difference("the globals", mine["globals"], theirs["globals"])
    if not text and list(mine["candidate_types"]) != list(theirs["candidate_types"]):
        text = f"candidates point at {mine['candidate_types']} or {theirs['candidate_types']}"
    return text


def _feature_difference(
    where: str, mine: list[dict[str, str]], theirs: list[dict[str, str]]
) -> str | None:
    """Describe the first feature that differs."""
    for column in range(max(len(mine), len(theirs))):
        ours = mine[column] if column < len(mine) else {}
        other = theirs[column] if column < len(theirs) else {}
        if ours != other:
            return (
                f"feature {column} of {where} is {_label(ours)} in the checkpoint "
                f"and {_label(other)} in the environment"
            )
    return None


def _label(feature: Mapping[str, str]) -> str:
    """``'name' [unit / scaling]`` or ``absent``."""
    if not feature:
        return "absent"
    scaling = f" / {feature['scaling']}" if feature.get("scaling") else ""
    return f"{feature['name']!r} [{feature.get('unit', '1')}{scaling}]"
