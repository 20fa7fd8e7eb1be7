"""``dispatchlab render``: draw a schedule, or a task graph."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.commands.method_options import chosen_method, method_spec, stream_spec
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Schedule
    from dispatchlab.envs.jobshop.instance import CpEncoding

_METHOD = "fdd-mwkr"

Problem = Annotated[
    str,
    typer.Argument(
        help=f"{options.INSTANCE_HELP} Or a SoC preset ([cyan]top-1[/], ...), one job of it "
        "([cyan]job:Top_1[/]), a task graph file, drones at an edge ([cyan]4d-a[/], ...), "
        "air taxis ([cyan]bay-10[/], ...), or a schedule file of any of them.",
        show_default=False,
    ),
]
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
        help="A rule, [cyan]cp-sat[/] or [cyan]agent[/], instead of a file; as in [cyan]solve[/]. "
        "For SoC problems a rule (met, stf, eft, etf, ...), [cyan]lookahead-etf[/] or a planner "
        "(heft, peft, cpop, cp-sat) or an agent; without one the task graphs are drawn. At an edge "
        "a rule (dem-q, dem, sota1, ...) or an agent. For air taxis a rule (lookahead, greedy, "
        "...), a planner or an agent.",
        show_default=f"{_METHOD}; at an edge dem-q, of air taxis lookahead",
    ),
]
Graph = Annotated[
    str | None,
    typer.Option(help="The task graph to draw, of a SoC problem with several.", show_default=False),
]
Since = Annotated[
    int | None,
    typer.Option(help="Draw an episode from this time on, in µs (chips) or ms (edge).", min=0),
]
Until = Annotated[
    int | None,
    typer.Option(
        help="Draw an episode up to this time, in µs (chips), ms (edge) or s (air taxis)."
    ),
]
Width = Annotated[int, typer.Option(help="Characters in a line of text.", min=20)]


def render(
    instance: Problem, schedule: ScheduleFile = None,
    method: Method = None, policy: options.Policy = None,
    time_limit: options.TimeLimit = 10.0, seed: options.Seed = 0, out: Out = None,
    graph: Graph = None, since: Since = None, until: Until = None, width: Width = 100,
) -> None:  # fmt: skip
    """Draw a schedule as a Gantt chart, from a file or made by a method; or a task graph.

    A schedule file is drawn as it is, right or wrong; check it with [cyan]verify[/]. For chips,
    edges and air taxis the seed also decides what happens, and CP-SAT has its time limit at every
    arrival.

    [dim]dispatchlab render ft06 --method spt[/]

    [dim]dispatchlab render ta01 ta01.json --out ta01.html[/]

    [dim]dispatchlab render top-1 --method etf --out gantt.html[/]

    [dim]dispatchlab render job:WiFi_Receiver --out graph.png[/]

    [dim]dispatchlab render 4d-a:network=trapezium --method dem-q --out timeline.html[/]

    [dim]dispatchlab render bay-10 --method lookahead --out day.html[/]
    """
    from dispatchlab.commands.inputs import family_of, schedule_family
    from dispatchlab.commands.outputs import CHARTS, check_target

    if schedule is not None and (method is not None or policy is not None):
        raise DispatchlabError(
            f"The schedule file {str(schedule)!r} and a method were both given; leave one out."
        )
    if out is not None:
        check_target(out, (*CHARTS, ".txt"))
    family = schedule_family(instance) or family_of(instance)
    if family != "job-shop":
        from dispatchlab.commands.episodes import Picture
        from dispatchlab.commands.families import stream_commands

        named = method is not None or policy is not None
        chosen = stream_spec(method or "agent", policy) if named else None
        picture = Picture(chosen, seed, time_limit, graph, since, until, width)
        stream_commands(family).render(instance, schedule, picture, out)
    elif graph is not None or since is not None or until is not None:
        raise DispatchlabError(
            f"--graph, --since and --until are for chips and edges, the last for air taxis too, "
            f"but {instance!r} is none; leave them out."
        )
    else:
        from dispatchlab.commands.inputs import load_problem
        from dispatchlab.envs.jobshop.schedule_files import read_schedule

        encoding = load_problem(instance)
        if schedule is not None:
            plan = read_schedule(schedule, encoding)
        else:
            spec = method_spec(chosen_method(method, policy, _METHOD), policy, None, None, None)
            plan = _make(encoding, spec, time_limit, seed)
        _draw(encoding, plan, out, width)
    if out is not None:
        typer.echo(f"wrote {out}")


def _draw(encoding: "CpEncoding", plan: "Schedule", out: Path | None, width: int) -> None:
    """Draw it as text or as a file."""
    from dispatchlab.commands.outputs import draw_to
    from dispatchlab.envs.jobshop.viewer import render_ansi, write_gantt

    draw_to(
        out,
        lambda: render_ansi(encoding, plan, width=width),
        lambda path: write_gantt(path, encoding, plan),
    )


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
    schedule: Schedule = result.schedule
    return schedule
