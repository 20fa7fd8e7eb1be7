"""``dispatchlab envs``: what there is to play."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from rich.table import Table

Family = Annotated[
    str | None, typer.Option(help="Only this family, for example [cyan]job-shop[/].")
]
Instances = Annotated[
    bool, typer.Option("--instances", help="List the benchmark sets, or the instances of PREFIX.")
]
Prefix = Annotated[
    str | None,
    typer.Argument(
        help="With --instances: a set ([cyan]la[/], [cyan]ta15x15[/]) or how the names begin.",
        show_default=False,
    ),
]


def envs(prefix: Prefix = None, family: Family = None, instances: Instances = False) -> None:
    """List the environments (id, family, what each one is) or the benchmark instances.

    Make one with [cyan]gymnasium.make(id)[/] after [cyan]import dispatchlab[/].

    [dim]dispatchlab envs --instances[/]

    [dim]dispatchlab envs --instances ta15x15[/]
    """
    from dispatchlab.commands.outputs import console

    if instances:
        if family is not None:
            raise DispatchlabError(f"--family {family} is for environments; leave it out.")
        console().print(_sets() if prefix is None else ", ".join(_names(prefix)))
        return
    if prefix is not None:
        raise DispatchlabError(f"{prefix!r} is understood with --instances only; add it.")
    console().print(_environments(family))


def _environments(family: str | None) -> "Table":
    """The environments, of one family if it is given."""
    from dispatchlab.envs.core.registry import ENVIRONMENTS

    families = dict.fromkeys(record.family for record in ENVIRONMENTS)
    if family is not None and family not in families:
        raise DispatchlabError(f"Unknown family {family!r}; choose one of {', '.join(families)}.")
    table = _table("id", "family", "summary")
    for record in ENVIRONMENTS:
        if family in (None, record.family):
            table.add_row(record.id, record.family, record.summary)
    return table


def _sets() -> "Table":
    """The benchmark sets with their size."""
    from dispatchlab.envs.jobshop.library import instance_sets

    table = _table("set", "instances", "from", "to")
    for name, members in instance_sets().items():
        table.add_row(name, str(len(members)), members[0], members[-1])
    return table


def _names(prefix: str) -> list[str]:
    """The instances of a set, or those whose names begin so."""
    from dispatchlab.envs.jobshop.library import instance_names, instance_set

    try:
        return instance_set(prefix)
    except DispatchlabError:
        if names := instance_names(prefix):
            return names
        raise


def _table(*headings: str) -> "Table":
    from rich.table import Table

    table = Table(header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=heading == "id")
    return table
