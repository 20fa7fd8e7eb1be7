"""Tasks: the pieces that a comparison is cut into, the same whoever carries them out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import BatchMethod, Method


@dataclass(frozen=True, slots=True)
class Play:
    """A method on a case, or on a block of cases that it plays at once.

    Attributes:
        method: Index of the method.
        indices: Indices of the cases.
        cases: The cases.
        kept: A kept result of each, which saves the work if all can be read; or nothing.
    """

    method: int
    indices: tuple[int, ...]
    cases: tuple[Case, ...]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """The bounds of a case whose family says that they take time.

    Attributes:
        index: Index of the case.
        case: The case.
    """

    index: int
    case: Case


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a `Play`.

    Attributes:
        results: A result per case.
        complaints: What the checker has against each; None for nothing.
        texts: What to keep of each; empty where nothing is new, or nothing is kept.
        refused: Why kept results are not taken, by their position.
    """

    results: tuple[Result, ...]
    complaints: tuple[str | None, ...]
    texts: tuple[str, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bounded:
    """What became of a `Bound`.

    Attributes:
        lower: Best lower bound that is known.
        upper: Best upper bound that is known.
    """

    lower: float
    upper: float


Task = Play | Bound
Answer = Played | Bounded


def plays(methods: Sequence[Method], cases: Sequence[Case]) -> Iterator[Play]:
    """Every method on every case, method by method.

    Args:
        methods: The methods.
        cases: The cases.

    Returns:
        The tasks; how they are cut depends on nothing else, so that results repeat.
    """
    for number, method in enumerate(methods):
        for indices in _blocks(method, cases):
            yield Play(number, indices, tuple(cases[index] for index in indices))


def describe(task: Task, methods: Sequence[Method]) -> str:
    """What a task is, for messages.

    Args:
        task: A task.
        methods: The methods.

    Returns:
        For example ``"mwkr on ft06, seed 0"``.
    """
    case = task.case if isinstance(task, Bound) else task.cases[0]
    where = f"{case.instance}, seed {case.seed}"
    if isinstance(task, Bound):
        return f"the bound of {where}"
    more = len(task.cases) - 1
    return f"{methods[task.method].name} on {where}" + f" and {more} more" * bool(more)


def _blocks(method: Method, cases: Sequence[Case]) -> Iterator[tuple[int, ...]]:
    """Case by case, or as many of an instance as are played at once."""
    most = method.most_cases if isinstance(method, BatchMethod) else 1
    for _, group in groupby(range(len(cases)), lambda index: cases[index].instance):
        alike = tuple(group)
        for start in range(0, len(alike), most):
            yield alike[start : start + most]
