"""What a run trains and validates on: environments, and problems drawn with reserved seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.rollout import Problem, limits_of
from dispatchlab.envs.core.task_space import TaskSpace
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv
from dispatchlab.envs.jobshop.generator import make_generator
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.train.config import TrainConfig

# Training seeds its rows without a spawn key, so no training stream equals one of these.
RESERVED_KEY = 0x7A11DA7E


def regret(dynamics: Dynamics) -> npt.NDArray[np.float64]:
    """Potential: lower bound of the partial schedule above the one of the instance.

    Unlike ``"bound"`` it does not charge the first decision for what no decision can change: a
    step in the returns that the value network would have to learn before anything else.
    """
    return dynamics.state.bound - dynamics.initial_bound()


def make_training_env(config: TrainConfig) -> CPSchedulingVectorEnv:
    """The vector environment that a run trains on; rewards are divided by the lower bound."""
    return CPSchedulingVectorEnv(
        config.num_envs,
        generator=config.generator,
        semantics=config.semantics,
        stop_at=config.stop_at,
        observation=config.observation,
        reward=regret if config.reward == "regret" else config.reward,
        reward_scale="bound",
    )


def make_play_env(
    config: TrainConfig, problems: Sequence[Problem], copies: int = 1
) -> CPSchedulingVectorEnv:
    """An environment whose row b plays problem ``b % len(problems)`` and stays at its end."""
    return CPSchedulingVectorEnv(
        len(problems) * copies,
        generator=GivenProblems(problems),
        semantics=config.semantics,
        stop_at=config.stop_at,
        observation=config.observation,
        autoreset="disabled",
    )


def draw_problems(spec: str, count: int) -> list[Problem]:
    """Draw validation problems, the same ones in every run.

    Args:
        spec: Generator.
        count: How many.

    Returns:
        Instances and their realisations.
    """
    generator = make_generator(spec)
    sequences = np.random.SeedSequence(RESERVED_KEY, spawn_key=(RESERVED_KEY,)).spawn(count)
    return [generator.sample(np.random.default_rng(sequence)) for sequence in sequences]


def named_problems(names: Sequence[str]) -> list[Problem]:
    """Benchmark instances by name or file, as expected."""
    encodings = [load_instance(name) for name in names]
    return [(encoding, Realisation.nominal(encoding)) for encoding in encodings]


class GivenProblems:
    """A list of problems, realisations included, handed out in turn."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems."""
        self.problems = tuple(problems)
        self.turn = 0
        self._limits = limits_of(self.problems)

    @property
    def task_space(self) -> TaskSpace:
        """Empty."""
        return TaskSpace()

    @property
    def limits(self) -> ProblemLimits:
        """Largest sizes over the list."""
        return self._limits

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[Any, Any]:
        """The next problem."""
        self.turn += 1
        return self.problems[(self.turn - 1) % len(self.problems)]
