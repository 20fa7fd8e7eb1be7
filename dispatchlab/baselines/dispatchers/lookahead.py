"""Lookahead: every action is rehearsed to the end, and the best one is taken."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.problem import FloatArray, Problem
from dispatchlab.envs.jobshop.dynamics.rehearsal import RULES, Stage, StageFor, rehearse
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.observation.rehearsed import require_expectation
from dispatchlab.envs.jobshop.view import View

LOOKAHEAD = "lookahead"
_AT_ONCE = 16  # actions between two looks at the clock


class Lookahead:
    """Takes the action behind which one of the rehearsed rules ends best; of equal ones the first.

    One-step lookahead with two rules (rollout: Bertsekas, Tsitsiklis and Wu 1997), as the
    observation ``"rehearsed"`` tells it. It plays expectations only.
    """

    def __init__(self) -> None:
        """Have no stage yet."""
        self._stage = StageFor()

    def act(self, view: View) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment.

        Raises:
            DispatchlabError: What a row plays is random.
        """
        dynamics, stage = self._begin(view)
        actions, least = np.zeros(dynamics.batch, np.int64), np.full(dynamics.batch, np.inf)
        _look(dynamics.problem, dynamics.state, stage, 0, dynamics.num_actions, actions, least)
        return actions

    def act_in_time(self, view: View, is_late: Callable[[], bool]) -> int | None:
        """The action for a view of one environment, or None where the time is up before.

        Args:
            view: The decision.
            is_late: Asked between the rehearsals of a few actions.

        Raises:
            DispatchlabError: What is played is random.
        """
        dynamics, stage = self._begin(view)
        action, least = np.zeros(1, np.int64), np.full(1, np.inf)
        legal = np.flatnonzero(dynamics.legal()[0])
        for few in np.split(legal, range(_AT_ONCE, len(legal), _AT_ONCE)):
            if is_late():
                return None
            first, last = int(few[0]), int(few[-1]) + 1
            _look(dynamics.problem, dynamics.state, stage, first, last, action, least)
        return int(action[0])

    def _begin(self, view: View) -> tuple[Dynamics, Stage]:
        """What is played, if it may be rehearsed, and a stage for it."""
        dynamics = view.dynamics
        require_expectation(
            dynamics, np.arange(dynamics.batch), "Lookahead", "plan for the expectation and replay"
        )
        return dynamics, self._stage(dynamics.limits)


@entry_kernel
def _look(
    p: Problem, s: State, stage: Stage, first: int, last: int, actions: IntArray, least: FloatArray
) -> None:
    """Improve the best action of each row by those from first to before last."""
    for b in range(len(actions)):
        for action in range(first, last):
            if not s.legal[b, action]:
                continue
            for rule in range(len(RULES)):
                reached = rehearse(p, s, b, stage, action, rule)
                if reached < least[b]:
                    actions[b], least[b] = action, reached
