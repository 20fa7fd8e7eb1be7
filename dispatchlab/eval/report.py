"""The HTML report of a comparison: one file that opens without a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.drawing.figures import escape
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.anytime import case_figures, time_figure
from dispatchlab.eval.compare import Comparison
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.glossary import meanings
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.pages import Figures, render_page
from dispatchlab.eval.profiles import profile_figure
from dispatchlab.eval.report_tables import (
    MAX_RUNS,
    RUN_HEADINGS,
    TEXT_HEADINGS,
    objective_rows,
    run_rows,
    summary_rows,
)
from dispatchlab.eval.summary import Summary
from dispatchlab.eval.sweeps import sweep_figures
from dispatchlab.eval.table import legend, mean_cells, summary_columns

MAX_CHARTS = 6
_WIDE = {"job-shop": 640, "soc": 640, "edge": 760, "uam": 1040}  # pixels that schedules need
_CURVES = 440  # pixels that curves with names below them need
_PROFILE = (
    "The share of the cases (instances and seeds) that a method solves within a gap: the further "
    "up and left, the better. A run without a schedule, or with one that the checker rejects, is "
    "within no gap. The chart begins with the gaps that tell the better half of the methods apart."
)
_TIME = (
    "Down and left is better. The mean is over the {} cases that all methods solved (methods that "
    "solved none left out), of {}, and begins where a method has a schedule for each of them. "
)
_TIME_LOGGED = (
    "Curves are the incumbents of solvers and hybrids; rules and agents begin where they are done."
)
_TIME_PLAIN = "Bars are 95 % intervals of the gap over all cases."


def html_report(
    comparison: Comparison,
    summaries: Sequence[Summary],
    settings: Mapping[str, Any],
    *,
    title: str = "Comparison of methods",
    max_charts: int = MAX_CHARTS,
    run_folders: Sequence[Path] = (),
) -> str:
    """Write the report.

    Args:
        comparison: The runs.
        summaries: Output of `summarise`.
        settings: How it was made; shown at the end.
        title: Headline.
        max_charts: Charts of schedules, at most this many.
        run_folders: Folders of the training runs of agents, whose learning curves are shown.

    Returns:
        A page with everything inside: styles, tables and charts.

    Raises:
        MissingExtraError: If Jinja or Plotly is not installed.
    """
    figures = Figures()
    family = eval_family(comparison.family)
    headings, _ = summary_columns(comparison, summaries)
    drawn = family.charts(comparison, max_charts)
    return render_page(
        "report.html.j2",
        title=title,
        state=_state(comparison),
        violations=[
            (f"{method} on {instance}, seed {seed}", complaint)
            for (method, instance, seed), complaint in comparison.violations.items()
        ],
        legend=legend(comparison, summaries),
        headings=headings,
        meanings=meanings(headings),
        rows=summary_rows(comparison, summaries),
        methods=[{"name": name, "trace": escape(name)} for name in comparison.methods],
        instances=list(dict.fromkeys(case.instance for case in comparison.cases)),
        **_comparing(comparison, summaries, figures, max_charts),
        sweeps_note=family.sweep.note,
        **_learning(run_folders, figures),
        means=mean_cells(comparison) if comparison.runs[0].measures else {},
        means_note=family.cell_note,
        lines=objective_rows(comparison),
        run_headings=RUN_HEADINGS,
        text_headings=TEXT_HEADINGS,
        runs=run_rows(comparison),
        too_many=len(comparison.runs) if len(comparison.runs) > MAX_RUNS else 0,
        charts=[figures(figure, pixels=_WIDE[comparison.family]) for figure in drawn.figures],
        charts_heading=drawn.heading,
        charts_note=drawn.note,
        settings=settings,
    )


def run_folders(methods: Sequence[Method]) -> list[Path]:
    """Folders of the training runs whose agents take part.

    Args:
        methods: The methods; those that load a policy have its ``path``.

    Returns:
        Each folder once; agents that come as a file have none.
    """
    paths = dict.fromkeys(getattr(method, "path", None) for method in methods)
    given = [Path(path) for path in paths if path is not None]
    return list(
        {path.resolve(): path for path in given if (path / "config.yaml").is_file()}.values()
    )


def _state(comparison: Comparison) -> str:
    """What became of the runs, in a sentence."""
    found = [run for run in comparison.runs if run.verified is not None]
    runs, missing = len(comparison.runs), len(comparison.runs) - len(found)
    without = f"; {missing} of {runs} runs found none" if missing else ""
    wrong = sum(run.verified is False for run in found)
    if wrong:
        return f"The independent checker rejected {wrong} of {len(found)} schedules{without}."
    return f"All {len(found)} schedules passed the independent checker{without}."


def _comparing(
    comparison: Comparison, summaries: Sequence[Summary], figures: Figures, most: int
) -> dict[str, Any]:
    """Charts of all methods: profiles, quality over time, and sweeps over settings."""
    profile, over_time = profile_figure(comparison), time_figure(comparison, summaries)
    cases = case_figures(comparison, most)
    note = ""
    if over_time is not None:
        count, is_logged = over_time.layout.meta["cases"], bool(cases)
        note = _TIME.format(count, len(comparison.cases))
        note += _TIME_LOGGED if is_logged else _TIME_PLAIN
    return {
        "profile": profile and figures(profile, "Cases within a gap", _PROFILE),
        "over_time": over_time and figures(over_time, "Gap over time", note),
        "case_times": [figures(figure, name, pixels=_CURVES) for name, figure in cases],
        "sweeps": [
            figures(figure, pixels=_WIDE["job-shop"]) for figure in sweep_figures(comparison)
        ],
    }


def _learning(folders: Sequence[Path], figures: Figures) -> dict[str, Any]:
    """Learning curves of the agents; a folder that cannot be read must not cost the report."""
    if not folders:
        return {"learning": [], "learning_fault": ""}
    from dispatchlab.eval.run_report.learning import learning_charts
    from dispatchlab.eval.run_report.record import read_runs

    try:
        charts = learning_charts(read_runs(folders))
    except DispatchlabError as error:
        return {"learning": [], "learning_fault": str(error)}
    return {
        "learning": [figures(c.figure, c.heading, c.note) for c in charts],
        "learning_fault": "",
    }
