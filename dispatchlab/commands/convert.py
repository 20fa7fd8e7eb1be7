"""``dispatchlab convert``: write an instance in another format."""

from pathlib import Path
from typing import Annotated

import typer

Instance = Annotated[
    str,
    typer.Argument(
        help="A benchmark ([cyan]ft06[/], [cyan]ta01[/], ...), an instance file (JSPLIB or "
        "Taillard text, .fjs, .sm, .json), an exported CP-SAT model (.pb, .pbtxt), a SoC preset "
        "([cyan]top-1[/], ...), one job of it ([cyan]job:Top_1[/]), or a task graph (WfFormat "
        ".json, .stg, .dot).",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        help="File to write: .jsp, .fjs, .sm or .json; task graphs .json, .stg or .dot.",
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
    from dispatchlab.envs.soc.library import is_soc_problem

    shown = _convert_soc if is_soc_problem(instance) else _convert_shop
    typer.echo(f"{shown(instance, out, format)}\nwrote {out}")


def _convert_soc(instance: str, out: Path, format: str | None) -> str:
    from dispatchlab.envs.soc.formats import write_instance
    from dispatchlab.envs.soc.library import load_instance

    problem = load_instance(instance)
    write_instance(problem, out, format)
    return str(problem)


def _convert_shop(instance: str, out: Path, format: str | None) -> str:
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.envs.jobshop.formats import write_instance

    encoding = load_problem(instance)
    write_instance(encoding, out, format)
    return str(encoding)
