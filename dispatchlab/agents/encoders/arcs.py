"""ArcEncoder: for decisions that are arcs, such as a task on a processing element.

A decision relation is one that actions point at. Its arcs have embeddings of their own, which
read both ends, and the ends attend to them; the other relations carry means both ways.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dispatchlab.agents.encoders.embedding import NodeEmbedding
from dispatchlab.agents.encoders.messages import (
    Flow,
    Routes,
    Tables,
    fewer,
    find_routes,
    gather,
    list_flows,
    read,
    send_into,
)
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.agents.network import NetworkConfig

LARGEST_SCORE = 10.0  # attention scores are bounded, so that their exponentials cannot overflow


class ArcAttention(nn.Module):
    """Attention of the nodes at one end over their own arcs.

    Scores come from the arc alone, which knows its ends already (`ArcStep`).

    Shapes:
        Input: arcs ``(E, hidden)`` and their ends ``(E,)``.
        Output: added to ``(M, hidden)``; nothing for nodes without arcs.
    """

    def __init__(self, hidden: int, num_heads: int) -> None:
        """Create scores and values."""
        super().__init__()
        self.hidden, self.num_heads = hidden, num_heads
        self.score = nn.Linear(hidden, num_heads, bias=False)
        self.value = nn.Linear(hidden, hidden, bias=False)

    def forward(self, total: Tensor, arcs: Tensor, index: Tensor) -> None:
        """Add the average of each node's arcs, weighted by their scores, in place."""
        scores = self.score(arcs)  # (E, heads)
        weights = (LARGEST_SCORE * (scores / LARGEST_SCORE).tanh()).exp()  # (E, heads)
        share = weights / gather(weights, index, len(total)).index_select(0, index)
        split = arcs.view(len(arcs), self.num_heads, self.hidden // self.num_heads)
        terms = (split * share[:, :, None]).flatten(1)  # (E, H)
        if fewer(arcs, total):
            total.index_add_(0, index, self.value(terms))
        else:
            total.addmm_(gather(terms, index, len(total)), self.value.weight.t())


class ArcStep(nn.Module):
    """Update of arcs from themselves and their ends.

    Shapes:
        Input: arcs ``(E, hidden)``, as they are and normed; normed ends; ``(2, E)``.
        Output: ``(E, hidden)``.
    """

    def __init__(self, hidden: int, feedforward: int) -> None:
        """Create a perceptron over arc, source and target."""
        super().__init__()
        self.own = nn.Linear(hidden, feedforward)
        self.source = nn.Linear(hidden, feedforward, bias=False)
        self.target = nn.Linear(hidden, feedforward, bias=False)
        self.merge = nn.Linear(feedforward, hidden)

    def forward(
        self, raw: Tensor, normed: Tensor, source: Tensor, target: Tensor, index: Tensor
    ) -> Tensor:
        """Read both ends."""
        wide = self.own(normed)  # (E, feedforward)
        wide.add_(read(self.source, source, index[0])).add_(read(self.target, target, index[1]))
        out: Tensor = self.merge(wide.relu_()).add_(raw)
        return out


class NodeStep(nn.Module):
    """Update of the nodes of a type from themselves and all that reached them.

    Shapes:
        Input: nodes ``(M, hidden)``, as they are and normed; received ``(M, hidden)``;
            mean features of their arcs ``(M, F)`` or None.
        Output: ``(M, hidden)``.
    """

    def __init__(self, hidden: int, feedforward: int, num_features: int) -> None:
        """Create a perceptron over the parts."""
        super().__init__()
        self.own = nn.Linear(hidden, feedforward)
        self.received = nn.Linear(hidden, feedforward, bias=False)
        self.arcs = nn.Linear(num_features, feedforward, bias=False) if num_features else None
        self.merge = nn.Linear(feedforward, hidden)

    def forward(
        self, raw: Tensor, normed: Tensor, received: Tensor, features: Tensor | None
    ) -> Tensor:
        """Mix the parts."""
        wide = self.own(normed)  # (M, feedforward)
        wide.addmm_(received, self.received.weight.t())
        if self.arcs is not None:
            wide.addmm_(features, self.arcs.weight.t())
        out: Tensor = self.merge(wide.relu_()).add_(raw)
        return out


class ArcLayer(nn.Module):
    """One round: nodes read messages and their arcs, then arcs read their ends.

    Shapes:
        Input and output: ``{node type or decision relation: (M, hidden)}``, as it is and normed.
    """

    def __init__(
        self, layout: GraphLayout, flows: tuple[Flow, ...], config: "NetworkConfig"
    ) -> None:
        """Create projections, attention, perceptrons and norms."""
        super().__init__()
        hidden, feedforward, heads = config.hidden, config.feedforward, config.num_heads
        self.flows = flows
        self.ends = {key: layout.relation_ends(key) for key in layout.decision_relations}
        keys = [f"edge/{key}" for key in self.ends]
        self.messages = nn.ModuleDict(
            {flow.name: nn.Linear(hidden, hidden, bias=False) for flow in flows}
        )
        self.sources = nn.ModuleDict({key: ArcAttention(hidden, heads) for key in keys})
        self.targets = nn.ModuleDict({key: ArcAttention(hidden, heads) for key in keys})
        self.arcs = nn.ModuleDict({key: ArcStep(hidden, feedforward) for key in keys})
        widths = dict.fromkeys(layout.nodes, 0)
        for flow in flows:
            widths[flow.target] += layout.edges[flow.key]
        self.nodes = nn.ModuleDict(
            {f"x/{name}": NodeStep(hidden, feedforward, width) for name, width in widths.items()}
        )
        self.norms = make_norms(layout, hidden)

    def forward(
        self, raw: Tables, normed: Tables, graph: GraphBatch, routes: Routes
    ) -> tuple[Tables, Tables]:
        """Pass messages once."""
        out, new = {}, {}
        for name, received in self._receive(normed, graph, routes).items():
            step = self.nodes[f"x/{name}"]
            out[name] = step(raw[name], normed[name], received, routes.features.get(name))
            new[name] = self.norms[f"x/{name}"](out[name])
        for key, (source, target) in self.ends.items():
            step, index = self.arcs[f"edge/{key}"], graph.edge_index[key]
            out[key] = step(raw[key], normed[key], new[source], new[target], index)
            new[key] = self.norms[f"edge/{key}"](out[key])
        return out, new

    def _receive(self, normed: Tables, graph: GraphBatch, routes: Routes) -> Tables:
        """Sum of all that reaches each node."""
        total = {name: torch.zeros_like(normed[name]) for name in graph.x}
        for flow, route in zip(self.flows, routes.flows, strict=True):
            project: nn.Linear = self.messages[flow.name]  # type: ignore[assignment]
            send_into(total[flow.target], project, normed[flow.source], route)
        for key, (source, target) in self.ends.items():
            index = graph.edge_index[key]
            self.sources[f"edge/{key}"](total[source], normed[key], index[0])
            self.targets[f"edge/{key}"](total[target], normed[key], index[1])
        return total


def make_norms(layout: GraphLayout, hidden: int) -> nn.ModuleDict:
    """One norm for each node type and decision relation."""
    names = [f"x/{name}" for name in layout.nodes]
    names += [f"edge/{key}" for key in layout.decision_relations]
    return nn.ModuleDict({name: nn.LayerNorm(hidden) for name in names})


class ArcEncoder(nn.Module):
    """Message passing over nodes and over the arcs that actions point at.

    The cost is linear in nodes and arcs.

    Shapes:
        Input: `GraphBatch` with features ``(M, F)`` and arcs ``(2, E)``.
        Output: ``{node type: (M, hidden)}`` and ``{decision relation: (E, hidden)}``.
    """

    def __init__(self, layout: GraphLayout, config: "NetworkConfig") -> None:
        """Create the embeddings and ``config.num_layers`` rounds."""
        super().__init__()
        self.embedded_relations = layout.decision_relations
        if not self.embedded_relations:
            raise DispatchlabError(
                "The encoder 'arcs' needs actions that point at arcs, but they point at "
                f"{', '.join(layout.candidate_types)}: use 'gatv2' or 'transformer'."
            )
        self.flows = list_flows(layout)
        self.embed = NodeEmbedding(layout, config.hidden)
        self.embed_arcs = nn.ModuleDict(
            {
                f"edge/{key}": nn.Linear(layout.edges[key], config.hidden)
                for key in self.embedded_relations
            }
        )
        self.norms = make_norms(layout, config.hidden)
        self.layers = nn.ModuleList(
            ArcLayer(layout, self.flows, config) for _ in range(config.num_layers)
        )

    def forward(self, graph: GraphBatch) -> Tables:
        """Embed nodes and decisions in the light of their neighbourhood."""
        raw = self.embed(graph)
        normed = {name: self.norms[f"x/{name}"](rows) for name, rows in raw.items()}
        for key in self.embedded_relations:
            raw[key] = self.embed_arcs[f"edge/{key}"](graph.edge_attr[key])  # (E, H)
            normed[key] = self.norms[f"edge/{key}"](raw[key])
        routes = find_routes(graph, self.flows)
        for layer in self.layers:
            raw, normed = layer(raw, normed, graph, routes)
        return normed
