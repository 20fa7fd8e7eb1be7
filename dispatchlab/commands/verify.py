"""``dispatchlab verify``: check a schedule file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.edge.schedule_files import EdgeEpisode
    from dispatchlab.envs.soc.schedule_files import SocEpisode

Instance = Annotated[
    str,
    typer.Argument(
        help=f"{options.INSTANCE_HELP} Or alone: a schedule file of an episode on a chip or at an "
        "edge (.json), which holds its instance.",
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
                "ft06 ft06.json`, or alone one of a chip or an edge, which holds its instance."
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
    """An episode of a stream, which must be of the instance if one is named."""
    from dispatchlab.commands.episodes import read_episode
    from dispatchlab.commands.inputs import family_of, schedule_family

    family = schedule_family(path) or family_of(instance or "")
    episode = read_episode(family, path, instance)
    return _verify_edge(episode) if family == "edge" else _verify_chip(episode)


def _verify_edge(episode: "EdgeEpisode") -> str:
    from dispatchlab.envs.edge.metrics import metrics
    from dispatchlab.envs.edge.verify import verify as check

    played = (episode.instance, episode.realisation, episode.schedule)
    check(
        *played, utility=episode.utility, qos=episode.qos, qoe=episode.qoe, complete=False
    )  # fmt: skip
    worth, count = metrics(*played), episode.instance.num_tasks
    text = f"utility {worth['utility']:g} (QoS {worth['qos']:g}, QoE {worth['qoe']:g})"
    if not worth["tasks"]:
        return f"{text}; no task has ended"
    text += f", {100 * worth['completion']:.1f} % of {worth['tasks']:.0f} tasks on time"
    if left := count - int(worth["tasks"]):
        text += (
            f"; played up to {episode.schedule.now_ms} ms only, with {left} "
            f"task{'s' * (left != 1)} to come or to end"
        )
    return text


def _verify_chip(episode: "SocEpisode") -> str:
    from dispatchlab.envs.soc.metrics import metrics
    from dispatchlab.envs.soc.verify import verify as check

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
