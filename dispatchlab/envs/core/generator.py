"""Generator: where the problems of an environment come from."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from dispatchlab.envs.core.task_space import TaskSpace

InstanceT = TypeVar("InstanceT", covariant=True)
RealisationT = TypeVar("RealisationT", covariant=True)
LimitsT = TypeVar("LimitsT", covariant=True)
OneT = TypeVar("OneT")
DrawnT = TypeVar("DrawnT")
SizesT = TypeVar("SizesT")


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


class OneInstance(Generic[OneT, DrawnT, SizesT]):
    """Always the same instance; what happens in it is new in every episode.

    Attributes:
        instance: The instance.
        limits: Its sizes.
        is_constant: Whether every draw has the same instance: always.
    """

    is_constant = True

    def __init__(
        self, instance: OneT, limits: SizesT, draw: Callable[[np.random.Generator, OneT], DrawnT]
    ) -> None:
        """Keep the instance.

        Args:
            instance: The instance.
            limits: Its sizes.
            draw: Draws a realisation of it.
        """
        self.instance = instance
        self.limits = limits
        self._draw = draw

    @property
    def task_space(self) -> TaskSpace:
        """Empty."""
        return TaskSpace()

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[OneT, DrawnT]:
        """Draw what will happen.

        Args:
            rng: The only source of randomness.
            task: Must be empty.

        Returns:
            The instance and a realisation.

        Raises:
            DispatchlabError: If the task is not empty.
        """
        self.task_space.validate(task)
        return self.instance, self._draw(rng, self.instance)

    def __repr__(self) -> str:
        """The name."""
        instance: Any = self.instance
        return f"{type(self).__name__}({instance.name!r})"
