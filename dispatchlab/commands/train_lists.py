"""Options of ``dispatchlab train`` that list what others take, and stop."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

import typer


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
