"""Tokens of a part of the lanes only, so that a network can play thousands of jobs."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.apply import work_left
from dispatchlab.envs.jobshop.dynamics.layout import NUM_LANES, SLOT
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.waiting import lane_is_known
from dispatchlab.envs.jobshop.observation.option import FloatArray, expected_start
from dispatchlab.envs.jobshop.observation.tokens import TokensObservation, fill_options

_HIDDEN = np.inf


class WindowObservation(TokensObservation):
    """As `TokensObservation`, of at most W lanes; actions of the others are masked.

    Lanes with legal options come first, those with the most work left before others, and then the
    lanes that are expected to be open soonest. The layout is that of all tokens, so a policy that
    was trained with those plays with a window.

    Args:
        lanes: W, in job shops the number of jobs that are shown.

    Raises:
        DispatchlabError: If the window is empty.
    """

    def __init__(self, lanes: int) -> None:
        """Check the size."""
        if isinstance(lanes, bool) or not isinstance(lanes, (int, np.integer)) or lanes < 1:
            raise DispatchlabError(f"The window has {lanes!r} lanes; give a whole number from 1.")
        self.lanes = lanes

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        if self.lanes >= dynamics.limits.lanes:
            fill_options(dynamics, rows, out)
            return
        ranks = np.full((len(rows), dynamics.limits.lanes), _HIDDEN)
        _rank(dynamics.problem, dynamics.state, rows, ranks)
        shown = np.argpartition(ranks, self.lanes - 1, axis=1)[:, : self.lanes]
        shown.sort(axis=1)
        fill_options(dynamics, rows, out, shown)

    def _num_options(self, dynamics: Dynamics) -> int:
        """Nodes at most."""
        return min(self.lanes, dynamics.limits.lanes) * dynamics.limits.modes_per_activity


@entry_kernel
def _rank(p: Problem, s: State, rows: IntArray, ranks: FloatArray) -> None:
    """Write what is shown first: of legal lanes the work left, below zero; else the start."""
    k = s.option.shape[1] // s.lane.shape[1]
    for index in range(len(rows)):
        b = rows[index]
        for lane in range(p.counts[s.row[b, SLOT], NUM_LANES]):
            a = s.lane[b, lane]
            if a < 0 or not lane_is_known(p, s, b, a):
                continue
            ranks[index, lane] = expected_start(p, s, b, a, lane * k)
            for option in range(lane * k, (lane + 1) * k):
                if s.legal[b, option]:
                    ranks[index, lane] = -1.0 - work_left(p, s, b, a)
