"""Which settings a run begins with: options that ``train`` and ``tune`` share."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.train import TrainConfig

_PRESET = "quick"
Preset = Annotated[
    str | None,
    typer.Option(
        help="quick (minutes on two cores) or full (longer); for job-shop also flexible, "
        "arrivals, wide and tokens, for soc chip16 and deepsocs.",
        show_default=_PRESET,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Settings in a YAML file, such as the config.yaml of a run or the best.yaml of a "
        "search; what it leaves out comes from the preset.",
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a setting: key=value (repeatable); see dispatchlab train FAMILY --settings.",
        show_default=False,
    ),
]
Timesteps = Annotated[
    int | None,
    typer.Option("--n-timesteps", "-n", help="Decisions to train on.", show_default="by preset"),
]
Track = Annotated[
    str | None,
    typer.Option(
        help="Also send the numbers to wandb or mlflow (pip install wandb or mlflow).",
        show_default="none",
    ),
]
TrackProject = Annotated[
    str | None,
    typer.Option(help="Project at wandb, or experiment of mlflow.", show_default="dispatchlab"),
]
Seed = Annotated[
    int | None,
    typer.Option(help="Seed of weights, instances and sampling.", min=0, show_default="0"),
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda or auto.", show_default="cpu")]


def first_config(
    family: str, preset: str | None, file: Path | None, changes: Sequence[str]
) -> "TrainConfig":
    """The settings of a new run.

    Args:
        family: Of problems.
        preset: Where they begin; None is the usual one.
        file: YAML with other ones.
        changes: Texts ``key=value``, which come last.

    Returns:
        The config.

    Raises:
        DispatchlabError: A setting is unknown or does not fit, or the file is of another family.
    """
    from dispatchlab.train import preset as named
    from dispatchlab.train.config_files import read_config

    config = named(preset or _PRESET, family)
    if file is not None:
        config = read_config(file, config)
    return config.override(changes)


def pairs(**options: object) -> list[str]:
    """Options that were given, as changes of settings.

    Args:
        **options: Values by setting; None for those that were not given.

    Returns:
        Texts ``key=value``.
    """
    return [f"{key}={value}" for key, value in options.items() if value is not None]


def refuse_empty(**options: str | None) -> None:
    """Refuse options that were given without saying anything.

    Args:
        **options: Texts by flag; None for those that were not given.

    Raises:
        DispatchlabError: With the first that is empty.
    """
    for name, text in options.items():
        if text is not None and not text.strip():
            raise DispatchlabError(f"--{name} is empty: give a name, or leave it out.")
