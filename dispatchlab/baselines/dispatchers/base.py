"""Dispatcher: whoever takes one decision at a time."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.jobshop.view import View


class Dispatcher(Protocol):
    """Online decisions over a read-only view; rules and learned policies alike."""

    def act(self, view: View) -> int:
        """The action for a view of one environment."""
        ...

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment; rows without a legal action get 0."""
        ...
