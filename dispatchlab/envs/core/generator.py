"""Generator: where the problems of an environment come from."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import numpy as np

from dispatchlab.envs.core.task_space import TaskSpace

InstanceT = TypeVar("InstanceT", covariant=True)
RealisationT = TypeVar("RealisationT", covariant=True)
LimitsT = TypeVar("LimitsT", covariant=True)


class Generator(Protocol[InstanceT, RealisationT, LimitsT]):
    """Draws a problem and what will happen in it; benchmark sets are generators too."""

    @property
    def task_space(self) -> TaskSpace:
        """The parameters that a teacher may choose."""
        ...

    @property
    def limits(self) -> LimitsT:
        """Upper bounds of the sizes of everything that can be drawn."""
        ...

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[InstanceT, RealisationT]:
        """Draw an instance and its realisation.

        Args:
            rng: The only source of randomness.
            task: Parameters of `task_space`; those not given are drawn uniformly.

        Returns:
            What a scheduler may know, and what will actually happen.
        """
        ...
