"""View: what a dispatcher may know at a decision on an edge."""

from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.edge.dynamics import Dynamics


class EdgeView(BatchView[Dynamics]):
    """View of a batch at its decisions; times in ms, and ``wait_action`` leaves the edge idle."""
