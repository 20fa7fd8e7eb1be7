"""A schedule beside the data it is checked against."""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import NOT_YET, EdgeSchedule


class Case(NamedTuple):
    """A schedule beside the data it is checked against.

    Attributes:
        instance: The instance.
        realisation: What actually happened.
        schedule: The schedule.
        model: Model of each task.
        arrival: When each task arrives.
        deadline: Until when it must end to be on time.
        is_over: Whether every task has ended.
    """

    instance: EdgeInstance
    realisation: EdgeRealisation
    schedule: EdgeSchedule
    model: list[int]
    arrival: list[int]
    deadline: list[int]
    is_over: bool

    def name(self, task: int) -> str:
        """The task as the subject of a sentence."""
        return f"Task {task} ({self.instance.models[self.model[task]].name})"

    def alias(self, task: int) -> str:
        """The task within a sentence."""
        return f"task {task} ({self.instance.models[self.model[task]].name})"

    def cloud_ms(self, task: int, sent_ms: int) -> int:
        """How long a task takes in the cloud, transfers included.

        Args:
            task: The task.
            sent_ms: When it is sent.

        Returns:
            Execution, the extra latency at that time and the upload; at most the time-out.
        """
        real, most = self.realisation, self.instance.cloud_timeout_ms
        second, rest = divmod(sent_ms, 1000)
        low, high = real.latency_ms[np.minimum([second, second + 1], len(real.latency_ms) - 1)]
        extra = ((1000 - rest) * int(low) + rest * int(high)) // 1000
        total = int(real.cloud_exec_ms[task]) + extra + self._upload_ms(sent_ms)
        return min(most, total)

    def _upload_ms(self, sent_ms: int) -> int:
        """The ms in which bits are left to be sent, counted ms by ms up to the time-out."""
        bandwidth, bits = self.realisation.bandwidth_kbps, 8 * self.instance.upload_bytes
        if not len(bandwidth) or not bits:
            return 0
        most = self.instance.cloud_timeout_ms
        for span in (100, 1000, most):  # few uploads take long
            seconds = np.arange(sent_ms, sent_ms + span) // 1000
            sent_bits = np.cumsum(bandwidth[seconds % len(bandwidth)])
            if sent_bits[-1] >= bits:
                return int(np.sum(sent_bits < bits)) + 1
        return most


def gather(instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule) -> Case:
    """Put a schedule beside its data.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: A schedule whose arrays have the right shapes.

    Returns:
        The case to check.
    """
    model, arrival = realisation.model.tolist(), realisation.arrival_ms.tolist()
    deadline = [
        time + instance.models[m].deadline_ms for time, m in zip(arrival, model, strict=True)
    ]
    is_over = bool(np.all(schedule.outcome != NOT_YET))
    return Case(instance, realisation, schedule, model, arrival, deadline, is_over)
