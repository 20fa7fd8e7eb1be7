"""Running a comparison with a progress bar, and handing out its results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.outputs import STDOUT, console, emit, progress
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Comparison
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.summary import Summary


def run_all(methods: "Sequence[Method]", cases: "Sequence[Case]") -> "Comparison":
    """Run every method on every case behind a progress bar.

    Args:
        methods: The methods.
        cases: The cases.

    Returns:
        The runs.
    """
    from dispatchlab.eval.compare import compare

    with progress() as bar:
        task = bar.add_task("preparing", total=(len(methods) + 1) * len(cases))

        def on_run(method: str, case: "Case") -> None:
            bar.update(task, advance=1, description=f"{method} {case.instance}")

        def on_check(case: "Case") -> None:
            bar.update(task, advance=1, description=f"checking {case.instance}")

        return compare(methods, cases, on_run, on_check)


def publish(
    comparison: "Comparison", summaries: "Sequence[Summary]", settings: Mapping[str, Any], *,
    json: Path | None = None, csv: Path | None = None, report: Path | None = None,
    title: str = "Comparison of methods",
) -> None:  # fmt: skip
    """Write the files that were asked for and print the table, unless stdout is taken.

    Args:
        comparison: The runs.
        summaries: Their summary.
        settings: How they were made.
        json: JSON file, or ``-``.
        csv: CSV file, or ``-``.
        report: HTML file.
        title: Headline of the report.
    """
    from dispatchlab.eval.table import (
        instances_table,
        moved_tables,
        summary_table,
        to_csv,
        to_json,
    )

    settings = {**settings, **_versions()}
    if json is not None:
        emit(json, to_json(comparison, summaries, settings))
    if csv is not None:
        emit(csv, to_csv(comparison.runs))
    if report is not None:
        from dispatchlab.eval.report import html_report

        emit(report, html_report(comparison, summaries, settings, title=title))
    if STDOUT in (str(json), str(csv)):
        return
    screen = console()
    if len({run.instance for run in comparison.runs if run.measures}) > 1:
        screen.print(instances_table(comparison))
    screen.print(summary_table(comparison, summaries, screen.width))
    for table in moved_tables(comparison, summaries, screen.width):
        screen.print(table)
    for path in (json, csv, report):
        if path is not None:
            screen.print(f"wrote {path}")


def require_correct(comparison: "Comparison") -> None:
    """Fail where the checker rejected a schedule.

    Args:
        comparison: The runs.

    Raises:
        DispatchlabError: If there is a violation.
    """
    for (method, instance, seed), complaint in comparison.violations.items():
        raise DispatchlabError(
            f"{len(comparison.violations)} schedules are wrong; the first is by {method} for "
            f"{instance}, seed {seed}: {complaint}"
        )


def check_baseline(against: str | None, methods: "Sequence[Method]") -> None:
    """Refuse a baseline that does not take part.

    Args:
        against: Its name, or None.
        methods: The methods.

    Raises:
        DispatchlabError: If it is none of them.
    """
    names = [method.name for method in methods]
    if against is not None and against not in names:
        raise DispatchlabError(
            f"The method {against!r} does not take part; choose one of {', '.join(names)}."
        )


def write_episodes(comparison: "Comparison", folder: Path) -> None:
    """Write a file per run, which `dispatchlab verify` takes.

    Args:
        comparison: Runs of a stream.
        folder: Where to; it is created if it is not there.
    """
    from dispatchlab.commands.schedules import file_name, write_episode

    folder.mkdir(parents=True, exist_ok=True)
    cases = {(case.instance, case.seed): case for case in comparison.cases}
    for run in comparison.runs:
        name = file_name(f"{run.method}-{run.instance}-{run.seed}")
        result = comparison.results[run.method, run.instance, run.seed]
        path = folder / f"{name}.json"
        write_episode(path, cases[run.instance, run.seed], run, result)


def _versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    import platform
    from importlib import metadata
    from importlib.util import find_spec

    versions = {"dispatchlab": metadata.version("dispatchlab"), "python": platform.python_version()}
    for package in ("numpy", "ortools", "torch"):
        if find_spec(package) is not None:
            versions[package] = metadata.version(package)
    return versions
