"""CaptainEncoder: the graph capsule network of CapTAIN, for fleets of air taxis."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dispatchlab.agents.encoders.arcs import ArcStep, make_norms
from dispatchlab.agents.encoders.capsule import MOMENTS, CapsuleLayer, laplacian, pack_nodes
from dispatchlab.agents.encoders.deepsocs import Mlp
from dispatchlab.agents.encoders.embedding import NodeEmbedding
from dispatchlab.agents.encoders.messages import Flow, Tables, degrees, gather, list_flows, read
from dispatchlab.agents.encoders.transformer import Packing, TransformerBlock
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.observation.arrays import AT, FLIES, OPTION
from dispatchlab.envs.uam.observation.features import AHEAD, NUM_SERIES, SERIES_START

if TYPE_CHECKING:
    from dispatchlab.agents.network import NetworkConfig

SERIES_END = SERIES_START + NUM_SERIES * AHEAD
PORT, AIRCRAFT = "port", "aircraft"


class SeriesEncoder(nn.Module):
    """Transformer over the bins ahead, with the demand and fares of one vertiport as token.

    The published network reads the whole table of all pairs at once. One vertiport at a time
    keeps the weights free of their number, and pairs have arcs.

    Shapes:
        Input: features of vertiports ``(M, F)``.
        Output: ``(M, hidden)``, the mean over the bins.
    """

    def __init__(self, config: "NetworkConfig") -> None:
        """Create ``config.num_layers`` blocks and a learned position of each bin."""
        super().__init__()
        self.embed = nn.Linear(NUM_SERIES, config.hidden)
        self.position = nn.Parameter(0.1 * torch.randn(AHEAD, config.hidden))
        self.blocks = nn.ModuleList(
            TransformerBlock(config.hidden, config.num_heads, config.feedforward)
            for _ in range(config.num_layers)
        )
        self.norm = nn.LayerNorm(config.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Embed the series of each vertiport."""
        series = x[:, SERIES_START:SERIES_END].reshape(len(x), NUM_SERIES, AHEAD)
        tokens = (self.embed(series.transpose(1, 2)) + self.position).flatten(0, 1)
        if len(tokens):
            packing = Packing(len(x), AHEAD, None, None)
            for block in self.blocks:
                tokens = block(tokens, packing)  # (M*AHEAD, H)
        normed: Tensor = self.norm(tokens)
        return normed.view(len(x), AHEAD, normed.shape[1]).mean(1)


class ArcMessages(nn.Module):
    """Mean over the arcs of each node of what an arc and its other end say together.

    Shapes:
        Input: ``{node type: (M, hidden)}`` and the `GraphBatch` with its arcs.
        Output: ``{node type: (M, hidden)}``.
    """

    def __init__(self, layout: GraphLayout, flows: tuple[Flow, ...], hidden: int) -> None:
        """Create projections of arcs and ends for both directions of each relation."""
        super().__init__()
        self.flows = flows
        self.arcs = nn.ModuleDict(
            {flow.name: nn.Linear(layout.edges[flow.key], hidden) for flow in flows}
        )
        self.ends = nn.ModuleDict(
            {flow.name: nn.Linear(hidden, hidden, bias=False) for flow in flows}
        )

    def forward(self, rows: Tables, graph: GraphBatch) -> Tables:
        """Add to each node the means of its messages."""
        out = dict(rows)
        for name, key, source, target, head in self.flows:
            index, size = graph.edge_index[key], len(rows[target])
            end: nn.Linear = self.ends[name]  # type: ignore[assignment]
            sent = self.arcs[name](graph.edge_attr[key]) + read(end, rows[source], index[1 - head])
            share = degrees(index[head], size).clamp(min=1).reciprocal()[:, None]  # (M, 1)
            total = gather(nn.functional.leaky_relu(sent), index[head], size)
            out[target] = out[target] + total * share  # (M, H)
        return out


