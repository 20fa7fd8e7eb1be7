"""``dispatchlab convert``: write an instance in another format."""

from pathlib import Path
from typing import Annotated

import typer

from dispatchlab.commands import options

Out = Annotated[
    Path, typer.Option(help="File to write: .jsp, .fjs, .sm or .json.", show_default=False)
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", help="standard, taillard, fjs, psplib or json.", show_default="by extension"
    ),
]


def convert(instance: options.Instance, out: Out, format: Format = None) -> None:
    """Write an instance in another format.

    JSON holds everything, the other formats what their field needs. CP-SAT models can be read
    but not written.

    [dim]dispatchlab convert model.pb --out model.json[/]
    """
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.envs.jobshop.formats import write_instance

    encoding = load_problem(instance)
    write_instance(encoding, out, format)
    typer.echo(f"{encoding}\nwrote {out}")
