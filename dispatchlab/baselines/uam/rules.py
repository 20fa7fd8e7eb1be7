"""The rules as dispatchers."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam import rule_kernels as kernels
from dispatchlab.baselines.uam.settings import (
    CODES,
    DESCRIPTIONS,
    PRICE,
    SCORE,
    find_rule,
    settings_of,
)
from dispatchlab.envs.core.random_bits import grow_streams
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.outlook.knowledge import Known
from dispatchlab.envs.uam.outlook.outlook import Outlook
from dispatchlab.envs.uam.outlook.prices import Prices
from dispatchlab.envs.uam.view import UamView

IntArray = npt.NDArray[np.int64]
__all__ = ["CODES", "DESCRIPTIONS", "UamRule"]


class UamRule:
    """A rule for the aircraft that is asked; what it knows is what any scheduler may know.

    An aircraft charges to the lowest level that suffices for nine tenths of the demand from where
    it lands; one that stays charges to it as well if it has less. Of legs that are equally good a
    rule takes the one to the port of lowest index, and it stays rather than fly for nothing.

    Args:
        name: One of `CODES`, or ``"no-rebalancing"``, which is ``"greedy"``.
        seed: Seeds the random rule's stream of row b with ``(seed, b)``.
    """

    def __init__(self, name: str, *, seed: int = 0) -> None:
        """Look the rule up."""
        self.name, self.seed = find_rule(name), seed
        self.code, self.settings = CODES[self.name], np.array(settings_of(name))
        self._streams = np.zeros(0, np.uint64)
        self._outlook: Outlook | None = None

    def act(self, view: UamView) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: UamView) -> IntArray:
        """``(B,)`` one action per environment; 0 where the day is over."""
        d = view.dynamics
        actions = np.zeros(d.batch, np.int64)
        kernels.choose_all(d.problem, d.state, *self._recall(d), self.settings, actions)
        return actions

    def play(self, dynamics: Dynamics) -> None:
        """Play all rows to their ends inside one kernel."""
        d, choices = dynamics, dynamics.stop_at == "choices"
        kernels.play_all(d.problem, d.state, *self._recall(d), self.settings, choices)

    def _recall(self, dynamics: Dynamics) -> tuple[Known, Prices]:
        """What is known of the instances and rows of these dynamics."""
        if self._outlook is None or self._outlook.dynamics is not dynamics:
            self._streams = grow_streams(self._streams, self.seed, dynamics.batch)
            streams = self._streams[: dynamics.batch]
            self._outlook = Outlook(dynamics, streams, priced=self.settings[SCORE] == PRICE)
        return self._outlook.recall()
