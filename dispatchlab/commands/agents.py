"""``dispatchlab agents``: the agents that come with the package, and their cards."""

from typing import Annotated

import typer

Name = Annotated[
    str | None,
    typer.Argument(help="An agent, for its card.", show_default=False),
]


def agents(name: Name = None) -> None:
    """List the trained agents that come with dispatchlab, or print the card of one.

    A card says how an agent was trained, what it reaches and where its limits are.

    [dim]dispatchlab agents soc-top[/]
    """
    from dispatchlab.agents.pretrained import (
        DEFAULTS,
        family_of,
        pretrained_names,
        read_card,
        summary_of,
    )
    from dispatchlab.commands.outputs import console

    if name is not None:
        typer.echo(read_card(name), nl=False)
        return
    from rich.table import Table

    table = Table("agent", "family", "what it does", header_style="bold")
    for agent in pretrained_names():
        family = family_of(agent)
        is_default = DEFAULTS[family] == agent
        table.add_row(agent, family, summary_of(read_card(agent)) + " (default)" * is_default)
    console().print(table)
