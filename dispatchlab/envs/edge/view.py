"""View: what a dispatcher may know at a decision on an edge."""

from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.dynamics.layout import NOW


class EdgeView(BatchView):
    """View of a batch at its decisions; times in ms, and ``wait_action`` leaves the edge idle."""

    dynamics: Dynamics

    def __init__(self, dynamics: Dynamics, observation: Observation) -> None:
        """Look at the current state."""
        super().__init__(dynamics, observation, dynamics.state.row[:, NOW], dynamics.idle_action)
