"""Whom agents of job shops imitate: rules, lookahead and CP-SAT."""

from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.dispatchers import LOOKAHEAD, Dispatcher, Lookahead, PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.jobshop.view import View

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Schedule
    from dispatchlab.envs.jobshop.instance import CpEncoding

CP_SAT = "cp-sat"
EFFORT = 0.3  # CP-SAT's deterministic seconds for a plan: equal plans on every machine
_OTHER_MODE = 1e9  # planned for another mode: behind everything that is planned


class PlanFollower:
    """Follows a plan of CP-SAT for what is expected: the legal option that it starts first.

    A plan is made when a row begins an instance. Under ``append`` following it to the end gives its
    objective or a better one; other semantics may not allow every start that it has.
    """

    def __init__(self, effort: float = EFFORT) -> None:
        """Have no plans yet.

        Args:
            effort: Deterministic seconds of CP-SAT for each plan.
        """
        from dispatchlab.baselines.solvers.cpsat import CpSatSolver

        self._solver = CpSatSolver(num_workers=1, deterministic_limit=effort)
        self._plans: dict[int, tuple[CpEncoding, Schedule]] = {}

    def act(self, view: View) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment."""
        dynamics = view.dynamics
        options = dynamics.num_options
        order = np.full(view.legal.shape, np.inf)
        for row in np.flatnonzero(view.legal.any(axis=1)).tolist():
            order[row, :options] = self._starts(row, dynamics.encoding(row), view)
            # A wait is taken where nothing else is legal.
            order[row, options:] = 2 * _OTHER_MODE
        return np.asarray(np.where(view.legal, order, np.inf).argmin(axis=1))

    def _starts(self, row: int, encoding: "CpEncoding", view: View) -> npt.NDArray[np.float64]:
        """Planned start of each option of a row."""
        made = self._plans.get(row)
        if made is None or made[0] is not encoding:
            made = self._plans[row] = (encoding, self._plan(encoding))
        plan, state = made[1], view.dynamics.state
        modes = view.dynamics.limits.modes_per_activity
        activities = np.repeat(state.lane[row], modes)
        mode = encoding.mode_ptr[np.maximum(activities, 0)] + np.tile(
            np.arange(modes), len(state.lane[row])
        )
        starts = plan.start[np.maximum(activities, 0)].astype(np.float64)
        starts[plan.mode[np.maximum(activities, 0)] != mode] += _OTHER_MODE
        return np.where(activities >= 0, starts, np.inf)

    def _plan(self, encoding: "CpEncoding") -> "Schedule":
        """CP-SAT's schedule, no worse than that of a rule, from which it starts."""
        (ruled,) = run_dispatcher(PriorityRule("fdd-mwkr"), [(encoding, None)])
        found = self._solver.solve(encoding, time_limit_s=3600.0, hint=ruled.schedule)
        return cast("Schedule", found.schedule)


def make_expert(name: str) -> Dispatcher:
    """Whom to imitate.

    Args:
        name: ``cp-sat``, ``lookahead`` or a rule.

    Returns:
        The dispatcher.
    """
    if name == CP_SAT:
        return PlanFollower()
    return Lookahead() if name == LOOKAHEAD else PriorityRule(name)
