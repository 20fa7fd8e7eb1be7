"""HeteroGraphEncoder: message passing along the relations of a graph, in both directions."""

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv, GINConv, GINEConv

from dispatchlab.agents.encoders.embedding import NodeEmbedding
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch

if TYPE_CHECKING:
    from dispatchlab.agents.network import NetworkConfig

Arcs = dict[str, tuple[Tensor, Tensor | None]]


class NormedMlp(nn.Module):
    """Layer norm and two linear layers: sums over any number of neighbours stay bounded.

    Shapes:
        ``(M, hidden)`` to ``(M, hidden)``.
    """

    def __init__(self, hidden: int, feedforward: int) -> None:
        """Create the layers; GINEConv reads ``in_channels``."""
        super().__init__()
        self.in_channels = hidden
        self.layers = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, feedforward),
            nn.ReLU(),
            nn.Linear(feedforward, hidden),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers."""
        out: Tensor = self.layers(x)
        return out


def _make_conv(kind: str, width: int, config: "NetworkConfig") -> nn.Module:
    """One bipartite convolution for arcs with ``width`` features."""
    hidden = config.hidden
    conv: nn.Module
    if kind == "gatv2":
        conv = GATv2Conv(
            (hidden, hidden),
            hidden // config.num_heads,
            heads=config.num_heads,
            edge_dim=width or None,
            add_self_loops=False,
        )
    elif width:
        conv = GINEConv(NormedMlp(hidden, config.feedforward), edge_dim=width)
    else:
        conv = GINConv(NormedMlp(hidden, config.feedforward))
    return conv


class HeteroLayer(nn.Module):
    """One round of pre-norm message passing and a feed-forward step for each node type.

    Shapes:
        Input: ``{node type: (M, hidden)}`` and ``{relation: ((2, E), (E, F) or None)}``.
        Output: ``{node type: (M, hidden)}``.
    """

    def __init__(
        self,
        nodes: list[str],
        relations: dict[str, tuple[str, str, int]],
        config: "NetworkConfig",
        conv: str,
    ) -> None:
        """Create two convolutions for each relation, one along and one against its arcs."""
        super().__init__()
        self.relations = {key: ends[:2] for key, ends in relations.items()}
        self.norms = nn.ModuleDict({f"x/{name}": nn.LayerNorm(config.hidden) for name in nodes})
        self.along = nn.ModuleDict(
            {key: _make_conv(conv, ends[2], config) for key, ends in relations.items()}
        )
        self.against = nn.ModuleDict(
            {key: _make_conv(conv, ends[2], config) for key, ends in relations.items()}
        )
        self.mlps = nn.ModuleDict(
            {f"x/{name}": NormedMlp(config.hidden, config.feedforward) for name in nodes}
        )

    def forward(self, nodes: dict[str, Tensor], arcs: Arcs) -> dict[str, Tensor]:
        """Pass messages once."""
        normed = {name: self.norms[f"x/{name}"](h) for name, h in nodes.items()}
        out = dict(nodes)
        for key, (source, target) in self.relations.items():
            index, attr = arcs[key]
            # Only convolutions over arcs with features take the third argument.
            extra = () if attr is None else (attr,)
            tail, head = normed[source], normed[target]
            out[target] = out[target] + self.along[key]((tail, head), index, *extra)  # (M, H)
            out[source] = out[source] + self.against[key]((head, tail), index.flip(0), *extra)
        return {name: h + self.mlps[f"x/{name}"](h) for name, h in out.items()}


class HeteroGraphEncoder(nn.Module):
    """GIN or GATv2 over typed nodes; a resource is a node, never a clique of its users.

    A candidate type without relations of its own (an option) is linked to the other nodes that
    its candidates point at, so that it starts from its features and their embeddings.

    Shapes:
        Input: `GraphBatch` with features ``(M, F)``, arcs ``(2, E)``, candidates ``(B, A, k)``.
        Output: ``{node type: (M, hidden)}``.
    """

    def __init__(
        self,
        layout: GraphLayout,
        config: "NetworkConfig",
        conv: Literal["gin", "gatv2"] = "gatv2",
    ) -> None:
        """Create the embedding and ``config.num_layers`` rounds."""
        super().__init__()
        self.links, self.types = _candidate_links(layout), layout.candidate_types
        relations = {
            f"edge/{key}": (*layout.relation_ends(key), width)
            for key, width in layout.edges.items()
        }
        for key, (first, second) in self.links.items():
            relations[key] = (layout.candidate_types[first], layout.candidate_types[second], 0)
        self.embed = NodeEmbedding(layout, config.hidden)
        self.layers = nn.ModuleList(
            HeteroLayer(list(layout.nodes), relations, config, conv)
            for _ in range(config.num_layers)
        )
        self.norms = nn.ModuleDict(
            {f"x/{name}": nn.LayerNorm(config.hidden) for name in layout.nodes}
        )

    def forward(self, graph: GraphBatch) -> dict[str, Tensor]:
        """Embed every node in the light of its neighbourhood."""
        arcs: Arcs = {
            f"edge/{key}": (index, graph.edge_attr.get(key))
            for key, index in graph.edge_index.items()
        }
        for key, columns in self.links.items():
            arcs[key] = (_link(graph, columns, self.types), None)  # (2, E)
        nodes = self.embed(graph)
        for layer in self.layers:
            nodes = layer(nodes, arcs)
        return {name: self.norms[f"x/{name}"](h) for name, h in nodes.items()}


def _link(graph: GraphBatch, columns: tuple[int, int], types: tuple[str, ...]) -> Tensor:
    """Arcs between what two columns of the candidates point at, ``(2, E)``."""
    ends = graph.candidates.flatten(0, 1)[:, columns]  # (B*A, 2)
    exists = (ends >= 0).all(1)  # (B*A,)
    if graph.longest is None:
        return ends[exists].t()
    # The last node is padding: arcs that do not exist begin and end there.
    return torch.stack(
        [
            torch.where(exists, ends[:, i], len(graph.x[types[column]]) - 1)
            for i, column in enumerate(columns)
        ]
    )


def _candidate_links(layout: GraphLayout) -> dict[str, tuple[int, int]]:
    """Pairs of candidate columns to link: those of a type without relations with all others."""
    # A column of arcs needs no link: its relation carries messages already.
    linked = {end for key in layout.edges for end in layout.relation_ends(key)}
    types = layout.candidate_types
    return {
        f"candidates/{types[i]}-{types[j]}": (i, j)
        for i in range(len(types))
        for j in range(len(types))
        if not {types[i], types[j]} & set(layout.edges)
        and types[i] not in linked
        and (types[j] in linked or i < j)
    }
