"""Validation problems: drawn with reserved seeds, and played in turn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.generator import Generator
from dispatchlab.envs.core.task_space import TaskSpace

# Training seeds its rows without a spawn key, so no training stream equals one of these.
RESERVED_KEY = 0x7A11DA7E


def draw_problems(
    generator: Generator[Any, Any, Any], count: int, *, key: int = RESERVED_KEY
) -> list[tuple[Any, Any]]:
    """Draw problems that training does not draw, the same ones in every run.

    Args:
        generator: Where they come from.
        count: How many.
        key: What they are for; validation by default. Other keys give other problems.

    Returns:
        Instances and their realisations.
    """
    sequences = np.random.SeedSequence(RESERVED_KEY, spawn_key=(key,)).spawn(count)
    return [generator.sample(np.random.default_rng(sequence)) for sequence in sequences]


class GivenProblems:
    """A list of problems, realisations included, handed out in turn.

    Attributes:
        limits: Sizes that hold all of them.
    """

    def __init__(self, problems: Sequence[tuple[Any, Any]], limits: Any) -> None:  # noqa: ANN401 (each family has its own)
        """Keep the problems."""
        self.problems = tuple(problems)
        self.limits = limits
        self.turn = 0

    @property
    def task_space(self) -> TaskSpace:
        """Empty."""
        return TaskSpace()

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[Any, Any]:
        """The next problem."""
        self.turn += 1
        return self.problems[(self.turn - 1) % len(self.problems)]
