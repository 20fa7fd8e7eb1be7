"""View: what a dispatcher may know when an aircraft is asked."""

from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import NOW


class UamView(BatchView):
    """View of a batch at its decisions; times in s from the start of the day."""

    dynamics: Dynamics

    def __init__(self, dynamics: Dynamics, observation: Observation) -> None:
        """Look at the current state; where to stay depends on the row, so nobody waits by index."""
        super().__init__(dynamics, observation, dynamics.state.row[:, NOW], None)
