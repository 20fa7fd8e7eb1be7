"""Levels of job shops."""

from dataclasses import replace

import numpy as np

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.jobshop.dynamics.problem import lower_bound, reward_scale
from dispatchlab.envs.jobshop.fixed_instances import FixedInstances
from dispatchlab.envs.jobshop.generator import JobShopGenerator, make_generator
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.random_shop import RandomJobShop
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.realise import Disturbances
from dispatchlab.envs.jobshop.structure import Structure
from dispatchlab.train.levels.base import Problem
from dispatchlab.train.levels.generated import GeneratedLevels, clipped
from dispatchlab.train.levels.jobshop_edits import EDITS, Shop

REFERENCE = "fdd-mwkr"
TARDINESS = "total_weighted_tardiness"


class JobShopLevels(GeneratedLevels[CpEncoding, Realisation, Shop]):
    """Levels of job shops; the reference is the rule FDD/MWKR, non-delay.

    The score is the lower bound over the objective. Since the bound knows the durations and the
    arrivals that will happen, though not the breakdowns, no objective is below it. The score of a
    tardiness T is ``S / (S + T)``, where S is the makespan bound times the mean weight: its own
    bound is 0 in most problems.
    """

    def __init__(self, generator: JobShopGenerator) -> None:
        """Keep the generator."""
        super().__init__(generator, EDITS)

    def reference(self, problem: Problem) -> float:
        """Objective of the rule."""
        played = run_dispatcher(PriorityRule(REFERENCE), [problem])[0]
        return float(played.info["objectives"][0])

    def judge(self, problem: Problem, objective: float, reference: float | None = None) -> float:
        """Lower bound over the objective, see the class; the reference is not needed."""
        happens = _as_it_happens(*problem)
        structure = Structure.of(happens)
        if happens.objective == TARDINESS:
            stakes = reward_scale(happens, structure)
            return clipped(stakes / (stakes + objective))
        return clipped(lower_bound(happens, structure) / max(objective, 1.0))

    def _stakes(self, problem: Problem) -> float:
        encoding, _ = problem
        return reward_scale(encoding, Structure.of(encoding))

    def _begin(self, instance: CpEncoding, realisation: Realisation) -> Shop:
        return Shop(instance, realisation.job_arrival)

    def _finish(
        self, rng: np.random.Generator, draft: Shop, task: Task
    ) -> tuple[CpEncoding, Realisation]:
        disturbances = _disturbances(self.generator, task)
        return draft.encoding, disturbances.draw(rng, draft.encoding, draft.arrival)

    def _sizes(self, draft: Shop) -> ProblemLimits:
        return ProblemLimits.of(draft.encoding, Structure.of(draft.encoding).num_lanes)


def make(spec: str) -> JobShopLevels:
    """The levels of a generator.

    Args:
        spec: See `dispatchlab.envs.jobshop.generator.make_generator`.

    Returns:
        The levels.
    """
    return JobShopLevels(make_generator(spec))


def _as_it_happens(encoding: CpEncoding, realisation: Realisation) -> CpEncoding:
    """The shop with the durations and arrivals that will happen as expected ones."""
    if realisation.is_nominal(encoding):
        return encoding
    return replace(
        encoding,
        mode_duration=realisation.mode_duration,
        release=np.maximum(encoding.release, realisation.job_arrival[encoding.job]),
    )


def _disturbances(generator: object, task: Task) -> Disturbances:
    """What may happen in the problems of a task."""
    if isinstance(generator, RandomJobShop):
        return generator.disturbances(task)
    return generator.disturbances if isinstance(generator, FixedInstances) else Disturbances()
