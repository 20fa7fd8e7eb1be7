"""Heads: pooled context, pointer over candidates or attention to them, value."""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch

ILLEGAL_LOGIT = -1e8
LARGEST_LOGIT = 10.0  # of attention: no action is ever excluded for good


def segment_mean(rows: Tensor, batch: Tensor, count: Tensor) -> Tensor:
    """Mean of each segment, zeros where it is empty.

    Shapes:
        rows: ``(M, H)``; batch: ``(M,)``; count: ``(B,)``; returns ``(B, H)``.
    """
    total = rows.new_zeros(len(count), rows.shape[1]).index_add(0, batch, rows)  # (B, H)
    return total / count.clamp(min=1)[:, None]


def segment_max(rows: Tensor, batch: Tensor, count: Tensor) -> Tensor:
    """Maximum of each segment, zeros where it is empty.

    Shapes:
        rows: ``(M, H)``; batch: ``(M,)``; count: ``(B,)``; returns ``(B, H)``.
    """
    index = batch[:, None].expand_as(rows)  # (M, H)
    zeros = rows.new_zeros(len(count), rows.shape[1])  # (B, H)
    return zeros.scatter_reduce(0, index, rows, "amax", include_self=False)


class ContextPool(nn.Module):
    """Summary of a graph: mean and maximum over each node type, and the globals.

    Shapes:
        Input: ``{node type: (M, hidden)}`` (arcs are left out) and the `GraphBatch`.
        Output: ``(B, hidden)``.
    """

    def __init__(self, layout: GraphLayout, hidden: int) -> None:
        """Create the projection."""
        super().__init__()
        self.names = tuple(layout.nodes)
        width = 2 * hidden * len(layout.nodes) + layout.num_globals
        self.project = nn.Sequential(nn.Linear(width, hidden), nn.SiLU())

    def forward(self, nodes: dict[str, Tensor], graph: GraphBatch) -> Tensor:
        """Pool every type and project."""
        parts = [graph.globals]
        for name in self.names:
            rows = nodes[name]
            batch, count = graph.batch[name], graph.count[name]
            parts += [segment_mean(rows, batch, count), segment_max(rows, batch, count)]
        context: Tensor = self.project(torch.cat(parts, -1))  # (B, H)
        return context


class PointerHead(nn.Module):
    """Scores each legal action from the nodes and arcs it points at and the context.

    An action that points at nothing (waiting) is scored from the context alone. Only legal
    actions are computed; the others get a logit of -1e8, whose probability is exactly zero. An arc
    is read from its embedding, or from its features where the encoder embeds no arcs.

    Shapes:
        Input: ``{node type or relation: (M, hidden)}``, context ``(B, hidden)``, candidates
            ``(B, A, k)``.
        Output: logits ``(B, A)``.
    """

    def __init__(self, layout: GraphLayout, hidden: int, embedded: Collection[str] = ()) -> None:
        """Create one projection for each candidate column.

        Args:
            layout: Node types, relations and candidate columns.
            hidden: Width of the embeddings.
            embedded: Relations whose arcs the encoder embeds.
        """
        super().__init__()
        self.arcs = nn.ModuleDict(
            {
                f"edge/{key}": nn.Linear(layout.edges[key], hidden)
                for key in layout.decision_relations
                if key not in embedded
            }
        )
        self.candidate_types = layout.candidate_types
        self.columns = nn.ModuleList(
            nn.Linear(hidden, hidden, bias=False) for _ in layout.candidate_types
        )
        # Stands in for the node of a column that an action leaves empty.
        self.empty = nn.Parameter(torch.zeros(len(layout.candidate_types), hidden))
        self.context = nn.Linear(hidden + layout.num_globals, hidden)
        self.score = nn.Sequential(nn.SiLU(), _small_linear(hidden))
        self.wait = nn.Sequential(
            nn.Linear(hidden + layout.num_globals, hidden), nn.SiLU(), _small_linear(hidden)
        )

    def forward(self, nodes: dict[str, Tensor], context: Tensor, graph: GraphBatch) -> Tensor:
        """Score the legal actions."""
        context = torch.cat((context, graph.globals), -1)  # (B, H + G)
        points = (graph.candidates >= 0).any(-1)  # (B, A)
        legal = graph.mask & points  # (B, A)
        graphs, actions = _to_score(legal, graph)  # (L,), (L,)
        hidden = self.context(context).index_select(0, graphs)  # (L, H)
        tables = nodes | {
            key[5:]: embed(graph.edge_attr[key[5:]]) for key, embed in self.arcs.items()
        }
        for column, project in enumerate(self.columns):
            rows = tables[self.candidate_types[column]]  # (M, H)
            table = torch.cat((rows, self.empty[column, None]))  # (M + 1, H)
            index = graph.candidates[graphs, actions, column]  # (L,)
            index = torch.where(index >= 0, index, len(rows))
            hidden = hidden + project(table.index_select(0, index))  # (L, H)
        scores = self.score(hidden).squeeze(-1)  # (L,)
        wait = torch.where(graph.mask & ~points, self.wait(context), ILLEGAL_LOGIT)  # (B, A)
        if graph.longest is not None:
            return torch.where(legal, scores.view(legal.shape), wait)
        return wait.index_put((graphs, actions), scores)


