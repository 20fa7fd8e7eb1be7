"""TokenTransformer: every node is a token and attends to all tokens of its own graph."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dispatchlab.agents.encoders.embedding import NodeEmbedding
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch

if TYPE_CHECKING:
    from dispatchlab.agents.network import NetworkConfig


class Packing(NamedTuple):
    """Where M flat tokens lie in a dense (B, T) grid, T the longest sequence of this batch.

    Attributes:
        size: B.
        length: T.
        slots: Place of each token in the flattened grid, ``(M,)``; None if the grid is full
            and in order.
        mask: Attention mask ``(B, 1, 1, T)``, true at tokens; None where nothing is padded.
    """

    size: int
    length: int
    slots: Tensor | None
    mask: Tensor | None

    def spread(self, flat: Tensor) -> Tensor:
        """``(M, C)`` to ``(B, T, C)``, zeros in the padding."""
        if self.slots is None:
            return flat.view(self.size, self.length, -1)
        grid = flat.new_zeros(self.size * self.length, flat.shape[1])
        return grid.index_copy_(0, self.slots, flat).view(self.size, self.length, -1)

    def collect(self, grid: Tensor) -> Tensor:
        """``(B, T, C)`` to ``(M, C)``."""
        flat = grid.reshape(self.size * self.length, -1)
        return flat if self.slots is None else flat.index_select(0, self.slots)


def pack(graph: GraphBatch) -> Packing:
    """Place the tokens of all types of a graph beside each other."""
    slots, length = [], 0
    starts: list[int] = []
    for name in graph.count:
        starts.append(length)
        length += graph.length(name)
    for name, start in zip(graph.count, starts, strict=True):
        slots.append(graph.batch[name] * length + (start + graph.position(name)))  # (M,)
    flat = torch.cat(slots)
    full = len(flat) == graph.size * length
    if full and len(slots) == 1:
        return Packing(graph.size, length, None, None)
    mask = None
    if not full:
        mask = torch.zeros(graph.size * length, dtype=torch.bool, device=flat.device)
        mask[flat] = True
        mask = mask.view(graph.size, 1, 1, length)  # (B, 1, 1, T)
    return Packing(graph.size, length, flat, mask)


class TransformerBlock(nn.Module):
    """Pre-norm attention and feed-forward; the linear layers never touch padding.

    Shapes:
        Input: ``(M, hidden)`` flat tokens and their `Packing`.
        Output: ``(M, hidden)``.
    """

    def __init__(self, hidden: int, num_heads: int, feedforward: int) -> None:
        """Create the projections."""
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm = nn.LayerNorm(hidden)
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.merge = nn.Linear(hidden, hidden)
        self.mlp = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, feedforward),
            nn.ReLU(),
            nn.Linear(feedforward, hidden),
        )

    def forward(self, tokens: Tensor, packing: Packing) -> Tensor:
        """Mix the tokens of each graph."""
        grid = packing.spread(self.qkv(self.attention_norm(tokens)))  # (B, T, 3H)
        split = grid.view(packing.size, packing.length, 3, self.num_heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)  # (B, heads, T, H/heads)
        mixed = functional.scaled_dot_product_attention(query, key, value, packing.mask)
        tokens = tokens + self.merge(packing.collect(mixed.transpose(1, 2)))  # (M, H)
        out: Tensor = tokens + self.mlp(tokens)
        return out


class TokenTransformer(nn.Module):
    """Transformer over all nodes of a graph, arcs ignored and positions unknown.

    Cost grows with the square of the nodes of a graph: meant for token observations, whose
    few tokens stand for the open choices. It is equivariant to the order of the tokens.

    Shapes:
        Input: `GraphBatch` with node features ``(M, F)`` of each type.
        Output: ``{node type: (M, hidden)}``.
    """

    def __init__(self, layout: GraphLayout, config: "NetworkConfig") -> None:
        """Create the embedding and ``config.num_layers`` blocks."""
        super().__init__()
        self.embed = NodeEmbedding(layout, config.hidden)
        self.blocks = nn.ModuleList(
            TransformerBlock(config.hidden, config.num_heads, config.feedforward)
            for _ in range(config.num_layers)
        )
        self.norm = nn.LayerNorm(config.hidden)

    def forward(self, graph: GraphBatch) -> dict[str, Tensor]:
        """Embed every node in the light of its graph."""
        embedded = self.embed(graph)
        tokens = torch.cat(list(embedded.values()))  # (M, H)
        if len(tokens):
            packing = pack(graph)
            for block in self.blocks:
                tokens = block(tokens, packing)
        parts = self.norm(tokens).split([len(rows) for rows in embedded.values()])
        return dict(zip(embedded, parts, strict=True))
