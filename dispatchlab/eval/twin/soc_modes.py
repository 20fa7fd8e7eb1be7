"""How the elements of `SocTwin` choose what to start: by queues of decisions, or by a plan."""

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import NOT_YET
from dispatchlab.eval.twin.soc import Planner, Policy
from dispatchlab.eval.twin.soc_parts import Item
from dispatchlab.eval.twin.soc_world import World


class DispatchedWorld(World):
    """A policy maps ready tasks; each element has a queue, in which later tasks may overtake."""

    def __init__(
        self, instance: SocInstance, realisation: SocRealisation, policy: Policy
    ) -> None:  # fmt: skip
        """Let the policy decide."""
        super().__init__(instance, realisation)
        self._policy = policy

    def _settle(self) -> None:
        self._ask(self._policy)
        self._start_queued()

    def _ask(self, policy: Policy) -> None:
        """Ask for decisions until all ready tasks are mapped, or the policy waits."""
        while self.ready:
            choice = policy(self)
            if choice is None:
                return
            arrival, task, pe = choice
            if (arrival, task) not in self.ready:
                raise InfeasibleScheduleError(
                    [f"Task {task} of arrival {arrival} is mapped at {self.now_us} µs, but it is "
                     "not ready; choose one of World.ready."]
                )  # fmt: skip
            job, element = self.jobs[arrival], self.elements[pe]
            late = self.now_us - job.ready_us[task]
            remaining = [delay + late for delay in self.transfer_delays(job, task, pe)]
            underway = [delay for delay in remaining if delay > 0]
            item = Item(job, task, len(underway))
            self._map(item, pe)
            element.queue.append(item)
            for delay in underway:
                self.env.process(self._fetch(item, element, delay))

    def _start_queued(self) -> None:
        """Each idle element starts the first task of its queue whose data is there."""
        for element in self.elements:
            if element.running is None:
                fit = next((item for item in element.queue if not item.missing), None)
                if fit is not None:
                    element.queue.remove(fit)
                    self._start(element, fit)


class PlannedWorld(World):
    """Each element starts the tasks planned on it strictly in their order."""

    def __init__(
        self, instance: SocInstance, realisation: SocRealisation, planner: Planner
    ) -> None:  # fmt: skip
        """Let the planner plan whenever jobs were injected."""
        super().__init__(instance, realisation)
        self._planner = planner
        self._plan: dict[tuple[int, int], tuple[int, int]] = {}

    def _settle(self) -> None:
        if self._news:
            self._news = False
            self._plan.update(self._planner(self))
        for element in self.elements:
            head = self._head(element.index) if element.running is None else None
            if head is None or (head.job.arrival, head.task) not in self.ready:
                continue
            delay = max(self.transfer_delays(head.job, head.task, element.index), default=0)
            if delay <= 0:
                self._map(head, element.index)
                self._start(element, head)
            else:
                self.env.process(self._fetch(Item(head.job, head.task, 1), element, delay))

    def _head(self, pe: int) -> Item | None:
        """The unstarted task of lowest rank that is planned on an element."""
        best: tuple[int, int, int] | None = None
        for job in self.jobs:
            if job.injected_us == NOT_YET or not job.left:
                continue
            for task, order in enumerate(job.columns["order"]):
                if order != NOT_YET:
                    continue
                planned = self._plan.get((job.arrival, task))
                if planned is None:
                    raise InfeasibleScheduleError(
                        [f"Task {task} of arrival {job.arrival} has no place in the plan at "
                         f"{self.now_us} µs; plan all tasks of the jobs in work."]
                    )  # fmt: skip
                key = (planned[1], job.arrival, task)
                if planned[0] == pe and (best is None or key < best):
                    best = key
        return None if best is None else Item(self.jobs[best[1]], best[2])
