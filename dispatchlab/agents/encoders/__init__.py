"""Encoders: from a flat graph to embeddings of nodes and arcs, of a width that never changes."""

from importlib import import_module
from typing import TYPE_CHECKING

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError

if TYPE_CHECKING:
    from torch import nn

    from dispatchlab.agents.network import NetworkConfig

ENCODERS = {
    "transformer": ("transformer", "TokenTransformer", {}),
    "gin": ("hetero", "HeteroGraphEncoder", {"conv": "gin"}),
    "gatv2": ("hetero", "HeteroGraphEncoder", {"conv": "gatv2"}),
    "arcs": ("arcs", "ArcEncoder", {}),
    "deepsocs": ("deepsocs", "DeepSocsEncoder", {}),
    "captain": ("captain", "CaptainEncoder", {}),
}


def make_encoder(layout: GraphLayout, config: "NetworkConfig") -> "nn.Module":
    """Build the encoder that ``config.encoder`` names.

    Args:
        layout: Node types and relations of the observation.
        config: Name, width, depth and heads.

    Returns:
        A module that maps a `GraphBatch` to ``{node type: (M, hidden)}``; one that embeds arcs
        lists their relations in ``embedded_relations`` and returns ``{relation: (E, hidden)}`` too.
        One with ``head = "attention"`` is decoded by `AttentionHead`, not by `PointerHead`.

    Raises:
        DispatchlabError: There is no encoder of that name.
        MissingExtraError: torch-geometric is missing and the encoder needs it.
    """
    if config.encoder not in ENCODERS:
        raise DispatchlabError(
            f"There is no encoder {config.encoder!r}: use one of {sorted(ENCODERS)}."
        )
    module, name, kwargs = ENCODERS[config.encoder]
    try:
        encoder_class = getattr(import_module(f"{__name__}.{module}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("torch_geometric"):
            raise MissingExtraError("torch-geometric", "agents") from error
        raise
    encoder: nn.Module = encoder_class(layout, config, **kwargs)
    return encoder


__all__ = ["ENCODERS", "make_encoder"]
