"""Lists of what options of ``dispatchlab train`` take."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dispatchlab.train import TrainConfig


def _list_option(flag: str, what: str, lines: Callable[[], Iterable[str]]) -> Any:  # noqa: ANN401
    """An option that prints lines, and stops."""

    def show(asked: bool) -> None:
        if not asked:
            return
        for line in lines():
            typer.echo(line)
        raise typer.Exit

    return typer.Option(flag, callback=show, is_eager=True, help=f"List {what}, and stop.")


def _schedule_lines() -> Iterator[str]:
    """What `--lr-schedule` takes."""
    from dispatchlab.train.schedules import describe_schedules

    for facts in describe_schedules():
        yield f"{facts.name}:{facts.options}  {facts.source}"


def _teacher_lines() -> Iterator[str]:
    """What `--teacher` takes."""
    from dispatchlab.train.teachers.registry import TEACHERS

    for name, entry in TEACHERS.items():
        yield f"{name}: {entry.text}"


ListTeachers = Annotated[
    bool, _list_option("--list-teachers", "the teachers with their sources", _teacher_lines)
]
ListSchedules = Annotated[
    bool,
    _list_option(
        "--list-schedules",
        "the learning-rate schedules with options and sources",
        _schedule_lines,
    ),
]


def print_settings(config: "TrainConfig") -> None:
    """A table of all settings.

    Args:
        config: Whose values are shown.
    """
    from rich.table import Table

    from dispatchlab.commands.outputs import console
    from dispatchlab.train.values import field_docs

    table = Table(header_style="bold")
    for heading in ("setting", "value", "meaning"):
        table.add_column(heading)
    docs = field_docs(type(config))
    for key, value in config.to_dict().items():
        table.add_row(key, str(value), docs[key])
    console().print(table)
