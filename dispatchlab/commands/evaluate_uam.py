"""``dispatchlab evaluate uam``: compare methods on fleets of air taxis."""

from collections.abc import Mapping
from typing import Annotated

import typer

from dispatchlab.commands import options

Days = Annotated[
    str,
    typer.Option(
        "--instances",
        "--preset",
        help="Random layouts ([cyan]random-8x40[/]: 8 vertiports and 40 aircraft, a new layout "
        "every day; any numbers), networks ([cyan]bay-10[/], [cyan]dfw-10[/], [cyan]nyc-9[/], "
        "[cyan]lax-dtla[/]) and files, separated by commas; settings may follow: "
        "[cyan]bay-10:aircraft=50[/].",
    ),
]
Loads = Annotated[
    str | None,
    typer.Option(
        help="Expected passengers over the seats that the fleet can offer: [cyan]0.6,1.2[/].",
        show_default="as the instances say",
    ),
]
Delays = Annotated[
    str | None,
    typer.Option(help="Multiplier of the take-off delays; 0: none.", show_default="1"),
]
Closures = Annotated[
    str | None,
    typer.Option(help="Multiplier of the chance of closed routes; 0: none.", show_default="1"),
]
Downtimes = Annotated[
    str | None,
    typer.Option(help="Multiplier of the chance of outages; 0: none.", show_default="1"),
]
Points = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting with its values (repeatable): [cyan]aircraft=20|40[/], "
        "[cyan]charge_curve=constant|taper[/], [cyan]price=0.2|tou[/].",
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
        help="Days of each instance: 3 are those of the seeds 0, 1 and 2.",
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        help="Separated by commas: rules (random, stay, nearest, greedy, greedy-rate, equal, "
        "plus-one, lookahead, price), [cyan]all-rules[/], plans over a rolling horizon, "
        "which take seconds per day ([cyan]rolling[/], [cyan]rolling-expected[/], "
        "[cyan]rolling-plain[/], [cyan]rolling:time=2[/]), [cyan]all[/]: the rules and rolling; "
        "lookahead after every action in drawn futures ([cyan]rollouts:scenarios=64[/]); "
        "searches that know the day and take minutes ([cyan]genetic[/], "
        f"[cyan]genetic-seeded:generations=50[/]), {options.agents_of('uam')}."
    ),
]
Against = Annotated[
    str | None,
    typer.Option(help="Method that wins are counted against.", show_default="lookahead, or first"),
]
Bound = Annotated[
    bool,
    typer.Option(help="Bound the profit of each day, which takes seconds per day and instance."),
]


def evaluate_uam(
    instances: Days = "random-8x40", rho: Loads = None, delay: Delays = None,
    closure: Closures = None, downtime: Downtimes = None, settings: Points = None,
    episodes: Realisations = 20, methods: Methods = "all", against: Against = None,
    bound: Bound = True, schedules: options.Episodes = None, json: options.Json = None,
    csv: options.Csv = None, parquet: options.Parquet = None, report: options.Report = None,
    keep: options.Keep = None, processes: options.Processes = 1, engine: options.Engine = "local",
    address: options.Address = "",
) -> None:  # fmt: skip
    """Compare methods on days of an electric air-taxi fleet.

    Every method meets the same days, drawn with seeds that training never uses: passengers,
    take-off delays, closed routes and outages, and for random layouts the map and the demand too.
    Each day and each decision in it passes the independent checker. The profit in dollars per day
    stands beside its share of a bound that nobody can exceed, even knowing the day, and the mean of
    the worst days. Options with several values are combined.

    [dim]dispatchlab evaluate uam --instances random-8x40 --rho 0.6,1.2 --methods all --episodes 100
    --report uam.html[/]

    [dim]dispatchlab evaluate uam --instances bay-10 --delay 3 --closure 3 --downtime 3[/]
    """
    from dispatchlab.commands.comparisons import Files, conduct, stream_settings
    from dispatchlab.commands.inputs import split_list, split_names
    from dispatchlab.commands.running import Running
    from dispatchlab.eval.methods.parse_uam import make_uam_methods
    from dispatchlab.eval.stream_cases import parse_points
    from dispatchlab.eval.uam_cases import uam_cases

    files = Files(json, csv, parquet, report, schedules)
    files.check()
    running = Running(keep, processes, engine, address).checked()
    named = {"rho": rho, "delay": delay, "closure": closure, "downtime": downtime}
    wanted = [*_points(named), *(settings or ())]
    points = parse_points(wanted, "rho=0.6|1.2")
    cases = uam_cases(split_names([instances], "--instances"), points, episodes, bound=bound)
    chosen = make_uam_methods(split_list(methods, "--methods"))
    told = stream_settings(instances, wanted, episodes, methods) | {
        "bounds": "yes" if bound else "no"
    }
    conduct(chosen, cases, told, files, running, against=against)


def _points(options: Mapping[str, str | None]) -> list[str]:
    """Options as settings; commas separate values as bars do."""
    given = {name: text for name, text in options.items() if text is not None}
    return [f"{name}={text.replace(',', '|')}" for name, text in given.items()]
