"""``dispatchlab verify``: check a schedule file."""

from pathlib import Path
from typing import Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.envs.core.errors import DispatchlabError

Instance = Annotated[
    str,
    typer.Argument(
        help=f"{options.INSTANCE_HELP} Or alone: a schedule file of an episode on a chip (.json), "
        "which holds its instance.",
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
    from dispatchlab.envs.core.errors import InfeasibleScheduleError
    from dispatchlab.envs.soc.library import is_soc_problem
    from dispatchlab.envs.soc.schedule_files import is_schedule_file

    try:
        if schedule is None and is_schedule_file(instance):
            verdict = _verify_episode(Path(instance), None)
        elif schedule is None:
            raise DispatchlabError(
                f"No schedule file was given for {instance!r}; name one, as in `dispatchlab verify "
                "ft06 ft06.json`, or alone one of a chip, which holds its instance."
            )
        elif is_schedule_file(schedule) or is_soc_problem(instance):
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
    from dispatchlab.envs.jobshop.schedule_files import read_schedule
    from dispatchlab.envs.jobshop.verify import objective_of
    from dispatchlab.envs.jobshop.verify import verify as check
    from dispatchlab.eval.formatting import number

    encoding = load_problem(instance)
    plan = read_schedule(schedule, encoding)
    check(encoding, None, plan, objective=_claimed(schedule))
    goal = encoding.objective.replace("_", " ")
    return f"{goal} {number(objective_of(encoding, None, plan))}"


def _verify_episode(path: Path, instance: str | None) -> str:
    """An episode on a chip, which must be of the instance if one is named."""
    from dispatchlab.envs.soc.library import load_instance
    from dispatchlab.envs.soc.metrics import metrics
    from dispatchlab.envs.soc.schedule_files import read_schedule
    from dispatchlab.envs.soc.verify import verify as check

    episode = read_schedule(path)
    if instance is not None and load_instance(instance) != episode.instance:
        raise DispatchlabError(
            f"The schedule {str(path)!r} is of {episode.instance.name!r}, whose data differ from "
            f"{instance!r}; leave the instance out, the file holds its own."
        )
    check(
        episode.instance, episode.realisation, episode.schedule, episode.objective,
        planned=episode.planned, check_eager=not episode.planned,
    )  # fmt: skip
    worth = metrics(episode.instance, episode.schedule, episode.realisation)
    jobs = int(worth["completed"])
    text = f"mean latency {worth['latency_us']:.2f} µs, {jobs} job{'s' * (jobs != 1)} completed"
    left, now = int(worth["in_system"]), episode.schedule.now_us
    if left and now != episode.instance.injection.horizon_us:
        text += f"; played up to {now} µs only, with {left} job{'s' * (left != 1)} in the system"
    return text


def _claimed(path: Path) -> float | None:
    """The objective that a JSON file claims; `read_schedule` has accepted the file before."""
    import json

    if path.suffix.lower() != ".json":
        return None
    value = json.loads(path.read_text(encoding="utf-8-sig")).get("objective_value")
    return float(value) if isinstance(value, int | float) else None
