"""Outcome: what a day of a fleet came to."""

from dataclasses import dataclass

from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import NUM_PORTS, SEATS, SLOT
from dispatchlab.envs.uam.schedule import UamSchedule


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one day; money in US dollars.

    Attributes:
        revenue: Fares of those who boarded.
        operating_cost: Cost of the miles but for energy.
        energy_cost: Cost of the energy of all flights.
        flights: Flights that departed.
        empty_flights: Those without passengers.
        served: Passengers that boarded.
        requests: Passengers that came.
        seats: Seats of one aircraft.
        decisions: Decisions taken.
        runtime_s: Wall time.
        schedule: The legs and decisions of the day, if they were kept.
    """

    revenue: float
    operating_cost: float
    energy_cost: float
    flights: int
    empty_flights: int
    served: int
    requests: int
    seats: int
    decisions: int
    runtime_s: float
    schedule: UamSchedule | None = None

    @property
    def profit_usd(self) -> float:
        """What is left of the revenue: the objective."""
        return self.revenue - self.operating_cost - self.energy_cost

    @property
    def served_share(self) -> float:
        """Share of those who came that have boarded."""
        return self.served / max(1, self.requests)

    @property
    def empty_share(self) -> float:
        """Share of the flights without passengers."""
        return self.empty_flights / max(1, self.flights)

    @property
    def load_factor(self) -> float:
        """Share of the seats of all flights that were taken."""
        return self.served / max(1, self.flights * self.seats)

    @classmethod
    def of(cls, dynamics: Dynamics, row: int, runtime_s: float, *, log: bool) -> "Outcome":
        """Read a row that is over."""
        revenue, operation, energy = dynamics.state.money[row].tolist()
        flights, empty = dynamics.flights()[row].tolist()
        slot = int(dynamics.state.row[row, SLOT])
        counts = dynamics.problem.counts[slot]
        return cls(
            revenue=revenue,
            operating_cost=operation,
            energy_cost=energy,
            flights=flights,
            empty_flights=empty,
            served=int(dynamics.tasks_completed()[row]),
            requests=int(dynamics.problem.offset[slot, int(counts[NUM_PORTS]) ** 2]),
            seats=int(counts[SEATS]),
            decisions=int(dynamics.decisions()[row]),
            runtime_s=runtime_s,
            schedule=dynamics.schedule(row) if log else None,
        )
