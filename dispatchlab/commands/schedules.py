"""Writing schedules and charts of solved instances."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.families import stream_commands
from dispatchlab.commands.outputs import (
    CHARTS,
    SCHEDULES,
    check_folder,
    check_target,
    require_renderer,
)
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Result
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Comparison, Run

_SHOPS = (".json", ".csv", ".html", ".png")


def planned_files(
    names: Sequence[str], files: Sequence[Path], out: Path | None, family: str = "job-shop"
) -> list[list[Path]]:
    """The files to write for each instance; nothing is written yet.

    Args:
        names: Names of the instances.
        files: Schedules and charts of the one instance.
        out: Folder for those of every instance; it is created when the first is written.
        family: Family of the instances.

    Returns:
        A list of paths per instance.

    Raises:
        DispatchlabError: If a path cannot be written, or one file is meant for many instances.
    """
    if files and len(names) > 1:
        raise DispatchlabError(
            f"The file {str(files[0])!r} cannot hold {len(names)} instances; use --out with a "
            "folder."
        )
    known: tuple[str, ...] = (*SCHEDULES, *CHARTS)
    endings: tuple[str, ...] = _SHOPS
    if family != "job-shop":
        endings, known = (".json", ".html", ".png"), (".json", *CHARTS)
    for path in files:
        check_target(path, known)
    if out is None:
        return [list(files) for _ in names]
    check_folder(out)
    for suffix in endings:
        require_renderer(suffix)
    return [[*files, *(out / f"{file_name(name)}{s}" for s in endings)] for name in names]


def require_schedules(comparison: "Comparison") -> None:
    """Stop before a missing or wrong schedule goes anywhere.

    Args:
        comparison: What was run.

    Raises:
        DispatchlabError: If a run has no schedule, or the checker rejects one.
    """
    for (method, instance, _), complaint in comparison.violations.items():
        raise DispatchlabError(f"{method} made a wrong schedule of {instance}: {complaint}")
    for run in comparison.runs:
        if run.verified is None:
            remedy = "it has none" if run.status == "infeasible" else "raise --time-limit"
            raise DispatchlabError(
                f"{run.method} found no schedule of {run.instance} in {run.runtime_s:.1f} s; "
                f"{remedy}."
            )


def write_result(case: "Case", run: "Run", comparison: "Comparison", paths: Iterable[Path]) -> None:
    """Write the schedule of a run in the formats of the paths.

    Args:
        case: The case that was run.
        run: Its run.
        comparison: Holds the schedule.
        paths: Schedule files and charts.
    """
    result = comparison.results[run.method, run.instance, run.seed]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in CHARTS:
            _draw(path, case, _title(run, case.family), result.schedule)
        elif case.family != "job-shop":
            write_episode(path, case, run, result)
        else:
            from dispatchlab.envs.jobshop.schedule_files import write_schedule

            info = {"runtime_s": run.runtime_s, "lower_bound": run.lower_bound, "seed": run.seed}
            write_schedule(path, case.encoding, result.schedule, method=run.method, info=info)


def write_episode(path: Path, case: "Case", run: "Run", result: "Result") -> None:
    """Write an episode of a stream, which can be verified alone.

    Args:
        path: The file.
        case: The case that was run.
        run: Its run.
        result: Holds the schedule.
    """
    stream_commands(case.family).write_episode(path, case, run, result)


def _title(run: "Run", family: str) -> str:
    from dispatchlab.eval.families import eval_family

    evaluation = eval_family(family)
    worth = f"{evaluation.goal(run)} {evaluation.value(run.objective)}"
    return f"{run.instance}: {worth} by {run.method}"


def _draw(path: Path, case: "Case", title: str, schedule: Any) -> None:  # noqa: ANN401 (a family's own)
    if case.family != "job-shop":
        stream_commands(case.family).draw(path, case, title, schedule)
        return
    from dispatchlab.envs.jobshop.viewer import write_gantt

    write_gantt(path, case.encoding, schedule, title=title)


def file_name(name: str) -> str:
    """A name that every file system accepts."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
