"""Dynamics: the batch of rows that Python holds."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.core.slots import ReasonedDynamics
from dispatchlab.envs.uam.dynamics.apply import apply_action, reset_row, why_illegal
from dispatchlab.envs.uam.dynamics.flights import LEGAL
from dispatchlab.envs.uam.dynamics.layout import (
    DECISIONS,
    DONE,
    EMPTY_FLIGHTS,
    ENERGY,
    FLIGHTS,
    LEGS,
    MEAN_FARE,
    MOST_PROFIT,
    NOW,
    OPERATION,
    REVENUE,
    SERVED,
)
from dispatchlab.envs.uam.dynamics.problem import (
    Problem,
    make_problem,
    write_instance,
    write_realisation,
)
from dispatchlab.envs.uam.dynamics.state import State, make_state
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
STOPS = ("choices", "every")
REASONS = (
    "legal", "there is no such vertiport or charge level", "the route is closed",
    "the battery would not do", "no slot is free there", "nothing to charge up to that level",
)  # fmt: skip


class Dynamics(ReasonedDynamics[UamInstance, UamRealisation]):
    """B rows, each playing one of S slots of (instance, realisation).

    Args:
        batch: B.
        limits: Sizes of the arrays.
        stop_at: ``"choices"``: an aircraft that can only stay is not asked, nor one that is like
            another that has just chosen to wait; ``"every"``: all are.
        slots: S; one per row by default.
        log: Whether to keep what `schedule` needs.
    """

    now_column, done_column, decisions_column = NOW, DONE, DECISIONS
    reason_texts = REASONS

    def __init__(
        self, batch: int, limits: UamLimits, *, stop_at: str = "choices",
        slots: int | None = None, log: bool = True,
    ) -> None:  # fmt: skip
        """Allocate everything."""
        if stop_at not in STOPS:
            raise DispatchlabError(f"Unknown stop_at {stop_at!r}; choose {' or '.join(STOPS)}.")
        super().__init__(batch, slots)
        self.limits, self.stop_at = limits, stop_at
        self._choices = stop_at == "choices"
        self.problem: Problem = make_problem(self.num_slots, limits)
        self.state: State = make_state(batch, limits, log=log)

    @property
    def num_actions(self) -> int:
        """A: every vertiport with every charge level."""
        return self.limits.ports * self.limits.levels

    def load(self, slot: int, instance: UamInstance, realisation: UamRealisation) -> None:
        """Put a problem into a slot; rows that play it must be reset."""
        if self.instances[slot] is not instance:
            self._check_fits(instance.name, UamLimits.of(instance))
            write_instance(self.problem, slot, instance)
            self.instances[slot] = instance
        realisation.require_fit(instance)
        if len(realisation.request_s) > self.limits.passengers:
            raise InvalidInstanceError(
                f"The realisation has {len(realisation.request_s)} passengers, but this "
                f"environment was built for at most {self.limits.passengers}; build it for more."
            )
        write_realisation(self.problem, slot, realisation)
        self.realisations[slot] = realisation

    def money(self) -> FloatArray:
        """``(B, 3)`` dollars so far: revenue, cost of operation, cost of energy."""
        return self.state.money.copy()

    def objective(self) -> FloatArray:
        """``(B,)`` minus the profit so far in dollars: what is minimised."""
        money = self.state.money
        total: FloatArray = money[:, OPERATION] + money[:, ENERGY] - money[:, REVENUE]
        return total

    def initial_bound(self) -> FloatArray:
        """``(B,)`` trivial lower bound on the objective: full aircraft on the shortest legs."""
        return -self._scales(MOST_PROFIT)

    def reward_scale(self) -> FloatArray:
        """``(B,)`` mean fare in dollars."""
        return self._scales(MEAN_FARE)

    def tasks_completed(self) -> IntArray:
        """``(B,)`` passengers that have boarded so far."""
        return self.state.row[:, SERVED].copy()

    def flights(self) -> IntArray:
        """``(B, 2)`` flights so far, and how many of them without passengers."""
        return self.state.row[:, [FLIGHTS, EMPTY_FLIGHTS]]

    def reward_terms(self, row: int) -> dict[str, float]:
        """What the objective is made of, in dollars, and what has been flown."""
        money, counts = self.state.money[row], self.state.row[row]
        return {
            "revenue": float(money[REVENUE]),
            "operating_cost": float(-money[OPERATION]),
            "energy_cost": float(-money[ENERGY]),
            "flights": float(counts[FLIGHTS]),
            "empty_flights": float(counts[EMPTY_FLIGHTS]),
            "served": float(counts[SERVED]),
        }

    def schedule(self, row: int) -> UamSchedule:
        """What has happened in a row so far."""
        counts = self.state.row[row]
        return UamSchedule(
            now_s=self.now(row),
            legs=self.state.leg_log[row, : int(counts[LEGS])],
            decisions=self.state.decision_log[row, : int(counts[DECISIONS])],
        )

    def _start(self, rows: IntArray, slots: IntArray) -> None:
        _reset(self.problem, self.state, rows, slots, self._choices)

    def _play(self, actions: IntArray, outcome: npt.NDArray[np.int8]) -> None:
        _step(self.problem, self.state, actions, self._choices, outcome)

    def _find_reasons(self, reasons: npt.NDArray[np.int8]) -> None:
        _why_illegal(self.problem, self.state, reasons)


@entry_kernel
def _reset(p: Problem, s: State, rows: IntArray, slots: IntArray, choices: bool) -> None:
    for index in range(len(rows)):
        reset_row(p, s, rows[index], slots[index], choices)


@QuickCall
@entry_kernel
def _step(
    p: Problem, s: State, actions: IntArray, choices: bool, outcome: npt.NDArray[np.int8]
) -> None:
    for b in range(len(actions)):
        if s.row[b, DONE] != 0:
            outcome[b] = 2
            continue
        action = actions[b]
        if why_illegal(p, s, b, action) != LEGAL:
            outcome[b], action = 1, 0
            while why_illegal(p, s, b, action) != LEGAL:
                action += 1
        apply_action(p, s, b, action, choices)


@QuickCall
@entry_kernel
def _why_illegal(p: Problem, s: State, reasons: npt.NDArray[np.int8]) -> None:
    for b in range(len(reasons)):
        if s.row[b, DONE] == 0:
            for action in range(reasons.shape[1]):
                reasons[b, action] = why_illegal(p, s, b, action)
