"""Levels of drone fleets at an edge."""

import numpy as np

from dispatchlab.baselines.edge.rollout import run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.core.task_space import Task
from dispatchlab.envs.edge.generator import EdgeGenerator, make_generator
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.realisation import EdgeRealisation, draw
from dispatchlab.train.levels.base import Problem
from dispatchlab.train.levels.edge_edits import EDITS
from dispatchlab.train.levels.generated import GeneratedLevels

REFERENCE = "marginal"


class EdgeLevels(GeneratedLevels[EdgeInstance, EdgeRealisation, EdgeInstance]):
    """Levels of drone fleets at an edge; the reference is the rule of marginal utility.

    The score is the utility over that of the reference, times
    `dispatchlab.train.levels.generated.PAR`, cut to [0, 1].
    """

    def __init__(self, generator: EdgeGenerator) -> None:
        """Keep the generator."""
        super().__init__(generator, EDITS)

    def reference(self, problem: Problem) -> float:
        """Minus the utility of the rule."""
        return -run_dispatcher(EdgeRule(REFERENCE), [problem], log=False)[0].utility

    def judge(self, problem: Problem, objective: float, reference: float | None = None) -> float:
        """Utility over that of the reference, see the class."""
        return self._profit_score(problem, objective, reference)

    def _stakes(self, problem: Problem) -> float:
        """Utility of all tasks, each in time on the edge."""
        instance: EdgeInstance = problem[0]
        return instance.num_tasks * float(np.maximum(instance.edge_utility, 0.0).mean())

    def _begin(self, instance: EdgeInstance, realisation: EdgeRealisation) -> EdgeInstance:
        return instance

    def _finish(
        self, rng: np.random.Generator, draft: EdgeInstance, task: Task
    ) -> tuple[EdgeInstance, EdgeRealisation]:
        return draft, draw(rng, draft)

    def _sizes(self, draft: EdgeInstance) -> EdgeLimits:
        return EdgeLimits.of(draft)


def make(spec: str) -> EdgeLevels:
    """The levels of a generator.

    Args:
        spec: See `dispatchlab.envs.edge.generator.make_generator`.

    Returns:
        The levels.
    """
    return EdgeLevels(make_generator(spec))
