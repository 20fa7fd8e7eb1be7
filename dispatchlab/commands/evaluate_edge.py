"""``dispatchlab evaluate edge``: compare methods on drones at an edge."""

from typing import Annotated

import typer

from dispatchlab.commands import options

Workloads = Annotated[
    str,
    typer.Option(
        "--instances",
        "--preset",
        help="Workloads ([cyan]2d-p[/] to [cyan]4d-a[/]: drones, then passive or active) and "
        "files, separated by commas; settings may follow: [cyan]4d-a:duration_ms=60000[/].",
    ),
]
Networks = Annotated[
    str | None,
    typer.Option(
        help="stationary, trapezium, 4g, or a trace file (.json, .csv); several with |.",
        show_default="as the instances say",
    ),
]
Points = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting with its values (repeatable): [cyan]num_drones=2|4[/], "
        "[cyan]duration_ms=60000[/], [cyan]cloud_expected=p95|median[/], [cyan]peak_ms=200|400[/] "
        "(ms added by a trapezium).",
        show_default="as the instances say",
    ),
]
Realisations = Annotated[
    int,
    typer.Option(
        "--episodes",
        "--seeds",
        parser=options.number_of_episodes,
        metavar="INTEGER",
        help="Episodes of each instance: 3 are those of the seeds 0, 1 and 2.",
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        help="Separated by commas: rules (random, fifo, edf, sjf, hbf, huf, hpf, cld, ec, dem, "
        "dems, dems-a, gems, sota1, sota2, dem-q, dems-q, marginal; [cyan]dems:preset=code[/] as "
        f"in the released code), [cyan]all[/] of them, {options.agents_of('edge')}."
    ),
]
Against = Annotated[
    str | None,
    typer.Option(help="Method that wins are counted against.", show_default="dem-q, or first"),
]


def evaluate_edge(
    instances: Workloads = "4d-a", network: Networks = None, settings: Points = None,
    episodes: Realisations = 20, methods: Methods = "all", against: Against = None,
    schedules: options.Episodes = None, json: options.Json = None, csv: options.Csv = None,
    parquet: options.Parquet = None, report: options.Report = None, keep: options.Keep = None,
    processes: options.Processes = 1, engine: options.Engine = "local",
    address: options.Address = "",
) -> None:  # fmt: skip
    """Compare methods on drones whose video an edge and a cloud work on.

    Every method meets the same arrivals, execution times (ms) and networks, drawn with seeds that
    training never uses, and every episode and each decision in it passes the independent checker.
    The utility, QoS and QoE together, stands beside the share of the tasks on time and a bound that
    no scheduler can exceed. The report draws utility over time and the timelines of the best.

    [dim]dispatchlab evaluate edge --preset 4D-A --network trapezium --methods all --episodes 20
    --report edge.html[/]
    """
    from dispatchlab.commands.comparisons import Files, conduct, stream_settings
    from dispatchlab.commands.inputs import split_list, split_names
    from dispatchlab.commands.running import Running
    from dispatchlab.eval.edge_cases import edge_cases
    from dispatchlab.eval.methods.parse_edge import make_edge_methods
    from dispatchlab.eval.stream_cases import parse_points

    files = Files(json, csv, parquet, report, schedules)
    files.check()
    running = Running(keep, processes, engine, address).checked()
    wanted = [*([f"network={network}"] if network is not None else []), *(settings or ())]
    points = parse_points(wanted, "network=stationary|trapezium")
    cases = edge_cases(split_names([instances], "--instances"), points, episodes)
    chosen = make_edge_methods(split_list(methods, "--methods"))
    told = stream_settings(instances, wanted, episodes, methods)
    conduct(chosen, cases, told, files, running, against=against)
