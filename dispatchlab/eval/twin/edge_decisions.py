"""How the scheduler of `EdgeTwin` is asked: on arrivals, on triggers, and for a free edge."""

from simpy.events import EventPriority

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD,
    DEFER,
    DROP,
    DROPPED_COST,
    DROPPED_TIME,
    EDGE,
    EDGE_FREE,
    EXPIRED_EDGE,
    IDLE,
    NOT_YET,
    TRIGGER,
    VERBS,
    EdgeSchedule,
)
from dispatchlab.eval.twin.edge import Policy
from dispatchlab.eval.twin.edge_parts import ADMIT, DEFERRED, QUEUED, SETTLE, WAKE, Task
from dispatchlab.eval.twin.edge_world import World


class DecidedWorld(World):
    """An episode in which a policy decides; it may read everything that is public.

    Attributes:
        kind: Kind of the decision that is to be taken.
        pointed: The task that it is about; None if the edge is free.
    """

    def __init__(
        self, instance: EdgeInstance, realisation: EdgeRealisation, policy: Policy
    ) -> None:  # fmt: skip
        """Let the policy decide."""
        super().__init__(instance, realisation)
        self.kind = ARRIVAL
        self.pointed: Task | None = None
        self._policy = policy
        self._stopped = self._idles = False
        self._log: list[tuple[int, int, int, int, int]] = []

    def play(self) -> EdgeSchedule:
        """Let time pass until no task is left, or the policy stops."""
        while self._left and not self._stopped:
            self.env.step()
        if not self._left:
            self.qoe += self._window.bonus()
        return self._schedule(self._log)

    def can_run(self, task: Task) -> bool:
        """Whether a task can be in time if the edge runs it now.

        Args:
            task: A waiting task.

        Returns:
            Whether its deadline is no earlier than its fastest end.
        """
        fastest = int(self.instance.edge_fastest_ms[task.kind])
        return self.now_ms + fastest <= task.deadline_ms

    def can_call(self, task: Task) -> bool:
        """Whether a task can be in time if it is sent to the cloud now.

        Args:
            task: A waiting task.

        Returns:
            Whether its deadline is no earlier than its fastest end.
        """
        fastest = int(self.instance.cloud_fastest_ms[task.kind])
        return self.now_ms + fastest <= task.deadline_ms

    # -- when the policy is asked -------------------------------------------------------------

    def _answer(self, turn: EventPriority) -> None:
        {ADMIT: self._admit, WAKE: self._wake, SETTLE: self._settle}[turn]()
        if turn != SETTLE:
            self._ring(SETTLE)

    def _admit(self) -> None:
        """Decide on the tasks of the segments that landed, one by one."""
        landed, self._landed = sorted(self._landed, key=lambda task: task.index), []
        for task in landed:
            self.waiting[task.index] = task
            self.env.process(self._deadline(task))
            self._decide_on(task, ARRIVAL)

    def _wake(self) -> None:
        """Decide on the deferred tasks whose triggers have come, in the order of arrival."""
        for task in list(self.waiting.values()):
            if task.status == DEFERRED and task.trigger_ms <= self.now_ms:
                self._decide_on(task, TRIGGER)

    def _decide_on(self, task: Task, kind: int) -> None:
        """Ask until something is decided on a task; others may be moved before."""
        self.kind, self.pointed = kind, task
        while self.pointed is not None and not self._stopped:
            self._decide()

    def _settle(self) -> None:
        """Ask for work while the edge is free and could be in time with some task."""
        self.kind, self.pointed, self._idles = EDGE_FREE, None, False
        while self.running is None and any(map(self.can_run, self.waiting.values())):
            self._decide()
            if self._stopped or self._idles:
                return

    # -- what it answers ----------------------------------------------------------------------

    def _decide(self) -> None:
        """Ask for one decision, and follow it."""
        choice = self._policy(self)
        if choice is None:
            self._stopped = True
            return
        index, verb, trigger = choice
        task = self.waiting.get(index)
        objection = self._objection(task, verb, trigger)
        if objection:
            about = "no task" if task is None else task.name
            raise InfeasibleScheduleError(
                [f"Decision {len(self._log)} at {self.now_ms} ms, {VERBS[verb]!r} for {about} "
                 f"(number {index}), is not possible: {objection}."]
            )  # fmt: skip
        self._log.append((self.now_ms, self.kind, index, verb, trigger))
        if task is None:
            self._idles = True
            return
        is_pointed = task is self.pointed
        self._follow(task, verb, trigger)
        if is_pointed:
            self.pointed = None

    def _objection(self, task: Task | None, verb: int, trigger: int) -> str:
        """Why a decision cannot be taken, if so."""
        is_pointed, edge_is_free = task is self.pointed, self.kind == EDGE_FREE
        if verb == IDLE:
            return "" if edge_is_free and task is None else "only a free edge can idle"
        if task is None:
            return "no such task waits"
        wrong = {
            "only the task that arrives can be deferred": verb == DEFER
            and not (is_pointed and self.kind == ARRIVAL),
            "the trigger must be later": verb == DEFER and trigger <= self.now_ms,
            "only a deferral has a trigger": verb != DEFER and trigger != NOT_YET,
            "only the task in question can be queued": verb == EDGE
            and not (is_pointed or edge_is_free),
            "it cannot be in time on the edge": verb == EDGE
            and edge_is_free
            and not self.can_run(task),
            "it cannot be in time from the cloud": verb == CLOUD and not self.can_call(task),
        }
        return next((why for why, applies in wrong.items() if applies), "")

    def _follow(self, task: Task, verb: int, trigger: int) -> None:
        """Do what was decided."""
        if verb == DROP:
            self._end(task, self._dropped_as(task))
        elif verb == CLOUD:
            self._send_to_cloud(task)
        elif verb == DEFER:
            task.status, task.trigger_ms = DEFERRED, trigger
            self.env.process(self._deferral(task))
        elif self.kind == EDGE_FREE:
            self._run_on_edge(task)
        else:
            task.status = QUEUED

    def _dropped_as(self, task: Task) -> int:
        """How a task ends that is given up, by what is expected of its time."""
        in_time_on_edge = self.now_ms + task.model.edge_ms < task.deadline_ms
        in_time_from_cloud = self.now_ms + task.model.cloud_ms < task.deadline_ms
        if task.status == QUEUED and not in_time_on_edge:
            return EXPIRED_EDGE
        return DROPPED_COST if in_time_from_cloud else DROPPED_TIME
