"""View: what a dispatcher may know at a decision on a chip."""

from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.soc.dynamics import Dynamics


class SocView(BatchView[Dynamics]):
    """View of a batch at its decisions; times in µs."""
