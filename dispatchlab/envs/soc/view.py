"""View: what a dispatcher may know at a decision on a chip."""

from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.layout import NOW


class SocView(BatchView):
    """View of a batch at its decisions; times in µs."""

    dynamics: Dynamics

    def __init__(self, dynamics: Dynamics, observation: Observation) -> None:
        """Look at the current state."""
        super().__init__(dynamics, observation, dynamics.state.row[:, NOW], dynamics.wait_action)
