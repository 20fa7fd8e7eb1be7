"""The SimPy processes of `EdgeTwin`: drones, the edge, calls of the cloud, deadlines, windows.

Everything that happens at one time takes its turn by priority: windows close, the edge and the
cloud hand over results, tasks expire, segments land and their tasks are decided on, deferred tasks
come up again, and when all that is done a free edge gets work.
"""

from collections.abc import Generator
from itertools import groupby
from typing import Any

import numpy as np
import simpy
from simpy.events import EventPriority

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    CLOUD_ON_TIME,
    EDGE_ON_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    IN_CLOUD,
    MISSED_CLOUD,
    MISSED_EDGE,
    NOT_YET,
    ON_EDGE,
    EdgeSchedule,
)
from dispatchlab.eval.twin.edge_parts import (
    ADMIT,
    CLOSE,
    CLOUD_ENDS,
    DEFERRED,
    EDGE_ENDS,
    EXPIRE,
    GONE,
    LAND,
    QUEUED,
    SETTLE,
    WAKE,
    Network,
    Task,
    Window,
)
from dispatchlab.eval.twin.moment import Moment

Process = Generator[simpy.Event, Any, None]


class World:
    """One episode; who is asked for decisions is left to a subclass.

    Attributes:
        instance: What is known from the start.
        waiting: Tasks that are neither started, sent nor given up, by number. Of other tasks
            ``end_ms`` is known before its time, unlike in an environment: an honest policy does
            not look.
        running: What the edge runs.
        qos: Utility of the tasks that ended.
        qoe: Bonuses of the windows that are closed.
    """

    def __init__(self, instance: EdgeInstance, realisation: EdgeRealisation) -> None:
        """Start the processes."""
        self.instance, self._realisation = instance, realisation
        self.env = simpy.Environment()
        self.waiting: dict[int, Task] = {}
        self.running: Task | None = None
        self.qos = self.qoe = 0.0
        self._network = Network(instance, realisation)
        self._window = Window(instance.models)
        self._tasks = [
            Task(index, instance.models[kind], kind, arrival)
            for index, (kind, arrival) in enumerate(
                zip(realisation.model.tolist(), realisation.arrival_ms.tolist(), strict=True)
            )
        ]
        self._left = len(self._tasks)  # tasks that have not ended
        self._landed: list[Task] = []
        self._rung: set[EventPriority] = set()
        self._work = self.env.event()  # hands the edge its next task
        self.env.process(self._edge())
        self.env.process(self._windows())
        for drone in range(instance.num_drones):
            self.env.process(self._drone(drone))

    @property
    def now_ms(self) -> int:
        """The clock."""
        return int(self.env.now)

    # -- drones -------------------------------------------------------------------------------

    def _drone(self, drone: int) -> Process:
        """A drone: sends segments, each of which brings one task per model."""
        sender = self._realisation.drone.tolist()
        tasks = (task for task in self._tasks if sender[task.index] == drone)
        for time, segment in groupby(tasks, key=lambda task: task.arrival_ms):
            yield Moment(self.env).happen(LAND, time - self.now_ms)
            self._landed += segment
            self._ring(ADMIT)

    # -- tasks that wait ----------------------------------------------------------------------

    def _deadline(self, task: Task) -> Process:
        """A deadline: a task that still waits then expires."""
        yield Moment(self.env).happen(EXPIRE, task.model.deadline_ms)
        if task.status != GONE:
            self._end(task, EXPIRED_EDGE if task.status == QUEUED else EXPIRED_CLOUD)
            self._ring(SETTLE)

    def _deferral(self, task: Task) -> Process:
        """A deferral: a task that is still deferred at its trigger comes up again."""
        yield Moment(self.env).happen(LAND, task.trigger_ms - self.now_ms)
        if task.status == DEFERRED:
            self._ring(WAKE)

    # -- the edge and the cloud ---------------------------------------------------------------

    def _edge(self) -> Process:
        """The edge: runs what it is handed, one task at a time."""
        while True:
            task = yield self._work
            self._work = self.env.event()
            yield Moment(self.env).happen(EDGE_ENDS, task.end_ms - self.now_ms)
            self.running = None
            self._end(task, EDGE_ON_TIME if self._is_in_time(task) else MISSED_EDGE)
            self._ring(SETTLE)

    def _call(self, task: Task) -> Process:
        """A call of the cloud, which disturbs no other."""
        yield Moment(self.env).happen(CLOUD_ENDS, task.end_ms - self.now_ms)
        self._end(task, CLOUD_ON_TIME if self._is_in_time(task) else MISSED_CLOUD)
        self._ring(SETTLE)

    def _is_in_time(self, task: Task) -> bool:
        return self.now_ms <= task.deadline_ms

    def _run_on_edge(self, task: Task) -> None:
        """Hand the edge a task."""
        self._take(task, ON_EDGE, int(self._realisation.edge_time_ms[task.index]))
        self.running = task
        self._work.succeed(task)

    def _send_to_cloud(self, task: Task) -> None:
        """Call the cloud."""
        execution = int(self._realisation.cloud_exec_ms[task.index])
        self._take(task, IN_CLOUD, self._network.call_ms(self.now_ms, execution))
        self.env.process(self._call(task))

    def _take(self, task: Task, place: int, lasts: int) -> None:
        """A task waits no more."""
        del self.waiting[task.index]
        task.status, task.place = GONE, place
        task.start_ms, task.end_ms = self.now_ms, self.now_ms + lasts

    # -- ends and what they bring -------------------------------------------------------------

    def _end(self, task: Task, outcome: int) -> None:
        """A task ends, in whatever way."""
        self.waiting.pop(task.index, None)
        task.status, task.outcome, task.end_ms = GONE, outcome, self.now_ms
        model, on_time = task.model, outcome in (EDGE_ON_TIME, CLOUD_ON_TIME)
        if task.place != NOT_YET:
            self.qos -= model.edge_cost if task.place == ON_EDGE else model.cloud_cost
        if on_time:
            self.qos += model.benefit
        self._window.count(task.kind, on_time=on_time)
        self._left -= 1

    def _windows(self) -> Process:
        """The windows of the bonuses, one after the other."""
        while True:
            yield Moment(self.env).happen(CLOSE, self.instance.qoe_window_ms)
            self.qoe += self._window.bonus()
            self._window = Window(self.instance.models)

    # -- decisions ----------------------------------------------------------------------------

    def _ring(self, turn: EventPriority) -> None:
        """Something happened that is answered later at this time, once."""
        if turn in self._rung:
            return
        self._rung.add(turn)
        # a callback and not a process, in which SimPy would wrap the errors of a policy
        Moment(self.env).happen(turn).callbacks.append(lambda _: self._answer_once(turn))

    def _answer_once(self, turn: EventPriority) -> None:
        self._rung.remove(turn)
        self._answer(turn)

    def _answer(self, turn: EventPriority) -> None:
        """Take the decisions of a turn: `ADMIT`, `WAKE` or `SETTLE`."""
        raise NotImplementedError

    # -- the record ---------------------------------------------------------------------------

    def _schedule(self, log: list[tuple[int, int, int, int, int]]) -> EdgeSchedule:
        columns = {
            name: np.array([getattr(task, name) for task in self._tasks], dtype=np.int64)
            for name in ("outcome", "place", "start_ms", "end_ms")
        }
        decisions = np.array(log, dtype=np.int64).reshape(-1, 5)
        return EdgeSchedule(now_ms=self.now_ms, decisions=decisions, **columns)
