"""DeepSocsEncoder: the graph network of DeepSoCS and Decima, for ordering the tasks of jobs."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dispatchlab.agents.encoders.embedding import NodeEmbedding
from dispatchlab.agents.encoders.messages import degrees, gather
from dispatchlab.agents.heads import segment_mean
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import GraphBatch
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.agents.network import NetworkConfig


def levels(arcs: Tensor, count: int) -> Tensor:
    """Most arcs on a path from each node down to a node without children, ``(count,)``.

    Shapes:
        arcs: parents and children ``(2, E)`` of an acyclic graph.
    """
    parent, child = arcs
    level = torch.zeros(count, dtype=torch.long, device=arcs.device)
    for _ in range(count):
        higher = level.scatter_reduce(0, parent, level[child] + 1, "amax")
        if torch.equal(higher, level):
            break
        level = higher
    return level


class Mlp(nn.Module):
    """Two linear layers with a leaky rectifier, and for sums a layer norm in front.

    Shapes:
        ``(M, width)`` to ``(M, hidden)``.
    """

    def __init__(self, width: int, config: "NetworkConfig", *, of_sum: bool = False) -> None:
        """Create the layers."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width) if of_sum else nn.Identity(),
            nn.Linear(width, config.feedforward),
            nn.LeakyReLU(0.2),
            nn.Linear(config.feedforward, config.hidden),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers."""
        out: Tensor = self.layers(x)
        return out


class BottomUp(nn.Module):
    """Messages from children to parents: a node is embedded after all of its children.

    The number of rounds is that of the longest path of the batch; the weights are shared by all
    rounds. ``e(v) = x(v) + g(sum over children u of f(e(u), arc))``.

    Shapes:
        Input: nodes ``(M, hidden)``, parents and children ``(2, E)``, arc features ``(E, F)``.
        Output: ``(M, hidden)``.
    """

    def __init__(self, num_features: int, config: "NetworkConfig") -> None:
        """Create f and g."""
        super().__init__()
        self.message = Mlp(config.hidden + num_features, config)
        self.combine = Mlp(config.hidden, config, of_sum=True)

    def forward(self, nodes: Tensor, arcs: Tensor, features: Tensor | None) -> Tensor:
        """Embed level by level."""
        level = levels(arcs, len(nodes))
        order = level[arcs[0]].argsort(stable=True)  # (E,)
        sizes = level[arcs[0]].bincount(minlength=1)[1:].tolist()
        for chosen in torch.split(order, sizes):
            parent, child = arcs[:, chosen]
            parts = nodes.index_select(0, child)  # (E', H)
            if features is not None:
                parts = torch.cat((parts, features[chosen]), 1)
            present, place = parent.unique(return_inverse=True)
            summed = gather(self.message(parts), place, len(present))
            nodes = nodes.index_add(0, present, self.combine(summed))
        return nodes

    def in_rounds(self, nodes: Tensor, arcs: Tensor, features: Tensor | None) -> Tensor:
        """The same in a loop whose shapes never change: all arcs speak in every round.

        A node is embedded in the round in which it waits for no child any more. One with an arc to
        itself, which no acyclic graph has, is left as it is.
        """
        parent, child = (ends.clone() for ends in arcs)  # a loop may not read one tensor twice

        def ready(embedded: Tensor) -> Tensor:
            open_children = (~embedded).long().index_select(0, child)  # (E,)
            waits = torch.zeros_like(embedded, dtype=torch.long).index_add(0, parent, open_children)
            return ~embedded & (waits == 0)

        def going(embedded: Tensor, _: Tensor) -> Tensor:
            return ready(embedded).any()

        def step(embedded: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
            parts = rows.index_select(0, child)  # (E, H)
            if features is not None:
                parts = torch.cat((parts, features), 1)
            summed = gather(self.message(parts), parent, len(rows))  # (M, H)
            now = ready(embedded)  # (M,)
            return embedded | now, torch.where(now[:, None], rows + self.combine(summed), rows)

        leaves = degrees(parent, len(nodes)) == 0  # (M,)
        out: Tensor = torch.while_loop(going, step, (leaves, nodes))[1]  # type: ignore[no-untyped-call]
        return out


class DeepSocsEncoder(nn.Module):
    """Embeddings of tasks from their descendants, of jobs from tasks, and of all from jobs.

    A task's row holds its own features, its embedding, that of its job and that of the whole;
    means of its arc features, such as its execution times, count as features. Depth is that of
    the graphs, so ``num_layers`` and ``num_heads`` have no effect.

    Shapes:
        Input: `GraphBatch` with features ``(M, F)`` and arcs ``(2, E)``.
        Output: ``{node type: (M, hidden)}``.
    """

    def __init__(self, layout: GraphLayout, config: "NetworkConfig") -> None:
        """Create the shared perceptrons."""
        super().__init__()
        hidden = config.hidden
        self.task = layout.candidate_types[0]
        self.precedes = f"{self.task}-precedes-{self.task}"
        self.of_job = next((key for key in layout.edges if key.startswith(f"{self.task}-of-")), "")
        if layout.candidate_types != (self.task,) or not {self.precedes, self.of_job} <= set(
            layout.edges
        ):
            raise DispatchlabError(
                "The encoder 'deepsocs' orders the tasks of jobs, but the actions point at "
                f"{', '.join(layout.candidate_types)} with the relations "
                f"{', '.join(layout.edges) or 'none'}: use actions='ordering', or another encoder."
            )
        self.job = layout.relation_ends(self.of_job)[1]
        self.summed = [name for name in layout.nodes if name not in (self.task, self.job)]
        self.embed = NodeEmbedding(layout, hidden)
        self.arcs = nn.ModuleDict(
            {
                f"edge/{key}": nn.Linear(width, hidden, bias=False)
                for key, width in layout.edges.items()
                if width and key != self.precedes and layout.relation_ends(key)[0] == self.task
            }
        )
        self.prepare = Mlp(hidden, config)
        self.bottom_up = BottomUp(layout.edges[self.precedes], config)
        self.to_job, self.of_tasks = Mlp(2 * hidden, config), Mlp(hidden, config, of_sum=True)
        self.to_all, self.of_jobs = Mlp(hidden, config), Mlp(hidden, config, of_sum=True)
        self.others = nn.ModuleDict({f"x/{name}": Mlp(hidden, config) for name in self.summed})
        self.merge = Mlp(4 * hidden, config)

    def forward(self, graph: GraphBatch) -> dict[str, Tensor]:
        """Embed tasks, jobs and everything else."""
        out: dict[str, Tensor] = self.embed(graph)
        own, tasks = self.embed_tasks(graph, out[self.task])  # (M, H) each
        task, job = graph.edge_index[self.of_job]
        pairs = torch.cat((own, tasks), 1).index_select(0, task)  # (E, 2H)
        total = gather(self.to_job(pairs), job, len(out[self.job]))
        jobs = out[self.job] + self.of_tasks(total)  # (J, H)
        whole = self.of_jobs(gather(self.to_all(jobs), graph.batch[self.job], graph.size))
        for name in self.summed:
            out[name] = self.others[f"x/{name}"](out[name])
            whole = whole + segment_mean(out[name], graph.batch[name], graph.count[name])  # (B, H)
        mine = gather(jobs.index_select(0, job), task, len(tasks))  # (M, H)
        parts = (own, tasks, mine, whole.index_select(0, graph.batch[self.task]))
        out[self.task] = tasks + self.merge(torch.cat(parts, 1))  # (M, H)
        out[self.job] = jobs
        return out

    def embed_tasks(self, graph: GraphBatch, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Prepared features of each task, and its embedding from all of its descendants.

        Args:
            graph: The batch.
            rows: Linear embedding of the task features, ``(M, hidden)``.

        Returns:
            Two tensors ``(M, hidden)``.
        """
        for name, project in self.arcs.items():
            key = name[5:]
            source = graph.edge_index[key][0]
            count = degrees(source, len(rows))
            rows = rows + project(segment_mean(graph.edge_attr[key], source, count))
        own = self.prepare(rows)
        arcs = graph.edge_index[self.precedes]
        embed = self.bottom_up if graph.longest is None else self.bottom_up.in_rounds
        return own, embed(own, arcs, graph.edge_attr.get(self.precedes))
