"""The protocol of a family: from a case and a result to numbers, a verdict and a picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case

if TYPE_CHECKING:
    from dispatchlab.eval.summary import Summary


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the summary.

    Attributes:
        heading: Its heading.
        cell: Text for a method.
        width: Narrowest terminal, in characters, that shows it.
        is_relative: Whether it compares with the baseline, whose own cell stays empty.
    """

    heading: str
    cell: Callable[["Summary"], str]
    width: int = 150
    is_relative: bool = False


class EvalFamily(Protocol):
    """What evaluation needs to know of a family.

    Attributes:
        columns: Columns of the summary, the method's name first.
    """

    columns: tuple[Column, ...]

    def objective_name(self, case: Case) -> str:
        """What is minimised."""
        ...

    def known_bounds(self, case: Case) -> tuple[float, float]:
        """Best-known lower and upper bound; NaN where none are known."""
        ...

    def has_bounds(self, case: Case) -> bool:
        """Whether a bound that a method proves holds for what happens in the case."""
        ...

    def verify(self, case: Case, result: Result) -> None:
        """Raise `InfeasibleScheduleError` unless schedule and reported numbers are right."""
        ...

    def measures(self, case: Case, result: Result) -> Mapping[str, float]:
        """Numbers beside the objective, by name."""
        ...

    def legend(self, goal: str, runs: str, reference: str) -> list[str]:
        """What the summary shows, in sentences, before the one on the baseline."""
        ...

    def cell(self, objective: float, measures: Mapping[str, float]) -> str:
        """A run, or a mean of runs, in the table of instances."""
        ...

    def gantt(self, case: Case, schedule: Any, title: str) -> Any:  # noqa: ANN401 (a figure of plotly)
        """An interactive chart of a schedule."""
        ...


def shown(columns: Sequence[Column], summary: "Summary") -> list[str]:
    """The cells of a method.

    Args:
        columns: The columns of its family.
        summary: The method.

    Returns:
        A text per column.
    """
    from dispatchlab.eval.formatting import MISSING

    is_baseline = summary.method == summary.baseline
    return [MISSING if c.is_relative and is_baseline else c.cell(summary) for c in columns]
