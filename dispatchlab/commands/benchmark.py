"""``dispatchlab benchmark``: how fast the environments are."""

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from dispatchlab.commands import options
from dispatchlab.commands.text import help_of
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

    from dispatchlab.eval.throughput import Measured, Measurement

    Measure = Callable[[str, list[int], float], tuple[Sequence[Measured], Table]]

MAX_BATCH = 10_000
RowT = TypeVar("RowT")

Family = Annotated[
    str, typer.Option(help="[cyan]job-shop[/], [cyan]soc[/], [cyan]edge[/] or [cyan]uam[/].")
]
Sizes = Annotated[str, typer.Option(help="Jobs × machines, separated by commas (job-shop).")]
Streams = Annotated[
    str | None,
    typer.Option(
        help="Presets and files, separated by commas (soc, edge, uam).",
        show_default="top-1,wifi-tx20; 2d-p,4d-a; random-8x40,random-16x80",
    ),
]
Batches = Annotated[str, typer.Option(help="Sizes of the vector environment.")]
Seconds = Annotated[float, typer.Option(help="Seconds per measurement.", min=0.01)]

app = typer.Typer(help="Measure the speed of the environments.", no_args_is_help=True,
                  rich_markup_mode="rich")  # fmt: skip


@app.callback()
def _group() -> None:
    """Measure the speed of the environments."""


def throughput(
    family: Family = "job-shop", sizes: Sizes = "6x6,15x15,30x20,100x20",
    instances: Streams = None, batches: Batches = "1,64,512",
    semantics: options.Semantics = "non-delay", seconds: Seconds = 0.5,
    json: options.Json = None,
) -> None:  # fmt: skip
    """Print how fast the environments are, on one thread.

    Job shops: environment steps per second, from Python. A step is one decision of one
    environment. Only the call of step() is timed, with the resets of finished episodes; random
    legal actions are drawn beforehand. Without observations the episodes are stepped below the
    Gymnasium face. stop_at=choices asks only where there is a choice, stop_at=every before each
    dispatch, so their steps are not the same work.

    Chips: tasks completed per second of processor time, with ETF deciding from Python for one
    environment, inside the kernel for many, or outside of the timing with observations on.

    Edges: arrivals and ends of tasks, and decisions, per second of processor time, under random
    decisions inside the kernel, or with observations on; and how long DEMS takes to decide.

    Air taxis: decisions per second of processor time, under random actions in one environment and
    in many with observations on, and in many inside the kernel, by random actions and by a rule.

    [dim]dispatchlab benchmark throughput --family soc --batches 64[/]

    [dim]dispatchlab benchmark throughput --family edge --batches 64[/]
    """
    from dispatchlab.commands.outputs import STDOUT, check_text_target, console, emit
    from dispatchlab.eval import throughput as speed

    check_text_target(json, ".json")
    if family == "job-shop":
        measured, table = _measure_shops(sizes, _numbers(batches), semantics, seconds)
    elif family in _STREAMS:
        usual, measure = _STREAMS[family]
        measured, table = measure(
            usual if instances is None else instances, _numbers(batches), seconds
        )
    else:
        known = ", ".join(("job-shop", *_STREAMS))
        raise DispatchlabError(f"Unknown family {family!r}; choose one of {known}.")
    machine = speed.machine()
    if json is not None:
        emit(json, speed.to_json(measured, machine))
    if str(json) == STDOUT:
        return
    screen = console()
    screen.print(table)
    screen.print(", ".join(f"{key} {value}" for key, value in machine.items()))


app.command(help=help_of(throughput))(throughput)


def _measure_shops(
    sizes: str, numbers: list[int], semantics: str, seconds: float
) -> "tuple[Sequence[Measured], Table]":
    """Steps of job shops."""
    from dispatchlab.commands.inputs import split_list
    from dispatchlab.commands.outputs import progress
    from dispatchlab.eval import throughput as speed

    wanted = split_list(sizes, "--sizes")
    rounds = len(wanted) * (1 + len(numbers)) * len(speed.STOPS) * len(speed.OBSERVED)
    with progress() as bar:
        task = bar.add_task("measuring", total=rounds)
        measured = speed.measure_all(
            wanted, numbers, semantics=semantics, seconds=seconds,
            on_measurement=lambda _: bar.advance(task),
        )  # fmt: skip
    return measured, _table(measured)


