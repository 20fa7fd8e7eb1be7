"""ArcEncoder: for decisions that are arcs, such as a task on a processing element.

A decision relation is one that actions point at. Its arcs have embeddings of their own, which
read both ends, and the ends attend to them; the other relations carry means both ways.
"""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from dispatchlab.agents.encoders.embedding import NodeEmbedding
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.agents.network import NetworkConfig

Tables = dict[str, Tensor]
LARGEST_SCORE = 10.0  # attention scores are bounded, so that their exponentials cannot overflow


class Flow(NamedTuple):
    """Messages along one relation in one direction.

    Attributes:
        name: ``along/<relation>`` or ``against/<relation>``.
        key: Relation.
        source: Node type that sends.
        target: Node type that receives.
        head: Row of ``edge_index`` that holds the receivers.
    """

    name: str
    key: str
    source: str
    target: str
    head: int


class Route(NamedTuple):
    """The messages of a flow in one batch; the same in every layer.

    Attributes:
        source: Sender of each message, ``(E,)``.
        target: Receiver of each message, ``(E,)``.
        share: One over the messages of each receiver, ``(M, 1)``.
        features: Mean features of the arcs of each receiver, ``(M, F)``, or None.
    """

    source: Tensor
    target: Tensor
    share: Tensor
    features: Tensor | None


def list_flows(layout: GraphLayout) -> tuple[Flow, ...]:
    """Both directions of each relation that is no decision."""
    flows = []
    for key in layout.edges:
        if key not in layout.decision_relations:
            source, target = layout.relation_ends(key)
            flows.append(Flow(f"along/{key}", key, source, target, 1))
            flows.append(Flow(f"against/{key}", key, target, source, 0))
    return tuple(flows)


def find_route(graph: GraphBatch, flow: Flow) -> Route:
    """Where the messages of a flow go."""
    index = graph.edge_index[flow.key]  # (2, E)
    source, target = index[1 - flow.head].contiguous(), index[flow.head].contiguous()
    size = len(graph.x[flow.target])
    share = torch.bincount(target, minlength=size).clamp(min=1).reciprocal()[:, None]  # (M, 1)
    features = graph.edge_attr.get(flow.key)  # (E, F)
    if features is not None:
        features = gather(features, target, size) * share  # (M, F)
    return Route(source, target, share, features)


def gather(rows: Tensor, index: Tensor, count: int) -> Tensor:
    """Sum of the rows of each receiver, ``(E, C)`` to ``(count, C)``."""
    return rows.new_zeros(count, rows.shape[1]).index_add_(0, index, rows)


def send(project: nn.Module, rows: Tensor, route: Route) -> Tensor:
    """Mean of the projected senders of each receiver, projected on the side with fewer rows.

    Shapes:
        rows: ``(N, hidden)``; returns ``(M, hidden)``.
    """
    count = len(route.share)
    if len(rows) < count:
        sent = project(rows).index_select(0, route.source)  # (E, H)
        return gather(sent, route.target, count).mul_(route.share)
    summed = gather(rows.index_select(0, route.source), route.target, count)
    mean: Tensor = project(summed.mul_(route.share))
    return mean


def read(project: nn.Module, rows: Tensor, index: Tensor) -> Tensor:
    """Projected row of each arc, ``(M, hidden)`` to ``(E, C)``, on the side with fewer rows."""
    if len(rows) < len(index):
        projected: Tensor = project(rows)
        return projected.index_select(0, index)
    picked: Tensor = project(rows.index_select(0, index))
    return picked


