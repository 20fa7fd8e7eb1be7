"""Turn a padded batch into one flat graph whose shapes do not depend on what it holds.

A traced network may not drop padding, because the number of rows that are left is known only when
it runs. Here the padding of each item becomes a graph of its own, so that everything else is the
same network.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch

Obs = Mapping[str, Tensor]


def unpad_static(obs: Obs, layout: GraphLayout) -> GraphBatch:
    """Flatten a padded batch of B items into 2B graphs.

    Graph ``2b`` is item b. Graph ``2b + 1`` holds its padding, and one node of every type and one
    arc of every relation more: that last node is where all arcs of the padding begin and end. No
    message passes between the two, so the padding changes nothing.

    Args:
        obs: Padded observation with a leading batch dimension.
        layout: Names and widths of its parts.

    Returns:
        The batch as one graph; results of the items are those with even numbers.
    """
    size = obs["action_mask"].shape[0]
    items = torch.arange(size, device=obs["action_mask"].device)  # (B,)
    longest = {name: obs[f"x/{name}"].shape[1] + 1 for name in layout.nodes}
    out = GraphBatch(
        2 * size, {}, {}, {}, {}, {}, {}, {}, *_actions(obs, layout, items), longest=longest
    )
    for name in layout.nodes:
        x = functional.pad(obs[f"x/{name}"].float(), (0, 0, 0, 1))  # (B, N + 1, F)
        out.x[name] = x.flatten(0, 1)  # (M, F)
        out.batch[name], out.count[name] = _graphs(obs[f"n/{name}"], longest[name], items)
    for key, width in layout.edges.items():
        ends = functional.pad(obs[f"edge/{key}"].long(), (0, 1))  # (B, 2, E + 1)
        capacity = ends.shape[2]
        out.arc_batch[key], out.arc_count[key] = _graphs(obs[f"e/{key}"], capacity, items)
        is_arc = (out.arc_batch[key] % 2 == 0).view(size, capacity)
        out.edge_index[key] = torch.stack(
            [
                _flat(ends[:, column], is_arc, longest[name], items)
                for column, name in enumerate(layout.relation_ends(key))
            ]
        )  # (2, E)
        if width:
            features = functional.pad(obs[f"edge_attr/{key}"].float(), (0, 0, 0, 1))
            out.edge_attr[key] = features.flatten(0, 1)  # (E, F)
    return out


def _actions(obs: Obs, layout: GraphLayout, items: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Globals, candidates and mask; graphs of padding have no action."""
    capacities = [
        (obs[f"edge/{name}"].shape[2] if name in layout.edges else obs[f"x/{name}"].shape[1]) + 1
        for name in layout.candidate_types
    ]
    local = obs["candidates"].long()  # (B, A, k)
    shift = torch.stack([items * capacity for capacity in capacities], -1)  # (B, k)
    pointed = torch.where(local >= 0, local + shift[:, None], -1)  # (B, A, k)
    mask = obs["action_mask"] > 0  # (B, A)
    context = obs["globals"].float()  # (B, G)
    return (
        torch.stack((context, context), 1).flatten(0, 1),
        torch.stack((pointed, torch.full_like(pointed, -1)), 1).flatten(0, 1),
        torch.stack((mask, torch.zeros_like(mask)), 1).flatten(0, 1),
    )


def _graphs(count: Tensor, capacity: int, items: Tensor) -> tuple[Tensor, Tensor]:
    """Graph of each row, and rows of each graph.

    Shapes:
        count: ``(B, 1)``; returns ``(B * capacity,)`` and ``(2B,)``.
    """
    count = count.reshape(-1).long()  # (B,)
    is_padding = torch.arange(capacity, device=items.device) >= count[:, None]  # (B, capacity)
    batch = 2 * items[:, None] + is_padding.long()
    return batch.flatten(), torch.stack((count, capacity - count), -1).flatten()


def _flat(ends: Tensor, is_arc: Tensor, capacity: int, items: Tensor) -> Tensor:
    """Flat node at one end of each arc, ``(B, E)`` to ``(B * E,)``."""
    return (torch.where(is_arc, ends, capacity - 1) + capacity * items[:, None]).flatten()
