"""``dispatchlab verify``: check a schedule file."""

from pathlib import Path
from typing import Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.envs.core.errors import DispatchlabError

Instance = Annotated[
    str,
    typer.Argument(
        help=f"{options.INSTANCE_HELP} Or alone: a schedule file of an episode on a chip, at an "
        "edge or of air taxis (.json), which holds its instance.",
        show_default=False,
    ),
]
ScheduleFile = Annotated[
    Path | None, typer.Argument(help="A schedule file, .json or .csv.", show_default=False)
]


def verify(instance: Instance, schedule: ScheduleFile = None) -> None:
    """Check a schedule against every constraint of its instance.

    The checker shares no code with the simulation or the solvers. A feasible schedule prints its
    objective and ends with exit code 0; otherwise every violation is listed, with exit code 1.

    [dim]dispatchlab verify ft06 ft06.json[/]

    [dim]dispatchlab verify episode.json[/]
    """
    from dispatchlab.commands.inputs import family_of, schedule_family
    from dispatchlab.envs.core.errors import InfeasibleScheduleError

    try:
        if schedule is None and schedule_family(instance) is not None:
            verdict = _verify_episode(Path(instance), None)
        elif schedule is None:
            raise DispatchlabError(
                f"No schedule file was given for {instance!r}; name one, as in `dispatchlab verify "
                "ft06 ft06.json`, or alone one of a chip, an edge or air taxis, which holds its "
                "instance."
            )
        elif schedule_family(schedule) is not None or family_of(instance) != "job-shop":
            verdict = _verify_episode(schedule, instance)
        else:
            verdict = _verify_shop(instance, schedule)
    except InfeasibleScheduleError as error:
        for violation in error.violations:
            typer.echo(f"  {violation}")
        typer.echo(
            f"Error: The schedule {str(schedule or instance)!r} violates its instance in "
            f"{len(error.violations)} way{'s' * (len(error.violations) > 1)}; see above.",
            err=True,
        )
        raise typer.Exit(1) from None
    typer.echo(f"feasible: {verdict}")


def _verify_shop(instance: str, schedule: Path) -> str:
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.envs.jobshop.schedule_files import claimed_objective, read_schedule
    from dispatchlab.envs.jobshop.verify import objective_of
    from dispatchlab.envs.jobshop.verify import verify as check
    from dispatchlab.eval.formatting import number

    encoding = load_problem(instance)
    plan = read_schedule(schedule, encoding)
    check(encoding, None, plan, objective=claimed_objective(schedule))
    goal = encoding.objective.replace("_", " ")
    return f"{goal} {number(objective_of(encoding, None, plan))}"


def _verify_episode(path: Path, instance: str | None) -> str:
    """An episode of a stream, which must be of the instance if one is named."""
    from dispatchlab.commands.episodes import read_episode
    from dispatchlab.commands.families import stream_commands
    from dispatchlab.commands.inputs import family_of, schedule_family

    family = schedule_family(path) or family_of(instance or "")
    return stream_commands(family).verdict(read_episode(family, path, instance))
