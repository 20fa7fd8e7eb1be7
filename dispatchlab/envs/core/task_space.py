"""TaskSpace: the named parameters of a generator, from which teachers choose tasks."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError

Task = dict[str, float]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dimension of a task.

    Attributes:
        name: Identifier.
        low: Smallest value.
        high: Largest value.
        default: Value where none is chosen.
        unit: Unit of the value, ``"1"`` for none.
        integer: Whether the value is a whole number.
        description: What it does, in a few words.

    Raises:
        DispatchlabError: If the bounds, the default and the kind contradict each other.
    """

    name: str
    low: float
    high: float
    default: float
    unit: str = "1"
    integer: bool = False
    description: str = ""

    def __post_init__(self) -> None:
        """Check the bounds once."""
        values = (self.low, self.default, self.high)
        if not all(math.isfinite(v) for v in values) or not self.low <= self.default <= self.high:
            raise DispatchlabError(
                f"Parameter {self.name!r} runs from {self.low} to {self.high} with default "
                f"{self.default}; give finite numbers with low <= default <= high."
            )
        if self.integer and any(v != round(v) for v in values):
            raise DispatchlabError(
                f"Parameter {self.name!r} is an integer, but its bounds and default are {values}; "
                "give whole numbers."
            )

    def cast(self, value: float) -> float:
        """An int for an integer parameter (rounded), a float otherwise."""
        return round(value) if self.integer else float(value)


@dataclass(frozen=True)
class TaskSpace(Mapping[str, Parameter]):
    """Parameters by name; a task is a dictionary with one number for each.

    Attributes:
        parameters: The parameters, in the order of the normalised vector.

    Raises:
        DispatchlabError: If two parameters share a name.
    """

    parameters: tuple[Parameter, ...] = ()

    def __init__(self, parameters: Iterable[Parameter] = ()) -> None:
        """Keep the parameters."""
        object.__setattr__(self, "parameters", tuple(parameters))
        names = self.names
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DispatchlabError(f"The parameter {twice!r} is given twice; rename one.")

    def __getitem__(self, name: str) -> Parameter:
        """The parameter of that name."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names)

    def __len__(self) -> int:
        """Number of parameters."""
        return len(self.parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def defaults(self) -> Task:
        """The task in which every parameter has its default."""
        return {p.name: p.cast(p.default) for p in self.parameters}

    def validate(self, task: Mapping[str, float] | None = None) -> Task:
        """Check a task.

        Args:
            task: Values by name; those not given get their defaults.

        Returns:
            A complete task, integers as int.

        Raises:
            DispatchlabError: If a name is unknown or a value is no number or out of range.
        """
        return self.defaults() | self.chosen(task)

    def chosen(self, task: Mapping[str, float] | None) -> Task:
        """Check a task that leaves the rest to chance.

        Args:
            task: Values by name, or None.

        Returns:
            The values that were given, integers as int.

        Raises:
            DispatchlabError: If a name is unknown or a value is no number or out of range.
        """
        return {name: self._checked(name, value) for name, value in (task or {}).items()}

    def clip(self, task: Mapping[str, float]) -> Task:
        """Bring a task into range.

        Args:
            task: Values by name; those not given get their defaults.

        Returns:
            A complete task, with every value rounded and clipped into its bounds.

        Raises:
            DispatchlabError: If a name is unknown or a value is not a number.
        """
        clipped = self.defaults()
        for name, value in task.items():
            number = self._number(name, value)
            parameter = self[name]
            clipped[name] = parameter.cast(min(max(number, parameter.low), parameter.high))
        return clipped

    def normalise(self, task: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """Map a task to the unit cube.

        Args:
            task: Values by name; those not given get their defaults.

        Returns:
            ``(d,)`` vector in [0, 1]; 0 for a parameter with a single value.

        Raises:
            DispatchlabError: If the task is invalid.
        """
        checked = self.validate(task)
        return np.array(
            [
                (checked[p.name] - p.low) / (p.high - p.low) if p.high > p.low else 0.0
                for p in self.parameters
            ],
            dtype=np.float64,
        )

    def denormalise(self, vector: npt.ArrayLike) -> Task:
        """Map a point of the unit cube to a task.

        Args:
            vector: ``(d,)`` numbers; values outside [0, 1] are clipped.

        Returns:
            The task, integers rounded.

        Raises:
            DispatchlabError: If the vector has another length or holds NaN.
        """
        point = np.asarray(vector, dtype=np.float64)
        if point.shape != (len(self),) or np.isnan(point).any():
            raise DispatchlabError(
                f"The task vector {point.tolist()} does not fit; give {len(self)} numbers between "
                "0 and 1."
            )
        return {
            p.name: p.cast(min(p.low + (p.high - p.low) * min(max(float(x), 0.0), 1.0), p.high))
            for p, x in zip(self.parameters, point, strict=True)
        }

    def sample(self, rng: np.random.Generator) -> Task:
        """Draw a task uniformly.

        Args:
            rng: Source of randomness.

        Returns:
            The task; every integer of a range is equally likely.
        """
        return {
            p.name: int(rng.integers(round(p.low), round(p.high) + 1))
            if p.integer
            else float(rng.uniform(p.low, p.high))
            for p in self.parameters
        }

    def __str__(self) -> str:
        """A table with one line per parameter."""
        lines = [f"TaskSpace of {len(self)} parameters"]
        lines += [
            f"  {p.name}: {p.low:g} to {p.high:g} {'' if p.unit == '1' else p.unit} "
            f"(default {p.default:g}) {p.description}".rstrip()
            for p in self.parameters
        ]
        return "\n".join(lines)

    def _checked(self, name: str, value: float) -> float:
        number = self._number(name, value)
        parameter = self[name]
        if not parameter.low <= number <= parameter.high:
            raise DispatchlabError(
                f"The task has {name} = {value}; it must be between {parameter.low:g} and "
                f"{parameter.high:g}."
            )
        if parameter.integer and number != round(number):
            raise DispatchlabError(f"The task has {name} = {value}; it must be a whole number.")
        return parameter.cast(number)

    def _number(self, name: str, value: float) -> float:
        """A known name and a number that is not NaN."""
        if name not in self.names:
            known = ", ".join(self.names) or "none: every parameter of this generator is fixed"
            raise DispatchlabError(f"The task parameter {name!r} is unknown; there are: {known}.")
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isnan(number):
            raise DispatchlabError(f"The task has {name} = {value!r}; give a number.")
        return number
