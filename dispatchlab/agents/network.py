"""GraphNetwork: encoder, context and heads, shared by every policy class."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, nn

from dispatchlab.agents.encoders import make_encoder
from dispatchlab.agents.heads import AttentionHead, ContextPool, PointerHead, ValueHead
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch, unpad
from dispatchlab.envs.core.errors import DispatchlabError


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Size of a graph network; none of it depends on the size of an instance.

    Attributes:
        encoder: ``"transformer"`` for token observations, ``"gatv2"`` or ``"gin"`` for graphs,
            ``"arcs"`` where actions point at arcs, ``"deepsocs"`` to order the tasks of jobs,
            ``"captain"`` for fleets of air taxis.
        hidden: Width of every embedding.
        num_layers: Attention blocks or rounds of message passing.
        num_heads: Attention heads; must divide ``hidden``.
        feedforward: Width inside the feed-forward blocks.
    """

    encoder: str = "transformer"
    hidden: int = 64
    num_layers: int = 2
    num_heads: int = 4
    feedforward: int = 128

    def __post_init__(self) -> None:
        """Check the sizes."""
        for name in ("hidden", "num_layers", "num_heads", "feedforward"):
            if getattr(self, name) < 1:
                raise DispatchlabError(
                    f"{name} is {getattr(self, name)}: give a positive number of them."
                )
        if self.hidden % self.num_heads:
            raise DispatchlabError(
                f"hidden={self.hidden} is not divisible by num_heads={self.num_heads}: "
                "choose a multiple of it."
            )

    def to_dict(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this config."""
        return asdict(self)


class GraphNetwork(nn.Module):
    """Actor and critic over graphs of any size.

    Shapes:
        Input: padded observation with a leading batch dimension B.
        Output: logits ``(B, A)`` and values ``(B, 1)``.
    """

    def __init__(self, layout: GraphLayout, config: NetworkConfig) -> None:
        """Create encoder and heads for a layout."""
        super().__init__()
        self.layout = layout
        self.config = config
        self.encoder = make_encoder(layout, config)
        self.pool = ContextPool(layout, config.hidden)
        embedded = getattr(self.encoder, "embedded_relations", ())
        self.pointer: nn.Module = (
            AttentionHead(layout, config.hidden, config.num_heads)
            if getattr(self.encoder, "head", "") == "attention"
            else PointerHead(layout, config.hidden, embedded)
        )
        self.value = ValueHead(layout, config.hidden)

    def forward(self, obs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Logits and values."""
        return self.read(unpad(obs, self.layout))

    def read(self, graph: GraphBatch) -> tuple[Tensor, Tensor]:
        """Logits and values of a batch that has been unpadded."""
        nodes, context = self._embed(graph)
        return self.pointer(nodes, context, graph), self.value(context, graph)

    def logits(self, obs: Mapping[str, Tensor]) -> Tensor:
        """Logits ``(B, A)`` only."""
        graph, nodes, context = self._encode(obs)
        logits: Tensor = self.pointer(nodes, context, graph)
        return logits

    def values(self, obs: Mapping[str, Tensor]) -> Tensor:
        """Values ``(B, 1)`` only."""
        graph, _, context = self._encode(obs)
        value: Tensor = self.value(context, graph)
        return value

    def _encode(self, obs: Mapping[str, Tensor]) -> tuple[GraphBatch, dict[str, Tensor], Tensor]:
        """Unpad, embed the nodes and pool."""
        graph = unpad(obs, self.layout)
        return graph, *self._embed(graph)

    def _embed(self, graph: GraphBatch) -> tuple[dict[str, Tensor], Tensor]:
        """Embed the nodes and pool."""
        nodes = self.encoder(graph)
        return nodes, self.pool(nodes, graph)
