"""Schedule: the learning rate as a function of the decisions that have been played."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, Protocol

from dispatchlab.envs.core.errors import DispatchlabError


class Schedule(Protocol):
    """A learning rate over a run; the same arguments give the same rate.

    Attributes:
        source: Where it comes from, for people.
    """

    source: ClassVar[str]

    def rate(self, peak: float, done: float, total: float) -> float:
        """The learning rate of an update.

        Args:
            peak: The largest rate, which is the training setting ``learning_rate``.
            done: Decisions played so far, those of this update included.
            total: Decisions of the whole run.

        Returns:
            The rate.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A schedule in closed form that may begin with a linear warm-up from zero.

    A length of time is a share of the run if it is 1 at most, and a number of decisions otherwise:
    with lengths in decisions alone a schedule does not depend on where the run ends.

    Attributes:
        warm_up: Length of the warm-up.
    """

    source: ClassVar[str] = ""
    lengths: ClassVar[tuple[str, ...]] = ("warm_up",)
    shares: ClassVar[tuple[str, ...]] = ("end",)

    warm_up: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in self.lengths:
            if not given[name] >= 0:
                raise DispatchlabError(
                    f"{name} is {given[name]}: give a share of the run, or a number of decisions."
                )
        for name in self.shares:
            if name in given and not 0 <= given[name] <= 1:
                raise DispatchlabError(f"{name} is {given[name]}: give a number from 0 to 1.")
        parts = sum(given[name] for name in self.lengths if given[name] <= 1)
        if parts > 1 + 1e-9:
            raise DispatchlabError(
                f"{' and '.join(self.lengths)} are {parts:g} of the run together: leave no more "
                "than 1."
            )

    def rate(self, peak: float, done: float, total: float) -> float:
        """The learning rate of an update, see `Schedule`."""
        warm = length(self.warm_up, total)
        if done < warm:
            return self._after(peak, warm, warm, total) * max(done, 0.0) / warm
        return self._after(peak, done, warm, total)

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        """The rate once the warm-up of so many decisions is over."""
        raise NotImplementedError


def length(value: float, total: float) -> float:
    """Decisions of a length of time that may be a share of the run."""
    return value * total if value <= 1 else value


def passed(done: float, start: float, end: float) -> float:
    """The share of a phase that is over, from 0 to 1; all of an empty phase."""
    return min(max((done - start) / (end - start), 0.0), 1.0) if end > start else 1.0


def _inverse_sqrt(share: float) -> float:
    """1 - f(t) / f(1) with f(t) = 1 / sqrt(1 + 10 t) - 1 (arXiv:2503.02844)."""
    return 1.0 - (1.0 / math.sqrt(1.0 + 10.0 * share) - 1.0) / (1.0 / math.sqrt(11.0) - 1.0)


# From 1 at the start of a phase to 0 at its end.
SHAPES: dict[str, Callable[[float], float]] = {
    "linear": lambda share: 1.0 - share,
    "cosine": lambda share: (1.0 + math.cos(math.pi * share)) / 2.0,
    "1-sqrt": lambda share: 1.0 - math.sqrt(share),
    "inv-sqrt": _inverse_sqrt,
}


def check_shape(shape: str) -> None:
    """Refuse a shape that does not exist."""
    if shape not in SHAPES:
        raise DispatchlabError(f"shape is {shape!r}: choose one of {', '.join(SHAPES)}.")
