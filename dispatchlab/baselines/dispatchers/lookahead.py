"""Lookahead: every action is rehearsed to the end, and the best one is taken."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.rehearsal import RULES, Stage, allocate_stage, rehearse
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.observation.rehearsed import require_expectation
from dispatchlab.envs.jobshop.view import View

LOOKAHEAD = "lookahead"


class Lookahead:
    """Takes the action behind which one of the rehearsed rules ends best; of equal ones the first.

    One-step lookahead with two rules (rollout: Bertsekas, Tsitsiklis and Wu 1997), as the
    observation ``"rehearsed"`` tells it. It plays expectations only.
    """

    def act(self, view: View) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment.

        Raises:
            DispatchlabError: What a row plays is random.
        """
        dynamics = view.dynamics
        require_expectation(
            dynamics, np.arange(dynamics.batch), "Lookahead", "plan for the expectation and replay"
        )
        actions = np.zeros(dynamics.batch, np.int64)
        _look(
            dynamics.problem, dynamics.state, allocate_stage(dynamics.limits),
            dynamics.num_actions, actions,
        )  # fmt: skip
        return actions


@entry_kernel
def _look(p: Problem, s: State, stage: Stage, num_actions: int, actions: IntArray) -> None:
    for b in range(len(actions)):
        least = np.inf
        for action in range(num_actions):
            if not s.legal[b, action]:
                continue
            for rule in range(len(RULES)):
                reached = rehearse(p, s, b, stage, action, rule)
                if reached < least:
                    actions[b], least = action, reached
