"""``dispatchlab train``: train an agent."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands.family_group import FamilyGroup
from dispatchlab.commands.interrupts import telling
from dispatchlab.commands.text import unwrap
from dispatchlab.commands.train_lists import ListSchedules, ListTeachers, print_settings
from dispatchlab.commands.train_options import (
    ConfigFile,
    Device,
    Preset,
    Seed,
    Settings,
    Timesteps,
    Track,
    TrackProject,
    first_config,
    pairs,
    refuse_empty,
)
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.train import TrainConfig

IMITATION_ROUNDS = 12  # with --imitate, where the preset has none

Out = Annotated[Path, typer.Option(help="The run folder.")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Continue the run in --out from its last checkpoint."),
]
Minutes = Annotated[
    float | None,
    typer.Option(help="Stop after so many minutes, to be continued.", show_default="no limit"),
]
LrSchedule = Annotated[
    str | None,
    typer.Option(
        "--lr-schedule",
        help="Learning rate over the run: a name, with options as in rex:beta=0.9; see "
        "dispatchlab train --list-schedules.",
        show_default="by preset",
    ),
]
Discount = Annotated[
    str | None,
    typer.Option(
        help="Discount over the run: ads, which grows as the agent can follow whom imitation_rule "
        "names, with options as in ads:alpha=0.3,every=4096; see discount in --settings.",
        show_default="gamma throughout",
    ),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        help="Who chooses the tasks: a name, with settings as in alp-gmm:fit_rate=100; see "
        "dispatchlab train --list-teachers.",
        show_default="nobody",
    ),
]
Imitate = Annotated[
    str | None,
    typer.Option(
        help="Whom to imitate before PPO: a rule, lookahead, cp-sat (job shops) or rolling (air "
        "taxis); see imitation_rule and imitation_rounds in --settings.",
        show_default="by preset",
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        help="Who plays the environments: local (this process) or ray (rollout workers).",
        show_default="local",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(help="Rollout workers of --engine ray, each on a CPU.", min=1, show_default=False),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="Running Ray cluster that this machine is a node of: auto or host:6379.",
        show_default="one is started on this machine",
    ),
]
ShowSettings = Annotated[
    bool, typer.Option("--settings", help="List all settings with their values, and stop.")
]

app = typer.Typer(
    cls=FamilyGroup, help="Train an agent.", no_args_is_help=True, rich_markup_mode="rich"
)


@app.callback()
def _group(list_schedules: ListSchedules = False, list_teachers: ListTeachers = False) -> None:
    """Train an agent."""


HELP = {
    "job-shop": """Train an agent for job shops with PPO and write a run folder.

    The folder holds the policy (policy.safetensors, policy.json), the settings (config.yaml), the
    learning curve (progress.csv, TensorBoard events) and the final scores (eval.json). An
    interrupted run continues with --resume, bit for bit. Scores are mean gaps in percent on
    instances that training never sees, beside those of rules.

    [dim]dispatchlab train job-shop --preset quick --out runs/first[/]

    [dim]dispatchlab train job-shop --set learning_rate=5e-4 --set num_envs=128[/]
    """,
    "soc": """Train an agent that maps task graphs to a chip, and write a run folder.

    First it imitates one-step lookahead (imitation_rounds=0: not at all), then PPO minimises the
    mean latency. The folder is that of [cyan]train job-shop[/], and continues with --resume, bit
    for bit. Scores are mean latencies in µs, with the jobs completed in brackets, on streams that
    training never sees, beside ETF and MET.

    [dim]dispatchlab train soc --preset quick --out runs/chip[/]

    [dim]dispatchlab train soc --set generator=preset:wifi-tx20,mean_gap_us=60-500[/]
    """,
    "edge": """Train an agent that runs a drone fleet's inferences on an edge and in the cloud.

    First it imitates a rule (imitation_rounds=0: none), then PPO maximises the utility. The
    folder is that of [cyan]train job-shop[/], and continues with --resume, bit for bit. Scores are
    mean utilities, with the tasks on time in % in brackets, on episodes that training never sees,
    beside DEM-Q, DEM and the rule.

    [dim]dispatchlab train edge --preset quick --out runs/edge[/]

    [dim]dispatchlab train edge --set generator=preset:2d-a,network=trapezium[/]
    """,
    "uam": """Train an agent that sends the aircraft of an air-taxi fleet through a day.

    First it imitates plans over a rolling horizon, or a rule (imitation_rule; imitation_rounds=0:
    nobody), then PPO maximises the profit. The folder is that of [cyan]train job-shop[/], and
    continues with --resume, bit for bit. Scores are mean profits in dollars, with the passengers
    served in % in brackets, on days that training never sees, beside lookahead and price.

    [dim]dispatchlab train uam --preset quick --out runs/uam[/]

    [dim]dispatchlab train uam --set generator=random-8x40:rho=0.6-2.5 --set encoder=captain[/]
    """,
}


def _command(family: str) -> Callable[..., None]:
    """The command that trains a family."""

    def train_family(
        preset: Preset = None, config: ConfigFile = None, out: Out = Path(f"runs/{family}"),
        resume: Resume = False, settings: Settings = None, n_timesteps: Timesteps = None,
        max_minutes: Minutes = None, lr_schedule: LrSchedule = None, discount: Discount = None,
        teacher: Teacher = None, imitate: Imitate = None, engine: Engine = None,
        workers: Workers = None, address: Address = None, track: Track = None,
        track_project: TrackProject = None, seed: Seed = None, device: Device = None,
        show_settings: ShowSettings = False, list_schedules: ListSchedules = False,
        list_teachers: ListTeachers = False,
    ) -> None:  # fmt: skip
        refuse_empty(discount=discount, teacher=teacher, imitate=imitate)
        changes = pairs(
            total_timesteps=n_timesteps, max_minutes=max_minutes, schedule=lr_schedule,
            discount=discount, teacher=teacher, imitation_rule=imitate, engine=engine,
            rollout_workers=workers, ray_address=address, track=track, track_project=track_project,
        )  # fmt: skip
        changes = [*pairs(seed=seed, device=device), *(settings or ()), *changes]
        start: TrainConfig | None
        if resume and preset is None and config is None:
            start = _config_of_run(family, out, changes)
        else:
            start = first_config(family, preset, config, changes)
            if imitate is not None and not start.imitation_rounds:
                start = replace(start, imitation_rounds=IMITATION_ROUNDS)
        if show_settings and start is not None:
            print_settings(start)
        else:
            _train(start, family, out, resume=resume)

    return train_family


for _family, _text in HELP.items():
    app.command(_family, help=unwrap(_text))(_command(_family))


def _train(config: "TrainConfig | None", family: str, out: Path, *, resume: bool) -> None:
    """Train an agent of a family."""
    go_on = f"dispatchlab train {family} --resume --out {shlex.quote(str(out))}"
    with telling(partial(_stopped, out=out, go_on=go_on, resume=resume)):
        from dispatchlab.train import train
        from dispatchlab.train.families import SETTINGS

        result = train(config, out, resume=resume)
        sittings = " over all sittings" if resume else ""
        typer.echo(
            f"{result.timesteps} decisions in {result.seconds:.0f} s{sittings}; wrote {result.path}"
        )
        if not result.finished:
            typer.echo(f"The time limit came first; go on with: {go_on}")
        typer.echo(f"Try it: {SETTINGS[family].try_it.format(run=result.path)}")


def _stopped(error: KeyboardInterrupt, out: Path, go_on: str, *, resume: bool) -> str:
    """What to say of a run that a signal has stopped."""
    is_ours = resume or bool(str(error))  # a run that was there before is somebody else's
    if not is_ours or not (out / "checkpoint.pt").exists():
        return "Stopped before training began, so nothing is kept."
    return f"{str(error) or 'Stopped before training went on'}; go on with: {go_on}"


def _config_of_run(family: str, out: Path, changes: list[str]) -> "TrainConfig | None":
    """The settings of a run with what may change; None where there is no run."""
    from dispatchlab.train.config_files import read_config

    path = out / "config.yaml"
    if not path.exists():
        if not changes:
            return None
        raise DispatchlabError(f"{str(out)!r} holds no run; start one without --resume.")
    config = read_config(path)
    if config.family != family:
        raise DispatchlabError(
            f"The run {str(out)!r} is of the family {config.family!r}; continue it with "
            f"`dispatchlab train {config.family}`."
        )
    return config.override(changes)
