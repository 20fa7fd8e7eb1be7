"""Dynamics: the batch of rows that Python holds."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.core.slots import ReasonedDynamics
from dispatchlab.envs.edge.dynamics.apply import (
    LEGAL,
    NUM_VERBS,
    apply_action,
    reset_row,
    why_illegal,
)
from dispatchlab.envs.edge.dynamics.layout import (
    DECISIONS,
    DONE,
    FINISHED,
    FIRST_OUTCOME,
    LOG_END,
    LOG_OUTCOME,
    LOG_PLACE,
    LOG_START,
    MEAN_BENEFIT,
    MOST_UTILITY,
    NONE,
    NOW,
    QOE,
    QOS,
)
from dispatchlab.envs.edge.dynamics.problem import (
    Problem,
    make_problem,
    write_instance,
    write_realisation,
)
from dispatchlab.envs.edge.dynamics.state import State, make_state
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import OUTCOMES, EdgeSchedule

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
REASONS = (
    "legal", "no task waits there", "the decision is about another task",
    "too late for the edge", "too late for the cloud", "too late to defer", "not at this decision",
)  # fmt: skip


class Dynamics(ReasonedDynamics[EdgeInstance, EdgeRealisation]):
    """B rows, each playing one of S slots of (instance, realisation).

    Args:
        batch: B.
        limits: Sizes of the arrays.
        migrate: Whether tasks that wait already may be sent or dropped at every decision.
        lead_ms: How long before the last moment a deferred task comes up again.
        slots: S; one per row by default.
        log: Whether to keep what `schedule` needs.
    """

    now_column, done_column, decisions_column = NOW, DONE, DECISIONS
    reason_texts = REASONS

    def __init__(
        self, batch: int, limits: EdgeLimits, *, migrate: bool = True, lead_ms: int = 25,
        slots: int | None = None, log: bool = True,
    ) -> None:  # fmt: skip
        """Allocate everything."""
        if lead_ms < 0:
            raise DispatchlabError(f"lead_ms is {lead_ms}; give at least 0 ms.")
        super().__init__(batch, slots)
        self.limits, self.migrate, self.lead_ms = limits, migrate, lead_ms
        self.problem: Problem = make_problem(self.num_slots, limits)
        self.state: State = make_state(batch, limits, log=log)

    @property
    def num_actions(self) -> int:
        """A: every place in the pool with every verb, and idling."""
        return self.limits.waiting * NUM_VERBS + 1

    @property
    def wait_action(self) -> int:
        """Index of the action that leaves the edge idle until the next event."""
        return self.num_actions - 1

    def load(self, slot: int, instance: EdgeInstance, realisation: EdgeRealisation) -> None:
        """Put a problem into a slot; rows that play it must be reset."""
        if self.instances[slot] is not instance:
            self._check_fits(instance.name, EdgeLimits.of(instance))
            write_instance(self.problem, slot, instance, self.lead_ms)
            self.instances[slot] = instance
        realisation.require_fit(instance)
        self._check_room(instance, realisation)
        write_realisation(self.problem, slot, realisation)
        self.realisations[slot] = realisation

    def utility(self) -> FloatArray:
        """``(B, 2)`` QoS utility and QoE bonus so far."""
        return self.state.money.copy()

    def objective(self) -> FloatArray:
        """``(B,)`` minus the utility so far, QoS and QoE: what is minimised."""
        total: FloatArray = -self.state.money.sum(1)
        return total

    def initial_bound(self) -> FloatArray:
        """``(B,)`` trivial lower bound on the objective: everything on time on the edge."""
        return -self._scales(MOST_UTILITY)

    def reward_scale(self) -> FloatArray:
        """``(B,)`` mean benefit of a task."""
        return self._scales(MEAN_BENEFIT)

    def tasks_completed(self) -> IntArray:
        """``(B,)`` tasks that have ended so far, in whatever way."""
        return self.state.row[:, FINISHED].copy()

    def outcomes(self) -> IntArray:
        """``(B, 8)`` how many tasks ended in each of the ways of `OUTCOMES`."""
        return self.state.row[:, FIRST_OUTCOME:].copy()

    def reward_terms(self, row: int) -> dict[str, float]:
        """What the objective is made of, and how tasks have ended."""
        counts = self.state.row[row, FIRST_OUTCOME:]
        terms = {name: float(count) for name, count in zip(OUTCOMES, counts, strict=True)}
        money = self.state.money[row]
        return {"qos": float(money[QOS]), "qoe": float(money[QOE]), **terms}

    def schedule(self, row: int) -> EdgeSchedule:
        """What has happened in a row so far."""
        n = self.encoding(row).num_tasks
        log = self.state.task_log[row, :n]
        return EdgeSchedule(
            now_ms=self.now(row),
            outcome=log[:, LOG_OUTCOME],
            place=log[:, LOG_PLACE],
            start_ms=log[:, LOG_START],
            end_ms=log[:, LOG_END],
            decisions=self.state.decision_log[row, : int(self.state.row[row, DECISIONS])],
        )

    def _start(self, rows: IntArray, slots: IntArray) -> None:
        _reset(self.problem, self.state, rows, slots)

    def _play(self, actions: IntArray, outcome: npt.NDArray[np.int8]) -> None:
        _step(self.problem, self.state, actions, self.migrate, outcome)

    def _find_reasons(self, reasons: npt.NDArray[np.int8]) -> None:
        _why_illegal(self.problem, self.state, self.migrate, reasons)

    def _check_room(self, instance: EdgeInstance, realisation: EdgeRealisation) -> None:
        """Refuse a realisation whose tasks or tables would not fit the arrays."""
        longest = int(instance.deadline_ms.max())
        stays = {"waiting": longest, "calls": longest + instance.cloud_timeout_ms}
        for what, stay in stays.items():
            room = getattr(self.limits, what)
            arrival = realisation.arrival_ms
            if (arrival[room:] - arrival[: max(0, len(arrival) - room)] < stay).any():
                raise InvalidInstanceError(
                    f"More than {room} tasks arrive within {stay} ms, but {instance.name} sends a "
                    "segment per drone and period; spread the arrivals."
                )
        for what in ("latency", "bandwidth"):
            room, unit = getattr(self.limits, what), "ms" if what == "latency" else "kbps"
            samples = len(getattr(realisation, f"{what}_{unit}"))
            if samples > room:
                raise InvalidInstanceError(
                    f"The realisation has {samples} samples of {what}, but this environment was "
                    f"built for at most {room}; shorten it."
                )


@entry_kernel
def _reset(p: Problem, s: State, rows: IntArray, slots: IntArray) -> None:
    for index in range(len(rows)):
        reset_row(p, s, rows[index], slots[index])


@QuickCall
@entry_kernel
def _step(
    p: Problem, s: State, actions: IntArray, migrate: bool, outcome: npt.NDArray[np.int8]
) -> None:
    for b in range(len(actions)):
        if s.row[b, DONE] != 0:
            outcome[b] = 2
            continue
        action = actions[b]
        if why_illegal(p, s, b, action, migrate) != LEGAL:
            outcome[b], action = 1, 0
            while why_illegal(p, s, b, action, migrate) != LEGAL:
                action += 1
        apply_action(p, s, b, action, NONE)


@QuickCall
@entry_kernel
def _why_illegal(p: Problem, s: State, migrate: bool, reasons: npt.NDArray[np.int8]) -> None:
    for b in range(len(reasons)):
        if s.row[b, DONE] != 0:
            continue
        for action in range(reasons.shape[1]):
            reasons[b, action] = why_illegal(p, s, b, action, migrate)
