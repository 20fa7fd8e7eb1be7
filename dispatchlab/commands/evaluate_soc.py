"""``dispatchlab evaluate soc``: compare methods on task graphs that stream onto a chip."""

from typing import Annotated

import typer

from dispatchlab.commands import options

Chips = Annotated[
    str,
    typer.Option(
        help="Presets ([cyan]top-1[/] to [cyan]top-10[/], [cyan]top-mix[/], [cyan]wifi-tx80[/], "
        "[cyan]wifi-tx20[/], [cyan]soc16-mix[/], [cyan]pulse-doppler[/]) and files, separated by "
        "commas; settings may follow: [cyan]top-1:mean_gap_us=50,max_jobs=4[/].",
    ),
]
Points = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A setting of the stream with its values (repeatable): [cyan]mean_gap_us=25|50[/] "
        "(µs between arrivals), [cyan]noise_std=0|0.2[/] (relative), [cyan]max_jobs=3|5[/], "
        "[cyan]horizon_us=5000[/].",
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
        help="Separated by commas: rules (random, met, met-lq, stf, eft, eft-sync, eft-rank, etf, "
        "etf-sync, heft-rt, heft-rt-edge-free, peft-rt), [cyan]all-rules[/], "
        "[cyan]lookahead-etf[/] (or other rules, joined by +), planners ([cyan]heft[/], "
        "[cyan]heft-no-insertion[/], [cyan]peft[/], [cyan]cpop[/], "
        f"[cyan]cp-sat:time=0.2[/]), {options.agents_of('soc')}."
    ),
]
CallLimit = Annotated[
    float, typer.Option(help="Seconds of each call of cp-sat, one at every arrival.")
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against", help="Method that wins are counted against.", show_default="etf, or first"
    ),
]


def evaluate_soc(
    instances: Chips = "top-1", settings: Points = None, episodes: Realisations = 20,
    methods: Methods = "random,met,etf,heft,lookahead-etf",
    time_limit: CallLimit = 0.2, workers: options.Workers = 1, against: Against = None,
    schedules: options.Episodes = None, json: options.Json = None, csv: options.Csv = None,
    parquet: options.Parquet = None, report: options.Report = None, keep: options.Keep = None,
    processes: options.Processes = 1, engine: options.Engine = "local",
    address: options.Address = "",
) -> None:  # fmt: skip
    """Compare methods on task graphs that stream onto a chip.

    Every method meets the same arrivals and execution times, drawn with seeds that training never
    uses, and every episode passes the independent checker. Latency, from the arrival of a job to
    its completion, is in µs and counts completed jobs alone, so it always stands beside their
    number. Settings with several values are combined; the report draws latency and completed
    jobs over each of them. With --processes, each of them runs cp-sat with --workers parallel
    searches.

    [dim]dispatchlab evaluate soc --instances top-1,top-mix --set "mean_gap_us=25|50|100|200"
    --methods met,etf,agent=runs/soc --report chip.html[/]
    """
    from dispatchlab.commands.comparisons import Files, conduct, stream_settings
    from dispatchlab.commands.inputs import split_list, split_names
    from dispatchlab.commands.running import Running
    from dispatchlab.eval.methods.parse import MethodDefaults
    from dispatchlab.eval.methods.parse_soc import make_soc_methods
    from dispatchlab.eval.soc_cases import soc_cases
    from dispatchlab.eval.stream_cases import parse_points

    files = Files(json, csv, parquet, report, schedules)
    files.check()
    running = Running(keep, processes, engine, address).checked()
    wanted = settings or []
    cases = soc_cases(split_names([instances], "--instances"), parse_points(wanted), episodes)
    defaults = MethodDefaults(time_limit_s=time_limit, workers=workers)
    chosen = make_soc_methods(split_list(methods, "--methods"), defaults)
    told = stream_settings(instances, wanted, episodes, methods) | {
        "cp-sat time limit": f"{time_limit:g} s per call",
        "cp-sat workers": workers or "all cores",
    }
    conduct(chosen, cases, told, files, running, against=against)
