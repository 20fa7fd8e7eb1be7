"""Realisation: what will actually happen in one episode, drawn once at reset."""

from dataclasses import dataclass

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import CpEncoding


@dataclass(frozen=True, slots=True)
class Realisation:
    """Actual durations, job arrivals and machine breakdowns.

    A breakdown pauses the activity that runs on the resource; it resumes after the repair.
    Breakdowns are allowed on capacity-1 resources only. A scheduler never reads this object.

    Attributes:
        mode_duration: ``(M,)`` processing times that will be observed.
        job_arrival: ``(J,)`` times at which the jobs become known and available.
        down_ptr: ``(R+1,)`` offsets of each resource's breakdowns.
        down_start: ``(D,)`` breakdown times, ascending and disjoint within a resource.
        down_end: ``(D,)`` repair times.
    """

    mode_duration: IntArray
    job_arrival: IntArray
    down_ptr: IntArray
    down_start: IntArray
    down_end: IntArray

    @classmethod
    def nominal(cls, encoding: CpEncoding) -> "Realisation":
        """The realisation in which everything happens as expected."""
        return cls(
            mode_duration=encoding.mode_duration,
            job_arrival=np.zeros(encoding.num_jobs, np.int64),
            down_ptr=np.zeros(encoding.num_resources + 1, np.int64),
            down_start=np.zeros(0, np.int64),
            down_end=np.zeros(0, np.int64),
        )

    def is_nominal(self, encoding: CpEncoding) -> bool:
        """Whether nothing differs from the expectation."""
        return (
            len(self.down_start) == 0
            and not self.job_arrival.any()
            and np.array_equal(self.mode_duration, encoding.mode_duration)
        )

    def check(self, encoding: CpEncoding) -> None:
        """Raise `InvalidInstanceError` unless this realisation fits the encoding."""
        expected = (encoding.num_modes, encoding.num_jobs, encoding.num_resources + 1)
        given = (len(self.mode_duration), len(self.job_arrival), len(self.down_ptr))
        if expected != given:
            raise InvalidInstanceError(
                f"The realisation has {given[0]} modes, {given[1]} jobs and {given[2] - 1} "
                f"resources, but {encoding.name} has {expected[0]}, {expected[1]} and "
                f"{expected[2] - 1}; draw it from the same generator."
            )
        vanished = np.flatnonzero((self.mode_duration <= 0) & (encoding.mode_duration > 0))
        if len(vanished):
            raise InvalidInstanceError(
                f"Mode {vanished[0]} is expected to take {encoding.mode_duration[vanished[0]]} but "
                f"would take {self.mode_duration[vanished[0]]}; draw at least 1."
            )
        broken = np.flatnonzero(np.diff(self.down_ptr) > 0)
        shared = broken[encoding.resource_capacity[broken] > 1]
        if len(shared):
            raise InvalidInstanceError(
                f"Resource {shared[0]} has capacity {encoding.resource_capacity[shared[0]]} and "
                "breakdowns; only capacity-1 resources may break down."
            )
