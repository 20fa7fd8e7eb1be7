"""Graph observation to torch-geometric ``HeteroData``, for people who want one."""

from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec


def to_hetero_data(spec: GraphSpec, observation: Arrays) -> Any:  # noqa: ANN401 (torch-geometric is optional)
    """Strip the padding of one observation.

    Args:
        spec: Its layout.
        observation: Unbatched arrays.

    Returns:
        A ``HeteroData`` with node features ``x``, ``edge_index``, ``edge_attr``, and on the graph
        itself ``globals``, ``candidates`` and ``action_mask``.

    Raises:
        MissingExtraError: Without torch-geometric.
    """
    try:
        import torch
        from torch_geometric.data import HeteroData
    except ImportError:
        raise MissingExtraError("torch-geometric", "agents") from None
    data = HeteroData()
    for node in spec.nodes:
        count = int(observation[f"n/{node.name}"][0])
        data[node.name].x = torch.from_numpy(observation[f"x/{node.name}"][:count].copy())
    for edge in spec.edges:
        count = int(observation[f"e/{edge.key}"][0])
        store = data[edge.source, edge.relation, edge.target]
        store.edge_index = torch.from_numpy(observation[f"edge/{edge.key}"][:, :count].copy())
        if edge.features:
            attributes = observation[f"edge_attr/{edge.key}"][:count]
            store.edge_attr = torch.from_numpy(attributes.copy())
    for key in ("globals", "candidates", "action_mask"):
        data[key] = torch.from_numpy(observation[key].copy())
    return data
