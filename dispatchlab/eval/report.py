"""The HTML report of a comparison: one file that opens without a network."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, Run
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.pages import figure_html, render_page
from dispatchlab.eval.summary import Summary
from dispatchlab.eval.sweeps import sweep_figures
from dispatchlab.eval.table import legend, mean_cells, summary_columns

_BAR_PIXELS = 180
MAX_CHARTS = 6


def html_report(
    comparison: Comparison,
    summaries: Sequence[Summary],
    settings: Mapping[str, Any],
    *,
    title: str = "Comparison of methods",
    max_charts: int = MAX_CHARTS,
) -> str:
    """Write the report.

    Args:
        comparison: The runs.
        summaries: Output of `summarise`.
        settings: How it was made; shown at the end.
        title: Headline.
        max_charts: Charts of schedules, at most this many.

    Returns:
        A page with everything inside: styles, tables and charts.

    Raises:
        MissingExtraError: If Jinja or Plotly is not installed.
    """
    sweeps = [
        figure_html(figure, f"sweep-{i}", brings_library=i == 0)
        for i, figure in enumerate(sweep_figures(comparison))
    ]
    family = eval_family(comparison.family)
    drawn = family.charts(comparison, max_charts)
    charts = [
        figure_html(figure, f"gantt-{i}", brings_library=not sweeps and i == 0)
        for i, figure in enumerate(drawn.figures)
    ]
    headings, _ = summary_columns(comparison, summaries)
    return render_page(
        "report.html.j2",
        title=title,
        legend=legend(comparison, summaries),
        headings=headings,
        rows=_summary_rows(comparison, summaries),
        methods=comparison.methods,
        lines=[_line(comparison, case) for case in comparison.cases],
        means=mean_cells(comparison) if comparison.runs[0].measures else {},
        means_note=family.cell_note,
        sweeps=sweeps,
        sweeps_note=family.sweep.note,
        charts=charts,
        charts_heading=drawn.heading,
        charts_note=drawn.note,
        settings=settings,
    )


def _summary_rows(comparison: Comparison, summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """Cells, and a bar with its interval in pixels."""
    ends = [(s.mean_gap, s.mean_gap_interval.high) for s in summaries]
    largest = max((v for pair in ends for v in pair if math.isfinite(v)), default=0.0)

    def pixels(value: float) -> float | None:
        if not math.isfinite(value) or largest <= 0:
            return None
        return round(max(0.0, value) / largest * _BAR_PIXELS, 1)

    return [
        {
            "cells": cells,
            "bar": pixels(summary.mean_gap) or 0,
            "low": pixels(summary.mean_gap_interval.low),
            "high": pixels(summary.mean_gap_interval.high),
        }
        for summary, cells in zip(summaries, summary_columns(comparison, summaries)[1], strict=True)
    ]


def _line(comparison: Comparison, case: Case) -> dict[str, Any]:
    """Objectives of all methods on a case."""
    runs = [r for r in comparison.runs if (r.instance, r.seed) == (case.instance, case.seed)]
    best = comparison.best(case)
    family = eval_family(case.family)
    return {
        "instance": case.instance,
        "seed": case.seed,
        "bound": family.value(runs[0].lower_bound),
        "reference": family.value(runs[0].reference),
        "cells": [
            {"text": family.cell(run.objective, run.measures), "style": _style(run, best)}
            for run in runs
        ],
    }


def _style(run: Run, best: Run | None) -> str:
    if run.verified is False:
        return "bad"
    return "best" if best is not None and run.objective == best.objective else ""
