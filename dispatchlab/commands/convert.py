"""``dispatchlab convert``: write an instance in another format."""

from pathlib import Path
from typing import Annotated

import typer

Instance = Annotated[
    str,
    typer.Argument(
        help="A benchmark ([cyan]ft06[/], [cyan]ta01[/], ...), an instance file (JSPLIB or "
        "Taillard text, .fjs, .sm, .json), an exported CP-SAT model (.pb, .pbtxt), a SoC preset "
        "([cyan]top-1[/], ...), one job of it ([cyan]job:Top_1[/]), a task graph (WfFormat "
        ".json, .stg, .dot), or drones at an edge ([cyan]4d-a[/], ..., .json).",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        help="File to write: .jsp, .fjs, .sm or .json; task graphs .json, .stg or .dot; drones at "
        "an edge .json.",
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

    makers = {"soc": _convert_soc, "edge": _convert_edge, "job-shop": _convert_shop}
    typer.echo(f"{makers[family_of(instance)](instance, out, format)}\nwrote {out}")


def _convert_soc(instance: str, out: Path, format: str | None) -> str:
    from dispatchlab.envs.soc.formats import write_instance
    from dispatchlab.envs.soc.library import load_instance

    problem = load_instance(instance)
    write_instance(problem, out, format)
    return str(problem)


def _convert_edge(instance: str, out: Path, format: str | None) -> str:
    from dispatchlab.envs.core.errors import DispatchlabError
    from dispatchlab.envs.edge.instance_files import write_instance
    from dispatchlab.envs.edge.library import load_instance

    if format not in (None, "json") or out.suffix.lower() != ".json":
        raise DispatchlabError(
            f"{instance!r} has drones at an edge, which {format or out.suffix!r} cannot hold; "
            "write .json."
        )
    problem = load_instance(instance)
    write_instance(problem, out)
    return str(problem)


def _convert_shop(instance: str, out: Path, format: str | None) -> str:
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.envs.jobshop.formats import write_instance

    encoding = load_problem(instance)
    write_instance(encoding, out, format)
    return str(encoding)
