"""Levels of air-taxi fleets."""

import numpy as np

from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.uam.demand import load_of
from dispatchlab.envs.uam.generator import UamGenerator, make_generator
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.train.levels.base import Problem
from dispatchlab.train.levels.generated import GeneratedLevels
from dispatchlab.train.levels.uam_edits import EDITS

REFERENCE = "lookahead"


class UamLevels(GeneratedLevels[UamInstance, UamRealisation, UamInstance]):
    """Levels of air-taxi fleets; the reference is the rule ``lookahead``.

    The score is the profit over that of the reference, times
    `dispatchlab.train.levels.generated.PAR`, cut to [0, 1].
    """

    def __init__(self, generator: UamGenerator) -> None:
        """Keep the generator."""
        super().__init__(generator, EDITS)

    def reference(self, problem: Problem) -> float:
        """Minus the profit of the rule, in US dollars."""
        return -run_dispatcher(UamRule(REFERENCE), [problem], log=False)[0].profit_usd

    def judge(self, problem: Problem, objective: float, reference: float | None = None) -> float:
        """Profit over that of the reference, see the class."""
        return self._profit_score(problem, objective, reference)

    def _stakes(self, problem: Problem) -> float:
        """Fares of all passengers that are expected, or of as many as there are seats for."""
        instance: UamInstance = problem[0]
        fares = float((instance.demand * instance.fare_usd).sum())
        return fares / max(load_of(instance), 1.0)

    def _begin(self, instance: UamInstance, realisation: UamRealisation) -> UamInstance:
        return instance

    def _finish(
        self, rng: np.random.Generator, draft: UamInstance, task: Task
    ) -> tuple[UamInstance, UamRealisation]:
        return draft, draw(rng, draft)

    def _sizes(self, draft: UamInstance) -> UamLimits:
        return UamLimits.of(draft)


def make(spec: str) -> UamLevels:
    """The levels of a generator.

    Args:
        spec: See `dispatchlab.envs.uam.generator.make_generator`.

    Returns:
        The levels.
    """
    return UamLevels(make_generator(spec))
