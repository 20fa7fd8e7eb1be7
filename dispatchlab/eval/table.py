"""Tables of a comparison: for the terminal, as CSV and as JSON."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dispatchlab.eval.compare import Comparison, Run, relative_gap
from dispatchlab.eval.formatting import MISSING, duration, number, percent, percent_interval
from dispatchlab.eval.summary import Summary

if TYPE_CHECKING:
    from rich.table import Table

_RIGHT = ("value", "bound", "gap %", "time")
_HEADINGS = (
    "method", "gap %", "95 % CI", "IQM %", "95 % CI", "best %", "wins %", "P(better)",
    "Δ gap %", "95 % CI", "time", "decision", "verified",
)  # fmt: skip
_COLUMNS_BY_WIDTH = (
    (150, tuple(range(len(_HEADINGS)))),
    (110, (0, 1, 2, 3, 6, 7, 10, 12)),
    (0, (0, 1, 2, 6, 10, 12)),
)


def summary_columns(summaries: Sequence[Summary]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the summary, for any medium; `legend` explains them.

    Args:
        summaries: Output of `summarise`.

    Returns:
        The headings, and a row of cells per method.
    """
    return list(_HEADINGS), [_cells(summary) for summary in summaries]


def legend(comparison: Comparison, summaries: Sequence[Summary]) -> list[str]:
    """What a summary shows, in full sentences.

    Args:
        comparison: The runs behind it.
        summaries: Output of `summarise`.

    Returns:
        The sentences.
    """
    seeds, instances = _distinct(comparison, "seed"), _distinct(comparison, "instance")
    runs = len(comparison.runs) // len(comparison.methods)
    return [
        f"{_goals(comparison)} of {_count(runs, 'run')} per method ({_count(instances, 'instance')}"
        f", {_count(seeds, 'seed')}), all methods on the same instances and realisations.",
        f"gap: to {_reference(comparison)}. Intervals: 95 %, bootstrap over instances and seeds.",
        f"wins, P(better) and Δ gap compare with {summaries[0].baseline}, run by run.",
    ]


def summary_table(comparison: Comparison, summaries: Sequence[Summary], width: int) -> "Table":
    """The summary as a table for the terminal; narrow terminals get fewer columns.

    Args:
        comparison: The runs behind it.
        summaries: Output of `summarise`.
        width: Characters in a line.

    Returns:
        A table of rich.
    """
    from rich.table import Table

    headings, rows = summary_columns(summaries)
    kept = next(columns for least, columns in _COLUMNS_BY_WIDTH if width >= least)
    table = Table(
        header_style="bold",
        caption="\n".join(legend(comparison, summaries)),
        caption_justify="left",
    )
    for index in kept:
        table.add_column(headings[index], justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*(row[index] for index in kept))
    return table


def to_csv(runs: Sequence[Run]) -> str:
    """Tidy CSV, one line per run; missing numbers are empty.

    Args:
        runs: The runs.

    Returns:
        Text with a header.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(Run.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _plain(value) for key, value in run.row().items()} for run in runs)
    return buffer.getvalue()


def to_json(
    comparison: Comparison, summaries: Sequence[Summary], settings: Mapping[str, Any]
) -> str:
    """Everything as JSON; missing numbers are null.

    Args:
        comparison: The runs.
        summaries: Output of `summarise`.
        settings: How it was made.

    Returns:
        Text with the keys ``settings``, ``summary`` and ``runs``.
    """
    document = {
        "settings": dict(settings),
        "summary": [summary.row() for summary in summaries],
        "runs": [run.row() for run in comparison.runs],
    }
    return json.dumps(_plain(document), indent=1, allow_nan=False) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _distinct(comparison: Comparison, column: str) -> int:
    return len({getattr(run, column) for run in comparison.runs})


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


def _cells(summary: Summary) -> list[str]:
    against = [
        percent(summary.wins, 0),
        f"{summary.improvement:.2f}",
        percent(summary.difference, 2),
        percent_interval(summary.difference_interval),
    ]
    return [
        summary.method,
        percent(summary.mean_gap, 2),
        percent_interval(summary.mean_gap_interval),
        percent(summary.iqm_gap, 2),
        percent_interval(summary.iqm_gap_interval),
        percent(summary.best_share, 0),
        *([MISSING] * len(against) if summary.method == summary.baseline else against),
        duration(summary.mean_runtime_s),
        duration(summary.mean_time_per_decision_s),
        f"{summary.verified}/{summary.runs}",
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON-able value
    """The value with None for what JSON and CSV cannot say."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def runs_table(runs: Sequence[Run]) -> "Table":
    """One line per run, for a handful of instances.

    Args:
        runs: The runs.

    Returns:
        A table of rich.
    """
    from rich.table import Table

    table = Table(header_style="bold")
    for heading in ("instance", "objective", "value", "bound", "gap %", "time", "status"):
        table.add_column(heading, justify="right" if heading in _RIGHT else "left")
    for run in runs:
        table.add_row(
            run.instance,
            run.objective_name.replace("_", " "),
            number(run.objective),
            number(run.lower_bound),
            percent(relative_gap(run.objective, run.lower_bound), 2),
            duration(run.runtime_s),
            run.status,
        )
    return table


def runs_to_json(runs: Sequence[Run]) -> str:
    """Runs alone as JSON; missing numbers are null.

    Args:
        runs: The runs.

    Returns:
        Text of a list.
    """
    return json.dumps(_plain([run.row() for run in runs]), indent=1, allow_nan=False) + "\n"