class CaptainEncoder(nn.Module):
    """Capsules over the vertiports and over the aircraft, a transformer over demand and fares.

    After Paul, Witter and Chowdhury (2024). Globals pass a feed-forward net. What belongs to pairs
    is on arcs instead of in a node for each pair, so that one network serves fleets of all sizes:
    means of arcs reach the nodes before the capsules, and an option is embedded from its arc, its
    vertiport and the aircraft. `AttentionHead` decodes. ``num_layers`` counts the blocks of the
    transformer; there is one layer of capsules for each graph, as published.

    Shapes:
        Input: `GraphBatch` with features ``(M, F)`` and arcs ``(2, E)``.
        Output: ``{node type: (M, hidden)}`` and ``{option arcs: (E, hidden)}``.
    """

    embedded_relations = (OPTION,)
    head = "attention"

    def __init__(self, layout: GraphLayout, config: "NetworkConfig") -> None:
        """Create the embeddings, the transformer and the capsules."""
        super().__init__()
        _require_fleet(layout)
        hidden, capsule = config.hidden, max(config.feedforward // MOMENTS, 1)
        self.embed = NodeEmbedding(layout, hidden)
        self.rest = Mlp(layout.num_globals, config)
        self.series = SeriesEncoder(config)
        self.messages = ArcMessages(layout, list_flows(layout), hidden)
        self.capsules = nn.ModuleDict(
            {f"x/{name}": CapsuleLayer(hidden, capsule, hidden) for name in layout.nodes}
        )
        self.norms = make_norms(layout, hidden)
        self.embed_option = nn.Linear(layout.edges[OPTION], hidden)
        self.read_option = nn.LayerNorm(hidden)
        self.option = ArcStep(hidden, config.feedforward)

    def forward(self, graph: GraphBatch) -> Tables:
        """Embed vertiports, aircraft and options."""
        rows: Tables = self.embed(graph)
        rest = self.rest(graph.globals)  # (B, H)
        rows = {name: row + rest.index_select(0, graph.batch[name]) for name, row in rows.items()}
        rows[PORT] = rows[PORT] + self.series(graph.x[PORT])
        rows = self.messages(rows, graph)
        out = {}
        for name, x in ((PORT, graph.x[PORT]), (AIRCRAFT, _with_place(graph))):
            packing = pack_nodes(graph.batch[name], graph.count[name], graph.length(name))
            laplacians = laplacian(x, packing, graph.count[name])
            embedded = self.capsules[f"x/{name}"](rows[name], laplacians, packing)
            out[name] = self.norms[f"x/{name}"](embedded)  # (M, H)
        raw = self.embed_option(graph.edge_attr[OPTION])  # (E, H)
        arcs = self.option(
            raw, self.read_option(raw), out[AIRCRAFT], out[PORT], graph.edge_index[OPTION]
        )
        out[OPTION] = self.norms[f"edge/{OPTION}"](arcs)  # (E, H)
        return out


def _with_place(graph: GraphBatch) -> Tensor:
    """Features of each aircraft and of the vertiport where it is or lands, without the series."""
    aircraft, port = graph.edge_index[AT]
    there = graph.x[PORT][:, :SERIES_START].index_select(0, port)  # (E, S)
    place = there.new_zeros(len(graph.x[AIRCRAFT]), SERIES_START).index_copy(0, aircraft, there)
    return torch.cat((graph.x[AIRCRAFT], place), 1)


def _require_fleet(layout: GraphLayout) -> None:
    """Refuse observations of other families."""
    fits = set(layout.nodes) == {PORT, AIRCRAFT} and set(layout.edges) == {AT, FLIES, OPTION}
    if not fits or layout.nodes[PORT] < SERIES_END or layout.candidate_types[-1] != OPTION:
        raise DispatchlabError(
            "The encoder 'captain' reads fleets of air taxis with vertiports as nodes, but the "
            f"nodes are {', '.join(layout.nodes)} and the actions point at "
            f"{', '.join(layout.candidate_types)}: use observation='graph' of the family 'uam', or "
            "another encoder."
        )
