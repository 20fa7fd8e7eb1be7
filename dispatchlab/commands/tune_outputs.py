"""What ``dispatchlab tune`` shows and writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dispatchlab.commands.outputs import check_target, console, emit, progress
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from rich.table import Table

    from dispatchlab.train import TrainConfig
    from dispatchlab.tune import TuneResult
    from dispatchlab.tune.outcome import Outcome
    from dispatchlab.tune.result import Tried
    from dispatchlab.tune.space import SearchSpace

_SHOWN = 8  # trials


def check_targets(report: Path | None, zoo: Path | None) -> None:
    """Refuse files that could not be written after the search.

    Args:
        report: Page with charts.
        zoo: Hyper-parameters for rl-baselines3-zoo.
    """
    if report is not None:
        check_target(report, (".html",))
        from dispatchlab.commands.outputs import require_renderer

        require_renderer(".html")
    if zoo is not None:
        check_target(zoo, (".yml", ".yaml"))


@contextmanager
def watching(trials: int) -> Iterator[Callable[["Outcome"], None]]:
    """A progress bar, and a line for each trial that ends.

    Args:
        trials: How many there are to be.

    Yields:
        What hears of them.
    """
    screen = console(err=True)
    with progress() as bar:
        task = bar.add_task("trials", total=trials)

        def hear(outcome: "Outcome") -> None:
            name = "base settings" if outcome.number < 0 else f"trial {outcome.number}"
            score = "" if outcome.score is None else f" {outcome.score:.5g}"
            why = f": {outcome.message}" if outcome.message else ""
            (bar.console if bar.live.is_started else screen).print(
                f"{name} {outcome.state}{score}{why}", markup=False, soft_wrap=True
            )
            if outcome.number >= 0:
                bar.update(task, completed=outcome.number + 1)

        yield hear


def print_space(config: "TrainConfig", space: "SearchSpace") -> None:
    """A table of what is searched.

    Args:
        config: Where the search begins.
        space: The space.
    """
    from rich.table import Table

    from dispatchlab.train.values import field_docs

    table = Table(header_style="bold")
    for heading in ("setting", "searched", "at first", "meaning"):
        table.add_column(heading)
    docs = field_docs(type(config))
    for name, part in space.parts.items():
        table.add_row(name, str(part), str(getattr(config, name)), docs[name])
    for name, value in space.fixed.items():
        table.add_row(name, f"{value} (fixed)", str(getattr(config, name)), docs[name])
    console().print(table)


def print_result(result: "TuneResult") -> None:
    """The best trials, what the score depends on, and where everything is.

    Args:
        result: The study.

    Raises:
        DispatchlabError: No trial was trained to its end.
    """
    best = result.best
    if best is None:
        raise DispatchlabError(_hopeless(result))
    console().print(_ranking(result))
    typer.echo(_summary(result, best))


def _ranking(result: "TuneResult") -> "Table":
    """A column for each of the best trials, beside the base settings."""
    from rich.table import Table

    shown = result.ranking[:_SHOWN]
    table = Table(title=f"The best of {len(result.trials)} trials", header_style="bold")
    table.add_column("setting")
    shares = result.importances
    for heading in (*(["importance"] if shares else []), "base", *(str(t.number) for t in shown)):
        table.add_column(heading, justify="right")
    blank = [""] if shares else []
    scores = [result.base, *(trial.score for trial in shown)]
    table.add_row("score", *blank, *map(_cell, scores), style="bold", end_section=True)
    names = result.settings.space.parts
    for name in sorted(names, key=lambda name: -shares.get(name, 0.0)):
        share = [f"{shares.get(name, 0.0):.0%}"] if shares else []
        values = [getattr(result.settings.base, name), *(t.params[name] for t in shown)]
        table.add_row(name, *share, *map(_cell, values))
    return table


def write_extras(result: "TuneResult", report: Path | None, zoo: Path | None) -> None:
    """Write what was asked for beside the folder.

    Args:
        result: The study.
        report: Page with charts.
        zoo: Hyper-parameters for rl-baselines3-zoo.
    """
    if report is not None:
        from dispatchlab.eval.study_report import study_report

        emit(report, study_report(result))
        typer.echo(f"wrote {report}")
    if zoo is not None and result.best_config is not None:
        from dispatchlab.train.zoo import zoo_text

        emit(zoo, zoo_text(result.best_config))
        typer.echo(f"wrote {zoo}")


def _summary(result: "TuneResult", best: "Tried") -> str:
    """What was found, and how to use it."""
    counts = {
        state: sum(trial.state == state for trial in result.trials)
        for state in ("complete", "pruned", "failed")
    }
    count = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    path, family = result.path, result.settings.base.family
    direction = "higher" if result.higher_is_better else "lower"
    held = " (the base settings)" if result.base_is_best else ""
    return (
        f"{count}; scores of the greedy agent on validation instances, {direction} is better\n"
        f"{_verdict(result, best)}\n"
        f"wrote {path / 'best.yaml'}{held} and {path / 'trials.csv'}\n"
        f"Try it: dispatchlab train {family} --config {path / 'best.yaml'} --out {path / 'best'}"
    )


def _verdict(result: "TuneResult", best: "Tried") -> str:
    """Which settings to take."""
    scores = f"trial {best.number} has {_cell(best.score)}, the base settings {_cell(result.base)}"
    if result.base_is_best:
        return f"no trial beats the base settings, so keep them: {scores}"
    return f"{scores}; the best of many is flattered by chance, so compare both on other instances"


def _hopeless(result: "TuneResult") -> str:
    """Why there is no best trial."""
    why = next((trial.message for trial in result.trials if trial.message), "all were pruned")
    return (
        f"None of the {len(result.trials)} trials of {str(result.path)!r} was trained to its end "
        f"({why.rstrip('.')}): change the search space or the settings."
    )


def _cell(value: object) -> str:
    """A number with five digits."""
    if value is None:
        return "none"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
