"""View: what a dispatcher may know when an aircraft is asked."""

from dispatchlab.envs.core.view import BatchView
from dispatchlab.envs.uam.dynamics import Dynamics


class UamView(BatchView[Dynamics]):
    """View of a batch at its decisions; times in s from the start of the day.

    Where to stay depends on the row, so ``wait_action`` is None.
    """
