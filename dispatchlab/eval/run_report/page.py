"""The page about training runs: one file that opens without a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dispatchlab.eval.pages import Figures, render_page
from dispatchlab.eval.run_report.charts import Chart
from dispatchlab.eval.run_report.learning import final_rows, learning_charts
from dispatchlab.eval.run_report.plane import plane_data
from dispatchlab.eval.run_report.plays import play_charts
from dispatchlab.eval.run_report.record import RunRecord, read_runs
from dispatchlab.eval.run_report.replay import edit_rows, level_rows, replay_chart
from dispatchlab.eval.run_report.settings import first_rows, setting_rows, version_rows
from dispatchlab.eval.run_report.tasks import task_charts
from dispatchlab.eval.run_report.updates import update_charts


def _cards(figures: Figures, charts: Sequence[Chart]) -> list[dict[str, Any]]:
    """Heading, note and HTML of each chart."""
    return [figures(chart.figure, chart.heading, chart.note) for chart in charts]


def run_report(paths: Sequence[Path]) -> str:
    """Write a page about one or several runs.

    Args:
        paths: Their folders; runs that have not ended will do.

    Returns:
        A page with everything inside: settings, learning curves, losses, and what teachers chose.

    Raises:
        DispatchlabError: If a folder holds no run, is given twice, or a file in it is damaged.
        MissingExtraError: If Jinja or Plotly is not installed.
    """
    runs = read_runs(paths)
    figures = Figures()
    title = f"Training run {runs[0].name}" if len(runs) == 1 else f"{len(runs)} training runs"
    return render_page(
        "run_report.html.j2",
        title=title,
        names=[run.name for run in runs],
        state=[_state(run) for run in runs],
        first=first_rows(runs),
        learning=_cards(figures, learning_charts(runs)),
        final=final_rows(runs),
        updates=_cards(figures, update_charts(runs)),
        plays=_cards(figures, play_charts(runs)),
        taught=[_taught(run, figures) for run in runs if run.levels is not None],
        settings=setting_rows(runs),
        versions=version_rows(runs),
    )


def _state(run: RunRecord) -> str:
    """How far a run is."""
    done = max(run.progress.series("timesteps")[1], default=0.0)
    ended = "" if run.evaluation.final else ", not ended"
    seconds = max(run.progress.series("time/seconds")[1], default=0.0)
    return f"{run.name}: {done:.0f} decisions in {seconds / 60:.1f} min{ended}"


def _taught(run: RunRecord, figures: Figures) -> dict[str, Any]:
    """What a teacher chose."""
    levels, rollouts = run.levels, run.rollouts
    if levels is None or not rollouts:
        return {"name": run.name, "teacher": run.config.teacher}
    replay = replay_chart(levels, rollouts)
    return {
        "name": run.name,
        "teacher": run.config.teacher,
        "tasks": _cards(figures, task_charts(levels.space, rollouts)),
        "plane": plane_data(levels, rollouts),
        "replay": _cards(figures, [] if replay is None else [replay]),
        "levels": level_rows(levels, rollouts),
        "edits": edit_rows(levels, rollouts),
    }
