"""Graph observation: vertiports and aircraft, pairs within range, and an arc for every option."""

import numpy as np

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel
from dispatchlab.envs.core.graph_spec import Arrays, EdgeType, Feature, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.uam.dynamics.engine import Dynamics
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.observation.arcs import write_arcs, write_options
from dispatchlab.envs.uam.observation.arrays import OPTION, GraphArrays
from dispatchlab.envs.uam.observation.features import (
    AIRCRAFT_FEATURES,
    AT_FEATURES,
    GLOBAL_FEATURES,
    OPTION_FEATURES,
    PAIR_FEATURES,
    PORT_FEATURES,
)
from dispatchlab.envs.uam.observation.nodes import write_nodes


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
        given = np.ascontiguousarray(rows, np.int64)
        _fill(dynamics.problem, dynamics.state, given, GraphArrays.of(out))


@QuickCall
@entry_kernel
def _fill(p: Problem, s: State, rows: IntArray, out: GraphArrays) -> None:
    """One kernel for all of it: to enter one from Python costs more than to write the nodes."""
    for index in range(len(rows)):
        write_nodes(p, s, rows[index], out, index)
        write_arcs(p, s, rows[index], out, index)
        write_options(p, s, rows[index], out, index)
