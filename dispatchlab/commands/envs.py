"""``dispatchlab envs``: what there is to play."""

from typing import Annotated

import typer


def envs(
    family: Annotated[
        str | None, typer.Option(help="Only this family, for example [cyan]job-shop[/].")
    ] = None,
) -> None:
    """List the environments: id, family and what each one is.

    Make one with [cyan]gymnasium.make(id)[/] after [cyan]import dispatchlab[/].
    """
    from rich.table import Table

    from dispatchlab.commands.outputs import console
    from dispatchlab.envs.core.errors import DispatchlabError
    from dispatchlab.envs.core.registry import ENVIRONMENTS

    families = dict.fromkeys(record.family for record in ENVIRONMENTS)
    if family is not None and family not in families:
        raise DispatchlabError(f"Unknown family {family!r}; choose one of {', '.join(families)}.")
    table = Table(header_style="bold")
    for heading in ("id", "family", "summary"):
        table.add_column(heading, no_wrap=heading == "id")
    for record in ENVIRONMENTS:
        if family in (None, record.family):
            table.add_row(record.id, record.family, record.summary)
    console().print(table)
