"""``dispatchlab render``: draw a schedule."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Schedule
    from dispatchlab.envs.jobshop.instance import CpEncoding

_METHOD = "fdd-mwkr"

ScheduleFile = Annotated[
    Path | None,
    typer.Argument(help="A schedule file, .json or .csv; instead of a method.", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option(help=".html (zoom and hover), .png, .svg, .pdf or .txt.", show_default="terminal"),
]
Method = Annotated[
    str | None,
    typer.Option(
        help="A rule, [cyan]cp-sat[/] or [cyan]agent[/], instead of a file; as in [cyan]solve[/].",
        show_default=_METHOD,
    ),
]
Width = Annotated[int, typer.Option(help="Characters in a line of text.", min=20)]


def render(
    instance: options.Instance, schedule: ScheduleFile = None,
    method: Method = None, policy: options.Policy = None,
    time_limit: options.TimeLimit = 10.0, seed: options.Seed = 0, out: Out = None,
    width: Width = 100,
) -> None:  # fmt: skip
    """Draw a schedule as a Gantt chart, from a file or made by a method.

    A schedule file is drawn as it is, right or wrong; check it with [cyan]verify[/].

    [dim]dispatchlab render ft06 --method spt[/]

    [dim]dispatchlab render ta01 ta01.json --out ta01.html[/]
    """
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.commands.outputs import CHARTS, check_target, emit
    from dispatchlab.commands.solve import method_spec
    from dispatchlab.envs.jobshop.schedule_files import read_schedule

    if schedule is not None and (method is not None or policy is not None):
        raise DispatchlabError(
            f"The schedule file {str(schedule)!r} and a method were both given; leave one out."
        )
    encoding = load_problem(instance)
    is_text = out is None or out.suffix.lower() == ".txt"
    if out is not None:
        check_target(out, (*CHARTS, ".txt"))
    if schedule is not None:
        plan = read_schedule(schedule, encoding)
    else:
        spec = method_spec(method or _METHOD, policy, None, None, None)
        plan = _make(encoding, spec, time_limit, seed)
    if is_text:
        from dispatchlab.envs.jobshop.viewer import render_ansi

        emit(out or Path("-"), render_ansi(encoding, plan, width=width) + "\n")
    else:
        from dispatchlab.envs.jobshop.viewer import write_gantt

        write_gantt(out, encoding, plan)  # type: ignore[arg-type]
    if out is not None:
        typer.echo(f"wrote {out}")


def _make(encoding: "CpEncoding", spec: str, time_limit: float, seed: int) -> "Schedule":
    """A schedule made by a method."""
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.methods.parse import MethodDefaults, make_method

    method = make_method(spec, MethodDefaults(time_limit_s=time_limit))
    method.prepare()
    result = method.solve(Case(encoding.name, seed, encoding))
    if result.schedule is None:
        raise DispatchlabError(
            f"{spec} found no schedule of {encoding.name} in {time_limit:g} s; raise --time-limit."
        )
    return result.schedule
