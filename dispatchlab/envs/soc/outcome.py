"""Outcome: what an episode on a chip came to."""

import math
from dataclasses import dataclass

from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.schedule import SocSchedule


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one episode; only latency and completed jobs leave the warm-up out.

    Attributes:
        latency_us: Mean latency of the completed jobs; NaN without any.
        completed: Completed jobs.
        arrived: Jobs that arrived in the whole episode.
        lost: Those of them that found the system full.
        blocked_us: Time for which the source was blocked, in the whole episode.
        in_system: Jobs in the system at the end.
        job_time_us: Integral of the jobs in the system: the objective.
        makespan_us: When the episode ended.
        decisions: Decisions taken.
        tasks: Tasks completed.
        runtime_s: Wall time.
        schedule: What happened to every task, if it was kept.
    """

    latency_us: float
    completed: int
    arrived: int
    lost: int
    blocked_us: int
    in_system: int
    job_time_us: float
    makespan_us: int
    decisions: int
    tasks: int
    runtime_s: float
    schedule: SocSchedule | None = None

    @classmethod
    def of(cls, dynamics: Dynamics, row: int, runtime_s: float, *, log: bool) -> "Outcome":
        """Read a row that is over."""
        terms = dynamics.reward_terms(row)
        return cls(
            latency_us=terms["latency_us"] if terms["completed"] else math.nan,
            completed=int(terms["completed"]),
            arrived=int(terms["arrived"]),
            lost=int(terms["lost"]),
            blocked_us=int(terms["blocked_us"]),
            in_system=int(terms["in_system"]),
            job_time_us=terms["job_time_us"],
            makespan_us=dynamics.now(row),
            decisions=int(dynamics.decisions()[row]),
            tasks=int(dynamics.tasks_completed()[row]),
            runtime_s=runtime_s,
            schedule=dynamics.schedule(row) if log else None,
        )
