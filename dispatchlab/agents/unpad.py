"""Turn a padded batch of graph observations into one flat graph, without a loop over the batch."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dispatchlab.agents.layout import GraphLayout


@dataclass(frozen=True, slots=True)
class GraphBatch:
    """B graphs as one disconnected graph; M nodes of a type, E arcs of a relation.

    Attributes:
        size: B.
        x: Node features of each type, ``(M, F)``.
        batch: Graph of each node, ``(M,)``, ascending.
        count: Nodes of each type in each graph, ``(B,)``.
        edge_index: Arcs of each relation between flat nodes, ``(2, E)``.
        edge_attr: Arc features, ``(E, F)``, for relations that have some.
        arc_batch: Graph of each arc, ``(E,)``, ascending.
        arc_count: Arcs of each relation in each graph, ``(B,)``.
        globals: ``(B, G)``.
        candidates: Flat node or arc that each action points at, column by column, ``(B, A, k)``,
            or -1.
        mask: Legal actions, ``(B, A)`` bool.
        longest: Most nodes of each type that a graph can have, where the shapes may not depend
            on the counts (`static_unpad`); None where they do.
    """

    size: int
    x: dict[str, Tensor]
    batch: dict[str, Tensor]
    count: dict[str, Tensor]
    edge_index: dict[str, Tensor]
    edge_attr: dict[str, Tensor]
    arc_batch: dict[str, Tensor]
    arc_count: dict[str, Tensor]
    globals: Tensor
    candidates: Tensor
    mask: Tensor
    longest: dict[str, int] | None = None

    def length(self, name: str) -> int:
        """Nodes of a type in the largest graph."""
        return int(self.count[name].max()) if self.longest is None else self.longest[name]

    def position(self, name: str) -> Tensor:
        """Index of each node of a type within its own graph, ``(M,)``."""
        offset = self.count[name].cumsum(0) - self.count[name]  # (B,)
        batch = self.batch[name]
        return torch.arange(len(batch), device=batch.device) - offset[batch]  # (M,)


def unpad(obs: Mapping[str, Tensor], layout: GraphLayout) -> GraphBatch:
    """Flatten a padded batch.

    Args:
        obs: Padded observation with a leading batch dimension. Every entry may have become
            float32 on the way (stable-baselines3 casts all of them); integers below 2**24 survive.
        layout: Names and widths of its parts.

    Returns:
        The batch as one graph. Counts decide what is padding; the padding is never read.
    """
    mask = obs["action_mask"] > 0  # (B, A)
    size = mask.shape[0]
    x: dict[str, Tensor] = {}
    batch: dict[str, Tensor] = {}
    count: dict[str, Tensor] = {}
    offset: dict[str, Tensor] = {}
    for name in layout.nodes:
        count[name] = obs[f"n/{name}"].reshape(size).long()  # (B,)
        offset[name] = count[name].cumsum(0) - count[name]  # (B,)
        x[name], batch[name] = _rows(obs[f"x/{name}"].float(), count[name])
    edge_index: dict[str, Tensor] = {}
    edge_attr: dict[str, Tensor] = {}
    arc_batch: dict[str, Tensor] = {}
    arc_count: dict[str, Tensor] = {}
    for key, width in layout.edges.items():
        arcs = obs[f"e/{key}"].reshape(size).long()  # (B,)
        arc_count[key] = arcs
        offset[key] = arcs.cumsum(0) - arcs  # (B,)
        source, target = layout.relation_ends(key)
        ends = obs[f"edge/{key}"].long().transpose(1, 2)  # (B, E, 2)
        shift = torch.stack((offset[source], offset[target]), -1)  # (B, 2)
        rows, arc_batch[key] = _rows(ends + shift[:, None], arcs)
        edge_index[key] = rows.t()  # (2, E)
        if width:
            edge_attr[key] = _rows(obs[f"edge_attr/{key}"].float(), arcs)[0]  # (E, F)
    local = obs["candidates"].long()  # (B, A, k)
    shift = torch.stack([offset[name] for name in layout.candidate_types], -1)  # (B, k)
    candidates = torch.where(local >= 0, local + shift[:, None], -1)  # (B, A, k)
    context = obs["globals"].float()  # (B, G)
    return GraphBatch(
        size=size,
        x=x,
        batch=batch,
        count=count,
        edge_index=edge_index,
        edge_attr=edge_attr,
        arc_batch=arc_batch,
        arc_count=arc_count,
        globals=context,
        candidates=candidates,
        mask=mask,
    )


def _rows(padded: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Keep the first ``count`` rows of each item.

    Shapes:
        padded: ``(B, N, F)``; count: ``(B,)``; returns ``(M, F)`` and the item of each, ``(M,)``.
    """
    size, capacity = padded.shape[:2]
    if size == 1:  # a single environment waits for every one of the steps below
        alone = int(count[0])
        return padded[0, :alone], count.new_zeros(alone)
    present = torch.arange(capacity, device=padded.device) < count[:, None]  # (B, N)
    slots = present.flatten().nonzero().squeeze(1)  # (M,)
    flat = padded.reshape(size * capacity, -1)  # (B*N, F)
    kept = flat if len(slots) == len(flat) else flat.index_select(0, slots)  # (M, F)
    return kept, torch.div(slots, max(capacity, 1), rounding_mode="floor")
