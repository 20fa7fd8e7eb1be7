"""The tables of results of all four families, from the shipped weights.

Usage:
    python benchmarks/results.py [--tables uam,edge-stationary] [--out results] [--slow | --quick]

Each table is one or several `dispatchlab evaluate` commands, whose CSV files stay in the folder. A
CSV that is there is not made again, so a run that was stopped goes on where it was. Cells are
means with half a 95 % bootstrap interval over the instances or days, and the best of a column is
bold. The tables without searches take an hour or two on one core; ``--slow`` adds sampling, CP-SAT,
the hybrid, genetic algorithms and rolling plans, which take about a day on two. ``--quick`` takes
cheap methods and a few seeds: a look at the script, not at the methods.
"""

import argparse
import csv
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from dispatchlab.eval.statistics import bootstrap_interval

TAILLARD = ("ta15x15", "ta20x15", "ta20x20", "ta30x15", "ta30x20", "ta50x15", "ta50x20", "ta100x20")
EDATA = ",".join(f"la{number:02}_edata" for number in range(1, 41))
RULES = "fdd-mwkr,mwkr,lookahead"
RUNS = {"quick": ("quick",), "standard": ("methods",), "slow": ("methods", "slow")}
Rows = dict[str, dict[str, list[dict[str, str]]]]  # by group and method


