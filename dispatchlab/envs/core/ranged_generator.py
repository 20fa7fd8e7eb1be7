"""RangedGenerator: draws one of several problems, with settings from ranges."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.generator import DrawnT, OneT, SizesT
from dispatchlab.envs.core.task_space import Parameter, Task, TaskSpace


class RangedGenerator(Generic[OneT, DrawnT, SizesT]):
    """Draws problems whose settings are numbers or ranges, and what will happen in them.

    Ranges become the parameters of `task_space`. What a teacher does not choose is drawn uniformly.
    A family makes instances of values (`_make`), and says how large they may be (``_limits``) and
    what they are called (`_names`).

    Attributes:
        is_constant: Whether every draw has the same instance: never.
    """

    is_constant = False
    _limits: SizesT

    def __init__(
        self, choices: Sequence[Parameter], ranges: Sequence[Parameter],
        settings: Mapping[str, Any], draw: Callable[[np.random.Generator, OneT], DrawnT],
    ) -> None:  # fmt: skip
        """Tell ranges from single values.

        Args:
            choices: Indices in lists, see `index_of`.
            ranges: Parameters, narrowed to what was asked for.
            settings: Further settings, one value each.
            draw: Draws a realisation of an instance.
        """
        self._ranged = [p for p in ranges if p.low < p.high]
        self._settings = {p.name: p.cast(p.low) for p in ranges if p.low == p.high} | dict(settings)
        self._space = TaskSpace([*choices, *self._ranged])
        self._draw = draw

    @property
    def task_space(self) -> TaskSpace:
        """The indices in lists, and the settings that have a range."""
        return self._space

    @property
    def limits(self) -> SizesT:
        """Largest sizes over the lists and the ranges."""
        return self._limits

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[OneT, DrawnT]:
        """Draw an instance and what will happen in it.

        Args:
            rng: The only source of randomness.
            task: Values of parameters of `task_space`; those not given are drawn.

        Returns:
            The instance and its realisation.

        Raises:
            DispatchlabError: If the task names an unknown parameter or leaves its range.
        """
        instance = self._make(self._choose(rng, task), rng)
        return instance, self._draw(rng, instance)

    def __repr__(self) -> str:
        """The names and ranges."""
        parts = [str(self._names())]
        parts += [f"{p.name}=({p.low:g}, {p.high:g})" for p in self._ranged]
        parts += [f"{name}={value!r}" for name, value in self._settings.items()]
        return f"{type(self).__name__}({', '.join(parts)})"

    def _choose(self, rng: np.random.Generator, task: Mapping[str, float] | None) -> Task:
        """A value for every parameter of the task space."""
        return self._space.sample(rng) | self._space.chosen(task)

    def _make(self, values: Task, rng: np.random.Generator) -> OneT:
        """The instance of some values."""
        raise NotImplementedError

    def _names(self) -> list[str]:
        """Names of what is chosen from."""
        raise NotImplementedError


def index_of(name: str, count: int) -> list[Parameter]:
    """The parameter that chooses from a list.

    Args:
        name: What the list is of.
        count: Its length.

    Returns:
        The parameter; none if there is nothing to choose.

    Raises:
        InvalidInstanceError: If the list is empty.
    """
    if not count:
        raise InvalidInstanceError(f"The list of {name}s is empty; name at least one.")
    text = "index in the list"
    return [Parameter(name, 0, count - 1, 0, integer=True, description=text)] * (count > 1)
