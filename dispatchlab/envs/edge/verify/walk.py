"""The walk through the decisions: who waits when, what comes up, and what follows."""

import heapq
from typing import NamedTuple

from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD,
    DEFER,
    DROP,
    DROPPED_COST,
    DROPPED_TIME,
    EDGE,
    EDGE_FREE,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    IDLE,
    IN_CLOUD,
    NOT_YET,
    ON_EDGE,
    TRIGGER,
)
from dispatchlab.envs.edge.verify.case import Case
from dispatchlab.envs.edge.verify.shapes import KINDS

QUEUED, DEFERRED = "queued", "deferred"
ENDS, DEADLINE = "ends", "deadline"


class Fate(NamedTuple):
    """Where a task went by the decisions; the end and the outcome only of one that went nowhere."""

    place: int = NOT_YET
    start: int = NOT_YET
    outcome: int = NOT_YET
    end: int = NOT_YET


class Walk:
    """Goes through the times at which something happens, and takes the decisions of each.

    Attributes:
        violations: One sentence for every decision that could not be taken or is missing.
        fates: What the decisions do to each task.
    """

    def __init__(self, case: Case) -> None:
        """Nothing has arrived."""
        self.case = case
        self.violations: list[str] = []
        self.fates = [Fate()] * len(case.arrival)
        self._rows = case.schedule.decisions.tolist()
        self._waits: dict[int, str] = {}  # by task: whether queued or deferred
        self._triggers: dict[int, int] = {}
        self._next = 0  # task that arrives next
        self._free = 0  # when the edge gets free
        self._idles = False  # whether it was left idle at this time
        self._agenda = [(time, "arrival", task) for task, time in enumerate(case.arrival)]

    def run(self) -> None:
        """Walk to the schedule's time, or to the last decision if that is later."""
        taken, time, now = 0, 0, self.case.schedule.now_ms
        while self._agenda or taken < len(self._rows):
            coming = [entry[0] for entry in (*self._agenda[:1], *self._rows[taken : taken + 1])]
            time = max(time, min(coming))
            if time > now and taken == len(self._rows):
                return
            happens = self._pass_to(time)
            self._idles = False
            while taken < len(self._rows) and self._rows[taken][0] <= time:
                self._take(taken, time, happens)
                taken += 1
            if time < now:  # at the last time decisions may still be to come
                self._miss(time, happens)

    # -- time -----------------------------------------------------------------------------------

    def _pass_to(self, time: int) -> bool:
        """Let waiting tasks expire; whether anything happens at a time."""
        happens, expired = False, []
        while self._agenda and self._agenda[0][0] <= time:
            _, what, task = heapq.heappop(self._agenda)
            if what == DEADLINE and task in self._waits:
                expired.append(task)
            alive = what in ("arrival", ENDS) or task in self._waits
            happens |= alive and (what != "trigger" or self._waits[task] == DEFERRED)
        for task in expired:
            outcome = EXPIRED_EDGE if self._waits.pop(task) == QUEUED else EXPIRED_CLOUD
            self.fates[task] = Fate(outcome=outcome, end=time)
        return happens

    def _coming_up(self, time: int, happens: bool) -> tuple[int, int] | None:
        """Kind of the decision that comes next, and the task that it is about."""
        if self._next < len(self.fates) and self.case.arrival[self._next] <= time:
            return ARRIVAL, self._next
        due = [task for task, trigger in self._triggers.items()
               if trigger <= time and self._waits.get(task) == DEFERRED]  # fmt: skip
        if due:
            return TRIGGER, min(due)
        if happens and self._free <= time and not self._idles:
            runnable = [task for task in self._waits if self._can_run(task, time)]
            if runnable:
                return EDGE_FREE, min(runnable)
        return None

    def _can_run(self, task: int, time: int) -> bool:
        fastest = int(self.case.instance.edge_fastest_ms[self.case.model[task]])
        return time + fastest <= self.case.deadline[task]

    def _miss(self, time: int, happens: bool) -> None:
        """Note decisions that came up and were not taken."""
        while (due := self._coming_up(time, happens)) is not None:
            kind, task = due
            if kind == EDGE_FREE:
                self.violations.append(
                    f"The edge is free at {time} ms and {self.case.alias(task)} could run, but "
                    "nothing is decided."
                )
                return
            verb = "arrives" if kind == ARRIVAL else "is due"
            self.violations.append(
                f"{self.case.name(task)} {verb} at {time} ms, but nothing is decided on it then."
            )
            if kind == ARRIVAL:
                self._next += 1
            self._triggers.pop(task, None)

    # -- decisions ------------------------------------------------------------------------------

    def _take(self, index: int, time: int, happens: bool) -> None:
        """Judge a decision, and take it if its task is there."""
        at, kind, task, verb, trigger = self._rows[index]
        due = self._coming_up(time, happens)
        for why in self._objections(at, time, kind, due):
            self._object(index, why)
        if verb == IDLE:
            self._idles = True
            if kind != EDGE_FREE:
                self._object(index, "idles, which is only possible when the edge is free")
            return
        pointed = due is not None and due[0] != EDGE_FREE and task == due[1]
        if not pointed and task not in self._waits:
            self._object(index, f"is on {self.case.alias(task)}, which does not wait then")
            return
        for why in self._wrongs(time, (kind, task, verb, trigger), pointed):
            self._object(index, why)
        self._apply(time, kind, task, verb, trigger)
        self._next += task == self._next

    def _object(self, index: int, why: str) -> None:
        at = self._rows[index][0]
        self.violations.append(f"Decision {index} at {at} ms {why}.")

    def _objections(
        self, at: int, time: int, kind: int, due: tuple[int, int] | None
    ) -> list[str]:  # fmt: skip
        """What is wrong with the time or the kind of a decision."""
        found = []
        if at < time:
            found.append(f"comes after one at {time} ms")
        if time > self.case.schedule.now_ms:
            found.append(f"is beyond {self.case.schedule.now_ms} ms, which was played up to")
        if kind == EDGE_FREE and self._free > time:
            found.append(f"is taken while the edge is busy until {self._free} ms")
        elif due is None:
            found.append("is taken when there is nothing to decide")
        elif due[0] != kind:
            about = "" if due[0] == EDGE_FREE else f" of {self.case.alias(due[1])}"
            found.append(f"is of kind {KINDS[kind]}, but {KINDS[due[0]]}{about} comes first")
        return found

    def _wrongs(
        self, time: int, row: tuple[int, int, int, int], pointed: bool
    ) -> list[str]:  # fmt: skip
        """What is wrong with what is decided."""
        (kind, task, verb, trigger), case, found = row, self.case, []
        alias, model = case.alias(task), case.model[task]
        if verb == DEFER and (kind != ARRIVAL or not pointed):
            found.append(f"defers {alias}, which is only possible at its arrival")
        elif verb == DEFER and trigger <= time:
            found.append(f"defers {alias} to {trigger} ms, which is not later")
        elif verb != DEFER and trigger != NOT_YET:
            found.append(f"has trigger {trigger}, but it is no deferral: it must be -1")
        if verb == EDGE and kind != EDGE_FREE and not pointed:
            found.append(f"queues {alias}, but only the task that it is about can be queued")
        if verb == EDGE and kind == EDGE_FREE and not self._can_run(task, time):
            found.append(
                f"starts {alias} with {case.deadline[task] - time} ms left, but on the edge it "
                f"takes at least {case.instance.edge_fastest_ms[model]}"
            )
        fastest = int(case.instance.cloud_fastest_ms[model])
        if verb == CLOUD and time + fastest > case.deadline[task]:
            found.append(
                f"sends {alias} with {case.deadline[task] - time} ms left, but in the cloud it "
                f"takes at least {fastest}"
            )
        return found

    def _apply(self, time: int, kind: int, task: int, verb: int, trigger: int) -> None:
        """Let a decision have its effect."""
        was = self._waits.pop(task, None)
        self._triggers.pop(task, None)
        deadline, end = self.case.deadline[task], None
        if verb == DROP:
            model, left = self.case.instance.models[self.case.model[task]], deadline - time
            outcome = DROPPED_TIME if model.cloud_ms >= left else DROPPED_COST
            outcome = EXPIRED_EDGE if was == QUEUED and model.edge_ms >= left else outcome
            self.fates[task] = Fate(outcome=outcome, end=time)
        elif verb == CLOUD:
            self.fates[task] = Fate(IN_CLOUD, time)
            end = time + self.case.cloud_ms(task, time)
        elif verb == EDGE and kind == EDGE_FREE:
            self.fates[task] = Fate(ON_EDGE, time)
            end = self._free = time + int(self.case.realisation.edge_time_ms[task])
        else:
            self._waits[task] = QUEUED if verb == EDGE else DEFERRED
            if verb == DEFER:
                self._triggers[task] = trigger
                heapq.heappush(self._agenda, (trigger, "trigger", task))
            if was is None:
                heapq.heappush(self._agenda, (deadline, DEADLINE, task))
        if end is not None:
            heapq.heappush(self._agenda, (end, ENDS, task))
