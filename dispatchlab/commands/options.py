"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from dispatchlab.agents.pretrained import DEFAULTS, family_of, pretrained_names


def agents_of(family: str) -> str:
    """How the help names the agents of a family, those that come with dispatchlab included.

    Args:
        family: The family.

    Returns:
        The text.
    """
    shipped = [name for name in pretrained_names() if family_of(name) == family]
    ours = ", ".join(f"[cyan]agent={name}[/]" for name in shipped)
    return "[cyan]agent=RUN[/]" + f" or one of ours: {ours}" * bool(ours)


def number_of_episodes(text: object) -> int:
    """A number of episodes, as an option gives it.

    Args:
        text: What was given, or the default.

    Returns:
        The number.

    Raises:
        BadParameter: If it is none, for example a list of seeds.
    """
    given = str(text).strip()
    if given.isdecimal() and int(given[:18]) > 0:
        return int(given[:18])
    raise typer.BadParameter(
        f"{given[:80]!r} is no number of episodes, which is 1 or more; write 3 for three episodes, "
        "those of the seeds 0, 1 and 2."
    )


INSTANCE_HELP = (
    "A benchmark ([cyan]ft06[/], [cyan]ta01[/], ...), an instance file (JSPLIB or Taillard text, "
    ".fjs, .sm, .json) or an exported CP-SAT model (.pb, .pbtxt)."
)

Instance = Annotated[str, typer.Argument(help=INSTANCE_HELP, show_default=False)]
Instances = Annotated[
    list[str],
    typer.Argument(
        help=f"{INSTANCE_HELP} Several give a table; sets such as [cyan]ta15x15[/] work too.",
        show_default=False,
    ),
]
MethodOrDefault = Annotated[
    str | None,
    typer.Option(
        help="[cyan]cp-sat[/], [cyan]agent[/] (see --policy), [cyan]tabu[/] (tabu search, for "
        "job shops), [cyan]hybrid[/] (the best schedule of the agent or of rules, improved by tabu "
        "search and cp-sat), lookahead (every action rehearsed with two "
        "rules), or a rule: spt, lpt, fifo, lifo, mwkr, lwkr, mor, lor, edd, slack, cr, fdd-mwkr, "
        "atc (as spt in non-delay job shops without due dates and weights), random; at an edge "
        "dem-q, dem, sota1, ...; of air taxis lookahead, rolling, ...",
        show_default="agent with --policy, else cp-sat; at an edge dem-q; of air taxis lookahead",
    ),
]
TimeLimit = Annotated[
    float, typer.Option(help="Seconds per instance; for cp-sat, tabu and hybrid.")
]
Policy = Annotated[
    Path | None,
    typer.Option(
        help="Run folder, policy file or an agent of [cyan]dispatchlab agents[/] "
        f"({', '.join(f'[cyan]{name}[/]' for name in DEFAULTS.values())}, ...), for agent or "
        "hybrid; without --method for agent.",
        show_default=False,
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(
        help="Schedules to try with a rule or the agent, of which the best counts; for hybrid at "
        "most, in a tenth of the time before tabu search, or three before cp-sat.",
        show_default="1 for rules, 32 for the agent, 512 for hybrid",
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="Divides the logits of the agent's samples: below 1 they are greedier, above 1 more "
        "varied.",
        show_default="1",
    ),
]
Beam = Annotated[
    int | None,
    typer.Option(
        help="Width of a beam search of the agent, instead of samples.", show_default=False
    ),
]
SemanticsOrDefault = Annotated[
    str | None,
    typer.Option(
        help="What may be dispatched: append, non-delay, active or non-delay-wait.",
        show_default="non-delay for rules, as trained for the agent",
    ),
]
Semantics = Annotated[
    str,
    typer.Option(help="What rules may dispatch: append, non-delay, active or non-delay-wait."),
]
Seed = Annotated[int, typer.Option(help="Seed of tie-breaking, sampling and search.", min=0)]
Workers = Annotated[
    int,
    typer.Option(help="Parallel searches of cp-sat, tabu and hybrid; 0 uses every core.", min=0),
]
Json = Annotated[
    Path | None,
    typer.Option("--json", help="Write the results as JSON; - is stdout.", show_default=False),
]
Csv = Annotated[
    Path | None,
    typer.Option("--csv", help="Write one line per run as CSV; - is stdout.", show_default=False),
]
Parquet = Annotated[
    Path | None,
    typer.Option(
        "--parquet",
        help="Write one line per run as Parquet, with types and null for what is missing.",
        show_default=False,
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(help="Write a report with tables and charts: .html.", show_default=False),
]
Episodes = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the schedule of every run, as [cyan]verify[/] takes it.",
        show_default=False,
    ),
]
Keep = Annotated[
    Path | None,
    typer.Option(
        help="Keep every result in this folder as soon as it is there. The same command with the "
        "same folder goes on after an interruption, and computes nothing twice.",
        show_default=False,
    ),
]
Processes = Annotated[
    int,
    typer.Option(
        help="Processes that share the work; 0: one per core. The results are the same, but times "
        "are then measured on a busy machine.",
        min=0,
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        help="Where the processes run: local (on this machine) or ray (on a Ray cluster, whose "
        "workers are replaced when they die)."
    ),
]
Address = Annotated[
    str,
    typer.Option(
        help="Running Ray cluster that this machine is a node of: auto or host:6379.",
        show_default="one is started on this machine",
    ),
]
