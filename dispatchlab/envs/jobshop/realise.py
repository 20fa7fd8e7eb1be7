"""Drawing realisations: arrivals, duration noise and breakdowns; all are off by default."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation

_HIGHEST = {"duration_noise": 10.0, "mean_time_to_repair": 1e9, "max_breakdowns": 10_000}
_LONGEST = 2.0**40  # more than any schedule lasts, and sums of it still fit 64 bits


@dataclass(frozen=True, slots=True)
class Disturbances:
    """What may differ from the expectation.

    Attributes:
        arrival_load: Jobs arrive one by one in a Poisson process (the first at time 0), at the
            rate that keeps the resources busy for this share of the time; 0: all jobs are there
            at time 0.
        duration_noise: Coefficient of variation of the processing times: a log-normal factor of
            mean 1 per activity, rounded, at least 1. At most 10.
        breakdown_rate: Breakdowns of each capacity-1 resource per time unit of operation.
        mean_time_to_repair: Mean of the exponential repair times.
        max_breakdowns: Breakdowns drawn for each resource; later ones do not happen.
    """

    arrival_load: float = 0.0
    duration_noise: float = 0.0
    breakdown_rate: float = 0.0
    mean_time_to_repair: float = 50.0
    max_breakdowns: int = 8

    def __post_init__(self) -> None:
        """Refuse negative numbers, NaN and what would overflow."""
        for name in self.__slots__:
            value, highest = getattr(self, name), _HIGHEST.get(name)
            is_number = isinstance(value, Real)
            if not is_number or not 0 <= value < float("inf"):
                raise InvalidInstanceError(f"{name} is {value!r}; give a non-negative number.")
            if highest is not None and value > highest:
                raise InvalidInstanceError(f"{name} is {value!r}; give at most {highest:g}.")
        if self.max_breakdowns != int(self.max_breakdowns):
            raise InvalidInstanceError(
                f"max_breakdowns is {self.max_breakdowns!r}; give a whole number."
            )
        if self.breakdown_rate > 0 and self.mean_time_to_repair <= 0:
            raise InvalidInstanceError("mean_time_to_repair is 0; breakdowns need a positive one.")

    def arrivals(self, rng: np.random.Generator, jobs: int, work_per_resource: float) -> IntArray:
        """Draw when the jobs arrive.

        Args:
            rng: Source of randomness.
            jobs: Number of jobs.
            work_per_resource: Total processing time divided by the number of resources.

        Returns:
            ``(J,)`` ascending arrival times.
        """
        if self.arrival_load <= 0:
            return np.zeros(jobs, np.int64)
        gaps = rng.exponential(work_per_resource / jobs / self.arrival_load, jobs)
        gaps[0] = 0.0
        return np.cumsum(np.minimum(gaps, _LONGEST)).astype(np.int64)

    def draw(
        self,
        rng: np.random.Generator,
        encoding: CpEncoding,
        arrival: IntArray | None = None,
    ) -> Realisation:
        """Draw a realisation.

        Args:
            rng: Source of randomness.
            encoding: The expectation.
            arrival: ``(J,)`` arrivals drawn before; drawn here by default.

        Returns:
            The realisation.
        """
        if arrival is None:
            work = float(encoding.mode_duration[encoding.mode_ptr[:-1]].sum())
            share = work / max(encoding.num_resources, 1)
            arrival = self.arrivals(rng, encoding.num_jobs, share)
        down_ptr, down_start, down_end = self._breakdowns(rng, encoding)
        return Realisation(
            mode_duration=self._durations(rng, encoding),
            job_arrival=arrival,
            down_ptr=down_ptr,
            down_start=down_start,
            down_end=down_end,
        )

    def breakdowns_of(self, encoding: CpEncoding) -> int:
        """Number of breakdowns that `draw` puts into a realisation of an encoding."""
        if self.breakdown_rate <= 0:
            return 0
        return self.max_breakdowns * int((encoding.resource_capacity == 1).sum())

    def _durations(self, rng: np.random.Generator, encoding: CpEncoding) -> IntArray:
        if self.duration_noise <= 0:
            return encoding.mode_duration
        factor = log_normal_factors(rng, self.duration_noise, encoding.num_activities)
        expected = encoding.mode_duration
        actual = np.maximum(1, np.round(expected * factor[encoding.mode_activity]))
        return np.where(expected == 0, 0, actual).astype(np.int64)

    def _breakdowns(
        self, rng: np.random.Generator, encoding: CpEncoding
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Exponential times of operation and of repair, alternating."""
        none = np.zeros(0, np.int64)
        if self.breakdown_rate <= 0:
            return np.zeros(encoding.num_resources + 1, np.int64), none, none
        breakable = encoding.resource_capacity == 1
        shape = (int(breakable.sum()), self.max_breakdowns)
        # At least one time unit up and one down keeps the windows disjoint.
        up = _whole(rng.exponential(1.0 / self.breakdown_rate, shape))
        down = _whole(rng.exponential(self.mean_time_to_repair, shape))
        up, down = np.maximum(up, 1), np.maximum(down, 1)
        end = np.cumsum(up + down, axis=1)
        ptr = np.concatenate([[0], np.cumsum(breakable * self.max_breakdowns)]).astype(np.int64)
        return ptr, (end - down).ravel(), end.ravel()


def _whole(times: npt.NDArray[np.float64]) -> IntArray:
    """Times, rounded up."""
    return np.ceil(np.minimum(times, _LONGEST)).astype(np.int64)


def log_normal_factors(
    rng: np.random.Generator, variation: float, count: int
) -> npt.NDArray[np.float64]:
    """Log-normal factors of mean 1.

    Args:
        rng: Source of randomness.
        variation: Coefficient of variation.
        count: How many.

    Returns:
        ``(count,)`` positive numbers.
    """
    variance = np.log1p(variation**2)
    return rng.lognormal(-variance / 2, np.sqrt(variance), count)
