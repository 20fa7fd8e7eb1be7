"""What families have in common: facts of a run, its best schedules, and numbers that are wrong."""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families.base import Charts
from dispatchlab.eval.formatting import duration, number, percent

if TYPE_CHECKING:
    from dispatchlab.eval.compare import Comparison, Run

Gantt = Callable[[Case, Any, str], Any]


def plain_facts(run: "Run") -> list[tuple[str, str]]:
    """What is worth saying about a single run with an objective and a bound.

    Args:
        run: The run.

    Returns:
        Labels and values.
    """
    from dispatchlab.eval.compare import relative_gap

    gap = percent(relative_gap(run.objective, run.lower_bound), 2)
    facts = [
        ("method", run.method),
        (run.objective_name.replace("_", " "), number(run.objective)),
        ("lower bound", number(run.lower_bound)),
        ("gap", f"{gap} %"),
        ("time", duration(run.runtime_s)),
        ("status", run.status),
    ]
    if run.reference_is_known and not math.isnan(run.reference):
        facts.insert(3, ("best known", number(run.reference)))
    return facts


def refuse_misreports(
    counted: Mapping[str, float], reported: Mapping[str, float], objective: float | None,
    expected: float,
) -> None:  # fmt: skip
    """Refuse counts, or an objective, that differ from what the schedule comes to.

    Args:
        counted: What the schedule comes to.
        reported: What was told of some of it.
        objective: What was told of the objective.
        expected: What it is.

    Raises:
        InfeasibleScheduleError: With everything that differs.
    """
    wrong = [
        f"{name} is {counted[name]:g}, but {value} was reported."
        for name, value in reported.items()
        if counted[name] != value
    ]
    if objective != expected:
        wrong.append(f"The objective is {expected:g}, but {objective} was reported.")
    if wrong:
        raise InfeasibleScheduleError(wrong)


def first_schedules(comparison: "Comparison") -> tuple[Case, list["Run"], dict[str, Any]]:
    """The right schedules of the first case.

    Args:
        comparison: The runs.

    Returns:
        The case, its runs that passed the checker, best first, and their schedules by method.
    """
    case = comparison.cases[0]
    runs = [r for r in comparison.runs if (r.instance, r.seed) == (case.instance, case.seed)]
    good = sorted((run for run in runs if run.verified), key=lambda run: run.objective)
    return case, good, {
        run.method: comparison.results[run.method, case.instance, case.seed].schedule
        for run in good
    }  # fmt: skip


def best_schedules(comparison: "Comparison", most: int, gantt: Gantt) -> Charts:
    """The best schedule of each case.

    Args:
        comparison: The runs.
        most: Cases that are drawn at most.
        gantt: Draws a schedule of a case under a title.

    Returns:
        The charts.
    """
    figures = []
    for case in comparison.cases[:most]:
        best = comparison.best(case)
        if best is not None:
            schedule = comparison.results[best.method, best.instance, best.seed].schedule
            title = f"{case.instance}, seed {case.seed}: {number(best.objective)} by {best.method}"
            figures.append(gantt(case, schedule, title))
    more = len(comparison.cases) - len(figures)
    note = f"The first {len(figures)} cases; {more} more were run." if more else ""
    return Charts("Best schedules", note, tuple(figures))


def plain_outcome(told: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """The numbers of an outcome from a file.

    Args:
        told: Values by name.
        kind: The dataclass of the outcome, whose other fields are numbers and tuples of them.

    Returns:
        Its fields but for the schedule.

    Raises:
        KeyError: If one is missing.
        TypeError: If one is no number.
    """
    values: dict[str, Any] = {}
    for name in (item.name for item in fields(kind) if item.name != "schedule"):
        value = told[name]
        several = isinstance(value, list)
        numbers = value if several else [value]
        if not all(isinstance(number, int | float) for number in numbers):
            raise TypeError(f"{name} is {value!r}, not a number")
        values[name] = tuple(numbers) if several else value
    return values
