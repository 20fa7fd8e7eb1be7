"""View: what a dispatcher may know at a decision, for a batch of environments."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.layout import NOW

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import IntArray


class SocView:
    """View of a batch at its decisions; B environments, A actions.

    Attributes:
        legal: ``(B, A)`` legal actions.
        now: ``(B,)`` decision times in µs.
        wait_action: Index of the wait, or None.
        dynamics: For the kernels of rules, which read expected times only.
    """

    def __init__(self, dynamics: Dynamics, observation: Observation) -> None:
        """Look at the current state; nothing is computed before it is asked for."""
        self.dynamics, self._observation = dynamics, observation
        self.now: IntArray = dynamics.state.row[:, NOW].copy()
        self.wait_action: int | None = dynamics.wait_action

    @cached_property
    def legal(self) -> npt.NDArray[np.bool_]:
        """``(B, A)`` legal actions."""
        return self.dynamics.legal()

    @cached_property
    def observation(self) -> Arrays:
        """The graph observation of the batch."""
        rows = np.arange(self.dynamics.batch)
        out = self._observation.spec(self.dynamics).allocate(len(rows))
        self._observation.fill(self.dynamics, rows, out)
        return out
