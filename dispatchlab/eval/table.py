"""Tables of a comparison for the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from dispatchlab.eval.compare import Comparison, Run, relative_gap
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.families.base import Column, shown
from dispatchlab.eval.formatting import duration, percent
from dispatchlab.eval.running.workbench import ALONE
from dispatchlab.eval.statistics import mean
from dispatchlab.eval.summary import Summary

if TYPE_CHECKING:
    from rich.table import Table

_FRAME = 3  # characters around a cell
_COMPARED = ("wins %", "P(better)", "Δ gap %")
_RIGHT = ("value", "bound", "gap %", "time")


def summary_columns(
    comparison: Comparison, summaries: Sequence[Summary], width: int | None = None
) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the summary, for any medium; `legend` explains them.

    Args:
        comparison: The runs behind it.
        summaries: Output of `summarise`.
        width: Characters in a line; all columns by default.

    Returns:
        The headings, and a row of cells per method.
    """
    columns = eval_family(comparison.family).columns
    kept = [column for column in columns if width is None or column.width <= width]
    return [column.heading for column in kept], [shown(kept, summary) for summary in summaries]


def legend(
    comparison: Comparison, summaries: Sequence[Summary], width: int | None = None
) -> list[str]:
    """What a summary shows, in full sentences; nothing is said of columns that are left out.

    Args:
        comparison: The runs behind it.
        summaries: Output of `summarise`.
        width: Characters in a line; all columns by default.

    Returns:
        The sentences.
    """
    seeds, instances = _distinct(comparison, "seed"), _distinct(comparison, "instance")
    runs = len(comparison.runs) // len(comparison.methods)
    counted = f"{_count(runs, 'run')} per method ({_count(instances, 'instance')}, "
    family = eval_family(comparison.family)
    notes = family.legend(
        _goals(comparison), f"{counted}{_count(seeds, 'seed')})", _reference(comparison)
    )
    shown = _headings(comparison, width)
    told = [note.text for note in notes if not note.columns or shown & {*note.columns}]
    return [*told, *_against(summaries, shown), *_load(comparison)]


def _headings(comparison: Comparison, width: int | None) -> set[str]:
    """Headings of what is shown, in the summary or in a table of its own."""
    columns = eval_family(comparison.family).columns
    return {c.heading for c in columns if width is None or c.width <= width or c.is_moved}


def _against(summaries: Sequence[Summary], shown: set[str]) -> list[str]:
    """What the columns that compare do so with; nothing where a method stands alone."""
    names = [name.removesuffix(" %") for name in _COMPARED if name in shown]
    if len(summaries) == 1 or not names:
        return []
    listed = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return [f"{listed} compare with {summaries[0].baseline}, run by run."]


def summary_table(comparison: Comparison, summaries: Sequence[Summary], width: int) -> "Table":
    """The summary as a table for the terminal; narrow terminals get fewer columns.

    Args:
        comparison: The runs behind it.
        summaries: Output of `summarise`.
        width: Characters in a line.

    Returns:
        A table of rich.
    """
    headings, rows = summary_columns(comparison, summaries, width)
    return _table(headings, rows, caption="\n".join(legend(comparison, summaries, width)))


