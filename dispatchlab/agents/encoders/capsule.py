"""Graph capsules: moments of node features, smoothed by powers of a graph's Laplacian."""

import torch
from torch import Tensor, nn

from dispatchlab.agents.encoders.transformer import Packing

MOMENTS = 3  # elementwise powers of the features
POWERS = 2  # highest power of the Laplacian


def pack_nodes(batch: Tensor, count: Tensor, longest: int | None = None) -> Packing:
    """Place the nodes of each graph in a row of their own.

    Args:
        batch: Graph of each node, ``(M,)``, ascending.
        count: Nodes in each graph, ``(B,)``.
        longest: Width of the grid; by default that of the largest graph.

    Returns:
        Where each node lies in the grid.
    """
    length = max(int(count.max()) if longest is None else longest, 1)
    if len(batch) == len(count) * length:
        return Packing(len(count), length, None, None)
    offset = count.cumsum(0) - count  # (B,)
    position = torch.arange(len(batch), device=batch.device) - offset[batch]  # (M,)
    return Packing(len(count), length, batch * length + position, None)


def laplacian(x: Tensor, packing: Packing, count: Tensor) -> Tensor:
    """Laplacian of the complete graph of each batch item, divided by its number of nodes.

    ``L = D - A`` with ``A_ij = 1 / (1 + |x_i - x_j|)`` off the diagonal. No weight exceeds 1, so
    the eigenvalues of ``L`` lie between 0 and the number of nodes: divided by it, no power of
    ``L`` makes anything larger, and one set of weights serves graphs of all sizes.

    Shapes:
        x: ``(M, F)``; count: ``(B,)``; returns ``(B, N, N)``, zeros in the padding.
    """
    grid = packing.spread(x)  # (B, N, F)
    # The faster way rounds differently in larger batches.
    apart = torch.cdist(grid, grid, compute_mode="donot_use_mm_for_euclid_dist")  # (B, N, N)
    place = torch.arange(packing.length, device=x.device)  # (N,)
    here = place < count[:, None]  # (B, N)
    pairs = here[:, :, None] & here[:, None] & (place[:, None] != place)  # (B, N, N)
    near = (1.0 + apart).reciprocal() * pairs
    return (near.sum(-1).diag_embed() - near) / count.clamp(min=1)[:, None, None]


class CapsuleLayer(nn.Module):
    """Graph capsules as in CapAM: ``G_p = W_p [F^p, L F^p, ..., L^K F^p]`` for moments p = 1..P.

    ``F0 = W X`` and ``F = tanh(F0)``, so that moments, and what the Laplacian makes of them, stay
    within -1 and 1. The ``G_p``, each a P-th of the width of ``F0``, lie beside each other, pass a
    leaky rectifier, are added to ``F0``, normed and projected. The norm is a layer norm, because
    with PPO the statistics of a batch keep changing.

    Shapes:
        Input: nodes ``(M, width)``, Laplacians ``(B, N, N)`` and their `Packing`.
        Output: ``(M, hidden)``.
    """

    def __init__(
        self, width: int, capsule: int, hidden: int, moments: int = MOMENTS, powers: int = POWERS
    ) -> None:
        """Create one projection for each moment.

        Args:
            width: Width of the input.
            capsule: Width of each ``G_p``.
            hidden: Width of the output.
            moments: P.
            powers: K.
        """
        super().__init__()
        wide = moments * capsule
        self.powers = powers
        self.first = nn.Linear(width, wide)
        # Block k of the rows belongs to L^k. No bias: the Laplacian turns constants into zeros.
        self.moments = nn.ModuleList(
            nn.Linear(wide, (powers + 1) * capsule, bias=False) for _ in range(moments)
        )
        self.activation = nn.LeakyReLU()
        self.norm = nn.LayerNorm(wide)
        self.last = nn.Linear(wide, hidden)

    def forward(self, rows: Tensor, laplacians: Tensor, packing: Packing) -> Tensor:
        """Embed the nodes of each graph in the light of the others."""
        start = self.first(rows)  # (M, W)
        bounded = start.tanh()
        moment, projected = bounded, [self.moments[0](bounded)]
        for project in list(self.moments)[1:]:
            moment = moment * bounded
            projected.append(project(moment))  # (M, (K+1)*W/P)
        blocks = zip(*(part.chunk(self.powers + 1, 1) for part in projected), strict=True)
        *terms, smooth = [torch.cat(block, 1) for block in blocks]  # K+1 times (M, W)
        if terms:
            grid = packing.spread(smooth)  # (B, N, W)
            for term in reversed(terms):  # projections first: (L^k F^p) W = L^k (F^p W)
                grid = torch.baddbmm(packing.spread(term), laplacians, grid)
            smooth = packing.collect(grid)
        out: Tensor = self.last(self.norm(self.activation(smooth) + start))
        return out