class ArcAttention(nn.Module):
    """Attention of the nodes at one end over their own arcs.

    Scores come from the arc alone, which knows its ends already (`ArcStep`).

    Shapes:
        Input: arcs ``(E, hidden)`` and their ends ``(E,)``.
        Output: ``(M, hidden)``, zeros for nodes without arcs.
    """

    def __init__(self, hidden: int, num_heads: int) -> None:
        """Create scores and values."""
        super().__init__()
        self.hidden, self.num_heads = hidden, num_heads
        self.score = nn.Linear(hidden, num_heads, bias=False)
        self.value = nn.Linear(hidden, hidden, bias=False)

    def forward(self, arcs: Tensor, index: Tensor, count: int) -> Tensor:
        """Average the arcs of each node, weighted by their scores."""
        scores = self.score(arcs)  # (E, heads)
        weights = (LARGEST_SCORE * (scores / LARGEST_SCORE).tanh()).exp()  # (E, heads)
        total = gather(weights, index, count)  # (M, heads)
        share = weights / total.index_select(0, index)  # (E, heads)
        split = arcs.view(len(arcs), self.num_heads, self.hidden // self.num_heads)
        terms = (split * share[:, :, None]).flatten(1)  # (E, H)
        if len(arcs) < count:
            return gather(self.value(terms), index, count)
        mixed: Tensor = self.value(gather(terms, index, count))
        return mixed


class ArcStep(nn.Module):
    """What an arc learns from itself and its ends, ``(E, hidden)``."""

    def __init__(self, hidden: int, feedforward: int) -> None:
        """Create a perceptron over arc, source and target."""
        super().__init__()
        self.own = nn.Linear(hidden, feedforward)
        self.source = nn.Linear(hidden, feedforward, bias=False)
        self.target = nn.Linear(hidden, feedforward, bias=False)
        self.merge = nn.Linear(feedforward, hidden)

    def forward(self, arcs: Tensor, source: Tensor, target: Tensor, index: Tensor) -> Tensor:
        """Read both ends."""
        wide = self.own(arcs)  # (E, feedforward)
        wide = wide + read(self.source, source, index[0]) + read(self.target, target, index[1])
        out: Tensor = self.merge(wide.relu())
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
        hidden, feedforward = config.hidden, config.feedforward
        self.flows = flows
        self.ends = {key: layout.relation_ends(key) for key in layout.decision_relations}
        self.messages = nn.ModuleDict(
            {flow.name: nn.Linear(hidden, hidden, bias=False) for flow in flows}
        )
        self.sources = nn.ModuleDict(
            {f"edge/{key}": ArcAttention(hidden, config.num_heads) for key in self.ends}
        )
        self.targets = nn.ModuleDict(
            {f"edge/{key}": ArcAttention(hidden, config.num_heads) for key in self.ends}
        )
        self.arcs = nn.ModuleDict(
            {f"edge/{key}": ArcStep(hidden, feedforward) for key in self.ends}
        )
        widths = dict.fromkeys(layout.nodes, 2 * hidden)
        for flow in flows:
            widths[flow.target] += layout.edges[flow.key]
        self.nodes = nn.ModuleDict(
            {
                f"x/{name}": nn.Sequential(
                    nn.Linear(width, feedforward), nn.ReLU(), nn.Linear(feedforward, hidden)
                )
                for name, width in widths.items()
            }
        )
        self.norms = make_norms(layout, hidden)

    def forward(
        self, raw: Tables, normed: Tables, graph: GraphBatch, routes: list[Route]
    ) -> tuple[Tables, Tables]:
        """Pass messages once."""
        received = self._receive(normed, graph, routes)
        out = {}
        for name, rows in received.items():
            parts = [normed[name], rows]
            for flow, route in zip(self.flows, routes, strict=True):
                if flow.target == name and route.features is not None:
                    parts.append(route.features)
            out[name] = raw[name] + self.nodes[f"x/{name}"](torch.cat(parts, 1))  # (M, H)
        new = {name: self.norms[f"x/{name}"](rows) for name, rows in out.items()}
        for key, (source, target) in self.ends.items():
            step = self.arcs[f"edge/{key}"]
            ends = graph.edge_index[key]
            out[key] = raw[key] + step(normed[key], new[source], new[target], ends)  # (E, H)
            new[key] = self.norms[f"edge/{key}"](out[key])
        return out, new

    def _receive(self, normed: Tables, graph: GraphBatch, routes: list[Route]) -> Tables:
        """Sum of all that reaches each node."""
        received = {name: torch.zeros_like(normed[name]) for name in graph.x}
        for flow, route in zip(self.flows, routes, strict=True):
            message = send(self.messages[flow.name], normed[flow.source], route)
            received[flow.target] = received[flow.target] + message
        for key, (source, target) in self.ends.items():
            index = graph.edge_index[key]
            for name, attention, ends in (
                (source, self.sources, index[0]),
                (target, self.targets, index[1]),
            ):
                mixed = attention[f"edge/{key}"](normed[key], ends, len(normed[name]))
                received[name] = received[name] + mixed
        return received


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
        routes = [find_route(graph, flow) for flow in self.flows]
        for layer in self.layers:
            raw, normed = layer(raw, normed, graph, routes)
        return normed
