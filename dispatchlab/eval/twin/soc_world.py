"""The SimPy processes of `SocTwin`: a source, jobs, processing elements, transfers, memory.

Everything that happens at one time takes its turn by priority: first executions and transfers end
and jobs leave, then jobs arrive, and when all that is done the chip settles: the scheduler decides
and idle elements start. What takes no time ends after that, and the time is gone through again.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation, actual_us
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule
from dispatchlab.eval.twin.moment import Moment
from dispatchlab.eval.twin.soc_parts import ARRIVE, END, SETTLE, Arcs, Element, Item, Job

Process = Generator[simpy.Event, Any, None]


class World:
    """One episode; a policy or a planner may read everything that is public here.

    How an element chooses what to start is left to `_settle` of the subclasses.

    Attributes:
        instance: What is known from the start.
        jobs: All arrivals so far. Of a running task ``columns["end_us"]`` is known here, unlike
            in an environment: an honest policy does not look.
        elements: The processing elements.
        ready: ``(arrival, task)`` of the tasks that can be mapped, as they became ready.
    """

    def __init__(self, instance: SocInstance, realisation: SocRealisation) -> None:
        """Start the processes."""
        self.instance, self._realisation = instance, realisation
        self.env = simpy.Environment()
        self.jobs: list[Job] = []
        self.ready: list[tuple[int, int]] = []
        self.elements = [Element(p, self.env.event()) for p in range(instance.chip.num_pes)]
        self._slots = simpy.Resource(self.env, instance.injection.max_jobs)
        self._rung = False  # whether the chip will settle at this time
        self._decided = 0
        self._expected = [instance.expected_us(g) for g in range(len(instance.graphs))]
        self._arcs = [Arcs(graph) for graph in instance.graphs]
        self._news = False  # whether jobs were injected since the chip settled last
        self._stays: list[simpy.Process] = []
        self._source = self.env.process(self._arrivals())
        for element in self.elements:
            self.env.process(self._executions(element))

    @property
    def now_us(self) -> int:
        """The clock."""
        return int(self.env.now)

    def expected_us(self, arrival: int, task: int, pe: int) -> int:
        """Expected execution time of a task; -1 where it is not supported."""
        return int(self._expected[self._realisation.graph[arrival]][task, pe])

    def play(self) -> SocSchedule:
        """Let time pass until no job is left and none will come, but at most to the horizon."""
        horizon = self.instance.injection.horizon_us
        over = self.env.process(self._completion_of_all())
        last = simpy.core.Infinity if horizon is None else horizon
        while not over.processed and self.env.peek() < last:
            self.env.step()
        if not over.processed:
            if horizon is None:
                raise InfeasibleScheduleError(
                    [f"At {self.now_us} µs tasks are left and nothing else can happen; map or "
                     "plan all tasks, in an order that respects the precedences."]
                )  # fmt: skip
            self.env.run(until=horizon)
        return self._schedule()

    # -- jobs ---------------------------------------------------------------------------------

    def _arrivals(self) -> Process:
        """The source of jobs."""
        mode = self.instance.injection.mode
        for arrival, gap in enumerate(self._realisation.gap_us.tolist()):
            yield Moment(self.env).happen(ARRIVE, gap)
            if mode == "lossy" and self._slots.count == self._slots.capacity:
                self._arrive(arrival).lost = True
                continue
            place = self._slots.request()
            if mode == "blocked":
                yield place
            job = self._arrive(arrival)
            self._stays.append(self.env.process(self._stay(job, place)))

    def _arrive(self, arrival: int) -> Job:
        arcs = self._arcs[self._realisation.graph[arrival]]
        self.jobs.append(Job(arrival, arcs, self.now_us, self.env.event()))
        self._ring()
        return self.jobs[-1]

    def _stay(self, job: Job, place: simpy.Event) -> Process:
        """A job's stay: it waits for a place among the jobs in work, and leaves it when done."""
        yield place
        job.injected_us = self.now_us
        self._news = True
        self._ring()
        for task, awaited in enumerate(job.awaited):
            if not awaited:
                self._make_ready(job, task)
        yield job.done
        self._slots.release(place)  # type: ignore[arg-type]

    def _completion_of_all(self) -> Process:
        yield self._source
        yield self.env.all_of(self._stays)

    # -- tasks --------------------------------------------------------------------------------

    def _executions(self, element: Element) -> Process:
        """A processing element: executes what it is handed."""
        while True:
            item = yield element.go
            element.go = self.env.event()
            job, task = item.job, item.task
            expected = self.expected_us(job.arrival, task, element.index)
            duration = actual_us(expected, float(self._realisation.factor[job.arrival, task]))
            job.columns["start_us"][task] = self.now_us
            job.columns["end_us"][task] = self.now_us + duration
            yield Moment(self.env).happen(END, duration)
            element.running = None
            self._finish(job, task, element.index)

    def _finish(self, job: Job, task: int, pe: int) -> None:
        """Announce the output of a task, at once or when it has been written to the memory."""
        self._ring()
        memory = self.instance.chip.memory_bandwidth
        for successor, volume in job.arcs.outputs[task]:
            if memory is None:
                self._provide(job, successor)
            else:
                self.env.process(self._write(job, successor, int(volume / memory[pe, 0])))
        job.left -= 1
        if not job.left:
            job.done.succeed()

    def _write(self, job: Job, successor: int, delay: int) -> Process:
        """A transfer from a processing element to the shared memory."""
        yield Moment(self.env).happen(END, delay)
        self._provide(job, successor)

    def _provide(self, job: Job, task: int) -> None:
        """One more input of a task can be fetched."""
        job.awaited[task] -= 1
        if not job.awaited[task]:
            self._make_ready(job, task)

    def _make_ready(self, job: Job, task: int) -> None:
        job.ready_us[task] = self.now_us
        self.ready.append((job.arrival, task))
        self._ring()

    def _fetch(self, item: Item, element: Element, delay: int) -> Process:
        """A transfer to the element that a task is mapped to; transfers do not disturb others."""
        yield Moment(self.env).happen(END, delay)
        item.missing -= 1
        if not item.missing and element.running is None:
            self._ring()

    def transfer_delays(self, job: Job, task: int, pe: int) -> list[int]:
        """How much later than now each input of a ready task would reach an element.

        Args:
            job: A job in work.
            task: One of its ready tasks.
            pe: An element.

        Returns:
            Remaining µs of each input if it had been sent for when the task became ready; what
            is already there has a negative or zero entry.
        """
        chip, delays = self.instance.chip, []
        for sender, volume in job.arcs.inputs[task]:
            if chip.memory_bandwidth is not None:
                sent = job.ready_us[task]
                lasts = int(volume / chip.memory_bandwidth[pe, 1])
            else:
                sent, origin = job.columns["end_us"][sender], job.columns["pe"][sender]
                lasts = 0 if origin == pe else int(volume / chip.bandwidth[origin, pe])
            delays.append(sent + lasts - self.now_us)
        return delays

    # -- decisions ----------------------------------------------------------------------------

    def _ring(self) -> None:
        """Something happened: the chip settles when all else of this time is done."""
        if self._rung:
            return
        self._rung = True
        # a callback and not a process, in which SimPy would wrap the errors of a policy
        Moment(self.env).happen(SETTLE).callbacks.append(self._answer)

    def _answer(self, _: simpy.Event) -> None:
        self._rung = False
        self._settle()

    def _settle(self) -> None:
        """Decide, then start what can start."""
        raise NotImplementedError

    def _map(self, item: Item, pe: int) -> None:
        """Record a mapping."""
        arrival, task = item.job.arrival, item.task
        if self.expected_us(arrival, task, pe) < 0:
            raise InfeasibleScheduleError(
                [f"Task {task} of arrival {arrival} is mapped to PE {pe} at {self.now_us} µs, but "
                 "that PE does not support it; choose one with an expected time of at least 0."]
            )  # fmt: skip
        self.ready.remove((arrival, task))
        record = {"pe": pe, "mapped_us": self.now_us, "order": self._decided}
        for name, value in record.items():
            item.job.columns[name][task] = value
        self._decided += 1

    def _start(self, element: Element, item: Item) -> None:
        element.running = item
        element.go.succeed(item)

    # -- the record ---------------------------------------------------------------------------

    def _schedule(self) -> SocSchedule:
        most = max(graph.num_tasks for graph in self.instance.graphs)
        count = len(self.jobs)

        def table(name: str) -> Any:  # noqa: ANN401 (nested lists)
            rows = [job.columns[name] for job in self.jobs]
            padded = [row + [NOT_YET] * (most - len(row)) for row in rows]
            return np.array(padded, dtype=np.int64).reshape(count, most)

        return SocSchedule(
            now_us=self.now_us,
            graph=self._realisation.graph[:count],
            arrival_us=np.array([job.arrival_us for job in self.jobs], dtype=np.int64),
            injected_us=np.array([job.injected_us for job in self.jobs], dtype=np.int64),
            lost=np.array([job.lost for job in self.jobs], dtype=np.bool_),
            pe=table("pe"),
            mapped_us=table("mapped_us"),
            order=table("order"),
            start_us=table("start_us"),
            end_us=table("end_us"),
        )
