"""``dispatchlab export``: take an agent elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.agents import LearnedPolicy
    from dispatchlab.train import TrainConfig

_ROWS = 4  # episodes at once on which an ONNX model is compared

Policy = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run folder, a policy file, or an agent of [cyan]dispatchlab agents[/].",
        show_default=False,
    ),
]
Onnx = Annotated[Path | None, typer.Option(help="ONNX file to write: .onnx.", show_default=False)]
Hub = Annotated[
    Path | None,
    typer.Option(
        help="New folder to make, in the layout of the Hugging Face hub.", show_default=False
    ),
]
Generator = Annotated[
    str | None,
    typer.Option(
        help="Problems whose episodes the ONNX model is compared on.",
        show_default="those of the training",
    ),
]


def export(policy: Policy, onnx: Onnx = None, hub: Hub = None, generator: Generator = None) -> None:
    """Take an agent elsewhere: as an ONNX model, a folder for the Hugging Face hub, or both.

    The ONNX model takes the entries of an observation by their names, any number of rows and
    instances of any size, and gives the greedy action, the logits with the mask applied and the
    value. It is compared with the agent on real episodes, and not written where it answers
    otherwise. The folder holds model.safetensors, config.json and a model card; every command
    that takes an agent takes it.

    [dim]dispatchlab export job-shop-classic --onnx policy.onnx[/]

    [dim]dispatchlab export runs/quick --hub my-policy[/]
    """
    from dispatchlab.commands.outputs import check_target

    if onnx is None and hub is None:
        raise DispatchlabError("Nothing to write; give --onnx FILE, --hub FOLDER or both.")
    if onnx is not None:
        check_target(onnx, (".onnx",))
    elif generator is not None:
        raise DispatchlabError(
            f"--generator {generator} is for the comparison of an ONNX model; give --onnx as well, "
            "or leave it out."
        )
    from dispatchlab.agents import load_policy

    loaded = load_policy(policy)
    if hub is not None:
        from dispatchlab.agents.export.hub import check_hub_folder

        check_hub_folder(hub)
    if onnx is not None:
        _write_onnx(loaded, generator, onnx)
    if hub is not None:
        _write_hub(loaded, policy, hub)


def _write_hub(loaded: "LearnedPolicy", name: str, folder: Path) -> None:
    """Write the folder, with the card of an agent of ours."""
    from dispatchlab.agents.checkpoint_files import name_of
    from dispatchlab.agents.export import write_hub_folder
    from dispatchlab.agents.pretrained import is_shipped, read_card

    card = read_card(name) if is_shipped(name) else ""
    seconds = None if card else _seconds(Path(name))
    for path in write_hub_folder(loaded, folder, name_of(name), card, seconds):
        typer.echo(f"wrote {path}")


def _seconds(path: Path) -> float | None:
    """Wall time of a training up to its last update, if this is the folder of one."""
    from dispatchlab.train.folder import RunFolder
    from dispatchlab.train.progress_table import read_table

    run = RunFolder(path)
    if not run.config.exists():
        return None
    try:
        header, rows = read_table(run.progress)
    except CheckpointError:  # a line of a card is not worth an error
        return None
    told = dict(zip(header, rows[-1], strict=True)) if rows else {}
    return float(told["time/seconds"]) if told.get("time/seconds") else None


def _write_onnx(loaded: "LearnedPolicy", generator: str | None, path: Path) -> None:
    """Write the model and tell how far it is from the agent."""
    from dispatchlab.agents.export import export_onnx, observe

    env = _environment(loaded, generator)
    found = export_onnx(loaded, path, observe(loaded, env))
    typer.echo(
        f"wrote {path}\nlargest differences on {found['observations']:.0f} observations: "
        f"logits {found['logits']:.1e}, value {found['value']:.1e}"
    )


def _environment(loaded: "LearnedPolicy", generator: str | None) -> Any:  # noqa: ANN401
    """An environment like those that the agent was trained in."""
    from dispatchlab.train.families import load_family

    return load_family(loaded.family).training_env(_trained_with(loaded, generator))


def _trained_with(loaded: "LearnedPolicy", generator: str | None) -> "TrainConfig":
    """How the agent was trained, as far as environments go; its file may be a stranger's."""
    from dispatchlab.train import TrainConfig
    from dispatchlab.train.families import SETTINGS, load_family

    told, config = loaded.meta.get("env"), loaded.meta.get("config")
    if loaded.family not in SETTINGS or not isinstance(told, dict):
        raise CheckpointError(
            f"The policy, of the family {loaded.family!r}, does not say in which environment it "
            "was trained: use a checkpoint that `dispatchlab train` wrote."
        )
    source = generator or (config.get("generator") if isinstance(config, dict) else None)
    if not isinstance(source, str):
        raise CheckpointError("The policy does not say what it was trained on: give --generator.")
    like = TrainConfig(family=loaded.family, num_envs=_ROWS, batch_size=_ROWS)
    known = load_family(loaded.family).env_kwargs(like)
    # None shows all ready tasks, which the settings of a run call 0.
    settings = {key: 0 if told[key] is None else told[key] for key in known if key in told}
    return like.updated({**settings, "encoder": loaded.network.config.encoder, "generator": source})
