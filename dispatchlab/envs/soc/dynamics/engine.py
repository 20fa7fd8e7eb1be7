"""Dynamics: B rows of the chip, stepped by kernels."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.core.slots import SlotDynamics
from dispatchlab.envs.soc.dynamics.apply import (
    apply_order,
    apply_pair,
    is_legal,
    num_visible,
    reset_row,
)
from dispatchlab.envs.soc.dynamics.events import advance, may_wait
from dispatchlab.envs.soc.dynamics.layout import (
    AREA,
    ARRIVAL,
    AT_HORIZON,
    BLOCKED,
    COUNTED,
    DECISIONS,
    DONE,
    FINISHED_TASKS,
    IN_WORK,
    IS_QUEUED,
    LATENCY,
    LOG_ARRIVED,
    LOG_END,
    LOG_INJECTED,
    LOG_LOST,
    LOG_MAPPED,
    LOG_ORDER,
    LOG_PE,
    LOG_START,
    LOST,
    MAPPED,
    MEAN_PATH,
    NEEDS_PLAN,
    NEXT_ARRIVAL,
    NEXT_INJECT,
    NOW,
    ORDER,
    PE,
    PLAN_ORDER,
    PLAN_PE,
    STATUS,
)
from dispatchlab.envs.soc.dynamics.plan import advance_plan
from dispatchlab.envs.soc.dynamics.problem import (
    Problem,
    make_problem,
    write_instance,
    write_realisation,
)
from dispatchlab.envs.soc.dynamics.state import State, make_state
from dispatchlab.envs.soc.dynamics.timing import expected_work
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ACTIONS = ("task-pe", "ordering", "plan")
PAIRS, ORDERING, PLAN = range(3)


class Dynamics(SlotDynamics[SocInstance, SocRealisation]):
    """B rows, each playing one of S slots of (instance, realisation).

    Args:
        batch: B.
        limits: Sizes of the arrays.
        actions: ``"task-pe"``: an action picks a ready task and an element; ``"ordering"``: it
            picks a ready task, which goes where it is expected to end first; ``"plan"``: rows
            stop where jobs were injected, and `set_plan` says what runs where.
        wait: Whether the last action waits for the next event.
        slots: S; one per row by default.
        visible: Ready tasks that may be chosen from at once, those that have waited longest; all
            by default. The others follow, at the same time, when some of these are mapped.
        log: Whether to keep what `schedule` needs.
    """

    now_column, done_column, decisions_column = NOW, DONE, DECISIONS

    def __init__(
        self, batch: int, limits: SocLimits, *, actions: str = "task-pe", wait: bool = False,
        slots: int | None = None, visible: int | None = None, log: bool = True,
    ) -> None:  # fmt: skip
        """Allocate everything."""
        if actions not in ACTIONS:
            raise DispatchlabError(
                f"Unknown actions {actions!r}; choose one of {', '.join(ACTIONS)}."
            )
        if wait and actions != "task-pe":
            raise DispatchlabError(
                f"wait=True does not go with actions={actions!r}; use actions='task-pe'."
            )
        super().__init__(batch, slots)
        self.limits, self.actions, self.wait = limits, actions, wait
        self.code = ACTIONS.index(actions)
        self.visible = limits.ready if visible is None else max(1, min(visible, limits.ready))
        self.problem: Problem = make_problem(self.num_slots, limits)
        self.state: State = make_state(batch, limits, log=log)

    @property
    def num_actions(self) -> int:
        """A."""
        if self.code == ORDERING:
            return self.visible
        return self.visible * self.limits.pes + int(self.wait)

    @property
    def wait_action(self) -> int | None:
        """Index of the wait, or None."""
        return self.num_actions - 1 if self.wait else None

    def load(self, slot: int, instance: SocInstance, realisation: SocRealisation) -> None:
        """Put a problem into a slot; rows that play it must be reset."""
        if self.instances[slot] is not instance:
            self._check_fits(instance.name, SocLimits.of(instance))
            write_instance(self.problem, slot, instance)
            self.instances[slot] = instance
        realisation.require_fit(instance)
        if len(realisation.gap_us) > self.limits.arrivals:
            raise InvalidInstanceError(
                f"{instance.name} has {len(realisation.gap_us)} arrivals, but this environment "
                f"was built for at most {self.limits.arrivals}; build it for the longer episode."
            )
        write_realisation(self.problem, slot, realisation)
        self.realisations[slot] = realisation

    def legal(self) -> BoolArray:
        """``(B, A)`` legal actions; none where the episode is over."""
        legal = np.zeros((self.batch, self.num_actions), np.bool_)
        _legal(self.problem, self.state, self.code, self.wait, legal)
        return legal

    def set_plan(self, row: int, pe: IntArray, order: IntArray) -> None:
        """Plan mode: give the tasks of a row elements and ranks, and go on.

        Args:
            row: The row.
            pe: ``(J * T,)`` element of each task of the state; -1 leaves it without a plan.
            order: ``(J * T,)`` rank; an element starts what is planned on it by rank.
        """
        self.state.task[row, :, PLAN_PE] = pe
        self.state.task[row, :, PLAN_ORDER] = order
        self.state.row[row, NEEDS_PLAN] = 0
        _advance_plan(self.problem, self.state, row)

    def truncated(self) -> BoolArray:
        """``(B,)`` whether the episode was cut off at the horizon."""
        cut: BoolArray = self.state.row[:, DONE] == AT_HORIZON
        return cut

    def objective(self) -> FloatArray:
        """``(B,)`` integral of the jobs in the system so far, in job·µs."""
        return self.state.row[:, AREA].astype(np.float64)

    def initial_bound(self) -> FloatArray:
        """``(B,)`` trivial lower bound on the objective."""
        return np.zeros(self.batch)

    def reward_scale(self) -> FloatArray:
        """``(B,)`` expected length of the fastest path through a job, in µs."""
        return self._scales(MEAN_PATH)

    def tasks_completed(self) -> IntArray:
        """``(B,)`` tasks completed so far."""
        return self.state.row[:, FINISHED_TASKS].copy()

    def reward_terms(self, row: int) -> dict[str, float]:
        """What the objective is made of: latency and completed, lost and blocked jobs.

        The latency is 0 until a job is complete.
        """
        r = self.state.row[row]
        counted = int(r[COUNTED])
        return {
            "job_time_us": float(r[AREA]),
            "latency_us": float(r[LATENCY] / max(counted, 1)),
            "completed": float(counted),
            "arrived": float(r[NEXT_ARRIVAL]),
            "lost": float(r[LOST]),
            "blocked_us": float(r[BLOCKED]),
            "in_system": float(r[IN_WORK] + r[NEXT_ARRIVAL] - r[NEXT_INJECT]),
        }

    def latencies(self) -> FloatArray:
        """``(B,)`` mean latency of the counted jobs so far, in µs; NaN without any."""
        counted = self.state.row[:, COUNTED]
        total = self.state.row[:, LATENCY].astype(np.float64)
        return np.divide(total, counted, out=np.full(self.batch, np.nan), where=counted > 0)

    def completed(self) -> IntArray:
        """``(B,)`` jobs completed after the warm-up."""
        return self.state.row[:, COUNTED].copy()

    def schedule(self, row: int) -> SocSchedule:
        """What has happened in a row so far."""
        s = self.state
        realisation = self.realisation(row)
        most = max(graph.num_tasks for graph in self.encoding(row).graphs)
        n = int(s.row[row, NEXT_ARRIVAL])
        jobs, log = s.job_log[row, :n], self._log_with_queued(row)[:n, :most]
        return SocSchedule(
            now_us=int(s.row[row, NOW]),
            graph=realisation.graph[:n],
            arrival_us=jobs[:, LOG_ARRIVED],
            injected_us=jobs[:, LOG_INJECTED],
            lost=jobs[:, LOG_LOST] == 1,
            pe=log[:, :, LOG_PE],
            mapped_us=log[:, :, LOG_MAPPED],
            order=log[:, :, LOG_ORDER],
            start_us=log[:, :, LOG_START],
            end_us=log[:, :, LOG_END],
        )

    def _start(self, rows: IntArray, slots: IntArray) -> None:
        _reset(self.problem, self.state, rows, slots, self.code, self.visible)

    def _play(self, actions: IntArray, outcome: npt.NDArray[np.int8]) -> None:
        _step(self.problem, self.state, actions, self.code, self.wait, outcome)

    def _log_with_queued(self, row: int) -> IntArray:
        """The task log, with the mappings of what has not started."""
        log = self.state.task_log[row].copy()
        _add_queued(self.state, row, log)
        return log


@entry_kernel
def _add_queued(s: State, b: int, log: npt.NDArray[np.int64]) -> None:
    most = log.shape[1]
    for task in range(s.task.shape[1]):
        if s.task[b, task, STATUS] == IS_QUEUED:
            entry = log[s.job[b, task // most, ARRIVAL], task % most]
            entry[LOG_PE] = s.task[b, task, PE]
            entry[LOG_MAPPED] = s.task[b, task, MAPPED]
            entry[LOG_ORDER] = s.task[b, task, ORDER]


@entry_kernel
def _reset(p: Problem, s: State, rows: IntArray, slots: IntArray, code: int, visible: int) -> None:
    for index in range(len(rows)):
        b = rows[index]
        reset_row(p, s, b, slots[index], visible)
        if code == PLAN:
            advance_plan(p, s, b)
        else:
            advance(p, s, b)


@entry_kernel
def _advance_plan(p: Problem, s: State, b: int) -> None:
    advance_plan(p, s, b)


@QuickCall
@entry_kernel
def _step(
    p: Problem, s: State, actions: IntArray, code: int, wait: bool, outcome: npt.NDArray[np.int8]
) -> None:
    for b in range(len(actions)):
        if s.row[b, DONE] != 0:
            outcome[b] = 2
            continue
        action = actions[b]
        if code == ORDERING:
            if action < 0 or action >= num_visible(s, b):
                outcome[b], action = 1, 0
            apply_order(p, s, b, action)
            continue
        if not is_legal(p, s, b, action, wait):
            outcome[b], action = 1, 0
            while not is_legal(p, s, b, action, wait):
                action += 1
        apply_pair(p, s, b, action)


@entry_kernel
def _legal(p: Problem, s: State, code: int, wait: bool, legal: BoolArray) -> None:
    pes = s.pe.shape[1]
    for b in range(len(legal)):
        if s.row[b, DONE] != 0:
            continue
        for index in range(num_visible(s, b)):
            if code == ORDERING:
                legal[b, index] = True
                continue
            for pe in range(pes):
                supported = expected_work(p, s, b, s.ready[b, index], pe) >= 0
                legal[b, index * pes + pe] = supported
        if wait:
            legal[b, legal.shape[1] - 1] = may_wait(p, s, b)
