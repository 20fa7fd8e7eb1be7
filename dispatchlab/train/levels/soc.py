"""Levels of task graphs on chips."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dispatchlab.baselines.soc.rollout import run_dispatcher
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.soc.generator import SocGenerator, make_generator
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.realisation import SocRealisation, draw
from dispatchlab.train.levels.base import Problem
from dispatchlab.train.levels.generated import PAR, GeneratedLevels, clipped
from dispatchlab.train.levels.soc_edits import EDITS

REFERENCE = "etf"


class SocLevels(GeneratedLevels[SocInstance, SocRealisation, SocInstance]):
    """Levels of task graphs on chips; the reference is the rule ETF.

    The objective is the integral of the jobs in the system over the completed jobs in µs, by
    Little's law their mean time in it. (The integral alone says nothing where the system is
    always full.) The score is that of the reference over that of the student, times
    `dispatchlab.train.levels.generated.PAR`, cut to [0, 1].
    """

    def __init__(self, generator: SocGenerator) -> None:
        """Keep the generator."""
        super().__init__(generator, EDITS)

    def objective(self, final: Mapping[str, Any], row: int) -> float:
        """Mean time of a completed job in the system, in µs."""
        terms = final["reward_terms"][row]
        return _time_per_job(terms["job_time_us"], terms["completed"])

    def reference(self, problem: Problem) -> float:
        """Mean time of a completed job under the rule, in µs."""
        outcome = run_dispatcher(SocRule(REFERENCE), [problem], log=False)[0]
        return _time_per_job(outcome.job_time_us, outcome.completed)

    def judge(self, problem: Problem, objective: float, reference: float | None = None) -> float:
        """Time of the reference over that of the student, see the class."""
        par = self.reference(problem) if reference is None else reference
        return clipped(PAR * par / max(objective, 1e-9))

    def _stakes(self, problem: Problem) -> float:
        return 0.0  # times of jobs are never near 0

    def _begin(self, instance: SocInstance, realisation: SocRealisation) -> SocInstance:
        return instance

    def _finish(
        self, rng: np.random.Generator, draft: SocInstance, task: Task
    ) -> tuple[SocInstance, SocRealisation]:
        return draft, draw(rng, draft)

    def _sizes(self, draft: SocInstance) -> SocLimits:
        return SocLimits.of(draft)


def make(spec: str) -> SocLevels:
    """The levels of a generator.

    Args:
        spec: See `dispatchlab.envs.soc.generator.make_generator`.

    Returns:
        The levels.
    """
    return SocLevels(make_generator(spec))


def _time_per_job(job_time_us: float, completed: float) -> float:
    """As if one job were complete where none is."""
    return job_time_us / max(completed, 1.0)
