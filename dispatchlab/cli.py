"""The command line: a thin typer application over `dispatchlab.commands`."""

from typing import Annotated

import typer

from dispatchlab.commands import benchmark, evaluate
from dispatchlab.commands.agents import agents
from dispatchlab.commands.convert import convert
from dispatchlab.commands.demo import demo
from dispatchlab.commands.envs import envs
from dispatchlab.commands.errors import FriendlyGroup
from dispatchlab.commands.export import export
from dispatchlab.commands.render import render
from dispatchlab.commands.report import report
from dispatchlab.commands.solve import solve
from dispatchlab.commands.text import help_of
from dispatchlab.commands.train import app as train_app
from dispatchlab.commands.tune import tune
from dispatchlab.commands.verify import verify

app = typer.Typer(
    name="dispatchlab",
    cls=FriendlyGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
for _command in (envs, solve, verify, render, report, tune, agents, export, convert, demo):
    app.command(help=help_of(_command))(_command)
app.add_typer(train_app, name="train")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(benchmark.app, name="benchmark")


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from dispatchlab import __version__

        typer.echo(f"dispatchlab {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True),
]


def main(version: Version = False) -> None:
    """Dispatching and scheduling: environments, rules, solvers and learning agents.

    Times are in the time unit of the instance; time limits and run times are in seconds.
    Wherever an instance is asked for, a benchmark name (ft06, ta01, la01, mk01, ...), an instance
    file or an exported CP-SAT model will do; chips are named top-1, wifi-tx20, job:Top_1, ..., and
    their times are in µs; drones at an edge are named 2d-p to 4d-a, and their times are in ms; air
    taxis are named random-8x40, bay-10, ..., and their times are in s.
    """


app.callback(help=help_of(main))(main)
