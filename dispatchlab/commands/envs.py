"""``dispatchlab envs``: what there is to play."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands.families import STREAMS, stream_commands
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

    [dim]dispatchlab envs --instances --family soc[/]

    [dim]dispatchlab envs --instances --family edge[/]

    [dim]dispatchlab envs --instances --family uam[/]
    """
    from dispatchlab.commands.outputs import console

    if instances:
        _check_family(family)
        console().print(_sets(family) if prefix is None else ", ".join(_names(prefix)))
        return
    if prefix is not None:
        raise DispatchlabError(f"{prefix!r} is understood with --instances only; add it.")
    console().print(_environments(family))


def _environments(family: str | None) -> "Table":
    """The environments by family, or those of one."""
    from dispatchlab.envs.core.registry import ENVIRONMENTS, FAMILIES

    table = _table("id", "family", "summary")
    _check_family(family)
    for name in FAMILIES if family is None else [family]:
        for record in (record for record in ENVIRONMENTS if record.family == name):
            table.add_row(record.id, record.family, record.summary)
        table.add_section()
    return table


def _check_family(family: str | None) -> None:
    """Refuse a family that does not exist."""
    from dispatchlab.envs.core.registry import FAMILIES

    if family is not None and family not in FAMILIES:
        raise DispatchlabError(f"Unknown family {family!r}; choose one of {', '.join(FAMILIES)}.")


def _sets(family: str | None) -> "Table":
    """The benchmark sets with their size, and the presets of streams with what they are."""
    if family is not None and family in STREAMS:
        commands = stream_commands(family)
        table = _table("preset", "what it is")
        for name in commands.presets()[0][1]:
            table.add_row(name, str(commands.load_instance(name)).partition(": ")[2])
        return table
    from dispatchlab.envs.jobshop.library import instance_sets

    table = _table("set", "instances", "from", "to")
    for name, members in instance_sets().items():
        table.add_row(name, str(len(members)), members[0], members[-1])
    if family is None:
        for what, names in _presets():
            table.add_row(what, str(len(names)), names[0], names[-1])
    return table


def _names(prefix: str) -> list[str]:
    """The instances of a set, or those whose names begin so, of all families."""
    from dispatchlab.envs.jobshop.library import instance_names, instance_set

    try:
        return instance_set(prefix)
    except DispatchlabError:
        starts = (prefix, prefix.lower())
        named = [name for _, members in _presets() for name in members if name.startswith(starts)]
        if names := [*instance_names(prefix), *named]:
            return names
        raise


def _presets() -> list[tuple[str, Sequence[str]]]:
    """Lists of named instances of all families of episodes."""
    from dispatchlab.envs.core.registry import FAMILIES

    ordered = [name for name in FAMILIES if name in STREAMS]
    return [members for name in ordered for members in stream_commands(name).presets()]


def _table(*headings: str) -> "Table":
    from rich.table import Table

    table = Table(header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=heading == "id")
    return table
