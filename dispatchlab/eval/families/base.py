"""The protocol of a family: from a case and a result to numbers, a verdict and a picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case

if TYPE_CHECKING:
    from dispatchlab.eval.compare import Comparison, Run
    from dispatchlab.eval.summary import Summary

INTERVALS = "Intervals: 95 %, bootstrap over instances and seeds."


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the summary.

    Attributes:
        heading: Its heading.
        cell: Text for a method.
        width: Narrowest terminal, in characters, that shows it.
        is_relative: Whether it compares with the baseline, whose own cell stays empty.
        is_moved: Whether a terminal that is too narrow shows it in a second table.
    """

    heading: str
    cell: Callable[["Summary"], str]
    width: int = 150
    is_relative: bool = False
    is_moved: bool = False


class Note(NamedTuple):
    """A sentence below a summary.

    Attributes:
        text: The sentence.
        columns: Headings of the columns that it explains; it stands where one of them is shown,
            or always if it is of none.
    """

    text: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charts:
    """Figures of a report, and what to say about them.

    Attributes:
        heading: Their heading.
        note: A remark, or nothing.
        figures: Figures of plotly.
    """

    heading: str
    note: str
    figures: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is drawn over the settings of a comparison.

    Attributes:
        titles: Title of the panel of each measure.
        note: What to keep in mind.
    """

    titles: Mapping[str, str]
    note: str = ""


class EvalFamily(Protocol):
    """What evaluation needs to know of a family.

    Attributes:
        columns: Columns of the summary, the method's name first.
        cell_note: What `cell` shows, in a sentence.
        sweep: What is drawn over settings.
        tails: Measures of which the lowest twentieth is averaged too.
        bounds_take_time: Whether `known_bounds` is worth a task of its own.
    """

    columns: tuple[Column, ...]
    cell_note: str
    sweep: Sweep
    tails: tuple[str, ...]
    bounds_take_time: bool

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

    def measures(self, case: Case, result: Result, lower_bound: float) -> Mapping[str, float]:
        """Numbers beside the objective, by name; the bound is the best one known."""
        ...

    def write_schedule(
        self, path: Path, case: Case, method: str, result: Result, info: Mapping[str, Any]
    ) -> None:
        """Write the schedule of a result with remarks into a JSON file of the family."""
        ...

    def read_schedule(self, path: Path, case: Case) -> Any:  # noqa: ANN401 (a family's own)
        """The schedule of such a file, which is not verified."""
        ...

    def outcome(self, told: Mapping[str, Any], schedule: Any) -> Any:  # noqa: ANN401
        """What ``info["outcome"]`` of a result was, from its fields; None where there is none."""
        ...

    def goal(self, run: "Run") -> str:
        """Name of what `value` shows."""
        ...

    def value(self, objective: float) -> str:
        """An objective, reference or bound in tables."""
        ...

    def facts(self, run: "Run") -> list[tuple[str, str]]:
        """What is worth saying about a single run: labels and values."""
        ...

    def legend(self, goal: str, runs: str, reference: str) -> list[Note]:
        """What the summary shows, in sentences, before the one on the baseline."""
        ...

    def cell(self, objective: float, measures: Mapping[str, float]) -> str:
        """A run, or a mean of runs, in the table of instances."""
        ...

    def charts(self, comparison: "Comparison", most: int) -> Charts:
        """Figures for a report, of at most so many schedules."""
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
