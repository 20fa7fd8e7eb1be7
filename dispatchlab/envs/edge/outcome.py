"""Outcome: what an episode at an edge came to."""

from dataclasses import dataclass

from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.schedule import CLOUD_ON_TIME, EDGE_ON_TIME, EdgeSchedule


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one episode.

    Attributes:
        qos: QoS utility.
        qoe: Bonuses of the QoE windows.
        outcomes: How many tasks ended in each of the eight ways of `OUTCOMES`.
        decisions: Decisions taken.
        runtime_s: Wall time.
        schedule: What happened to every task, if it was kept.
    """

    qos: float
    qoe: float
    outcomes: tuple[int, ...]
    decisions: int
    runtime_s: float
    schedule: EdgeSchedule | None = None

    @property
    def utility(self) -> float:
        """QoS and QoE together."""
        return self.qos + self.qoe

    @property
    def tasks(self) -> int:
        """Tasks of the episode."""
        return sum(self.outcomes)

    @property
    def completion(self) -> float:
        """Share of the tasks that ended on time."""
        on_time = self.outcomes[EDGE_ON_TIME] + self.outcomes[CLOUD_ON_TIME]
        return on_time / max(1, self.tasks)

    @classmethod
    def of(cls, dynamics: Dynamics, row: int, runtime_s: float, *, log: bool) -> "Outcome":
        """Read a row that is over."""
        qos, qoe = dynamics.utility()[row].tolist()
        return cls(
            qos=qos,
            qoe=qoe,
            outcomes=tuple(dynamics.outcomes()[row].tolist()),
            decisions=int(dynamics.decisions()[row]),
            runtime_s=runtime_s,
            schedule=dynamics.schedule(row) if log else None,
        )