@dataclass(frozen=True)
class Table:
    """Commands and what is shown of their CSV files.

    Attributes:
        title: What the instances are.
        commands: Arguments of `dispatchlab evaluate`, one command for each group of columns.
        methods: For ``--methods``; empty if all are slow.
        slow: Methods that ``--slow`` adds.
        columns: Columns of the CSV that are shown.
        quick: Methods for a quick look, and further arguments.
        by: Columns of the CSV whose values tell the groups of one command apart.
    """

    title: str
    commands: tuple[str, ...]
    methods: str
    columns: tuple["Column", ...]
    quick: tuple[str, str]
    slow: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of the CSV.

    Attributes:
        name: Its name there.
        text: What it is called in the table.
        scale: What it is multiplied by.
        digits: After the decimal point.
        best: 1 if more is better, -1 if less is.
    """

    name: str
    text: str
    scale: float = 1.0
    digits: int = 1
    best: int = 1


GAP = (Column("gap", "gap to the best known in %", 100.0, 2, best=-1),)
FLOW = (Column("objective", "total flow time", digits=0, best=-1),)
LATENCY = (
    Column("latency_us", "mean latency of completed jobs in µs", best=-1),
    Column("completed", "completed jobs"),
)
UTILITY = (
    Column("utility", "QoS utility in thousands", 0.001),
    Column("bound_ratio", "share of the bound in %", 100.0),
)
PROFIT = (
    Column("profit_usd", "$ a day", digits=0),
    Column("bound_share", "share of the bound in %", 100.0),
)
SHOP = "job-shop --instances "
ARRIVALS = "objective=total_flow_time --seeds 1 --count "
GAPS = '--set "mean_gap_us=25|50|100|200" --seeds 20'
WINDOW = "--set horizon_us=12000 --set warmup_us=3000 --seeds 20"
EDGE_METHODS = "edf,dem-q,dem,dems,dems-a,gems,sota1,sota2,marginal,agent=edge-fleet"
EDGE_QUICK = ("edf,dem,marginal", "--episodes 2")
TABLES = {
    "job-shop": Table(
        "Taillard's job shops, ten instances of each size",
        tuple(SHOP + name for name in TAILLARD), f"{RULES},agent=job-shop-classic", GAP,
        (RULES, ""), slow="agent=job-shop-classic:sample=128",
    ),
    "job-shop-hybrid": Table(
        "Taillard's largest job shops, 10 s on 2 workers",
        tuple(f"{SHOP}{name} --time-limit 10 --workers 2" for name in TAILLARD[4:]),
        "", GAP, (RULES, ""), slow="cp-sat,tabu,hybrid=job-shop-classic",
    ),
    "job-shop-flexible": Table(
        "Flexible job shops: Brandimarte, and Hurink's edata of la01 to la40",
        (f"{SHOP}mk", SHOP + EDATA), f"{RULES},mor,agent=job-shop-flexible", GAP, (RULES, ""),
        slow="agent=job-shop-flexible:sample=100",
    ),
    "job-shop-arrivals": Table(
        "Jobs that arrive one by one: 100 shops of 30 jobs on 5 machines, 30 of 100 jobs on 8",
        (f"job-shop --generator random:num_jobs=30,num_machines=5,arrival_load=0.85,{ARRIVALS}100",
         f"job-shop --generator random:num_jobs=100,num_machines=8,arrival_load=0.9,{ARRIVALS}30"),
        "spt,lwkr,edd,fifo,agent=job-shop-arrivals", FLOW, ("spt,fifo", ""),
    ),
    "soc": Table(
        "Streams of jobs on the chip top, 20 seeds, by mean gap between jobs",
        (f"soc --instances top-1,top-mix {GAPS}",),
        "met,etf,heft-rt,peft,lookahead-etf,agent=soc-top,agent=soc-deepsocs", LATENCY,
        ("etf,heft-rt", "--seeds 2"), by=("instance",),
    ),
    "soc-chip16": Table(
        "Streams of jobs on a chip of 16 elements, 20 seeds",
        (f'soc --instances wifi-tx20,wifi-tx80 --set "mean_gap_us=200|100" {WINDOW}',
         f"soc --instances soc16-mix {WINDOW}"),
        "met,eft,etf,heft,agent=soc-chip16", LATENCY, ("met,etf", "--seeds 2"), by=("instance",),
    ),
    "uam": Table(
        "Eight vertiports and 40 aircraft, 100 days",
        ("uam --instances random-8x40 --rho 0.6,1.2 --episodes 100",),
        "random,greedy,lookahead,price,agent=uam-fleet", PROFIT,
        ("greedy,lookahead", "--episodes 3"),
        slow="genetic,genetic-seeded,rolling", by=("instance",),
    ),
    "uam-transfer": Table(
        "Fleets and networks that the agent was not trained on, 20 days",
        ("uam --instances random-5x20,random-12x60,random-16x80,bay-10,dfw-10,nyc-9,lax-dtla "
         "--episodes 20",),
        "random,greedy,lookahead,price,agent=uam-fleet", PROFIT,
        ("greedy,lookahead", "--episodes 2"), by=("instance",),
    ),
    "edge-stationary": Table(
        "Edges with a network that does not change",
        ("edge --instances 2d-p,3d-p,4d-p,2d-a,3d-a,4d-a",), EDGE_METHODS, UTILITY, EDGE_QUICK,
        by=("instance",),
    ),
    "edge-changing": Table(
        "Edges with a network that changes",
        ('edge --instances 2d-a,4d-a --network "trapezium|4g"',), EDGE_METHODS, UTILITY, EDGE_QUICK,
        by=("instance",),
    ),
}  # fmt: skip


def make(table: Table, folder: Path, mode: str) -> Rows:
    """Rows by group and method, after running what has not been run."""
    found: Rows = {}
    for number, command in enumerate(table.commands):
        for run in RUNS[mode]:
            words = words_of(table, command, run)
            if words is None:
                continue
            path = folder / f"{number}-{run}.csv"
            sys.stdout.write(f"dispatchlab {shlex.join(words)}\n")
            sys.stdout.flush()
            if not path.exists():
                program = Path(sys.executable).with_name("dispatchlab")
                draft = path.with_suffix(".part.csv")
                subprocess.run(
                    [program, *words, "--csv", draft], check=True, stdout=subprocess.DEVNULL
                )
                draft.replace(path)
            for row in csv.DictReader(path.open(newline="")):
                group = ", ".join(row[name] for name in table.by) or label_of(words)
                found.setdefault(group, {}).setdefault(row["method"], []).append(row)
    return found


def words_of(table: Table, command: str, run: str) -> list[str] | None:
    """Arguments of dispatchlab for one CSV, or None if there is nothing to run."""
    methods = {"methods": table.methods, "slow": table.slow, "quick": table.quick[0]}[run]
    if not methods:
        return None
    more = shlex.split(table.quick[1]) if run == "quick" else []
    return ["evaluate", *shlex.split(command), "--methods", methods, *more]


def label_of(words: Sequence[str]) -> str:
    """What the instances of a command are called in a table."""
    names = words[3]
    if words[2] == "--generator":
        facts = dict(part.split("=") for part in names.partition(":")[2].split(",") if "=" in part)
        return f"{facts['num_jobs']} jobs, {facts['num_machines']} machines"
    return f"{names.split(',')[0]} to {names.split(',')[-1]}" if "," in names else names


def show(name: str, table: Table, found: Rows, mode: str) -> str:
    """A table in Markdown for each column of the CSV, with the commands above it."""
    lines = [f"## {table.title}", "", "```sh"]
    for command in table.commands:
        for run in RUNS[mode]:
            words = words_of(table, command, run)
            if words is not None:
                lines.append(f"dispatchlab {shlex.join(words)}")
    lines += ["```", ""]
    methods = list(dict.fromkeys(method for rows in found.values() for method in rows))
    for column in table.columns:
        means = {group: _means(rows, column) for group, rows in found.items()}
        heads = [*_short(list(found)), "ms a decision"]
        lines += [
            f"{column.text[0].upper()}{column.text[1:]}:",
            "",
            f"| method | {' | '.join(heads)} |",
            "|---" * (1 + len(heads)) + "|",
        ]
        for method in methods:
            cells = [
                _cell(rows.get(method, []), column, is_best=method in means[group])
                for group, rows in found.items()
            ]
            times = [
                float(row["time_per_decision_s"] or "nan")
                for rows in found.values()
                for row in rows.get(method, [])
            ]
            lines.append(f"| `{method}` | {' | '.join(cells)} | {_time(times)} |")
        lines.append("")
    sys.stdout.write(f"{name} is done\n")
    return "\n".join([*lines, ""])


def _short(labels: Sequence[str]) -> list[str]:
    """The labels without the settings that all of them have."""
    parts = [label.replace(":", ",", 1).split(",") for label in labels]
    common = set.intersection(*map(set, parts)) if len(parts) > 1 else set()
    return [", ".join(part.strip() for part in label if part not in common or part == label[0])
            for label in parts]  # fmt: skip


def _values(rows: list[dict[str, str]], column: Column) -> np.ndarray:
    return column.scale * np.array([float(row[column.name] or "nan") for row in rows])


def _means(found: dict[str, list[dict[str, str]]], column: Column) -> set[str]:
    """The methods with the best mean."""
    means = {method: _values(rows, column).mean() for method, rows in found.items()}
    known = {method: mean for method, mean in means.items() if not np.isnan(mean)}
    best = max((column.best * mean for mean in known.values()), default=np.nan)
    return {method for method, mean in known.items() if column.best * mean == best}


def _cell(rows: list[dict[str, str]], column: Column, *, is_best: bool) -> str:
    values = _values(rows, column)
    if not len(values) or np.isnan(values).all():
        return "–"
    low, high = bootstrap_interval(values[:, None])
    digits = column.digits
    mean = f"{values.mean():,.{digits}f}".replace("-", "−")
    return f"{f'**{mean}**' if is_best else mean} ± {(high - low) / 2:,.{digits}f}"


def _time(seconds: list[float]) -> str:
    mean = 1000 * np.mean(seconds) if seconds else np.nan
    return "–" if np.isnan(mean) else f"{mean:.2g}" if mean < 100 else f"{mean:,.0f}"


def introduction(chosen: str | None, mode: str) -> str:
    """What made the tables."""
    command = "python benchmarks/results.py" + (f" --tables {chosen}" if chosen else "")
    return (
        f"# Tables of results\n\nMade by `{command}{'' if mode == 'standard' else f' --{mode}'}` "
        f"with dispatchlab {version('dispatchlab')} and its shipped policies (one training seed "
        "each; [results](results.md) and the pages of the families have the others, slower "
        f"methods and what to make of it all), on {os.cpu_count()} cores, {_processor()}, with "
        "one process and other work beside it. Every method meets the same instances and "
        "realisations; each schedule has passed the independent checker. Cells are means ± half a "
        "95 % bootstrap interval over instances and seeds, so two methods may differ surely where "
        "their intervals overlap: `--report` compares them in pairs. A decision of an agent is "
        "one of a batch of instances.\n\n"
    )


def _processor() -> str:
    """The name of the processor."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in facts.splitlines() if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Make the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", help=f"of {', '.join(TABLES)}; by default all with methods")
    parser.add_argument("--out", type=Path, default=Path("results"))
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--slow", action="store_true", help="with searches: about a day")
    how.add_argument("--quick", action="store_true", help="cheap methods, a few seeds")
    args = parser.parse_args()
    mode = "slow" if args.slow else "quick" if args.quick else "standard"
    usual = [name for name, table in TABLES.items() if mode != "standard" or table.methods]
    names = args.tables.split(",") if args.tables else usual
    for name in names:
        if name not in TABLES:
            parser.error(f"there is no table {name!r}; choose from {', '.join(TABLES)}")
        if name not in usual:
            parser.error(f"the table {name!r} has searches alone: give --slow")
    texts = [introduction(args.tables, mode)]
    for name in names:
        folder = args.out / (f"quick-{name}" if args.quick else name)
        folder.mkdir(parents=True, exist_ok=True)
        texts.append(show(name, TABLES[name], make(TABLES[name], folder, mode), mode))
        (args.out / "tables.md").write_text("".join(texts).rstrip() + "\n", encoding="utf-8")
    sys.stdout.write(f"wrote {args.out / 'tables.md'}\n")


if __name__ == "__main__":
    main()
