"""Graph observation: vertiports and aircraft, pairs within range, and an arc for every option."""

from dispatchlab.envs.core.graph_spec import Arrays, EdgeType, Feature, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.uam.dynamics.engine import Dynamics
from dispatchlab.envs.uam.observation.arcs import fill_arcs, fill_options
from dispatchlab.envs.uam.observation.features import (
    AIRCRAFT_FEATURES,
    AT_FEATURES,
    GLOBAL_FEATURES,
    OPTION_FEATURES,
    PAIR_FEATURES,
    PORT_FEATURES,
)
from dispatchlab.envs.uam.observation.nodes import fill_nodes

OPTION, AT, FLIES = "aircraft-option-port", "aircraft-at-port", "port-flies-port"


class GraphObservation:
    """Nodes ``port`` and ``aircraft``; what belongs to pairs is on the arcs ``port-flies-port``.

    Nothing depends on the numbers of vertiports and aircraft. An action points at the aircraft that
    is asked, at a vertiport and at its arc of ``aircraft-option-port``. Vertiports carry their
    demand and fares of the next bins as series. Nothing here knows the realisation's future.
    """

    option_features: tuple[Feature, ...] = OPTION_FEATURES

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        limits = dynamics.limits
        nodes = (
            NodeType("port", limits.ports, PORT_FEATURES),
            NodeType("aircraft", limits.aircraft, AIRCRAFT_FEATURES),
        )
        pairs = limits.ports * (limits.ports - 1)
        edges = (
            EdgeType("aircraft", "option", "port", dynamics.num_actions, self.option_features),
            EdgeType("aircraft", "at", "port", limits.aircraft, AT_FEATURES),
            EdgeType("port", "flies", "port", pairs, PAIR_FEATURES),
        )
        types = ("aircraft", "port", OPTION)
        return GraphSpec(nodes, edges, GLOBAL_FEATURES, types, dynamics.num_actions)

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        p, s = dynamics.problem, dynamics.state
        fill_nodes(
            p, s, rows, out["x/port"], out["n/port"], out["x/aircraft"],
            out["n/aircraft"], out["globals"],
        )  # fmt: skip
        fill_arcs(
            p, s, rows, out[f"edge/{AT}"], out[f"edge_attr/{AT}"], out[f"e/{AT}"],
            out[f"edge/{FLIES}"], out[f"edge_attr/{FLIES}"], out[f"e/{FLIES}"],
        )  # fmt: skip
        fill_options(
            p, s, rows, out[f"edge/{OPTION}"], out[f"edge_attr/{OPTION}"], out[f"e/{OPTION}"],
            out["candidates"], out["action_mask"],
        )  # fmt: skip
