"""Writing schedules and charts of solved instances."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dispatchlab.commands.outputs import (
    CHARTS,
    SCHEDULES,
    check_folder,
    check_target,
    require_renderer,
)
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Comparison, Run

IN_FOLDER = (".json", ".csv", ".html", ".png")


def planned_files(
    names: Sequence[str], files: Sequence[Path], out: Path | None
) -> list[list[Path]]:
    """The files to write for each instance; nothing is written yet.

    Args:
        names: Names of the instances.
        files: Schedules and charts of the one instance.
        out: Folder for those of every instance; it is created when the first is written.

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
    for path in files:
        check_target(path, (*SCHEDULES, *CHARTS))
    if out is None:
        return [list(files) for _ in names]
    check_folder(out)
    for suffix in IN_FOLDER:
        require_renderer(suffix)
    return [[*files, *(out / f"{_file_name(name)}{s}" for s in IN_FOLDER)] for name in names]


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
    from dispatchlab.envs.jobshop.schedule_files import write_schedule
    from dispatchlab.envs.jobshop.viewer import write_gantt

    schedule = comparison.schedules[run.method, run.instance, run.seed]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in CHARTS:
            title = f"{run.instance}: {run.objective_name.replace('_', ' ')} {run.objective:g}"
            write_gantt(path, case.encoding, schedule, title=f"{title} by {run.method}")
        else:
            info = {"runtime_s": run.runtime_s, "lower_bound": run.lower_bound, "seed": run.seed}
            write_schedule(path, case.encoding, schedule, method=run.method, info=info)


def _file_name(name: str) -> str:
    """A name that every file system accepts."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
