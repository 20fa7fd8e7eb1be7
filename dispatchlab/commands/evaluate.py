"""``dispatchlab evaluate``: compare methods on the same instances and realisations."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.commands.evaluate_edge import evaluate_edge
from dispatchlab.commands.evaluate_soc import evaluate_soc
from dispatchlab.commands.evaluate_uam import evaluate_uam
from dispatchlab.commands.text import help_of
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.realise import Disturbances
    from dispatchlab.eval.cases import Case

INSTANCES, COUNT, SEEDS = "ft06,ft10", 20, "0"
Instances = Annotated[
    str | None,
    typer.Option(
        help="Benchmarks, sets and files, separated by commas: [cyan]ft06,ta15x15,shop.jsp[/].",
        show_default=INSTANCES,
    ),
]
Drawn = Annotated[
    str | None,
    typer.Option(
        "--generator",
        help="Draw instances instead: [cyan]random:num_jobs=6-10[/], [cyan]taillard:15x15[/].",
        show_default=False,
    ),
]
Count = Annotated[
    int | None, typer.Option(help="Instances per seed, with --generator.", show_default="20")
]
Methods = Annotated[
    str,
    typer.Option(
        help="Separated by commas: rules ([cyan]mwkr[/], [cyan]mwkr:k=32[/], "
        "[cyan]spt:semantics=active[/]), [cyan]all-rules[/], [cyan]lookahead[/], [cyan]cp-sat[/] "
        "([cyan]cp-sat:time=60[/]), [cyan]tabu[/] (tabu search, where only orders on machines are "
        "open), [cyan]pretrained[/] (the shipped agent; others by name, see "
        "[cyan]dispatchlab agents[/]), [cyan]agent=RUN[/] (greedy), "
        "[cyan]agent=RUN:sample=32[/] (also with [cyan]:temperature=0.7[/] and, to show a policy "
        "of tokens 64 of thousands of jobs at once, [cyan]:window=64[/]), "
        "[cyan]agent=RUN:beam=16[/], [cyan]hybrid[/] or [cyan]hybrid=RUN:sample=128[/] (tabu "
        "search and cp-sat improve what lookahead, rules or an agent find at the beginning)."
    ),
]
Seeds = Annotated[
    str | None,
    typer.Option(
        help="Seeds of realisations and methods: 0, or 0,1,2, or 0-9.", show_default=SEEDS
    ),
]
Episodes = Annotated[
    int | None,
    typer.Option(
        parser=options.number_of_episodes,
        metavar="INTEGER",
        help="Episodes of each instance, instead of --seeds: 3 are those of the seeds 0, 1 and 2.",
        show_default=False,
    ),
]
K = Annotated[int, typer.Option("--k", help="Runs of each rule, of which the best counts.", min=1)]
Against = Annotated[
    str | None,
    typer.Option(help="Method that wins are counted against.", show_default="fdd-mwkr, or first"),
]
Noise = Annotated[
    float, typer.Option(help="Coefficient of variation of the processing times.", min=0)
]
Breakdowns = Annotated[float, typer.Option(help="Breakdowns per machine and time unit.", min=0)]
Repair = Annotated[float, typer.Option(help="Mean time to repair, in time units.", min=0)]
Load = Annotated[
    float, typer.Option(help="Utilisation at which jobs arrive one by one; 0: all at once.", min=0)
]

app = typer.Typer(
    help="Compare methods on the same instances and realisations.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.callback()
def _group() -> None:
    """Compare methods on the same instances and realisations."""


def evaluate_job_shop(
    instances: Instances = None, generator: Drawn = None, count: Count = None,
    methods: Methods = "all-rules", seeds: Seeds = None, episodes: Episodes = None,
    time_limit: options.TimeLimit = 10.0,
    semantics: options.Semantics = "non-delay", k: K = 1, workers: options.Workers = 0,
    against: Against = None, duration_noise: Noise = 0.0, breakdown_rate: Breakdowns = 0.0,
    mean_time_to_repair: Repair = 50.0, arrival_load: Load = 0.0, json: options.Json = None,
    csv: options.Csv = None, parquet: options.Parquet = None, report: options.Report = None,
    keep: options.Keep = None, processes: options.Processes = 1, engine: options.Engine = "local",
    address: options.Address = "",
) -> None:  # fmt: skip
    """Compare methods on job shops, projects and whatever else a CP encoding holds.

    Every method meets the same instances and realisations, and every schedule passes the
    independent checker. Gaps are relative to the best-known value, or to the best found here
    where none is known; lower is better. Without disturbances a seed changes only what the
    methods draw themselves. Under disturbances, cp-sat, tabu, hybrids, lookahead, agents that see
    rehearsals and searches over many schedules plan on the expectation and their plan is replayed;
    rules and greedy agents decide as things happen. With --processes, each of them runs --workers
    parallel searches.

    [dim]dispatchlab evaluate job-shop --instances ta15x15 --methods all-rules,cp-sat[/]
    """
    from dispatchlab.commands.comparisons import Files, conduct
    from dispatchlab.commands.inputs import parse_seeds, split_list
    from dispatchlab.commands.running import Running
    from dispatchlab.envs.jobshop.realise import Disturbances
    from dispatchlab.eval.methods.parse import MethodDefaults, make_methods

    files = Files(json, csv, parquet, report)
    files.check()
    running = Running(keep, processes, engine, address).checked()
    disturbances = Disturbances(arrival_load, duration_noise, breakdown_rate, mean_time_to_repair)
    seeds = _seeds(seeds, episodes)
    cases = _cases(instances, generator, count, parse_seeds(seeds), disturbances)
    defaults = MethodDefaults(semantics, k, time_limit, workers)
    chosen = make_methods(split_list(methods, "--methods"), defaults)
    told = {
        "instances": generator or instances or INSTANCES, "seeds": seeds, "methods": methods,
        "semantics of rules": semantics, "runs of each rule": k,
        "time limit of searches": f"{time_limit:g} s",
        "workers of searches": workers or "all cores",
        "disturbances": str(disturbances) if disturbances != Disturbances() else "none",
    }  # fmt: skip
    conduct(chosen, cases, told, files, running, against=against)


app.command("job-shop", help=help_of(evaluate_job_shop))(evaluate_job_shop)
app.command("soc", help=help_of(evaluate_soc))(evaluate_soc)
app.command("edge", help=help_of(evaluate_edge))(evaluate_edge)
app.command("uam", help=help_of(evaluate_uam))(evaluate_uam)


def _seeds(seeds: str | None, episodes: int | None) -> str:
    """The seeds of either option."""
    if episodes is None:
        return SEEDS if seeds is None else seeds
    if seeds is not None:
        raise DispatchlabError(
            f"Both --seeds {seeds} and --episodes {episodes} were given; keep one."
        )
    return f"0-{episodes - 1}"


def _cases(
    instances: str | None, generator: str | None, count: int | None, seeds: list[int],
    disturbances: "Disturbances",
) -> "list[Case]":  # fmt: skip
    """The cases of either source."""
    from dispatchlab.commands.inputs import load_problems
    from dispatchlab.envs.jobshop.realise import Disturbances
    from dispatchlab.eval.cases import generated_cases, instance_cases

    if generator is None:
        if count is not None:
            raise DispatchlabError(
                f"--count {count} is for instances that are drawn; add --generator or leave it out."
            )
        return instance_cases(
            load_problems([INSTANCES if instances is None else instances]), seeds, disturbances
        )
    if instances is not None:
        raise DispatchlabError(
            f"Both --instances {instances} and --generator {generator} were given; keep one."
        )
    if disturbances != Disturbances():
        raise DispatchlabError(
            f"The generator {generator!r} draws its own disturbances; write them into it, for "
            "example random:duration_noise=0.2."
        )
    return generated_cases(generator, COUNT if count is None else count, seeds)
