"""BatchView: what a dispatcher may know at a decision, for a batch of environments."""

from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.core.slots import SlotDynamics

DynamicsT = TypeVar("DynamicsT", bound=SlotDynamics[Any, Any])


class BatchView(Generic[DynamicsT]):
    """View of a batch at its decisions; B environments, A actions.

    Attributes:
        now: ``(B,)`` decision times, in the clock's unit of the family.
        dynamics: For the kernels of rules, which read expected times only.
        wait_action: Index of the action that lets time pass, or None.
    """

    now: IntArray

    def __init__(self, dynamics: DynamicsT, observation: Observation) -> None:
        """Look at the current state; nothing is computed before it is asked for."""
        self.dynamics, self._observation = dynamics, observation
        self.now = dynamics.state.row[:, dynamics.now_column].copy()
        self.wait_action = dynamics.wait_action

    @cached_property
    def legal(self) -> npt.NDArray[np.bool_]:
        """``(B, A)`` legal actions."""
        legal: npt.NDArray[np.bool_] = self.dynamics.legal()
        return legal

    @cached_property
    def observation(self) -> Arrays:
        """The graph observation of the batch."""
        rows = np.arange(self.dynamics.batch)
        out = self._observation.spec(self.dynamics).allocate(len(rows))
        self._observation.fill(self.dynamics, rows, out)
        return out
