"""The tables of results of all four families, from the shipped weights.

Usage:
    python benchmarks/results.py [--tables uam,edge-stationary] [--out results] [--quick]

Each table is one or several `dispatchlab evaluate` commands, whose CSV files stay in the folder. A
CSV that is there is not made again, so a run that was stopped goes on where it was. Cells are
means with half a 95 % bootstrap interval over the instances or days. ``--quick`` takes the cheap
methods and a few seeds: a look at the script, not at the methods. All of it takes about a day on
two cores; `--tables` chooses, and the first lines of the output say which command made what.
"""

import argparse
import csv
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dispatchlab.eval.statistics import bootstrap_interval

TAILLARD = ("ta15x15", "ta20x15", "ta20x20", "ta30x15", "ta30x20", "ta50x15", "ta50x20", "ta100x20")
EDATA = ",".join(f"la{number:02}_edata" for number in range(1, 41))
RULES = "fdd-mwkr,mwkr,lookahead"


@dataclass(frozen=True)
class Table:
    """Commands and what is shown of their CSV files.

    Attributes:
        commands: Arguments of `dispatchlab evaluate`, one command for each group of columns.
        methods: For ``--methods``.
        quick: Methods and arguments for a quick look.
        columns: Columns of the CSV that are shown, with the factor to show them in.
        by: Columns of the CSV whose values tell the groups of one command apart.
    """

    commands: tuple[str, ...]
    methods: str
    quick: tuple[str, str]
    columns: tuple[tuple[str, float], ...]
    by: tuple[str, ...] = ()


GAP: tuple[tuple[str, float], ...] = (("gap", 100.0),)
UTILITY = (("utility", 0.001), ("bound_ratio", 100.0))
PROFIT = (("profit_usd", 1.0), ("bound_share", 100.0))
GREEDY = "job-shop --instances "
TABLES = {
    "job-shop": Table(
        tuple(GREEDY + name for name in TAILLARD), f"{RULES},agent=job-shop-classic",
        (RULES, ""), GAP,
    ),
    "job-shop-sampled": Table(
        tuple(GREEDY + name for name in TAILLARD[:-1]), "agent=job-shop-classic:sample=128",
        (RULES, ""), GAP,
    ),
    "job-shop-flexible": Table(
        (f"{GREEDY}mk", GREEDY + EDATA), f"{RULES},mor,agent=job-shop-flexible", (RULES, ""), GAP
    ),
    "job-shop-hybrid": Table(
        tuple(f"{GREEDY}{name} --time-limit 10 --workers 2" for name in TAILLARD[4:]),
        "cp-sat,hybrid=job-shop-classic", (RULES, ""), GAP,
    ),
    "soc": Table(
        ('soc --instances top-1,top-mix --set "mean_gap_us=25|50|100|200" --seeds 20',),
        "etf,heft-rt,peft,lookahead-etf,agent=soc-top", ("etf,heft-rt", "--seeds 2"),
        (("objective", 1.0),), ("instance",),
    ),
    "uam": Table(
        ("uam --instances random-8x40 --rho 0.6,1.2 --episodes 100",), "all,agent=uam-fleet",
        ("greedy,lookahead", "--episodes 3"), PROFIT, ("instance",),
    ),
    "uam-transfer": Table(
        ("uam --instances random-5x20,random-12x60,random-16x80,bay-10,dfw-10,nyc-9,lax-dtla "
         "--episodes 20",),
        "random,greedy,lookahead,price,agent=uam-fleet", ("greedy,lookahead", "--episodes 2"),
        PROFIT, ("instance",),
    ),
    "edge-stationary": Table(
        ("edge --instances 2d-p,3d-p,4d-p,2d-a,3d-a,4d-a",), "all,agent=edge-fleet",
        ("edf,dem,marginal", "--episodes 2"), UTILITY, ("instance",),
    ),
    "edge-changing": Table(
        ('edge --instances 2d-a,4d-a --network "trapezium|4g"',), "all,agent=edge-fleet",
        ("edf,dem,marginal", "--episodes 2"), UTILITY, ("instance",),
    ),
}  # fmt: skip


def make(table: Table, folder: Path, quick: bool) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Rows by group and method, after running what has not been run."""
    found: dict[str, dict[str, list[dict[str, str]]]] = {}
    for number, command in enumerate(table.commands):
        path = folder / f"{number}.csv"
        words = ["evaluate", *shlex.split(command)]
        words += ["--methods", table.quick[0] if quick else table.methods]
        words += shlex.split(table.quick[1]) if quick else []
        sys.stdout.write(f"dispatchlab {shlex.join(words)}\n")
        sys.stdout.flush()
        if not path.exists():
            program = Path(sys.executable).with_name("dispatchlab")
            draft = path.with_suffix(".part.csv")
            subprocess.run([program, *words, "--csv", draft], check=True, stdout=subprocess.DEVNULL)
            draft.replace(path)
        for row in csv.DictReader(path.open(newline="")):
            group = ", ".join(row[name] for name in table.by) or command.split()[2][:20]
            found.setdefault(group, {}).setdefault(row["method"], []).append(row)
    return found


def show(name: str, table: Table, found: dict[str, dict[str, list[dict[str, str]]]]) -> str:
    """A table in Markdown."""
    methods = list(dict.fromkeys(method for rows in found.values() for method in rows))
    units = {100.0: " in %", 0.001: " in thousands"}
    what = " and ".join(column + units.get(factor, "") for column, factor in table.columns)
    lines = [
        f"## {name}: {what}",
        "",
        f"| method | {' | '.join(found)} |",
        "|---" * (1 + len(found)) + "|",
    ]
    for method in methods:
        cells = [
            ", ".join(_cell(rows.get(method, []), column, k) for column, k in table.columns)
            for rows in found.values()
        ]
        lines.append(f"| `{method}` | {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _cell(rows: list[dict[str, str]], column: str, scale: float) -> str:
    values = scale * np.array([float(row[column] or "nan") for row in rows])
    if not len(values) or np.isnan(values).all():
        return "–"
    low, high = bootstrap_interval(values[:, None])
    return f"{values.mean():,.2f} ± {(high - low) / 2:,.2f}"


def main() -> None:
    """Make the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES), help=f"of {', '.join(TABLES)}")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--quick", action="store_true", help="cheap methods, a few seeds")
    args = parser.parse_args()
    names = args.tables.split(",")
    for name in names:
        if name not in TABLES:
            parser.error(f"there is no table {name!r}; choose from {', '.join(TABLES)}")
    texts = []
    for name in names:
        folder = args.out / (f"quick-{name}" if args.quick else name)
        folder.mkdir(parents=True, exist_ok=True)
        texts.append(show(name, TABLES[name], make(TABLES[name], folder, args.quick)))
        (args.out / "results.md").write_text("".join(texts), encoding="utf-8")
    sys.stdout.write("\n" + "".join(texts))


if __name__ == "__main__":
    main()
