"""Graph observation: waiting tasks, models and verbs, and an arc for every open decision."""

from dispatchlab.envs.core.graph_spec import Arrays, EdgeType, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.edge.dynamics.apply import NUM_VERBS
from dispatchlab.envs.edge.dynamics.engine import Dynamics
from dispatchlab.envs.edge.observation.arcs import fill_arcs, fill_options
from dispatchlab.envs.edge.observation.features import (
    BEFORE_FEATURES,
    GLOBAL_FEATURES,
    MODEL_FEATURES,
    OPTION_FEATURES,
    TASK_FEATURES,
    VERB_FEATURES,
)
from dispatchlab.envs.edge.observation.nodes import fill_nodes

OPTION, OF, BEFORE = "task-option-verb", "task-of-model", "task-before-task"
_NUM_VERB_NODES = NUM_VERBS + 1


class GraphObservation:
    """Nodes ``task`` (those that wait), ``verb`` (edge, cloud, defer, drop, idle) and ``model``.

    An action points at its task, its verb and its arc of ``task-option-verb``; idling points at
    its verb alone. Waiting tasks are chained by their deadlines (``task-before-task``). Cloud times
    are estimated from the calls that have returned; nothing here knows the realisation's future.
    """

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        limits = dynamics.limits
        nodes = (
            NodeType("task", limits.waiting, TASK_FEATURES),
            NodeType("verb", _NUM_VERB_NODES, VERB_FEATURES),
            NodeType("model", limits.models, MODEL_FEATURES),
        )
        options = limits.waiting * NUM_VERBS
        edges = (
            EdgeType("task", "option", "verb", options, OPTION_FEATURES),
            EdgeType("task", "of", "model", limits.waiting),
            EdgeType("task", "before", "task", limits.waiting, BEFORE_FEATURES),
        )
        types = ("task", "verb", OPTION)
        return GraphSpec(nodes, edges, GLOBAL_FEATURES, types, dynamics.num_actions)

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        p, s = dynamics.problem, dynamics.state
        fill_nodes(
            p, s, rows, out["x/task"], out["n/task"], out["x/verb"], out["n/verb"],
            out["x/model"], out["n/model"], out["globals"],
        )  # fmt: skip
        fill_arcs(
            p, s, rows, out[f"edge/{OF}"], out[f"e/{OF}"], out[f"edge/{BEFORE}"],
            out[f"edge_attr/{BEFORE}"], out[f"e/{BEFORE}"],
        )  # fmt: skip
        fill_options(
            p, s, rows, out[f"edge/{OPTION}"], out[f"edge_attr/{OPTION}"], out[f"e/{OPTION}"],
            out["candidates"], out["action_mask"], dynamics.migrate,
        )  # fmt: skip
