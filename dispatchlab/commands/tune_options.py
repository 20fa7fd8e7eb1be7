"""Options of ``dispatchlab tune`` that ``train`` does not have."""

from pathlib import Path
from typing import Annotated

import typer

from dispatchlab.envs.core.registry import FAMILIES

Family = Annotated[str, typer.Argument(help=f"One of {', '.join(FAMILIES)}.", show_default=False)]
Out = Annotated[
    Path | None, typer.Option(help="The folder of a new study.", show_default="runs/tune-FAMILY")
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Continue the study in this folder instead.", show_default=False
    ),
]
Trials = Annotated[
    int | None,
    typer.Option(
        "--trials", "--n-trials", help="Training runs in all.", show_default="32, or as before"
    ),
]
Evaluations = Annotated[
    int | None,
    typer.Option(
        "--evaluations", "--n-evaluations", show_default="8",
        help="Validations of each run, after each of which it may be pruned.",
    ),
]  # fmt: skip
SpaceFile = Annotated[
    Path | None,
    typer.Option(
        "--space",
        help="YAML that changes what is searched: lines such as [cyan]learning_rate: {low: 1e-5, "
        "high: 1e-3, log: true}[/], [cyan]n_steps: {choices: [64, 128]}[/], [cyan]gamma: 1.0[/] "
        "(fixed) or [cyan]vf_coef: null[/] (as in the settings).",
        show_default=False,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        help="Search these settings alone, separated by commas.", show_default="all of the space"
    ),
]
ShowSpace = Annotated[bool, typer.Option("--show-space", help="List what is searched, and stop.")]
Sampler = Annotated[str | None, typer.Option(help="tpe or random.", show_default="tpe")]
Pruner = Annotated[
    str | None, typer.Option(help="median, hyperband or none.", show_default="median")
]
Startup = Annotated[
    int | None,
    typer.Option(
        "--startup-trials", "--n-startup-trials", show_default="8",
        help="Trials drawn at random, and not pruned by the median, before the search begins.",
    ),
]  # fmt: skip
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "--n-jobs", min=1, show_default="1",
        help="Trials at the same time. A new study chooses as many together, without knowing "
        "their scores, so that its trials do not depend on which ends first.",
    ),
]  # fmt: skip
EngineName = Annotated[
    str, typer.Option(help="Who plays the trials: local (this machine) or ray (a cluster).")
]
Address = Annotated[
    str,
    typer.Option(
        help="Running Ray cluster that this machine is a node of: auto or host:6379; its nodes "
        "share the folder.",
        show_default="one is started on this machine",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        help="Seed of the search (what it tries) and of every training run (weights, instances "
        "and sampling), which all trials share.",
        min=0,
        show_default="0",
    ),
]
Report = Annotated[
    Path | None, typer.Option(help="Also write a page with charts: .html.", show_default=False)
]
Zoo = Annotated[
    Path | None,
    typer.Option(
        help="Also write the best settings as hyper-parameters for rl-baselines3-zoo: .yml or "
        ".yaml.",
        show_default=False,
    ),
]