def moved_tables(comparison: Comparison, summaries: Sequence[Summary], width: int) -> "list[Table]":
    """The columns that a narrow terminal shows in tables of their own, as many as fit in each.

    Args:
        comparison: The runs behind it.
        summaries: Output of `summarise`.
        width: Characters in a line.

    Returns:
        Tables of rich; none if nothing was moved.
    """
    method, *others = eval_family(comparison.family).columns
    names = [method.heading, *(row[0] for row in (shown([method], s) for s in summaries))]
    parts: list[list[Column]] = []
    room = 0
    for column in others:
        if not column.is_moved or column.width <= width:
            continue
        cells = [*column.heading.split(), *(shown([column], s)[0] for s in summaries)]
        needed = max(map(len, cells)) + _FRAME
        if needed > room:
            parts.append([method])
            room = width - max(map(len, names)) - 2 * _FRAME
        parts[-1].append(column)
        room -= needed
    return [
        _table([c.heading for c in part], [shown(part, s) for s in summaries], whole=True)
        for part in parts
    ]


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str | None = None,
    whole: bool = False,
) -> "Table":  # fmt: skip
    """A table of rich; ``whole``: headings may fold, cells not."""
    from rich.table import Table

    table = Table(header_style="bold", caption=caption, caption_justify="left")
    for index, heading in enumerate(headings):
        widest = max((len(row[index]) for row in rows), default=0) if whole else None
        justify: Literal["left", "right"] = "right" if index else "left"
        table.add_column(heading, justify=justify, min_width=widest, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def instances_table(comparison: Comparison) -> "Table":
    """Means of every method on every instance.

    Args:
        comparison: The runs.

    Returns:
        A table of rich, with a row per instance and a column per method.
    """
    from rich.table import Table

    table = Table(header_style="bold")
    table.add_column("instance", overflow="fold")
    for method in comparison.methods:
        table.add_column(method, justify="right")
    for instance, cells in mean_cells(comparison).items():
        table.add_row(instance, *cells)
    return table


def mean_cells(comparison: Comparison) -> dict[str, list[str]]:
    """Means over the seeds, as the family shows them.

    Args:
        comparison: The runs.

    Returns:
        A text per method, by instance.
    """
    family = eval_family(comparison.family)
    groups: dict[str, dict[str, list[Run]]] = {}
    for run in comparison.runs:
        groups.setdefault(run.instance, {}).setdefault(run.method, []).append(run)
    return {
        instance: [family.cell(*_means(by_method[name])) for name in comparison.methods]
        for instance, by_method in groups.items()
    }


def _means(runs: Sequence[Run]) -> tuple[float, dict[str, float]]:
    """Mean objective and measures, without what is missing."""
    columns = {key: [run.measures[key] for run in runs] for key in runs[0].measures}
    means = {key: float(mean(np.array(column))) for key, column in columns.items()}
    return float(mean(np.array([run.objective for run in runs]))), means


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _distinct(comparison: Comparison, column: str) -> int:
    return len({getattr(run, column) for run in comparison.runs})


def _load(comparison: Comparison) -> list[str]:
    """Under which load times were taken, unless it was a single process."""
    loads = comparison.loads
    if len(loads) > 1:
        shown = ", ".join(loads)
        return [f"Times were taken under different loads ({shown} at work): do not compare them."]
    return [] if loads in ([], [ALONE]) else [f"Times were taken with {loads[0]} at work."]


def _goals(comparison: Comparison) -> str:
    names = dict.fromkeys(run.objective_name.replace("_", " ") for run in comparison.runs)
    return ", ".join(names).capitalize()


def _reference(comparison: Comparison) -> str:
    known = {run.reference_is_known for run in comparison.runs}
    if known == {True}:
        return "the best-known value"
    if known == {False}:
        return "the best value found here"
    return "the best-known value, or the best found here where none is known"


def runs_table(comparison: Comparison) -> "Table":
    """One line per run, for a handful of instances.

    Args:
        comparison: The runs.

    Returns:
        A table of rich.
    """
    from rich.table import Table

    table = Table(header_style="bold")
    for heading in ("instance", "objective", "value", "bound", "gap %", "time", "status"):
        table.add_column(heading, justify="right" if heading in _RIGHT else "left")
    family = eval_family(comparison.family)
    for run in comparison.runs:
        table.add_row(
            run.instance,
            family.goal(run),
            family.value(run.objective),
            family.value(run.lower_bound),
            percent(relative_gap(run.objective, run.lower_bound), 2),
            duration(run.runtime_s),
            run.status,
        )
    return table