def _to_score(legal: Tensor, graph: GraphBatch) -> tuple[Tensor, Tensor]:
    """Graphs and actions that are computed: the legal ones, or all where the shapes are static."""
    if graph.longest is None:
        graphs, actions = legal.nonzero().unbind(1)  # (L,), (L,)
        return graphs, actions
    graphs, actions = (torch.arange(size, device=legal.device) for size in legal.shape)
    return graphs[:, None].expand_as(legal).flatten(), actions.expand_as(legal).flatten()


class AttentionHead(nn.Module):
    """Attends to the legal actions, as the decoder of CapTAIN and of the attention model does.

    The query reads the context, the globals and the node that is asked, which is what the first
    column of the candidates points at; an action is the arc that the last column points at, from
    its embedding. The mean of the arcs by multi-head attention is then compared with each of them
    by one head, whose scaled dot products pass ``10 tanh``. Illegal actions are never attended to
    and get a logit of -1e8, whose probability is exactly zero.

    Shapes:
        Input: ``{node type or relation: (M, hidden)}``, context ``(B, hidden)``, candidates
            ``(B, A, k)``.
        Output: logits ``(B, A)``.
    """

    def __init__(self, layout: GraphLayout, hidden: int, num_heads: int) -> None:
        """Create the projections, the last one small: near-uniform at the start.

        Args:
            layout: Widths and candidate columns.
            hidden: Width of the embeddings.
            num_heads: Heads of the first attention; must divide ``hidden``.
        """
        super().__init__()
        self.hidden, self.num_heads = hidden, num_heads
        self.asked, self.option = layout.candidate_types[0], layout.candidate_types[-1]
        self.query = nn.Linear(2 * hidden + layout.num_globals, hidden)
        self.read = nn.Linear(hidden, 2 * hidden, bias=False)  # keys and values
        self.merge = nn.Linear(hidden, hidden, bias=False)
        self.compare = nn.Linear(hidden, hidden, bias=False)
        nn.init.orthogonal_(self.compare.weight, 0.1)

    def forward(self, nodes: dict[str, Tensor], context: Tensor, graph: GraphBatch) -> Tensor:
        """Score the legal actions."""
        rows = functional.pad(nodes[self.option], (0, 0, 0, 1))  # (E + 1, H), the last one zero
        actions = rows[graph.candidates[..., -1]]  # (B, A, H); column -1 is the zero row
        first = graph.mask.int().argmax(1)[:, None, None]  # (B, 1, 1)
        asked = graph.candidates[..., :1].gather(1, first).flatten()  # (B,)
        asked_rows = functional.pad(nodes[self.asked], (0, 0, 0, 1))[asked]  # (B, H)
        query = self.query(torch.cat((context, asked_rows, graph.globals), -1))  # (B, H)
        # Finite, so that a graph without a legal action has no NaN.
        bias = torch.zeros_like(graph.mask, dtype=query.dtype).masked_fill(
            ~graph.mask, ILLEGAL_LOGIT
        )  # (B, A)
        key, value = (
            part.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for part in self.read(actions).chunk(2, -1)
        )  # (B, heads, A, H/heads)
        glimpse = functional.scaled_dot_product_attention(
            query.view(len(query), self.num_heads, 1, -1), key, value, bias[:, None, None]
        )  # (B, heads, 1, H/heads)
        merged = self.merge(glimpse.flatten(1))  # (B, H)
        scores = (self.compare(actions) @ merged[:, :, None]).squeeze(-1)  # (B, A)
        logits: Tensor = LARGEST_LOGIT * (scores / self.hidden**0.5).tanh()
        return logits.masked_fill(~graph.mask, ILLEGAL_LOGIT)


def _small_linear(hidden: int) -> nn.Linear:
    """Last layer of a score: near-uniform at the start, as policy-gradient methods like it."""
    layer = nn.Linear(hidden, 1)
    nn.init.orthogonal_(layer.weight, 0.01)
    nn.init.zeros_(layer.bias)
    return layer


class ValueHead(nn.Module):
    """State value from the context.

    Shapes:
        Input: context ``(B, hidden)`` and globals ``(B, G)``.
        Output: ``(B, 1)``.
    """

    def __init__(self, layout: GraphLayout, hidden: int) -> None:
        """Create a two-layer perceptron."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(hidden + layout.num_globals, hidden), nn.SiLU(), nn.Linear(hidden, 1)
        )

    def forward(self, context: Tensor, graph: GraphBatch) -> Tensor:
        """Estimate the value."""
        value: Tensor = self.layers(torch.cat((context, graph.globals), -1))  # (B, 1)
        return value
