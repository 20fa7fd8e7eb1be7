"""``dispatchlab solve``: make schedules of instances."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.commands.families import stream_commands
from dispatchlab.commands.method_options import chosen_method, method_spec, stream_spec
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Comparison
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.methods.parse import MethodDefaults

_METHOD = "cp-sat"

Schedules = Annotated[
    list[Path] | None,
    typer.Option("--schedule", help="Write the schedule: .json or .csv (repeatable)."),
]
Charts = Annotated[
    list[Path] | None,
    typer.Option("--gantt", help="Draw the schedule: .html, .png, .svg or .pdf (repeatable)."),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder that gets .json, .csv, .html and .png of every instance."),
]


def solve(
    instances: options.Instances, method: options.MethodOrDefault = None,
    time_limit: options.TimeLimit = 10.0, policy: options.Policy = None,
    samples: options.Samples = None, temperature: options.Temperature = None,
    beam: options.Beam = None, semantics: options.SemanticsOrDefault = None, seed: options.Seed = 0,
    workers: options.Workers = 0, schedule: Schedules = None, gantt: Charts = None,
    out: Out = None, json: options.Json = None,
) -> None:  # fmt: skip
    """Make a schedule for each instance and print its objective, bound, gap and time.

    Instances are job shops and other CP encodings, or jobs on a chip ([cyan]job:Top_1[/], a task
    graph file); for these the methods are heft, peft, cpop, cp-sat, all rules of [cyan]evaluate
    soc[/] and agents. Or episodes of drones at an edge ([cyan]4d-a[/]), which a rule of
    [cyan]evaluate edge[/] or an agent plays, or days of air taxis ([cyan]random-8x40[/],
    [cyan]bay-10[/]) with the methods of [cyan]evaluate uam[/]; there the seed also decides what
    happens.

    One instance is printed line by line; several, or a set of them, give a table.

    The objective is the makespan unless the instance says otherwise, in the time unit of the
    instance, at an edge the utility, and of air taxis the profit in dollars. The bound is proven
    by the method or known from the literature, and the gap is the distance to it. Every schedule
    passes the independent checker before it is shown or written.

    [dim]dispatchlab solve ft06 --gantt ft06.html[/]

    [dim]dispatchlab solve ta15x15 --method mwkr --samples 32 --out schedules[/]

    [dim]dispatchlab solve ta21 --method hybrid --policy runs/quick --time-limit 60[/]
    """
    from dispatchlab.commands.inputs import common_family
    from dispatchlab.commands.outputs import check_text_target
    from dispatchlab.commands.schedules import planned_files, require_schedules, write_result
    from dispatchlab.eval.methods.parse import MethodDefaults

    family, names = common_family(instances)
    usual = _METHOD if family == "job-shop" else stream_commands(family).method
    method = chosen_method(method, policy, usual)
    if family == "job-shop":
        spec = method_spec(method, policy, samples, beam, semantics, temperature)
    else:
        _refuse_for_streams(
            samples=samples, temperature=temperature, beam=beam, semantics=semantics
        )
        spec = stream_spec(method, policy)
    cases = _cases(family, instances, names, seed)
    check_text_target(json, ".json")
    names = [case.instance for case in cases]
    paths = planned_files(names, [*(schedule or ()), *(gantt or ())], out, family)
    chosen = _make(family, spec, MethodDefaults(time_limit_s=time_limit, workers=workers))
    comparison = _run(chosen, cases)
    require_schedules(comparison)
    for case, run, files in zip(cases, comparison.runs, paths, strict=True):
        write_result(case, run, comparison, files)
    _report(comparison, json, [path for files in paths for path in files])


def _cases(family: str, instances: list[str], names: list[str], seed: int) -> "list[Case]":
    """The cases of a family."""
    if family != "job-shop":
        from dispatchlab.eval.stream_cases import refuse_twins

        refuse_twins(names)
        return [stream_commands(family).case(name, seed) for name in names]
    from dispatchlab.commands.inputs import load_problems
    from dispatchlab.eval.cases import instance_cases

    return instance_cases(load_problems(instances), [seed])


def _refuse_for_streams(**options: float | str | None) -> None:
    for name, value in options.items():
        if value is not None:
            shown = f"{value:g}" if isinstance(value, float) else value
            raise DispatchlabError(f"--{name} {shown} is for job shops; leave it out.")


def _make(family: str, spec: str, defaults: "MethodDefaults") -> "Method":
    """The method of a string."""
    if family != "job-shop":
        return stream_commands(family).make_method(spec, defaults)
    from dispatchlab.eval.methods.parse import make_method

    return make_method(spec, defaults)


def _run(method: "Method", cases: "Sequence[Case]") -> "Comparison":
    from dispatchlab.commands.outputs import progress
    from dispatchlab.eval.compare import compare

    with progress() as bar:
        task = bar.add_task(method.name, total=len(cases))
        return compare([method], cases, lambda _, __: bar.advance(task))


def _report(comparison: "Comparison", json: Path | None, written: "Sequence[Path]") -> None:
    """Print one instance as lines, several as a table."""
    from dispatchlab.commands.outputs import STDOUT, console, emit
    from dispatchlab.eval.export import runs_to_json
    from dispatchlab.eval.families import eval_family
    from dispatchlab.eval.table import runs_table

    if json is not None:
        emit(json, runs_to_json(comparison.runs))
    if json is not None and str(json) == STDOUT:
        return
    screen = console()
    if len(comparison.runs) == 1:
        screen.print(f"[bold]{comparison.cases[0].encoding}[/]")
        facts = eval_family(comparison.family).facts(comparison.runs[0])
        for label, value in [*facts, *_facts_of_start(comparison)]:
            screen.print(f"  {label:<11} {value}")
    else:
        screen.print(runs_table(comparison))
    for path in [*written, *([json] if json is not None else [])]:
        screen.print(f"  wrote {path}")


def _facts_of_start(comparison: "Comparison") -> list[tuple[str, str]]:
    """What a hybrid started from, and how much time went where."""
    from dispatchlab.eval.formatting import duration, number

    run = comparison.runs[0]
    info = comparison.results[run.method, run.instance, run.seed].info
    if "start_objective" not in info:
        return []
    spent = (f"{part} {duration(seconds)}" for part, seconds in info["seconds"].items())
    start = f"{number(info['start_objective'])} by {info['start']}"
    return [("start", start), ("time for", ", ".join(spent))]
