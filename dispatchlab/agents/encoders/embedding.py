"""Input embedding shared by the encoders."""

from torch import Tensor, nn

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch


class NodeEmbedding(nn.Module):
    """Each node type through its own linear layer, plus the embedded globals of its graph.

    Shapes:
        Input: `GraphBatch` with node features ``(M, F)`` and globals ``(B, G)``.
        Output: ``{node type: (M, hidden)}``.
    """

    def __init__(self, layout: GraphLayout, hidden: int) -> None:
        """Create one linear layer for each node type and one for the globals."""
        super().__init__()
        # The bias of a type's layer doubles as its type embedding.
        self.nodes = nn.ModuleDict(
            {f"x/{name}": nn.Linear(width, hidden) for name, width in layout.nodes.items()}
        )
        self.context = nn.Linear(layout.num_globals, hidden, bias=False)

    def forward(self, graph: GraphBatch) -> dict[str, Tensor]:
        """Embed every node."""
        context = self.context(graph.globals)  # (B, H)
        return {
            name: self.nodes[f"x/{name}"](x) + context[graph.batch[name]]  # (M, H)
            for name, x in graph.x.items()
        }
