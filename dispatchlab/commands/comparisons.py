"""Comparisons from end to end: run behind a progress bar, summarised, written and printed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dispatchlab.commands.outputs import (
    STDOUT,
    check_folder,
    check_target,
    check_text_target,
    console,
    emit,
)
from dispatchlab.commands.running import HERE, Running
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.files import write_atomically

if TYPE_CHECKING:
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Comparison
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.summary import Summary


class Files(NamedTuple):
    """What a comparison is to write; None for nothing.

    Attributes:
        json: JSON file, or ``-``.
        csv: CSV file, or ``-``.
        parquet: Parquet file.
        report: HTML file.
        schedules: Folder for the schedule of every run.
    """

    json: Path | None = None
    csv: Path | None = None
    parquet: Path | None = None
    report: Path | None = None
    schedules: Path | None = None

    def check(self) -> None:
        """Refuse what could not be written after the work is done.

        Raises:
            DispatchlabError: If there is such a file or folder.
            MissingExtraError: If a format needs a package that is not installed.
        """
        check_text_target(self.json, ".json")
        check_text_target(self.csv, ".csv")
        if str(self.json) == str(self.csv) == STDOUT:
            raise DispatchlabError(
                "Both --json - and --csv - would go to stdout; name a file for one of them."
            )
        if self.parquet is not None:
            check_target(self.parquet, (".parquet",))
            if find_spec("pyarrow") is None:
                raise MissingExtraError("pyarrow", "parquet")
        if self.report is not None:
            check_target(self.report, (".html",))
        if self.schedules is not None:
            check_folder(self.schedules)


def conduct(
    methods: "Sequence[Method]", cases: "Sequence[Case]", settings: Mapping[str, Any],
    files: Files, running: Running = HERE, *, against: str | None = None,
    title: str = "Comparison of methods",
) -> "tuple[Comparison, list[Summary]]":  # fmt: skip
    """Run every method on every case, print the table, and write the files.

    Args:
        methods: The methods.
        cases: The cases.
        settings: How the comparison is made, for whoever reads the files.
        files: What to write; schedules only if the checker accepts all of them.
        running: How it is run.
        against: The method that wins are counted against; a usual one by default.
        title: Headline of the report.

    Returns:
        The runs and their summary.

    Raises:
        DispatchlabError: If the baseline does not take part, or a schedule is wrong.
    """
    from dispatchlab.eval.summary import summarise

    _check_baseline(against, methods)
    comparison = running.run(methods, cases)
    summaries = summarise(comparison, against)
    told = {**settings, "times taken with": ", ".join(comparison.loads)}
    _publish(methods, comparison, summaries, told, files, title)
    _require_correct(comparison)
    if files.schedules is not None:
        _write_episodes(comparison, files.schedules)
    return comparison, summaries


def stream_settings(
    instances: str, points: Sequence[str], seeds: int, methods: str
) -> dict[str, Any]:
    """How a comparison of a stream is made, for whoever reads its files.

    Args:
        instances: As the user gave them.
        points: Settings with their values.
        seeds: Episodes of each instance.
        methods: As the user gave them.

    Returns:
        Values by name.
    """
    return {
        "instances": instances, "settings": "; ".join(points) or "as they are",
        "seeds": f"0 to {seeds - 1}", "methods": methods,
    }  # fmt: skip


def _publish(
    methods: "Sequence[Method]", comparison: "Comparison", summaries: "Sequence[Summary]",
    settings: Mapping[str, Any], files: Files, title: str,
) -> None:  # fmt: skip
    """Write the files that were asked for and print the table, unless stdout is taken."""
    from dispatchlab.eval.export import to_csv, to_json, to_parquet
    from dispatchlab.eval.running.question import versions
    from dispatchlab.eval.table import instances_table, moved_tables, summary_table

    settings = {**settings, **versions()}
    if files.json is not None:
        emit(files.json, to_json(comparison, summaries, settings))
    if files.csv is not None:
        emit(files.csv, to_csv(comparison.runs))
    if files.parquet is not None:
        write_atomically(files.parquet, to_parquet(comparison.runs, settings))
    if files.report is not None:
        from dispatchlab.eval.report import html_report, run_folders

        folders = run_folders(methods)
        page = html_report(comparison, summaries, settings, title=title, run_folders=folders)
        emit(files.report, page)
    if STDOUT in (str(files.json), str(files.csv)):
        return
    screen = console()
    if len({run.instance for run in comparison.runs if run.measures}) > 1:
        screen.print(instances_table(comparison))
    screen.print(summary_table(comparison, summaries, screen.width))
    for table in moved_tables(comparison, summaries, screen.width):
        screen.print(table)
    for path in (files.json, files.csv, files.parquet, files.report):
        if path is not None:
            screen.print(f"wrote {path}")


def _require_correct(comparison: "Comparison") -> None:
    """Fail where the checker rejected a schedule."""
    if not comparison.violations:
        return
    (method, instance, seed), complaint = next(iter(comparison.violations.items()))
    count = len(comparison.violations)
    number = "1 schedule is wrong and does not count: it"
    if count > 1:
        number = f"{count} schedules are wrong and do not count; the first"
    raise DispatchlabError(f"{number} is by {method} for {instance}, seed {seed}: {complaint}")


def _check_baseline(against: str | None, methods: "Sequence[Method]") -> None:
    """Refuse a baseline that does not take part."""
    names = [method.name for method in methods]
    if against is not None and against not in names:
        raise DispatchlabError(
            f"The method {against!r} does not take part; choose one of {', '.join(names)}."
        )


def _write_episodes(comparison: "Comparison", folder: Path) -> None:
    """Write a file per run of a stream, which `dispatchlab verify` takes."""
    from dispatchlab.commands.schedules import file_name, write_episode

    folder.mkdir(parents=True, exist_ok=True)
    cases = {(case.instance, case.seed): case for case in comparison.cases}
    taken: Counter[str] = Counter()
    for run in comparison.runs:
        name = file_name(f"{run.method}-{run.instance}-{run.seed}")
        taken[name.lower()] += 1
        if taken[name.lower()] > 1:  # other names that look alike without their odd characters
            name = f"{name}-{taken[name.lower()]}"
        result = comparison.results[run.method, run.instance, run.seed]
        path = folder / f"{name}.json"
        write_episode(path, cases[run.instance, run.seed], run, result)
