"""``dispatchlab report``: a page about training runs."""

from pathlib import Path
from typing import Annotated

import typer

Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN",
        help="Run folders that [cyan]dispatchlab train[/] wrote; several are compared.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option(help="The page to write: .html; one that is there is replaced.")]


def report(runs: Runs, out: Out = Path("run.html")) -> None:
    """Write a page about training runs: one HTML file that opens without a network.

    It shows how the scores of the agent rose beside those of rules, losses and learning rate, the
    settings and versions, and, where a teacher chose the tasks (train --teacher), what it chose
    when: tasks over time, its Gaussians or boxes, and the levels that it replays and edits. A run
    that has not ended will do.

    [dim]dispatchlab report runs/first runs/second --out runs.html[/]
    """
    from dispatchlab.commands.outputs import check_target, emit

    check_target(out, (".html",))
    from dispatchlab.eval.run_report.page import run_report

    emit(out, run_report(runs))
    typer.echo(f"wrote {out}")