def _measure_chips(
    instances: str, numbers: list[int], seconds: float
) -> "tuple[Sequence[Measured], Table]":
    """Tasks on chips."""
    from dispatchlab.eval import soc_throughput as speed

    measured = _with_progress(speed.measure_all, instances, numbers, seconds)
    table = _rates_table("tasks", "decisions", "simulated µs")
    for m in measured:
        rates = (m.tasks_per_s, m.decisions_per_s, m.us_per_s)
        table.add_row(m.instance, m.way, str(m.batch), *(f"{rate:,.0f}" for rate in rates))
    return measured, table


def _measure_edges(
    instances: str, numbers: list[int], seconds: float
) -> "tuple[Sequence[Measured], Table]":
    """Task events and decisions at an edge."""
    from dispatchlab.eval import edge_throughput as speed
    from dispatchlab.eval.formatting import duration, rate

    measured = _with_progress(speed.measure_all, instances, numbers, seconds)
    table = _rates_table("task events", "decisions", "simulated s", "a decision")
    for m in measured:
        rates = (m.events_per_s, m.decisions_per_s, m.simulated_s_per_s)
        way = f"{m.way} of {m.rule}" if m.way == speed.DECIDE else m.way
        cells = (*(rate(value) for value in rates), duration(1.0 / m.decisions_per_s))
        table.add_row(m.instance, way, str(m.batch), *cells)
    return measured, table


def _measure_days(
    instances: str, numbers: list[int], seconds: float
) -> "tuple[Sequence[Measured], Table]":
    """Decisions of air-taxi fleets."""
    from dispatchlab.eval import uam_throughput as speed

    measured = _with_progress(speed.measure_all, instances, numbers, seconds, (1, 3))
    table = _rates_table("decisions", "passengers", "simulated hours")
    for m in measured:
        rates = (m.decisions_per_s, m.passengers_per_s, m.simulated_h_per_s)
        table.add_row(
            m.instance, f"{m.rule}, {m.way}", str(m.batch), *(f"{rate:,.0f}" for rate in rates)
        )
    return measured, table


_STREAMS: "dict[str, tuple[str, Measure]]" = {
    "soc": ("top-1,wifi-tx20", _measure_chips),
    "edge": ("2d-p,4d-a", _measure_edges),
    "uam": ("random-8x40,random-16x80", _measure_days),
}


def _with_progress(
    measure_all: "Callable[..., Sequence[RowT]]", instances: str, numbers: list[int],
    seconds: float, rounds: tuple[int, int] = (1, 2),
) -> "Sequence[RowT]":  # fmt: skip
    """Measure streams, so many rounds per instance and per number of environments."""
    from dispatchlab.commands.inputs import split_names
    from dispatchlab.commands.outputs import progress

    names = split_names([instances], "--instances")
    with progress() as bar:
        once, each = rounds
        task = bar.add_task("measuring", total=len(names) * (once + each * len(numbers)))
        return measure_all(
            names, numbers, seconds=seconds, on_measurement=lambda _: bar.advance(task)
        )


def _rates_table(*rates: str) -> "Table":
    """A table of measured rates, without rows."""
    from rich.table import Table

    table = Table(title="per second of processor time", title_justify="left", header_style="bold")
    for heading in ("instance", "way", "environments"):
        table.add_column(heading)
    for heading in rates:
        table.add_column(heading, justify="right")
    return table


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    known = (part.isdecimal() and len(part) <= 18 and 1 <= int(part) <= MAX_BATCH for part in parts)
    if not all(known):
        raise DispatchlabError(
            f"The batches {text[:80]!r} are not whole numbers from 1 to {MAX_BATCH}; write for "
            "example 1,64."
        )
    return [int(part) for part in parts]


def _table(measured: "Sequence[Measurement]") -> "Table":
    """Observations side by side."""
    from rich.table import Table

    observed = list(dict.fromkeys(m.observation for m in measured))
    table = Table(title="steps per second", title_justify="left", header_style="bold")
    for heading in ("size", "environment", "stop_at"):
        table.add_column(heading)
    for name in observed:
        table.add_column("no observation" if name == "none" else name, justify="right")
    rows: dict[tuple[str, str, str], dict[str, float]] = {}
    for m in measured:
        face = "scalar" if m.face == "scalar" else f"vector, {m.batch}"
        rows.setdefault((m.size, face, m.stop_at), {})[m.observation] = m.steps_per_s
    for key, cells in rows.items():
        table.add_row(*key, *(f"{cells[name]:,.0f}" for name in observed))
    return table
