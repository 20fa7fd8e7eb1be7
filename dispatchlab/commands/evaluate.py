"""``dispatchlab evaluate``: compare methods on the same instances and realisations."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.commands.evaluate_edge import evaluate_edge
from dispatchlab.commands.evaluate_uam import evaluate_uam
from dispatchlab.commands.text import help_of
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.realise import Disturbances
    from dispatchlab.eval.cases import Case

Instances = Annotated[
    str,
    typer.Option(
        help="Benchmarks, sets and files, separated by commas: [cyan]ft06,ta15x15,shop.jsp[/].",
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
Count = Annotated[int, typer.Option(help="Instances per seed, with --generator.")]
Methods = Annotated[
    str,
    typer.Option(
        help="Separated by commas: rules ([cyan]mwkr[/], [cyan]mwkr:k=32[/], "
        "[cyan]spt:semantics=active[/]), [cyan]all-rules[/], [cyan]cp-sat[/] "
        "([cyan]cp-sat:time=60[/]), [cyan]agent=RUN[/] (greedy), "
        "[cyan]agent=RUN:sample=32[/], "
        "[cyan]agent=RUN:beam=16[/]."
    ),
]
Seeds = Annotated[str, typer.Option(help="Seeds of realisations and methods: 0, or 0,1,2, or 0-9.")]
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
Realisations = Annotated[int, typer.Option(help="Realisations of each instance.", min=1)]
ChipMethods = Annotated[
    str,
    typer.Option(
        help="Separated by commas: rules (random, met, met-lq, stf, eft, eft-sync, eft-rank, etf, "
        "etf-sync, heft-rt, heft-rt-edge-free, peft-rt), [cyan]all-rules[/], "
        "[cyan]lookahead-etf[/] (or other rules, joined by +), planners ([cyan]heft[/], "
        "[cyan]heft-no-insertion[/], [cyan]peft[/], [cyan]cpop[/], "
        "[cyan]cp-sat:time=0.2[/]), [cyan]agent=RUN[/]."
    ),
]
CallLimit = Annotated[
    float, typer.Option(help="Seconds of each call of cp-sat, one at every arrival.")
]
AgainstEtf = Annotated[
    str | None,
    typer.Option(
        "--against", help="Method that wins are counted against.", show_default="etf, or first"
    ),
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
    instances: Instances = "ft06,ft10", generator: Drawn = None, count: Count = 20,
    methods: Methods = "all-rules", seeds: Seeds = "0", time_limit: options.TimeLimit = 10.0,
    semantics: options.Semantics = "non-delay", k: K = 1, workers: options.Workers = 0,
    against: Against = None, duration_noise: Noise = 0.0, breakdown_rate: Breakdowns = 0.0,
    mean_time_to_repair: Repair = 50.0, arrival_load: Load = 0.0, json: options.Json = None,
    csv: options.Csv = None, report: options.Report = None,
) -> None:  # fmt: skip
    """Compare methods on job shops, projects and whatever else a CP encoding holds.

    Every method meets the same instances and realisations, and every schedule passes the
    independent checker. Gaps are relative to the best-known value, or to the best found here
    where none is known; lower is better. Without disturbances a seed changes only what the
    methods draw themselves. Under disturbances, cp-sat and searches over many schedules plan on
    the expectation and their plan is replayed; rules and greedy agents decide as things happen.

    [dim]dispatchlab evaluate job-shop --instances ta15x15 --methods all-rules,cp-sat[/]
    """
    from dispatchlab.commands.comparisons import (
        check_baseline,
        publish,
        require_correct,
        run_all,
    )
    from dispatchlab.commands.inputs import parse_seeds
    from dispatchlab.commands.outputs import check_target, check_text_target
    from dispatchlab.envs.jobshop.realise import Disturbances
    from dispatchlab.eval.methods.parse import MethodDefaults, make_methods
    from dispatchlab.eval.summary import summarise

    check_text_target(json, ".json")
    check_text_target(csv, ".csv")
    if report is not None:
        check_target(report, (".html",))
    disturbances = Disturbances(arrival_load, duration_noise, breakdown_rate, mean_time_to_repair)
    cases = _cases(instances, generator, count, parse_seeds(seeds), disturbances)
    defaults = MethodDefaults(semantics, k, time_limit, workers)
    chosen = make_methods([m.strip() for m in methods.split(",") if m.strip()], defaults)
    check_baseline(against, chosen)
    comparison = run_all(chosen, cases)
    settings = {
        "instances": generator or instances, "seeds": seeds, "methods": methods,
        "semantics of rules": semantics, "runs of each rule": k,
        "cp-sat time limit": f"{time_limit:g} s", "cp-sat workers": workers or "all cores",
        "disturbances": str(disturbances) if disturbances != Disturbances() else "none",
    }  # fmt: skip
    summaries = summarise(comparison, against)
    publish(comparison, summaries, settings, json=json, csv=csv, report=report)
    require_correct(comparison)


def evaluate_soc(
    instances: Chips = "top-1", settings: Points = None, seeds: Realisations = 20,
    methods: ChipMethods = "random,met,etf,heft,lookahead-etf",
    time_limit: CallLimit = 0.2, workers: options.Workers = 1, against: AgainstEtf = None,
    schedules: options.Episodes = None, json: options.Json = None, csv: options.Csv = None,
    report: options.Report = None,
) -> None:  # fmt: skip
    """Compare methods on task graphs that stream onto a chip.

    Every method meets the same arrivals and execution times, drawn with seeds that training never
    uses, and every episode passes the independent checker. Latency, from the arrival of a job to
    its completion, is in µs and counts completed jobs alone, so it always stands beside their
    number. Settings with several values are combined; the report draws latency and completed
    jobs over each of them.

    [dim]dispatchlab evaluate soc --instances top-1,top-mix --set "mean_gap_us=25|50|100|200"
    --methods met,etf,agent=runs/soc --report chip.html[/]
    """
    from dispatchlab.commands.comparisons import (
        check_baseline,
        publish,
        require_correct,
        run_all,
        write_episodes,
    )
    from dispatchlab.commands.inputs import split_names
    from dispatchlab.commands.outputs import check_folder, check_target, check_text_target
    from dispatchlab.eval.methods.parse import MethodDefaults
    from dispatchlab.eval.methods.parse_soc import make_soc_methods
    from dispatchlab.eval.soc_cases import soc_cases
    from dispatchlab.eval.stream_cases import parse_points
    from dispatchlab.eval.summary import summarise

    check_text_target(json, ".json")
    check_text_target(csv, ".csv")
    if report is not None:
        check_target(report, (".html",))
    if schedules is not None:
        check_folder(schedules)
    cases = soc_cases(split_names([instances]), parse_points(settings or ()), seeds)
    defaults = MethodDefaults(time_limit_s=time_limit, workers=workers)
    chosen = make_soc_methods([m.strip() for m in methods.split(",") if m.strip()], defaults)
    check_baseline(against, chosen)
    comparison = run_all(chosen, cases)
    told = {
        "instances": instances, "settings": "; ".join(settings or ()) or "as they are",
        "seeds": f"0 to {seeds - 1}", "methods": methods,
        "cp-sat time limit": f"{time_limit:g} s per call",
        "cp-sat workers": workers or "all cores",
    }  # fmt: skip
    summaries = summarise(comparison, against)
    publish(comparison, summaries, told, json=json, csv=csv, report=report)
    require_correct(comparison)
    if schedules is not None:
        write_episodes(comparison, schedules)


app.command("job-shop", help=help_of(evaluate_job_shop))(evaluate_job_shop)
app.command("soc", help=help_of(evaluate_soc))(evaluate_soc)
app.command("edge", help=help_of(evaluate_edge))(evaluate_edge)
app.command("uam", help=help_of(evaluate_uam))(evaluate_uam)


def _cases(
    instances: str, generator: str | None, count: int, seeds: list[int],
    disturbances: "Disturbances",
) -> "list[Case]":  # fmt: skip
    """The cases of either source."""
    from dispatchlab.commands.inputs import load_problems
    from dispatchlab.envs.jobshop.realise import Disturbances
    from dispatchlab.eval.cases import generated_cases, instance_cases

    if generator is None:
        return instance_cases(load_problems([instances]), seeds, disturbances)
    if disturbances != Disturbances():
        raise DispatchlabError(
            f"The generator {generator!r} draws its own disturbances; write them into it, for "
            "example random:duration_noise=0.2."
        )
    return generated_cases(generator, count, seeds)
