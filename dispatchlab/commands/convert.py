"""``dispatchlab convert``: write an instance in another format."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands.families import stream_commands

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.instance import CpEncoding

Instance = Annotated[
    str,
    typer.Argument(
        help="A benchmark ([cyan]ft06[/], [cyan]ta01[/], ...), an instance file (JSPLIB or "
        "Taillard text, .fjs, .sm, .json), an exported CP-SAT model (.pb, .pbtxt), a SoC preset "
        "([cyan]top-1[/], ...), one job of it ([cyan]job:Top_1[/]), a task graph (WfFormat "
        ".json, .stg, .dot), drones at an edge ([cyan]4d-a[/], ..., .json), or air taxis "
        "([cyan]random-8x40[/], [cyan]bay-10:demand=table.csv[/], ..., .json).",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        help="File to write: .jsp, .fjs, .sm or .json; task graphs .json, .stg or .dot; drones at "
        "an edge and air taxis .json.",
        show_default=False,
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="standard, taillard, fjs, psplib or json; for task graphs json, stg or dot.",
        show_default="by extension",
    ),
]


def convert(instance: Instance, out: Out, format: Format = None) -> None:
    """Write an instance in another format.

    JSON holds everything, the other formats what their field needs. CP-SAT models and WfFormat
    can be read but not written.

    [dim]dispatchlab convert model.pb --out model.json[/]
    """
    from dispatchlab.commands.inputs import family_of

    family = family_of(instance)
    to_write = _convert_shop if family == "job-shop" else stream_commands(family).convert
    typer.echo(f"{to_write(instance, out, format)}\nwrote {out}")


def _convert_shop(instance: str, out: Path, format: str | None) -> "CpEncoding":
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.envs.jobshop.formats import write_instance

    encoding = load_problem(instance)
    write_instance(encoding, out, format)
    return encoding
