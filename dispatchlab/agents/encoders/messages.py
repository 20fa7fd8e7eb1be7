"""Messages along the relations of a flat graph, with few passes over memory."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch

Tables = dict[str, Tensor]


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
    """The messages of a flow in one batch.

    Attributes:
        source: Sender of each message, ``(E,)``.
        target: Receiver of each message, ``(E,)``.
        share: One over the messages of each receiver, ``(M, 1)``.
    """

    source: Tensor
    target: Tensor
    share: Tensor


class Routes(NamedTuple):
    """What every layer needs to know of a batch.

    Attributes:
        flows: Messages of each flow.
        features: Mean features of the arcs of each node, flow beside flow, ``(M, F)`` for each
            type that has some.
    """

    flows: list[Route]
    features: Tables


def list_flows(layout: GraphLayout) -> tuple[Flow, ...]:
    """Both directions of each relation that is no decision."""
    flows = []
    for key in layout.edges:
        if key not in layout.decision_relations:
            source, target = layout.relation_ends(key)
            flows.append(Flow(f"along/{key}", key, source, target, 1))
            flows.append(Flow(f"against/{key}", key, target, source, 0))
    return tuple(flows)


def find_routes(graph: GraphBatch, flows: tuple[Flow, ...]) -> Routes:
    """Where messages go, and what the arcs say once for all layers."""
    routes = []
    features: dict[str, list[Tensor]] = {}
    for flow in flows:
        index = graph.edge_index[flow.key]  # (2, E)
        source, target = index[1 - flow.head].contiguous(), index[flow.head].contiguous()
        size = len(graph.x[flow.target])
        share = degrees(target, size).clamp(min=1).reciprocal()[:, None]  # (M, 1)
        routes.append(Route(source, target, share))
        if flow.key in graph.edge_attr:
            mean = gather(graph.edge_attr[flow.key], target, size) * share  # (M, F)
            features.setdefault(flow.target, []).append(mean)
    return Routes(routes, {name: torch.cat(parts, 1) for name, parts in features.items()})


def degrees(index: Tensor, count: int) -> Tensor:
    """Messages of each receiver, ``(E,)`` to ``(count,)``."""
    return index.new_zeros(count).index_add_(0, index, torch.ones_like(index))


def fewer(rows: Tensor, than: Tensor) -> bool:
    """Whether one has fewer rows, which decides what is faster; a traced network may not ask."""
    return not torch.compiler.is_exporting() and len(rows) < len(than)


def gather(rows: Tensor, index: Tensor, count: int) -> Tensor:
    """Sum of the rows of each receiver, ``(E, C)`` to ``(count, C)``."""
    return rows.new_zeros(count, rows.shape[1]).index_add_(0, index, rows)


def send_into(total: Tensor, project: nn.Linear, rows: Tensor, route: Route) -> None:
    """Add to each receiver the mean of its projected senders, projected on the shorter side.

    Shapes:
        total: ``(M, hidden)``, changed in place, which saves a pass over it for each flow.
        rows: ``(N, hidden)``; the projection has no bias.
    """
    if fewer(rows, total):
        sent = project(rows).index_select(0, route.source)  # (E, H)
        total.index_add_(0, route.target, sent * route.share.index_select(0, route.target))
    else:
        summed = gather(rows.index_select(0, route.source), route.target, len(total))
        total.addmm_(summed.mul_(route.share), project.weight.t())


def read(project: nn.Linear, rows: Tensor, index: Tensor) -> Tensor:
    """Projected row of each arc, ``(M, hidden)`` to ``(E, C)``, on the side with fewer rows."""
    if torch.compiler.is_exporting() or len(rows) < len(index):
        projected: Tensor = project(rows)
        return projected.index_select(0, index)
    picked: Tensor = project(rows.index_select(0, index))
    return picked
