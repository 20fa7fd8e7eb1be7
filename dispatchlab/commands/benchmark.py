"""``dispatchlab benchmark``: how fast the environments are."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispatchlab.commands import options
from dispatchlab.commands.text import help_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from dispatchlab.eval.throughput import Measurement

MAX_BATCH = 10_000

Sizes = Annotated[str, typer.Option(help="Jobs × machines, separated by commas.")]
Batches = Annotated[str, typer.Option(help="Sizes of the vector environment.")]
Seconds = Annotated[float, typer.Option(help="Seconds per measurement.", min=0.01)]

app = typer.Typer(help="Measure the speed of the environments.", no_args_is_help=True,
                  rich_markup_mode="rich")  # fmt: skip


@app.callback()
def _group() -> None:
    """Measure the speed of the environments."""


def throughput(
    sizes: Sizes = "6x6,15x15,30x20,100x20", batches: Batches = "1,64,512",
    semantics: options.Semantics = "non-delay", seconds: Seconds = 0.5,
    json: options.Json = None,
) -> None:  # fmt: skip
    """Print environment steps per second, from Python, on one thread.

    A step is one decision of one environment. Only the call of step() is timed, with the resets
    of finished episodes; random legal actions are drawn beforehand. Without observations the
    episodes are stepped below the Gymnasium face. stop_at=choices asks only where there is a
    choice, stop_at=every before each dispatch, so their steps are not the same work.
    """
    from dispatchlab.commands.outputs import STDOUT, check_text_target, console, emit, progress
    from dispatchlab.eval import throughput as speed

    check_text_target(json, ".json")
    wanted, numbers = [s.strip() for s in sizes.split(",")], _numbers(batches)
    rounds = len(wanted) * (1 + len(numbers)) * len(speed.STOPS) * len(speed.OBSERVED)
    with progress() as bar:
        task = bar.add_task("measuring", total=rounds)
        measured = speed.measure_all(
            wanted, numbers, semantics=semantics, seconds=seconds,
            on_measurement=lambda _: bar.advance(task),
        )  # fmt: skip
    machine = speed.machine()
    if json is not None:
        emit(json, speed.to_json(measured, machine))
    if str(json) == STDOUT:
        return
    screen = console()
    screen.print(_table(measured))
    screen.print(", ".join(f"{key} {value}" for key, value in machine.items()))


app.command(help=help_of(throughput))(throughput)


def _numbers(text: str) -> list[int]:
    from dispatchlab.envs.core.errors import DispatchlabError

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
