"""Outlook: what is known of the rows of some dynamics, learnt as their instances come."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.random_bits import Streams
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import SLOT
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.outlook.knowledge import Known, learn, make_known
from dispatchlab.envs.uam.outlook.prices import (
    UNKNOWN,
    Prices,
    learn_legs,
    make_prices,
)

IntArray = npt.NDArray[np.int64]


class Outlook:
    """Knowledge and prices of the rows of some dynamics.

    Args:
        dynamics: The batch.
        streams: ``(B,)`` random streams of rules that draw.
        priced: Whether there are prices as well; without them they have no rows.

    Attributes:
        dynamics: The batch.
    """

    def __init__(self, dynamics: Dynamics, streams: Streams, *, priced: bool) -> None:
        """Know nothing yet."""
        self.dynamics, self._priced = dynamics, priced
        slots, batch, limits = dynamics.num_slots, dynamics.batch, dynamics.limits
        self._known = make_known(slots, limits, streams)
        self._prices = make_prices(*((slots, batch) if priced else (0, 0)), limits)
        self._seen: list[object] = [None] * slots

    def recall(self) -> tuple[Known, Prices]:
        """What is known, after a look at the instances that are new."""
        d = self.dynamics
        new = [slot for slot, held in enumerate(d.instances) if held is not self._seen[slot]]
        for slot in new:
            instance = d.instances[slot]
            if instance is not None:
                learn(self._known, slot, instance)
            self._seen[slot] = instance
        if new and self._priced:
            self._prices.since[np.isin(d.state.row[:, SLOT], new)] = UNKNOWN
            _learn_all(d.problem, self._known, self._prices, np.array(new))
        return self._known, self._prices


@entry_kernel
def _learn_all(p: Problem, known: Known, prices: Prices, slots: IntArray) -> None:
    for slot in slots:
        learn_legs(p, known, prices, slot)
