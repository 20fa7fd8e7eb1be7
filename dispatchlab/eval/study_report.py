"""The page about a search for training settings: one file that opens without a network."""

from collections.abc import Iterator
from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.eval.pages import Figures, render_page
from dispatchlab.tune import TuneResult
from dispatchlab.tune.driver import open_study
from dispatchlab.tune.search import calm

_FEWEST = 2  # trials that charts of relations need
_PIXELS = 110  # width of a setting in them


def study_report(result: TuneResult) -> str:
    """Write a page about a study.

    Args:
        result: The study.

    Returns:
        A page with everything inside: how scores improved, what they depend on, all trials.

    Raises:
        MissingExtraError: If Jinja or Plotly is not installed.
    """
    figures = Figures()
    settings = result.settings
    names = list(settings.space.parts)
    return render_page(
        "study_report.html.j2",
        title=f"Search for settings of {settings.base.family}",
        state=_state(result),
        charts=[
            figures(figure, heading, note, pixels=_PIXELS * len(names) if is_wide else 0)
            for figure, heading, note, is_wide in _charts(result)
        ],
        headings=["trial", "state", "score", "validations", *names],
        rows=[
            [trial.number, trial.state, _cell(trial.score), trial.validations,
             *(_cell(trial.params[name]) for name in names)]
            for trial in result.trials
        ],
        settings=_settings(result),
    )  # fmt: skip


def _state(result: TuneResult) -> list[str]:
    """What the page is about."""
    settings, best = result.settings, result.best
    direction = "higher" if result.higher_is_better else "lower"
    lines = [
        f"{len(result.trials)} trials of {settings.base.total_timesteps} decisions each, seed "
        f"{settings.base.seed}, chosen by {settings.sampler}, pruned by {settings.pruner}.",
        "Scores are those of the greedy agent on generated validation instances; "
        f"{direction} is better.",
    ]
    if best is not None:
        advice = "The best of many is flattered by chance."
        if result.base_is_best:
            advice = "No trial beats the base settings: keep them."
        lines.append(
            f"Trial {best.number} has {_cell(best.score)}, the base settings "
            f"{_cell(result.base)}. {advice}"
        )
    return lines


def _charts(result: TuneResult) -> Iterator[tuple[Any, str, str, bool]]:
    """Figures of optuna, each with a heading, a note and whether it has a part per setting."""
    try:
        from optuna import visualization
        from optuna.importance import PedAnovaImportanceEvaluator
    except ModuleNotFoundError as error:
        raise MissingExtraError("optuna", "tune") from error
    with calm(), open_study(result.path) as study:
        yield visualization.plot_optimization_history(study), "Scores by trial", "", False
        yield (
            visualization.plot_intermediate_values(study),
            "Learning curves",
            "Score by validation; curves that end early were pruned.",
            False,
        )
        if result.importances:
            figure = visualization.plot_param_importances(
                study, evaluator=PedAnovaImportanceEvaluator()
            )
            yield figure, "What the best scores depend on", "By PED-ANOVA.", False
        if len(result.ranking) < _FEWEST:
            return
        yield (
            visualization.plot_parallel_coordinate(study),
            "Trials that were trained to their end",
            "A line for each; drag along an axis to keep some of them.",
            True,
        )
        figure = visualization.plot_slice(study)
        yield figure, "Each setting alone", "Later trials are darker.", True


def _settings(result: TuneResult) -> list[list[str]]:
    """What was searched, and what was best."""
    best, base = result.best, result.settings.base
    space = result.settings.space
    rows = []
    for name, part in (*space.parts.items(), *space.fixed.items()):
        chosen = part if best is None else best.params.get(name, part)
        rows.append([name, str(part), _cell(getattr(base, name)), _cell(chosen)])
    return rows


def _cell(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
