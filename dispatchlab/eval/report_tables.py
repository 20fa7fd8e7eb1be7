"""Tables of the HTML report: the summary with its bars, objectives, and every run."""

import math
from collections.abc import Sequence
from typing import Any

from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, Run, relative_gap
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.formatting import MISSING, duration, percent
from dispatchlab.eval.summary import Summary
from dispatchlab.eval.table import summary_columns

MAX_RUNS = 3000  # more would make the page slow; the CSV has them all
RUN_HEADINGS = (
    "instance", "seed", "method", "objective", "bound", "reference", "gap %", "gap to bound %",
    "time", "decisions", "decision", "status", "verified",
)  # fmt: skip
TEXT_HEADINGS = ("method", "status", "verified")
_BAR_PIXELS = 120
_VERDICTS = {True: "yes", False: "✗ rejected", None: MISSING}


def summary_rows(comparison: Comparison, summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """Cells of each method, and its bar with the interval in pixels.

    Args:
        comparison: The runs.
        summaries: Output of `summarise`.

    Returns:
        A row per summary: ``cells``, ``method`` (its number), ``bar``, ``low`` and ``high``.
    """
    ends = [(s.mean_gap, s.mean_gap_interval.high) for s in summaries]
    largest = max((v for pair in ends for v in pair if math.isfinite(v)), default=0.0)

    def pixels(value: float) -> float | None:
        if not math.isfinite(value) or largest <= 0:
            return None
        return round(max(0.0, value) / largest * _BAR_PIXELS, 1)

    return [
        {
            "cells": cells,
            "method": comparison.methods.index(summary.method),
            "bar": pixels(summary.mean_gap) or 0,
            "low": pixels(summary.mean_gap_interval.low),
            "high": pixels(summary.mean_gap_interval.high),
        }
        for summary, cells in zip(summaries, summary_columns(comparison, summaries)[1], strict=True)
    ]


def objective_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Objectives of all methods, case by case.

    Args:
        comparison: The runs.

    Returns:
        A row per case: ``instance``, ``seed``, ``bound``, ``reference``, and ``cells`` with
        ``text`` and ``style``.
    """
    of_case: dict[tuple[str, int], list[Run]] = {}
    for run in comparison.runs:
        of_case.setdefault((run.instance, run.seed), []).append(run)
    return [
        _objectives(comparison, case, of_case[case.instance, case.seed])
        for case in comparison.cases
    ]


def _objectives(comparison: Comparison, case: Case, runs: Sequence[Run]) -> dict[str, Any]:
    family = eval_family(case.family)
    good = [r.objective for r in runs if r.verified and not math.isnan(r.objective)]
    best = min(good, default=math.nan)
    by_method = {run.method: run for run in runs}
    return {
        "instance": case.instance,
        "seed": case.seed,
        "bound": family.value(runs[0].lower_bound),
        "reference": family.value(runs[0].reference),
        "cells": [
            {
                "text": family.cell(run.objective, run.measures)
                + " ✗ rejected" * (run.verified is False),
                "style": _style(run, best),
            }
            for run in (by_method[name] for name in comparison.methods)
        ],
    }


def _style(run: Run, best: float) -> str:
    if run.verified is False:
        return "bad"
    return "best" if run.objective == best else ""


def run_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """All runs, one by one.

    Args:
        comparison: The runs.

    Returns:
        A row per run: ``cells`` under `RUN_HEADINGS`, ``method`` (its number), ``instance`` and
        ``style``; none where there are more than `MAX_RUNS`.
    """
    if len(comparison.runs) > MAX_RUNS:
        return []
    numbers = {name: index for index, name in enumerate(comparison.methods)}
    return [
        {
            "cells": _cells(comparison.family, run),
            "method": numbers[run.method],
            "instance": run.instance,
            "style": "bad" if run.verified is False else "",
        }
        for run in comparison.runs
    ]


def _cells(family_name: str, run: Run) -> list[str]:
    family = eval_family(family_name)
    return [
        run.instance,
        str(run.seed),
        run.method,
        family.cell(run.objective, run.measures),
        family.value(run.lower_bound),
        family.value(run.reference),
        percent(run.gap, 2),
        percent(relative_gap(run.objective, run.lower_bound), 2),
        duration(run.runtime_s),
        str(run.decisions or MISSING),
        duration(run.time_per_decision_s),
        run.status,
        _VERDICTS[run.verified],
    ]
